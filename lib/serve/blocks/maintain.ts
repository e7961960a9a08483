import type { RangeReader } from '../../bytes/range.ts'
import { naming } from '../../error.ts'
import { compactBlockpack } from '../../formats/blockpack/compact.ts'
import { compactInThread } from '../../formats/blockpack/compact-in-thread.ts'
import { readInPieces } from '../../storage/in-pieces.ts'
import type { BlobReader, BlobStore } from '../../storage/store.ts'
import { nextTurn } from '../../turns.ts'
import { type Blocks, keyOf } from './blocks.ts'
import { type BlockMeta, dataName, dataNameOf, derivedId } from './meta.ts'
import { type CompactionConfig, planBlocks } from './plan.ts'
import { compactTempoBlocks } from './tempo-block.ts'
import { type Encoding, writeData } from './write.ts'

/**
 * Blocks of ours are read in such pieces when they become one: three requests per page group otherwise, which has some 100 kB.
 * A row group has about 1 MiB, so that two pieces hold all of one.
 */
export const compactionPieceBytes: number = 4 * 2 ** 20
const maxHeldPieces = 2

export interface Maintenance {
  readonly compaction: CompactionConfig
  readonly encoding: Encoding
  /** True where it is to end before the next block. */
  readonly isOver: () => boolean
  /** Ends it in the middle of a block. */
  readonly signal: AbortSignal
}

export interface Maintained {
  readonly compactions: number
  readonly deleted: number
}

/**
 * Does what is due: says of blocks that they were replaced, makes one of several, deletes those that are too old. It can
 * be interrupted anywhere: what is published counts, and the next one does the rest.
 */
export async function maintainBlocks(blocks: Blocks, nowMillis: number, maintenance: Maintenance): Promise<Maintained> {
  const { compaction, isOver } = maintenance
  const done = { compactions: 0, deleted: 0 }
  await markReplaced(blocks)
  for (const { meta, sinceMillis } of blocks.replaced())
    if (sinceMillis + compaction.replacedMillis <= nowMillis) await blocks.remove(meta)
  for (const tenant of blocks.tenants())
    for (;;) {
      const metas = blocks.list(tenant).map(({ meta }) => meta)
      const { jobs, expired } = planBlocks(metas, nowMillis, compaction)
      for (const meta of expired) await blocks.remove(meta)
      done.deleted += expired.length
      const [job] = jobs
      if (job === undefined || isOver()) break
      await blocks.publish(await compactBlocks(blocks.store, job, maintenance.encoding, maintenance.signal))
      await naming('compaction', () => markReplaced(blocks))
      done.compactions++
    }
  return done
}

async function markReplaced(blocks: Blocks): Promise<void> {
  for (const replaced of blocks.replaced().filter(({ isMarked }) => !isMarked)) await blocks.mark(replaced)
}

/**
 * Writes the data of a block with the spans of several, which have one format. Unless it is given, its id follows from theirs, so that what was
 * interrupted is written anew. It counts once what is returned is published.
 */
export async function compactBlocks(
  store: BlobStore,
  inputs: readonly BlockMeta[],
  { config, workers }: Encoding,
  signal: AbortSignal,
  givenId?: string,
): Promise<BlockMeta> {
  const { tenantID } = inputs[0]!
  const replaces = inputs.map(({ blockID }) => blockID).sort()
  const place = { tenantID, blockID: givenId ?? derivedId('compaction', tenantID, ...replaces) }
  const files: BlobReader[] = []
  try {
    for (const meta of inputs) files.push(await store.open(keyOf(meta, dataNameOf(meta))))
    const common = {
      ...place,
      startTime: least(inputs.map(({ startTime }) => startTime)),
      endTime: greatest(inputs.map(({ endTime }) => endTime)),
      receivedTime: greatest(inputs.map(({ receivedTime }) => receivedTime)),
      compactionLevel: Math.max(...inputs.map(({ compactionLevel }) => compactionLevel)) + 1,
      replaces,
    }
    const { format } = inputs[0]!
    if (format !== 'blockpack') {
      const opened = inputs.map((meta, i) => ({ meta, file: inTurns(files[i]!, signal) }))
      return { format, ...common, ...(await compactTempoBlocks(store, opened, place)) }
    }
    const pieces = files.map(file => readInPieces(file, compactionPieceBytes, maxHeldPieces))
    const named = pieces.map((file, i) => ({ name: keyOf(inputs[i]!, dataName), file: inTurns(file, signal) }))
    const spanCount = inputs.reduce((sum, { totalSpans }) => sum + totalSpans, 0)
    let counts = { traceCount: 0, spanCount: 0 }
    const size = await writeData(store, place, async sink => {
      counts =
        workers !== undefined && spanCount >= workers.minSpans
          ? await compactInThread(named, sink, config, workers)
          : await compactBlockpack(named, sink, config)
    })
    return { format, ...common, totalObjects: counts.traceCount, totalSpans: counts.spanCount, size }
  } finally {
    for (const file of files) await file.close()
  }
}

/** A file between whose reads other work has its turn, and which is read no more once the signal is given. */
function inTurns(file: RangeReader, signal: AbortSignal): RangeReader {
  return {
    byteLength: file.byteLength,
    read: async ranges => {
      await nextTurn()
      signal.throwIfAborted()
      return file.read(ranges)
    },
  }
}

/** Times of one format are ordered as texts. */
function least(times: readonly string[]): string {
  return times.reduce((a, b) => (a < b ? a : b))
}

function greatest(times: readonly string[]): string {
  return times.reduce((a, b) => (a > b ? a : b))
}
