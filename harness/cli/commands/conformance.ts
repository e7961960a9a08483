import type { CommandModule } from 'yargs'
import { type ProfileName, profileNames } from '../../../lib/conformance/case.ts'
import { readCases, topicNames } from '../../../lib/conformance/cases.ts'
import { LabError } from '../../../lib/error.ts'
import { hint } from '../../../lib/nearest.ts'
import { writeText } from '../../../lib/storage/local-write.ts'
import { askerOf } from '../../conformance/ask.ts'
import { renderHtml } from '../../conformance/page.ts'
import { pushSets } from '../../conformance/push.ts'
import { conformanceJson, conformancePage, notRight } from '../../conformance/report.ts'
import { askCases, newRun, setsOf, versionOf } from '../../conformance/run.ts'
import { pathFlag, progressFlag, progressFrom, text } from '../flags.ts'
import { choice, list, single } from '../options.ts'
import { jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'
import { duration, millisOf } from '../time-options.ts'

interface ConformanceArguments extends TableArguments {
  push: string
  query: string
  profile: ProfileName | undefined
  only: string[] | undefined
  timeout: bigint | undefined
  out: string | undefined
  progress: boolean
}

const defaultTimeoutMillis = 10_000

export const conformance: CommandModule<object, ConformanceArguments> = {
  command: 'conformance',
  describe: "Which answers of a server are right: TraceQL and Tempo's API, case by case",
  builder: yargs =>
    yargs
      .usage(
        '$0 conformance --push <url> --query <url>\n\nPushes traces that were written for it, asks some 800 questions about them, and ' +
          'says which answers are right, refused or silently wrong. The server may hold other data: docs/conformance.md.',
      )
      .options({
        push: address(
          'push',
          ['http:', 'https:', 'grpc:'],
          'where OTLP is sent to: http://host:4318 or grpc://host:4317',
        ),
        query: address('query', ['http:', 'https:'], "where Tempo's API is: http://host:3200"),
        profile: choice('profile', profileNames, 'whose answers are right where documents and servers disagree'),
        only: { ...text, describe: 'topics to ask about (default all)', coerce: topics },
        timeout: { ...text, describe: 'how long an answer may take (default 10s)', coerce: duration('timeout') },
        out: pathFlag('out', 'file of the report, as one HTML page'),
        ...jsonFlag('every case as JSON'),
        ...tableFlag,
        ...progressFlag,
      })
      .demandOption(['push', 'query'])
      .example('$0 conformance --push http://127.0.0.1:4318 --query http://127.0.0.1:3200', 'our store, Tempo, ...')
      .example('$0 conformance ... --profile tempo-3 --only nil,structure', 'as Tempo 3 answers, two topics'),
  handler: async args => {
    const format = tableFormatOf(args)
    const { push, query, profile, only, timeout, out } = args
    const cases = readCases(only)
    const run = newRun()
    const built = setsOf(cases, run)
    const progress = progressFrom(args)
    await pushSets(push, built.values())
    const stage = progress.stage('asking', cases.length)
    const ask = askerOf(query, timeout === undefined ? defaultTimeoutMillis : millisOf(timeout))
    const found = await askCases(cases, { bench: { run, sets: built, profile }, ask, advance: () => stage.advance(1) })
    stage.end()
    show({ page: () => conformancePage(found), json: () => conformanceJson(found) }, format)
    if (out !== undefined) {
      const date = new Date().toISOString().slice(0, 10)
      const said = profile === undefined ? "what Tempo's documents say" : `what ${profile} answers`
      await writeText(out, renderHtml(found, { version: await versionOf(ask), query, date, profile: said }))
    }
    if (notRight(found).length > 0) process.exitCode = 1
  },
}

/** A flag that takes the address of a server. */
function address(flag: string, protocols: readonly string[], describe: string) {
  const coerce = (given: unknown) => {
    const url = single(flag, given)
    if (url === undefined || (URL.canParse(url) && protocols.includes(new URL(url).protocol))) return url
    throw new LabError('usage', `--${flag} ${url}: needs an address such as ${protocols[0]}//127.0.0.1:3200`)
  }
  return { ...text, describe, coerce } as const
}

function topics(given: unknown): string[] | undefined {
  const known = topicNames()
  return list('only')(given)?.map(name => {
    if (known.includes(name)) return name
    throw new LabError('usage', `--only ${name}: needs some of ${known.join(', ')}${hint(name, known)}`)
  })
}
