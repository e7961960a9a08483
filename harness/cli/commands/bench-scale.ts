import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { makeFolder, probeFolder } from '../../../lib/storage/folder.ts'
import { writeText } from '../../../lib/storage/local-write.ts'
import { measureScale, renderScale, scaleFigure, scaleTable } from '../../bench/scale.ts'
import { drawSvg } from '../../charts/svg.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource } from '../../view/report.ts'
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
  describe: 'Bytes per span against the number of traces, as table and SVG',
  builder: yargs => yargs.options(sourceFlags).options(rowFlags).options(progressFlag).options(resultsFlag),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeFolder(folder)
    const source = sourceFrom(args)
    const result = await measureScale(source, await candidatesFrom(args), progressFrom(args))
    show({ page: () => [describeSource(source), scaleTable(result)] }, format)
    makeFolder(folder)
    const name = `${source.name}-scale`
    await writeText(join(folder, `${name}.svg`), await drawSvg(scaleFigure(result)))
    await writeText(join(folder, `${name}.md`), renderScale(result, `${name}.svg`))
    if (args.progress) process.stderr.write(`saved ${join(folder, name)}.md and .svg\n`)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
