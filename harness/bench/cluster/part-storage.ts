import { setTimeout as sleep } from 'node:timers/promises'
import { Chain } from '../../../lib/cluster/commits/chain.ts'
import { clusterPrefix, parseCommit } from '../../../lib/cluster/commits/commit.ts'
import { tenantObjects } from '../../../lib/cluster/maintain/keys.ts'
import { blockPlace } from '../../../lib/cluster/query/cluster-sources.ts'
import { OpenedFiles } from '../../../lib/cluster/query/opened.ts'
import { objectsByBlock } from '../../../lib/serve/blocks/blocks.ts'
import type { BlockMeta } from '../../../lib/serve/blocks/meta.ts'
import { defaultCompaction, planBlocks } from '../../../lib/serve/blocks/plan.ts'
import { readObject } from '../../../lib/storage/store.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import { figureOf } from '../serve/session.ts'
import type { Ingested } from './part-in.ts'
import type { Cluster } from './places.ts'
import { between } from './watch.ts'

const compactedMillis = 300_000
const pollMillis = 1_000
const heldBytes = 2 ** 30
/** Requests that write, and objects that are written for a block, its commit among them. */
const writes = ['PUT', 'POST']
const written = ['data', 'filter', 'meta', 'commit']

/** Some blocks together. */
export interface Amount {
  readonly blocks: number
  readonly spans: number
  readonly bytes: number
}

/** Blocks as builders have made them, and what counts when no compaction is due. */
export interface Stored {
  readonly figures: Figure[]
  /** Of all records, as they lie in the log, one copy of them. */
  readonly logBytes: number
  readonly fresh: Amount
  readonly compacted: Amount
  /** How often blocks became one, how many did, and the spans of what they became. */
  readonly compactions: number
  readonly compactedBlocks: number
  readonly compactedSpans: number
  readonly writesPerBlock: number
}

/** What blocks take when all is in them and when they are compacted, and what that asks of the store. */
export async function measureStorage(
  cluster: Cluster,
  { before, after }: Ingested,
  problem: string | undefined,
): Promise<Stored> {
  const chain = await Chain.open(cluster.store)
  const isSettled = await untilCompacted(chain)
  const sizes = await sizesOf(cluster)
  const added = await addedMetas(cluster)
  const isFresh = ({ compactionLevel }: BlockMeta) => compactionLevel === 0
  const fresh = sumOf(added.filter(isFresh), sizes)
  const made = added.filter(meta => !isFresh(meta))
  const counting = [...chain.state.blocks.values()]
  const compacted = sumOf(counting, sizes)
  const flushed = between(before, after, 'block-builder', 'tempo_block_builder_flushed_blocks')
  const requests = between(before, after, 'block-builder', 'trace_lab_store_requests_total', {
    operation: writes,
    object: written,
  })
  const logBytes = await cluster.logBytes()
  const late = isSettled ? undefined : `not done within ${compactedMillis / 1e3} s`
  return {
    logBytes,
    fresh,
    compacted,
    compactions: made.length,
    compactedBlocks: made.reduce((sum, { replaces }) => sum + replaces.length, 0),
    compactedSpans: sumOf(made, sizes).spans,
    writesPerBlock: requests / flushed,
    figures: [
      figureOf([logBytes / fresh.spans], { what: 'in the log, one copy', unit: 'B/span', problem }),
      figureOf([fresh.bytes / fresh.spans], { what: 'as they are flushed', unit: 'B/span', problem }),
      figureOf([compacted.bytes / compacted.spans], { what: 'compacted', unit: 'B/span', problem: problem ?? late }),
      figureOf([fresh.blocks], { what: 'blocks flushed', unit: '', problem }),
      figureOf([compacted.blocks], { what: 'blocks when they are compacted', unit: '', problem: problem ?? late }),
      ...(cluster.storeName === 'folder'
        ? []
        : requestFigures(requests / flushed, await openingRequests(cluster, counting), problem)),
    ],
  }
}

function requestFigures(writing: number, opening: number, problem: string | undefined): Figure[] {
  const unit = 'requests'
  return [
    figureOf([writing], { what: 'to write a block, with its commit', unit, wanted: ['≤', 6], problem }),
    figureOf([opening], { what: 'to open a block', unit, wanted: ['≤', 2], problem }),
  ]
}

/** Waits until no compaction is due; false where that takes too long. */
async function untilCompacted(chain: Chain): Promise<boolean> {
  for (const end = performance.now() + compactedMillis; performance.now() < end; await sleep(pollMillis)) {
    const state = await chain.refresh()
    const plans = [...state.tenants()].map(tenant => planBlocks(state.blocksOf(tenant), Date.now(), defaultCompaction))
    if (plans.every(({ jobs }) => jobs.length === 0)) return true
  }
  return false
}

/** The blocks that were ever committed, whatever became of them. */
async function addedMetas({ store }: Cluster): Promise<BlockMeta[]> {
  const metas: BlockMeta[] = []
  for await (const { key } of store.list(`${clusterPrefix}/commit/`))
    metas.push(...parseCommit(await readObject(store, key), key).adds)
  return metas
}

/** By block the bytes of all its objects but its meta. */
async function sizesOf({ store }: Cluster): Promise<Map<string, number>> {
  const found = await objectsByBlock(tenantObjects(store))
  const bytesOf = (names: ReadonlyMap<string, number>) =>
    [...names].reduce((sum, [name, bytes]) => (name.startsWith('meta.') ? sum : sum + bytes), 0)
  return new Map(Array.from(found, ([place, names]) => [place, bytesOf(names)]))
}

function sumOf(metas: readonly BlockMeta[], sizes: ReadonlyMap<string, number>): Amount {
  return {
    blocks: metas.length,
    spans: metas.reduce((sum, { totalSpans }) => sum + totalSpans, 0),
    bytes: metas.reduce((sum, { tenantID, blockID }) => sum + (sizes.get(`${tenantID}/${blockID}`) ?? 0), 0),
  }
}

/** Requests for a block that is opened as queriers open it: counted here, by their code. */
async function openingRequests({ store, requests }: Cluster, metas: readonly BlockMeta[]): Promise<number> {
  const live = { replicas: async () => [], open: () => Promise.reject(new Error('no live store')) }
  const opened = new OpenedFiles({ store, live }, heldBytes)
  const before = requests.total()
  for (const meta of metas) await opened.source(blockPlace(meta))
  const asked = requests.total() - before
  for (const { blockID } of metas) opened.forget(blockID)
  return asked / metas.length
}
