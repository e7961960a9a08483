import type { CommandModule } from 'yargs'
import { defaultSeed } from '../../../generator/names.ts'
import { LabError } from '../../../lib/error.ts'
import { hint } from '../../../lib/nearest.ts'
import { readQuerySet } from '../../bench/queries/query-file.ts'
import { measureServe, type PartName, partNames, problemsOf } from '../../bench/serve/measure.ts'
import { probeResults, saveMeasurement } from '../../lab/run-files.ts'
import { capturedSource } from '../../open/source.ts'
import { servePage } from '../../view/serve-bench.ts'
import { generatorFlags, pathFlag, progressFlag, progressFrom, resultsFlag, resultsFolder, text } from '../flags.ts'
import { integer, list } from '../options.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface ServeBenchArguments extends TableArguments {
  only: PartName[] | undefined
  input: string | undefined
  seconds: number | undefined
  rounds: number | undefined
  kills: number | undefined
  spans: number | undefined
  queries: string | undefined
  seed: number | undefined
  progress: boolean
  results: string | undefined
}

const defaults = { seconds: 10, rounds: 3, kills: 200, spans: 10_000_000 }

export const serve: CommandModule<object, ServeBenchArguments> = {
  command: 'serve',
  describe: 'What the store takes in, how soon it acknowledges and answers, and what it has when killed',
  builder: yargs =>
    yargs
      .options({
        only: {
          ...text,
          describe: `parts to measure: ${partNames.join(', ')} (default all)`,
          coerce: (given: unknown) => list('only')(given)?.map(partNamed),
        },
        input: pathFlag('input', 'a capture to replay, besides generated traces of otel'),
        seconds: count('seconds', `of a round (default ${defaults.seconds})`),
        rounds: count('rounds', `that count, after one that does not (default ${defaults.rounds})`),
        kills: count('kills', `how often the server is killed (default ${defaults.kills})`),
        spans: {
          ...text,
          describe: `spans in blocks, for answers (default ${defaults.spans})`,
          coerce: integer('spans', 1, 1e9),
        },
        queries: pathFlag(
          'queries',
          'asked through HTTP and as `query` asks: as of bench queries (default otel or tempo)',
        ),
        seed: generatorFlags.seed,
        ...tableFlag,
        ...progressFlag,
        ...resultsFlag,
      })
      .example('$0 bench serve --only in,ack --seconds 3', 'a quick look'),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeResults(folder)
    const { input, only = partNames, seed = defaultSeed } = args
    const {
      seconds = defaults.seconds,
      rounds = defaults.rounds,
      kills = defaults.kills,
      spans = defaults.spans,
    } = args
    const program = [process.execPath, ...process.execArgv, process.argv[1]!]
    const captures = [
      ...(input === undefined ? [] : [{ name: capturedSource([input], {}).name, input }]),
      { name: 'otel' },
    ]
    const { questions } = await readQuerySet(args.queries ?? (input === undefined ? 'otel' : 'tempo'))
    const options = {
      program,
      questions,
      seed,
      seconds,
      rounds,
      kills,
      spans,
      only,
      captures,
      progress: progressFrom(args),
    }
    const result = await measureServe(options)
    show({ page: () => servePage(result) }, format)
    const saved = await saveMeasurement(result, folder)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    if (problemsOf(result).length > 0) process.exitCode = 1
  },
}

function count(flag: string, describe: string) {
  return { ...text, describe, coerce: integer(flag, 1, 10_000) } as const
}

function partNamed(given: string): PartName {
  const name = partNames.find(name => name === given)
  if (name === undefined)
    throw new LabError('usage', `--only ${given}: needs some of ${partNames.join(', ')}${hint(given, partNames)}`)
  return name
}
