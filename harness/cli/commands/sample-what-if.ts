import { readFile } from 'node:fs/promises'
import type { CommandModule } from 'yargs'
import { parseCollectorConfig } from '../../../lib/collector/config.ts'
import { systemError } from '../../../lib/error.ts'
import { whatIf } from '../../bench/loss/what-if.ts'
import { whatIfPage } from '../../bench/loss/what-if-page.ts'
import { holdTraces } from '../../open/hold.ts'
import { leftOutJson, leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource } from '../../view/report.ts'
import { inputPositional, pathFlag, type SourceArguments, sourceFlags, sourceFrom } from '../flags.ts'
import { jsonFlag, show, type TableArguments, tableFormatOf } from '../show.ts'

interface WhatIfArguments extends SourceArguments, TableArguments {
  in: string[] | undefined
  policy: string | undefined
}

export const whatIfCommand: CommandModule<object, WhatIfArguments> = {
  command: 'what-if [in..]',
  describe:
    "Replay a collector's tail_sampling, probabilistic_sampler and spanpruning on traces: what is kept and lost",
  builder: yargs =>
    yargs
      .positional('in', inputPositional)
      .options({
        policy: { ...pathFlag('policy', 'YAML of a collector, of which the processors count'), demandOption: true },
        ...sourceFlags,
        ...jsonFlag('print all of it as JSON, and nothing else'),
      })
      .example('$0 sample what-if --policy collector.yaml traces.pb', "yesterday's traces under tomorrow's policy"),
  handler: async args => {
    const format = tableFormatOf(args)
    const path = args.policy!
    const text = await readFile(path, 'utf8').catch(error => {
      throw systemError(path, error)
    })
    const config = parseCollectorConfig(text, path)
    const named = [...(args.in ?? []), ...(args.input ?? [])]
    const source = sourceFrom(named.length > 0 ? { ...args, input: named } : args)
    const result = await whatIf(await holdTraces(source.traces, describeSource(source)), config)
    const { leftOut, ignored } = config
    show(
      {
        page: () => [describeSource(source), ...whatIfPage(result, config)],
        json: () => ({ ...result, leftOut, ignored, ...leftOutJson(leftOutOf(source)) }),
      },
      format,
    )
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
