import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { SimilarityIndex } from '../../../lib/formats/blockpack/indexes/similarity.ts'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import type { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { findSimilar, type SimilarTraces } from '../../../lib/formats/blockpack/similar.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { isSampled } from '../../../lib/sampling/weights.ts'
import { withBlockpack } from '../../open/blockpack-files.ts'
import { idsMeant, notFound } from '../../open/find-trace.ts'
import { fixed, plural } from '../../text/format.ts'
import { clean, serviceOf } from '../../text/names.ts'
import type { Page } from '../../text/page.ts'
import { text as column, number, type Table, tableOf } from '../../text/table.ts'
import { treeOf } from '../../view/waterfall/tree.ts'
import { text, textPositional } from '../flags.ts'
import { integer } from '../options.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface SimilarArguments extends TableArguments {
  id: string | undefined
  file: string | undefined
  limit?: number | undefined
}

const defaultLimit = 10

export const similar: CommandModule<object, SimilarArguments> = {
  command: 'similar <id> <file>',
  describe: 'List the traces most similar to one: by services, operations, calls and attribute keys',
  builder: yargs =>
    yargs
      .positional('id', { ...textPositional, describe: 'trace id in hex; leading zeros may be left out' })
      .positional('file', { ...textPositional, describe: 'blockpack file with the index of similar traces' })
      .option('limit', {
        ...text,
        describe: `sets of features to list (default ${defaultLimit})`,
        coerce: integer('limit', 1, 1000),
      })
      .options(tableFlag)
      .example('$0 similar 5b8efff798038103d269b633813fc60c traces.bp', 'what else went the same way')
      .example('$0 similar 5b8efff798038103d269b633813fc60c traces.bp --limit 3', 'the three nearest'),
  handler: async args => {
    const format = tableFormatOf(args)
    const page = await withBlockpack(args.file!, async (reader): Promise<Page> => {
      const index = await SimilarityIndex.read(reader.block)
      if (!index) throw new LabError('missing', 'has no index of similar traces; write it with --enable-minhash')
      const asked = await locate(reader, args.id!)
      const { same, others } = await findSimilar(reader, index, asked, args.limit ?? defaultLimit)
      const found = same ? [same, ...others] : others
      return [
        describe(asked.trace),
        similarTable(found),
        ...(found.length > 0 ? [] : ['no other trace is in the file']),
      ]
    })
    show({ page: () => page }, format)
  },
}

/** The trace of the file that is meant by an id; of several spellings the one that is written, else the longest. */
async function locate(reader: BlockpackReader, id: string) {
  for (const candidate of idsMeant(id)) {
    const located = await reader.locate(candidate)
    if (located) return located
  }
  throw notFound(id, 'the file', new Set((await isSampled(blockpackSource(reader))) ? ['it'] : []))
}

function describe(trace: Trace): string {
  return `trace ${trace.traceId}: ${plural(trace.spans.length, 'span')}, ${rootOf(trace)}`
}

function similarTable(found: readonly SimilarTraces[]): Table {
  return tableOf(found, [
    number('similarity', ({ exact }) => exact, fixed(3)),
    number('estimated', ({ estimate }) => estimate, fixed(3)),
    number('traces', ({ traceCount }) => traceCount, undefined, { keep: 1 }),
    number('spans', ({ examples }) => examples[0]!.spans.length),
    column('root', ({ examples }) => rootOf(examples[0]!), { keep: 1, maxWidth: 48 }),
    number('services', ({ examples }) => new Set(examples[0]!.spans.map(serviceOf)).size),
    column('trace ids', ({ examples }) => examples.map(({ traceId }) => traceId), { keep: 2, isWhole: true }),
  ])
}

function rootOf({ spans }: Trace): string {
  const rows = treeOf(spans)
  const { span } = rows.find(({ root }) => root === 'root') ?? rows[0]!
  return `${serviceOf(span)} ${clean(span.name)}`
}
