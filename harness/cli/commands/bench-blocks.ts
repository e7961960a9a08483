import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { makeFolder, probeFolder } from '../../../lib/storage/folder.ts'
import { writeText } from '../../../lib/storage/local-write.ts'
import { measureBlocks } from '../../bench/page-size/measure.ts'
import {
  blockFigures,
  curveTable,
  problemsOf,
  renderBlocks,
  sectionNote,
  sectionTable,
  taxTable,
} from '../../bench/page-size/report.ts'
import { drawSvg } from '../../charts/svg.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource } from '../../view/report.ts'
import {
  progressFlag,
  progressFrom,
  resultsFlag,
  resultsFolder,
  type SourceArguments,
  sourceFlags,
  sourceFrom,
  text,
} from '../flags.ts'
import { integer } from '../options.ts'
import { show, type TableArguments, tableFormatOf } from '../show.ts'

interface BlocksArguments extends SourceArguments, TableArguments {
  rounds?: number | undefined
  progress: boolean
  results: string | undefined
}

const usualRounds = 3

export const blocks: CommandModule<object, BlocksArguments> = {
  command: 'blocks',
  describe: 'Blockpack by page size and codec, and the tax of each index, as tables and SVG',
  builder: yargs =>
    yargs
      .options(sourceFlags)
      .option('rounds', {
        ...text,
        describe: `timed rounds (default ${usualRounds})`,
        coerce: integer('rounds', 1, 1000),
      })
      .options(progressFlag)
      .options(resultsFlag)
      .example('$0 bench blocks --input traces.json.gz', 'which page size suits your traces, and what indexes cost'),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeFolder(folder)
    const source = sourceFrom(args)
    const result = await measureBlocks(source, args.rounds ?? usualRounds, progressFrom(args))
    const tables = [curveTable(result), taxTable(result), sectionTable(result)]
    show({ page: () => [describeSource(source), ...tables, sectionNote, ...problemsOf(result)] }, format)
    makeFolder(folder)
    const charts = blockFigures(source.name, result)
    for (const [name, chart] of Object.entries(charts)) await writeText(join(folder, name), await drawSvg(chart))
    await writeText(join(folder, `${source.name}-blocks.md`), renderBlocks(result, Object.keys(charts)))
    if (args.progress) process.stderr.write(`saved ${join(folder, source.name)}-blocks.md and two .svg\n`)
    if (problemsOf(result).length > 0) process.exitCode = 1
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
