import type { CommandModule } from 'yargs'
import { measureScale } from '../../bench/scale.ts'
import { probeResults, saveMeasurement } from '../../lab/run-files.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource } from '../../view/report.ts'
import { scaleProblems, scaleTables } from '../../view/scale.ts'
import {
  candidatesFrom,
  progressFlag,
  progressFrom,
  type RowArguments,
  resultsFlag,
  resultsFolder,
  rowFlags,
  type SourceArguments,
  sourceFlags,
  sourceFrom,
} from '../flags.ts'
import { show, type TableArguments, tableFormatOf } from '../show.ts'

interface ScaleArguments extends SourceArguments, RowArguments, TableArguments {
  progress: boolean
  results: string | undefined
}

export const scale: CommandModule<object, ScaleArguments> = {
  command: 'scale',
  describe: 'Bytes and CPU time per span against the number of spans, as tables and SVG',
  builder: yargs => yargs.options(sourceFlags).options(rowFlags).options(progressFlag).options(resultsFlag),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeResults(folder)
    const source = sourceFrom(args)
    const result = await measureScale(source, await candidatesFrom(args), progressFrom(args))
    show({ page: () => [describeSource(source), ...scaleTables(result), ...scaleProblems(result)] }, format)
    const saved = await saveMeasurement(result, folder)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
