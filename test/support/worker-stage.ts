import { randomUUID } from 'node:crypto'
import { Chain } from '../../lib/cluster/commits/chain.ts'
import { Gathered } from '../../lib/cluster/gathered.ts'
import type { WorkerConfig } from '../../lib/cluster/maintain/places.ts'
import { blockPlace } from '../../lib/cluster/query/cluster-sources.ts'
import { OpenedFiles } from '../../lib/cluster/query/opened.ts'
import { profiles } from '../../lib/formats/blockpack/write/config.ts'
import { keyOf, removeParts } from '../../lib/serve/blocks/blocks.ts'
import { type BlockFormat, type BlockMeta, metaName, partsOf, printMeta } from '../../lib/serve/blocks/meta.ts'
import { defaultCompaction } from '../../lib/serve/blocks/plan.ts'
import { writeBlock } from '../../lib/serve/blocks/write.ts'
import { type BlobStore, putBytes } from '../../lib/storage/store.ts'
import { countSpanIds, requestOf } from './store-spans.ts'

export const hour = 3_600_000
export const encoding = { config: profiles['high-throughput'] }
export const workerConfig: WorkerConfig = {
  instance: 'worker',
  compaction: { ...defaultCompaction, maxInputs: 4 },
  encoding,
}
export const never: AbortSignal = new AbortController().signal

/** Time that passes when it is told to, for all clocks alike. */
export class StagedClock {
  millis: number = Date.UTC(2026, 0, 1)
  now = (): number => this.millis
  elapsed = (): number => this.millis
}

/** What `buildBlock` makes. */
export interface BuiltBlock {
  readonly partition?: number
  readonly tenant?: string
  readonly spanCount?: number
  readonly format?: BlockFormat
}

/** Makes a block of the next spans of a partition, as a builder does: their numbers are the offsets. True once committed. */
export async function buildBlock(
  { store, chain }: { store: BlobStore; chain: Chain },
  { partition = 0, tenant = 'a', spanCount = 3, format = 'blockpack' }: BuiltBlock,
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
  const meta = await writeBlock(store, await gathered.parts.get(tenant)!.view(), place, nowMillis, {
    ...encoding,
    format,
  })
  const log = [{ partition, start, end, poison: [] }]
  if (await chain.commit({ writer: 'b', log, adds: [meta], removes: [], discards: [] })) {
    await removeParts(store, meta)
    return false
  }
  await putBytes(store, keyOf(meta, metaName), printMeta(meta))
  return true
}

/** How often each span is in the blocks that count, by its number. */
export async function countedSpans(store: BlobStore): Promise<Map<number, number>> {
  const counts = new Map<number, number>()
  const live = { replicas: async () => [], open: () => Promise.reject(new Error('no live store')) }
  const opened = new OpenedFiles({ store, live }, 2 ** 30)
  for (const meta of (await Chain.open(store)).state.blocks.values()) {
    const found = await countSpanIds(await opened.source(blockPlace(meta)))
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
  return [...blocks].flatMap(meta => [...partsOf(meta), metaName].map(name => keyOf(meta, name))).sort()
}
