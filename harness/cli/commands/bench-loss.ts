import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { makeFolder, probeFolder } from '../../../lib/storage/folder.ts'
import { writeText } from '../../../lib/storage/local-write.ts'
import { measureLossCurve } from '../../bench/loss/measure.ts'
import { lossCurvePage, lossFigures, renderLossCurve } from '../../bench/loss/report.ts'
import { drawSvg } from '../../charts/svg.ts'
import { holdTraces } from '../../open/hold.ts'
import { leftOutJson, leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource, printSource } from '../../view/report.ts'
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
    probeFolder(folder)
    const source = sourceFrom(args)
    const traces = await holdTraces(source.traces, describeSource(source))
    const curve = await measureLossCurve(traces, progressFrom(args))
    show(
      {
        page: () => [describeSource(source), ...lossCurvePage(curve)],
        json: () => ({ source: source.title, ...curve, ...leftOutJson(leftOutOf(source)) }),
      },
      format,
    )
    makeFolder(folder)
    const name = `${source.name}-loss`
    const charts = lossFigures(source.title, curve)
    const files = charts.map((_, i) => `${name}-${i + 1}.svg`)
    await Promise.all(charts.map(async (chart, i) => writeText(join(folder, files[i]!), await drawSvg(chart))))
    await writeText(join(folder, `${name}.md`), renderLossCurve(source.title, printSource(source), curve, files))
    if (args.progress) process.stderr.write(`saved ${join(folder, name)}.md and ${files.length} pictures\n`)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
