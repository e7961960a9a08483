import type { CommandModule } from 'yargs'
import type { ByteSink } from '../../../lib/bytes/range.ts'
import { type Compacted, compactBlockpack } from '../../../lib/formats/blockpack/compact.ts'
import type { LocalFile } from '../../../lib/storage/local.ts'
import { withBlocks } from '../../open/blockpack-files.ts'
import { plural, whole } from '../../text/format.ts'
import { type BlockpackArguments, blockpackConfigFrom, withBlockpackFlags } from '../blockpack-flags.ts'
import { inputPositional, pathFlag } from '../flags.ts'
import { writeOutput } from '../output.ts'
import { type WorkersArguments, withWorkers, workersFlag } from '../workers.ts'

interface CompactArguments extends BlockpackArguments, WorkersArguments {
  in: string[] | undefined
  out: string | undefined
}

export const compact: CommandModule<object, CompactArguments> = {
  command: 'compact <in..>',
  describe: 'Merge blockpack files into one: each trace whole, equal spans once, the indexes as of a fresh file',
  builder: yargs =>
    withBlockpackFlags(yargs, 'The file that is written:')
      .positional('in', { ...inputPositional, describe: 'blockpack files', demandOption: true })
      .option('out', { ...pathFlag('out', 'file to write; - for standard output'), demandOption: true })
      .options(workersFlag)
      .example('$0 compact a.bp b.bp --out ab.bp', 'two files as one')
      .example('$0 compact a.bp --profile max-compression --out small.bp', 'one file in another configuration'),
  handler: async args => {
    const config = await blockpackConfigFrom(args)
    const paths = args.in!
    await withWorkers(args, workers =>
      withBlocks(paths, async files => {
        const inputs = paths.map((name, i) => ({ name, file: files[i]! }))
        const write = (sink: ByteSink) => compactBlockpack(inputs, sink, config, workers)
        const done = await writeOutput(args.out!, paths, write)
        process.stderr.write(`${describe(done, files)}\n`)
      }),
    )
  },
}

function describe(
  { traceCount, spanCount, joinedCount, droppedCount }: Compacted,
  files: readonly LocalFile[],
): string {
  const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0)
  const joined = joinedCount > 0 ? `; ${plural(joinedCount, 'trace')} joined of several files` : ''
  const dropped = droppedCount > 0 ? `; ${plural(droppedCount, 'equal span')} left out` : ''
  return `${plural(files.length, 'file')}, ${whole(byteLength)} B: ${plural(traceCount, 'trace')}, ${plural(spanCount, 'span')}${joined}${dropped}`
}
