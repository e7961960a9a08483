import type { CommandModule } from 'yargs'
import { defaultSeed, sizes, workloadNames } from '../../../generator/names.ts'
import { probeFolder } from '../../../lib/storage/folder.ts'
import { defaultTiers, parseTiers } from '../../../lib/tiers/tier-list.ts'
import { measureTiers, type StreamOf, tiersDocument, tiersTable } from '../../bench/tiers.ts'
import { saveDocument } from '../../lab/run-files.ts'
import {
  type GeneratorArguments,
  generatorFlags,
  progressFlag,
  resultsFlag,
  resultsFolder,
  tiersFlag,
} from '../flags.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface TiersArguments extends GeneratorArguments, TableArguments {
  tiers: string | undefined
  progress: boolean
  results: string | undefined
}

const days = 30
const { size, workload, seed } = generatorFlags

export const tiers: CommandModule<object, TiersArguments> = {
  command: 'tiers',
  describe: `Bytes and errors of each tier of a generated stream of ${days} days`,
  builder: yargs =>
    yargs.options({ size, workload, seed, ...tiersFlag, ...tableFlag, ...progressFlag, ...resultsFlag }),
  handler: async args => {
    const format = tableFormatOf(args)
    const list = parseTiers(args.tiers ?? defaultTiers)
    const folder = args.results ?? resultsFolder
    probeFolder(folder)
    const sizeName = args.size ?? 'big'
    const generated = { workload: args.workload ?? workloadNames[0]!, size: sizeName, seed: args.seed ?? defaultSeed }
    const stream: StreamOf = { ...generated, days, traceCount: sizes[sizeName] }
    const result = await measureTiers(stream, list)
    show({ page: () => [tiersTable(result)] }, format)
    const document = tiersDocument(result, stream)
    const saved = await saveDocument(document, folder, `${stream.workload}-${sizeName}-tiers`)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
  },
}
