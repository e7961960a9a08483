import { Chain } from '../../../lib/cluster/commits/chain.ts'
import { clusterPrefix, parseCommit } from '../../../lib/cluster/commits/commit.ts'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { getOrInsert } from '../../../lib/maps.ts'
import { keyOf } from '../../../lib/serve/blocks/blocks.ts'
import { type BlockMeta, dataName } from '../../../lib/serve/blocks/meta.ts'
import { type BlobStore, readObject } from '../../../lib/storage/store.ts'
import type { Load } from '../serve/load.ts'
import { missingAndTwice, spanIdsOf } from '../serve/part-kill.ts'
import type { Replay } from '../serve/replay.ts'
import { spanOf } from '../serve/span-number.ts'

/** What is in blocks. */
export interface Stored {
  /** Spans, each counted once, in the blocks that count. */
  readonly stored: number
  /** Spans that were acknowledged and are in none of them. */
  readonly missing: number
  /** Spans that are in more than one of them: compaction has not met them yet. */
  readonly storedTwice: number
  /** Spans of which builders have put more than one into blocks. */
  readonly builtTwice: number
}

/** Counts spans in the blocks that count, and in those that builders made, which are all there for an hour. */
export async function countStored(store: BlobStore, replay: Replay, load: Load): Promise<Stored> {
  const { state } = await Chain.open(store)
  const counted = await countsOf(store, replay, state.blocks.values())
  const { missing, twice } = missingAndTwice(counted, replay, load)
  const built = missingAndTwice(await countsOf(store, replay, await builtBlocks(store)), replay, load)
  const stored = Array.from(counted.values(), counts => counts.filter(count => count > 0).length)
  return { stored: stored.reduce((a, b) => a + b, 0), missing, storedTwice: twice, builtTwice: built.twice }
}

/** How often each span is in some blocks, by round and number. */
async function countsOf(
  store: BlobStore,
  replay: Replay,
  metas: Iterable<BlockMeta>,
): Promise<Map<number, Uint8Array>> {
  const rounds = new Map<number, Uint8Array>()
  for (const meta of metas) {
    const file = await store.open(keyOf(meta, dataName))
    for await (const id of spanIdsOf(blockpackSource(await BlockpackReader.open(file)))) {
      const { round, number } = spanOf(id)
      getOrInsert(rounds, round, () => new Uint8Array(replay.spanCount))[number]!++
    }
    await file.close()
  }
  return rounds
}

/** The blocks that builders have committed, whatever became of them. */
async function builtBlocks(store: BlobStore): Promise<BlockMeta[]> {
  const metas: BlockMeta[] = []
  for await (const { key } of store.list(`${clusterPrefix}/commit/`)) {
    const { log, adds } = parseCommit(await readObject(store, key), key)
    if (log.length > 0) metas.push(...adds)
  }
  return metas
}
