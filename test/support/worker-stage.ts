import { randomUUID } from 'node:crypto'
import { Chain } from '../../lib/cluster/commits/chain.ts'
import { Gathered } from '../../lib/cluster/gathered.ts'
import type { WorkerConfig } from '../../lib/cluster/maintain/places.ts'
import { blockpackSource } from '../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../lib/formats/blockpack/write/config.ts'
import { keyOf } from '../../lib/serve/blocks/blocks.ts'
import { type BlockMeta, dataName, metaName, printMeta } from '../../lib/serve/blocks/meta.ts'
import { defaultCompaction } from '../../lib/serve/blocks/plan.ts'
import { writeBlock } from '../../lib/serve/blocks/write.ts'
import { type BlobStore, putBytes } from '../../lib/storage/store.ts'
import { countSpanIds, requestOf } from './store-spans.ts'

export const hour = 3_600_000
export const encoding = { config: profiles['high-throughput'] }
export const workerConfig: WorkerConfig = { instance: 'worker', compaction: defaultCompaction, encoding }
export const never: AbortSignal = new AbortController().signal

/** Time that passes when it is told to, for all clocks alike. */
export class StagedClock {
  millis: number = Date.UTC(2026, 0, 1)
  now = (): number => this.millis
  elapsed = (): number => this.millis
}

/** Makes a block of the next spans of a partition, as a builder does: their numbers are the offsets. True once committed. */
export async function buildBlock(
  { store, chain }: { store: BlobStore; chain: Chain },
  { partition = 0, tenant = 'a', spanCount = 3 }: { partition?: number; tenant?: string; spanCount?: number },
  nowMillis: number,
): Promise<boolean> {
  const start = (await chain.refresh()).end(partition)
  const end = start + spanCount
  const gathered = new Gathered()
  const spans = Array.from({ length: spanCount }, (_, i) => partition * 1e6 + start + i + 1)
  const value = requestOf(spans.map(number => [number, number]))
  gathered.add({
    offset: start,
    value,
    timeMillis: nowMillis,
    headers: [{ key: 'x-scope-orgid', value: Buffer.from(tenant) }],
  })
  const place = { tenantID: tenant, blockID: randomUUID() }
  const meta = await writeBlock(store, await gathered.parts.get(tenant)!.view(), place, nowMillis, encoding)
  const log = [{ partition, start, end, poison: [] }]
  if (await chain.commit({ writer: 'b', log, adds: [meta], removes: [], discards: [] })) {
    await store.delete(keyOf(meta, dataName))
    return false
  }
  await putBytes(store, keyOf(meta, metaName), printMeta(meta))
  return true
}

/** How often each span is in the blocks that count, by its number. */
export async function countedSpans(store: BlobStore): Promise<Map<number, number>> {
  const counts = new Map<number, number>()
  for (const meta of (await Chain.open(store)).state.blocks.values()) {
    const file = await store.open(keyOf(meta, dataName))
    const found = await countSpanIds(blockpackSource(await BlockpackReader.open(file)))
    for (const [id, count] of found)
      counts.set(Number.parseInt(id, 16), (counts.get(Number.parseInt(id, 16)) ?? 0) + count)
  }
  return counts
}

/** The keys of what is not the cluster's own. */
export async function tenantKeys(store: BlobStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) if (!key.startsWith('cluster=1/')) keys.push(key)
  return keys
}

/** The keys that there are of blocks which count, and no others. */
export function keysOf(blocks: Iterable<BlockMeta>): string[] {
  return [...blocks].flatMap(meta => [dataName, metaName].map(name => keyOf(meta, name))).sort()
}
