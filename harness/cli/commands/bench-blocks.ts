import type { CommandModule } from 'yargs'
import { probeFolder } from '../../../lib/storage/folder.ts'
import { measureBlocks } from '../../bench/page-size/measure.ts'
import {
  blocksDocument,
  curveTable,
  problemsOf,
  sectionNote,
  sectionTable,
  taxTable,
} from '../../bench/page-size/report.ts'
import { saveDocument } from '../../lab/run-files.ts'
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
    const saved = await saveDocument(blocksDocument(result), folder, `${source.name}-blocks`)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    if (problemsOf(result).length > 0) process.exitCode = 1
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}
