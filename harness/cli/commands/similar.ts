import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { SimilarityIndex } from '../../../lib/formats/blockpack/indexes/similarity.ts'
import type { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { findSimilar, type SimilarTraces } from '../../../lib/formats/blockpack/similar.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { withBlockpack } from '../../open/blockpack-files.ts'
import { idsMeant, notFound } from '../../open/find-trace.ts'
import { fixed, plural, whole } from '../../text/format.ts'
import { clean, serviceOf, shorten } from '../../text/names.ts'
import { printTerminal, type TextTable } from '../../text/table.ts'
import { treeOf } from '../../view/waterfall/tree.ts'
import { text, textPositional } from '../flags.ts'
import { integer } from '../options.ts'

interface SimilarArguments {
  id: string | undefined
  file: string | undefined
  limit?: number | undefined
}

const defaultLimit = 10
const maxNames = 48

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
      .example('$0 similar 5b8efff798038103d269b633813fc60c traces.bp', 'what else went the same way')
      .example('$0 similar 5b8efff798038103d269b633813fc60c traces.bp --limit 3', 'the three nearest'),
  handler: async args => {
    const lines = await withBlockpack(args.file!, async reader => {
      const index = await SimilarityIndex.read(reader.block)
      if (!index) throw new LabError('missing', 'has no index of similar traces; write it with --enable-minhash')
      const asked = await locate(reader, args.id!)
      const { same, others } = await findSimilar(reader, index, asked, args.limit ?? defaultLimit)
      const found = same ? [same, ...others] : others
      return [describe(asked.trace), found.length > 0 ? printTerminal(tableOf(found)) : 'no other trace is in the file']
    })
    console.log(lines.join('\n'))
  },
}

/** The trace of the file that is meant by an id; of several spellings the one that is written, else the longest. */
async function locate(reader: BlockpackReader, id: string) {
  for (const candidate of idsMeant(id)) {
    const located = await reader.locate(candidate)
    if (located) return located
  }
  throw notFound(id, 'the file')
}

function describe(trace: Trace): string {
  return `trace ${trace.traceId}: ${plural(trace.spans.length, 'span')}, ${rootOf(trace)}`
}

function tableOf(found: readonly SimilarTraces[]): TextTable {
  return {
    headers: ['similarity', 'estimated', 'traces', 'spans', 'root', 'services', 'trace ids'],
    aligns: ['right', 'right', 'right', 'right', 'left', 'right', 'left'],
    rows: found.map(({ exact, estimate, traceCount, examples }) => [
      fixed(3)(exact),
      fixed(3)(estimate),
      whole(traceCount),
      whole(examples[0]!.spans.length),
      shorten(rootOf(examples[0]!), maxNames),
      whole(new Set(examples[0]!.spans.map(serviceOf)).size),
      examples.map(({ traceId }) => traceId).join('\n'),
    ]),
  }
}

function rootOf({ spans }: Trace): string {
  const rows = treeOf(spans)
  const { span } = rows.find(({ root }) => root === 'root') ?? rows[0]!
  return `${serviceOf(span)} ${clean(span.name)}`
}
