import { randomUUID } from 'node:crypto'
import { Chain } from '../../lib/cluster/commits/chain.ts'
import type { Commit } from '../../lib/cluster/commits/commit.ts'
import type { LiveAnswer, LivePiece } from '../../lib/cluster/live/answer.ts'
import type { LiveReplica, LiveStores } from '../../lib/cluster/query/live-stores.ts'
import { LabError } from '../../lib/error.ts'
import { profiles } from '../../lib/formats/blockpack/write/config.ts'
import { encodeTraces, OtlpMessages } from '../../lib/formats/otlp/proto-message.ts'
import { mergeSpellings } from '../../lib/model/merge.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'
import { keyOf } from '../../lib/serve/blocks/blocks.ts'
import { compactBlocks } from '../../lib/serve/blocks/maintain.ts'
import { type BlockFormat, type BlockMeta, dataName, dataNameOf } from '../../lib/serve/blocks/meta.ts'
import { type Encoding, writeBlock } from '../../lib/serve/blocks/write.ts'
import { LivePart } from '../../lib/serve/live/part.ts'
import { SpanRows } from '../../lib/shred/rows.ts'
import { memoryStore } from '../../lib/storage/memory-store.ts'
import type { BlobStore } from '../../lib/storage/store.ts'

/** Page groups of as few spans as there are: what is large elsewhere is large here, and asked in parts. */
const encoding = { config: { ...profiles['high-throughput'], columnBlockSize: 1 } }

/** Offsets of a partition whose spans are in blocks, the records of which come one by one. */
interface Partition {
  readonly records: { readonly tenant: string; readonly traces: readonly Trace[] }[]
  committed: number
}

interface StageParts {
  readonly store: BlobStore
  readonly partitionCount: number
  readonly draw: () => number
  readonly formats: readonly BlockFormat[]
}

/**
 * A store as its roles would make it, step by step: records in partitions, of which builders make blocks and live stores
 * pieces, and which a worker compacts.
 */
export class Stage {
  readonly store: BlobStore = memoryStore()
  readonly partitions: readonly Partition[]
  readonly replicas: readonly StagedReplica[]
  /** All spans, as they came. */
  readonly #all = new Map<string, Trace[]>()
  readonly #chain: Chain
  readonly #draw: () => number
  readonly #formats: readonly BlockFormat[]
  #blockCount = 0

  private constructor(chain: Chain, { store, partitionCount, draw, formats }: StageParts) {
    this.#chain = chain
    this.#formats = formats
    this.store = store
    this.#draw = draw
    this.partitions = Array.from({ length: partitionCount }, () => ({ records: [], committed: 0 }))
    this.replicas = this.partitions.map((partition, number) => new StagedReplica(number, partition))
  }

  /** Where the spans are, for those who answer from them. */
  async places(replicas: readonly StagedReplica[] = this.replicas) {
    const live: LiveStores = {
      replicas: async () => replicas,
      open: (address, piece) => replicas.find(replica => replica.address === address)!.open(piece),
    }
    const log = { partitionCount: async () => this.partitions.length }
    return { chain: await Chain.open(this.store), store: this.store, live, log }
  }

  /** Of blocks of several formats, builders make one of each in turn. */
  static async open(
    partitionCount: number,
    draw: () => number,
    formats: readonly BlockFormat[] = ['blockpack'],
  ): Promise<Stage> {
    const store = memoryStore()
    return new Stage(await Chain.open(store), { store, partitionCount, draw, formats })
  }

  /** Traces in pieces, each in any partition; some spans come twice. */
  append(tenant: string, traces: readonly Trace[]): void {
    for (const trace of traces) {
      const home = Math.floor(this.#draw() * this.partitions.length)
      const isWhole = this.#draw() < 0.5
      for (const span of trace.spans)
        for (let count = this.#draw() < 0.1 ? 2 : 1; count > 0; count--) {
          const place = isWhole ? home : Math.floor(this.#draw() * this.partitions.length)
          this.partitions[place]!.records.push({ tenant, traces: [{ traceId: trace.traceId, spans: [span] }] })
        }
      this.#all.set(tenant, [...(this.#all.get(tenant) ?? []), trace])
    }
  }

  /** What was appended, whole; of several tenants together. */
  tracesOf(tenants: string): Trace[] {
    const byId = new Map<string, Trace[]>()
    for (const trace of tenants.split('|').flatMap(tenant => this.#all.get(tenant) ?? []))
      byId.set(trace.traceId, [...(byId.get(trace.traceId) ?? []), trace])
    return [...byId.values()].flatMap(mergeSpellings)
  }

  /** Makes a block a tenant of the next records of a partition. */
  async build(number: number, recordCount: number): Promise<void> {
    const partition = this.partitions[number]!
    const [start, end] = [partition.committed, Math.min(partition.records.length, partition.committed + recordCount)]
    const records = partition.records.slice(start, end)
    const adds: BlockMeta[] = []
    for (const tenant of new Set(records.map(record => record.tenant))) {
      const format = this.#formats[this.#blockCount++ % this.#formats.length]!
      adds.push((await pieceOf(records, tenant, this.store, { ...encoding, format }))!)
    }
    await this.#commit({ log: [{ partition: number, start, end, poison: [] }], adds })
    partition.committed = end
  }

  /** Makes one block of some of a tenant's; the data of these is deleted where `isDeleted`. */
  async compact(tenant: string, count: number, isDeleted: boolean): Promise<void> {
    const blocks = this.#chain.state.blocksOf(tenant)
    const format = this.#formats[this.#blockCount % this.#formats.length]!
    const inputs = blocks.filter(block => block.format === format).slice(0, count)
    if (inputs.length < 2) return
    const meta = await compactBlocks(this.store, inputs, encoding, new AbortController().signal)
    await this.#commit({ adds: [meta], removes: inputs.map(({ blockID }) => blockID) })
    if (isDeleted) for (const input of inputs) await this.store.delete(keyOf(input, dataNameOf(input)))
  }

  async #commit(change: Partial<Commit>): Promise<void> {
    const problem = await this.#chain.commit({ writer: 'w', log: [], adds: [], removes: [], discards: [], ...change })
    if (problem !== undefined) throw new Error(problem)
  }
}

/** A live store of a partition, which cuts what it is asked for into pieces. */
export class StagedReplica implements LiveReplica {
  readonly partition: number
  readonly address: string
  /** While true, it answers nothing. */
  isDown = false
  /** It has no offsets before. */
  first = 0
  /** It has read no further. */
  limit = Number.POSITIVE_INFINITY
  /** Until this is settled it answers nothing. */
  gate: Promise<void> | undefined
  endAgeMillis = 0
  readMillis = Date.UTC(2026, 0, 1)
  readonly #records: Partition
  readonly #pieces = memoryStore()
  readonly #cuts = new Map<string, { end: number; pieces: LivePiece[] }>()

  constructor(partition: number, records: Partition) {
    this.partition = partition
    this.address = `http://live-${partition}-${randomUUID()}`
    this.#records = records
  }

  async pieces(tenant: string, from: number): Promise<LiveAnswer> {
    await this.#check()
    const { records } = this.#records
    const [end, next] = [records.length, Math.min(records.length, this.limit)]
    const cuts = this.#cuts.get(tenant) ?? { end: this.first, pieces: [] }
    this.#cuts.set(tenant, cuts)
    const [start, cutEnd] = [Math.max(cuts.end, this.first), next]
    if (cutEnd > start) {
      cuts.end = cutEnd
      const meta = await pieceOf(records.slice(start, cutEnd), tenant, this.#pieces)
      if (meta) cuts.pieces.push({ id: meta.blockID, start, end: cutEnd, meta })
    }
    const pieces = cuts.pieces.filter(piece => piece.end > from)
    const { first, endAgeMillis, readMillis } = this
    return { first, next, end, endAgeMillis, readMillis, pieces }
  }

  async open({ meta }: LivePiece) {
    await this.#check()
    return this.#pieces.open(keyOf(meta, dataName))
  }

  async #check(): Promise<void> {
    await this.gate
    if (this.isDown) throw new LabError('missing', `${this.address}: no answer`)
  }
}

/** The spans of a tenant as a block; undefined where there are none. */
async function pieceOf(
  records: Partition['records'],
  tenant: string,
  store: BlobStore,
  encoded: Encoding = encoding,
): Promise<BlockMeta | undefined> {
  const part = new LivePart()
  const messages = new OtlpMessages(new SpanRows(), () => {})
  for (const record of records) {
    if (record.tenant !== tenant) continue
    const start = part.rows.length
    messages.read(encodeTraces(record.traces), part.rows)
    part.commit(part.arrived(start, Date.UTC(2026, 0, 1)))
  }
  if (part.spanCount === 0) return undefined
  const place = { tenantID: tenant, blockID: randomUUID() }
  return writeBlock(store, await part.view(), place, part.lastArrivalMillis, encoded)
}

/** A trace with one root, whose spans have ids of their own: no answer depends on the order in which they come. */
export function rooted({ traceId, spans }: Trace): Trace {
  const [root] = spans
  const isOwn = new Set<string>()
  const own: Span[] = []
  for (const span of spans) {
    if (isOwn.has(span.spanId)) continue
    isOwn.add(span.spanId)
    const parentSpanId = span === root ? '' : span.parentSpanId === '' ? root!.spanId : span.parentSpanId
    own.push({ ...span, parentSpanId })
  }
  return { traceId, spans: own }
}
