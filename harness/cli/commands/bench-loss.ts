import type { CommandModule } from 'yargs'
import { countSpans } from '../../../lib/model/trace.ts'
import { measureLossCurve } from '../../bench/loss/measure.ts'
import { probeResults, saveMeasurement } from '../../lab/run-files.ts'
import { holdTraces } from '../../open/hold.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { measurementJson } from '../../runs/measurement-schema.ts'
import { lossCurvePage } from '../../view/loss-curve.ts'
import { benchInput, describeSource } from '../../view/report.ts'
import {
  progressFlag,
  progressFrom,
  resultsFlag,
  resultsFolder,
  type SourceArguments,
  sourceFlags,
  sourceFrom,
} from '../flags.ts'
import { jsonFlag, show, type TableArguments, tableFormatOf } from '../show.ts'

interface LossArguments extends SourceArguments, TableArguments {
  progress: boolean
  results: string | undefined
}

export const loss: CommandModule<object, LossArguments> = {
  command: 'loss',
  describe: 'Bytes per span against the error of answers: rates and budgets of sampling, as table, page and SVG',
  builder: yargs =>
    yargs
      .options({ ...sourceFlags, ...progressFlag, ...resultsFlag, ...jsonFlag('print all of it as JSON') })
      .example('$0 bench loss --input traces.pb --results curves', 'what each budget would cost on your own traces'),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeResults(folder)
    const source = sourceFrom(args)
    const traces = await holdTraces(source.traces, describeSource(source))
    const input = benchInput(source, { traceCount: traces.length, spanCount: countSpans(traces) })
    const curve = await measureLossCurve(input, traces, progressFrom(args))
    show(
      {
        page: () => [describeSource(source), ...lossCurvePage(curve)],
        json: () => measurementJson(curve),
      },
      format,
    )
    const saved = await saveMeasurement(curve, folder)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
