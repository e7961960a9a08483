import { LabError, messageOf } from '../error.ts'
import { OtlpMessages } from '../formats/otlp/proto-message.ts'
import { getOrInsert } from '../maps.ts'
import { memorySource } from '../model/memory-source.ts'
import type { SpanSource } from '../model/scan.ts'
import { joinSources } from '../search/join-sources.ts'
import { type Mark, SpanRows } from '../shred/rows.ts'
import type { BlobStore } from '../storage/store.ts'
import { urgently } from '../turns.ts'
import type { WorkerPool } from '../workers/pool.ts'
import { Admission, type Pushed } from './admission.ts'
import { BlockQueue, isFilled } from './block-queue.ts'
import { Blocks } from './blocks/blocks.ts'
import { Preparation } from './blocks/preparation.ts'
import { defaultConfig, type StoreConfig } from './config.ts'
import { Counters } from './counters.ts'
import { carry } from './live/carry.ts'
import { type Sifted, takeIn } from './live/intake.ts'
import type { PartView } from './live/part.ts'
import { LiveSegment, maxTenants } from './live/segment.ts'
import { LiveSource } from './live/source.ts'
import { Recovery } from './recovery.ts'
import { Refusal } from './refusal.ts'
import { Upkeep } from './upkeep.ts'
import type { LogFiles } from './wal/files.ts'
import { fileOf, LogSegment, segmentsAmong } from './wal/log.ts'

/** Segments that wait for their blocks before requests are refused. */
const maxWaiting = 4
const retrySeconds = 5
/** Clients choose the numbers of unknown fields. */
const maxDroppedFields = 1_000

export interface RecentSpans {
  readonly spansByTenant: ReadonlyMap<string, number>
  /** Segments of the log that wait to become blocks. */
  readonly waitingSegments: number
  /** Of the segment that is written to. */
  readonly logBytes: number
}

export interface StorePlaces {
  readonly log: LogFiles
  readonly blocks: BlobStore
  /** Threads that encode blocks; without them that is done here. */
  readonly workers?: WorkerPool | undefined
  /** Called with what went wrong in the background, a line each. */
  readonly warn: (message: string) => void
}

interface Writing {
  readonly live: LiveSegment
  readonly log: LogSegment
  readonly openedMillis: number
}

/**
 * Spans of all tenants: those that arrived lately in a log and in memory, the others in blocks. A request that `push` has
 * taken is durable, and visible in every source that is asked for afterwards; each span of it counts once, whatever
 * happens to the process.
 */
export class Store {
  readonly blocks: Blocks
  readonly #places: StorePlaces
  readonly #config: StoreConfig
  readonly #messages = new OtlpMessages(new SpanRows(), field => this.#countDropped(field))
  #writing: Writing
  /** Segments that were written to before. */
  readonly #waiting: BlockQueue
  /** Those that the log had at the start. */
  readonly #found: BlockQueue
  readonly #recovery: Recovery
  readonly #upkeep: Upkeep
  readonly #preparation: Preparation
  #rotating: Promise<void> | undefined
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout
  /** By view: what a question has found out, the next one knows. */
  readonly #liveSources = new WeakMap<PartView, Promise<LiveSource>>()
  readonly counters: Counters = new Counters()
  readonly #admission: Admission
  /** Unknown fields that were dropped, and how often. */
  readonly droppedFields: Map<string, number> = new Map()

  private constructor(places: StorePlaces, config: StoreConfig, log: LogSegment, found: readonly string[]) {
    this.#places = places
    this.#config = config
    this.#admission = new Admission(config.limits, this.counters)
    this.blocks = new Blocks(places.blocks)
    this.#writing = newWriting(log)
    this.#found = this.#newQueue()
    this.#waiting = this.#newQueue()
    const { signal } = this.#closing
    this.#preparation = new Preparation(this.blocks, signal)
    this.#recovery = new Recovery({
      blocks: this.blocks,
      log: places.log,
      segments: found,
      queue: this.#found,
      maxBlockBytes: config.maxBlockBytes,
      warn: places.warn,
      failed: (subject, error) => this.#warn(subject, error),
      signal,
    })
    this.#upkeep = new Upkeep({
      blocks: this.blocks,
      loaded: this.#recovery.loaded,
      compaction: config.compaction,
      encoding: { config: config.blockpack, workers: places.workers },
      // Recent spans go first: they take memory.
      isOver: () => this.#isClosed || this.#complete().length > 1,
      counters: this.counters,
      failed: error => this.#warn('maintenance of blocks', error),
      signal,
    })
    this.#timer = setInterval(() => this.#tick(), Math.min(1_000, config.maxBlockMillis))
    this.#timer.unref()
  }

  /**
   * Opens a store. It takes requests at once; which blocks there are, and what its log has, is read meanwhile, and
   * questions wait for that. Only a log of many segments has a head start.
   */
  static async open(places: StorePlaces, config: StoreConfig = defaultConfig): Promise<Store> {
    const found = segmentsAmong(await places.log.list())
    const log = await LogSegment.create(places.log, config.sync, found.at(-1))
    const store = new Store(places, config, log, found)
    await store.#recovery.headStart()
    return store
  }

  #newQueue(): BlockQueue {
    const { log, workers } = this.#places
    return new BlockQueue({
      log,
      blocks: this.blocks,
      loaded: () => this.#recovery.loaded,
      encoding: { config: this.#config.freshBlockpack, workers },
      signal: this.#closing.signal,
      written: seconds => this.counters.blockFlushed(seconds),
      failed: error => this.#warn('making a block', error),
    })
  }

  /** What of the start is still to be done, in words; undefined when questions are answered. */
  get pending(): string | undefined {
    return this.#recovery.pending
  }

  /** Damaged parts of the log that were set aside since the start. */
  get damagedCount(): number {
    return this.#recovery.damagedCount
  }

  /** Takes a request in: OTLP protobuf (ExportTraceServiceRequest), decompressed. Resolves when it is durable. */
  push(tenant: string, request: Buffer): Promise<Pushed> {
    const keep = (sifted: (what: Sifted) => void) =>
      this.#keep(tenant, request, sifted).catch(error => {
        this.#writing.live.dropEmpty(tenant)
        throw error
      })
    const push = () => this.#admission.push(tenant, request, keep)
    // Where blocks are behind, requests do not go before them: they would be refused soon.
    return this.#waiting.segments.length > 1 ? push() : urgently(push)
  }

  async #keep(tenant: string, request: Buffer, sifted: (what: Sifted) => void): Promise<Pushed> {
    this.#checkReady(tenant)
    const { live, log } = this.#writing
    const part = live.part(tenant)
    const timeMillis = Date.now()
    const taken = takeIn(part, request, { messages: this.#messages, limits: this.#config.limits, timeMillis })
    const { payload, mark } = taken
    sifted(taken)
    if (payload === undefined) live.dropEmpty(tenant)
    else
      await new Promise<void>((resolve, reject) => {
        const durable = () => {
          part.commit(mark)
          resolve()
        }
        const failed = (error: unknown) => {
          live.rollBack()
          const message = `the log cannot be written: ${messageOf(error)}`
          reject(new Refusal('unavailable', message, { retryAfterSeconds: retrySeconds, cause: error }))
        }
        log.append({ tenant, timeMillis, payload }, durable, failed)
      })
    if (live.byteLength >= this.#config.maxBlockBytes) this.#rotateSoon()
    return taken
  }

  tenants(): readonly string[] {
    const all = new Set(this.blocks.tenants())
    for (const segment of this.#segments()) for (const [tenant] of segment.parts()) all.add(tenant)
    return [...all].sort()
  }

  /** All spans of a tenant that are durable now. */
  async source(tenant: string): Promise<SpanSource> {
    await this.#recovery.done
    // All in one turn: spans go in one turn from one part to another, or to a block, so that each is seen once.
    const views = Promise.all(this.#segments().flatMap(segment => segment.find(tenant)?.view() ?? []))
    const blocks = this.blocks.list(tenant)
    const sources = await Promise.all(blocks.map(block => block.source()))
    for (const view of (await views).filter(isFilled))
      sources.push(await getOrInsert(this.#liveSources, view, () => LiveSource.open(view)))
    return sources.length === 0 ? memorySource([]) : joinSources(sources)
  }

  /** What is in the log and in memory but in no block yet. */
  recent(): RecentSpans {
    const spansByTenant = new Map<string, number>()
    for (const segment of this.#segments())
      for (const [tenant, { spanCount }] of segment.parts())
        spansByTenant.set(tenant, (spansByTenant.get(tenant) ?? 0) + spanCount)
    return {
      spansByTenant,
      waitingSegments: this.#complete().length + this.#recovery.segmentCount,
      logBytes: this.#writing.log.byteLength,
    }
  }

  /** By tenant, of what is in no block yet: traces, and the memory that they take. */
  liveTraces(): Map<string, { traceCount: number; byteLength: number }> {
    const tenants = new Map<string, { traceCount: number; byteLength: number }>()
    for (const [tenant, part] of this.#segments().flatMap(segment => segment.parts())) {
      const counts = getOrInsert(tenants, tenant, () => ({ traceCount: 0, byteLength: 0 }))
      counts.traceCount += part.traceCount
      counts.byteLength += part.rows.byteLength
    }
    return tenants
  }

  /** Begins a new segment, and returns when all that came before is in blocks. */
  async flush(): Promise<void> {
    await this.#recovery.done
    await this.#rotating
    await this.#rotateSoon(true)
    for (const queue of this.#queues()) await queue.flush()
  }

  /** Does what is due of the blocks: compaction, retention. */
  maintain(nowMillis: number = Date.now()): Promise<void> {
    return this.#upkeep.run(nowMillis)
  }

  /** Returns when what was acknowledged is in a block or in the log. */
  async close(): Promise<void> {
    this.#closing.abort(new LabError('invalid', 'the store is closing'))
    clearInterval(this.#timer)
    await Promise.allSettled([this.#recovery.done, this.#recovery.loaded])
    await this.#rotating
    for (const queue of this.#queues()) await queue.settled()
    await this.#upkeep.settled()
    await this.#preparation.settled()
    await this.#writing.log.close()
    if (this.#writing.log.byteLength === 0) await this.#places.log.delete(fileOf(this.#writing.log.name))
    await this.blocks.close()
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  #countDropped(field: string): void {
    const count = this.droppedFields.get(field)
    if (count !== undefined || this.droppedFields.size < maxDroppedFields)
      this.droppedFields.set(field, (count ?? 0) + 1)
  }

  #queues(): BlockQueue[] {
    return [this.#found, this.#waiting]
  }

  #complete(): LiveSegment[] {
    return this.#queues().flatMap(({ segments }) => segments)
  }

  #segments(): LiveSegment[] {
    return [...this.#complete(), this.#writing.live]
  }

  #checkReady(tenant: string): void {
    if (this.#writing.live.isFullFor(tenant))
      throw new Refusal('limited', `${maxTenants} tenants have recent spans, no further one is taken for now`, {
        retryAfterSeconds: retrySeconds,
      })
    if (this.#isClosed) throw new Refusal('unavailable', 'the server is stopping', { retryAfterSeconds: retrySeconds })
    const waitingCount = this.#waiting.segments.length
    if (waitingCount > maxWaiting)
      throw new Refusal('unavailable', `${waitingCount} segments of the log wait to become blocks`, {
        retryAfterSeconds: retrySeconds,
      })
  }

  #tick(): void {
    if (this.#isClosed) return
    const { live, openedMillis } = this.#writing
    if (live.spanCount > 0 && Date.now() - openedMillis >= this.#config.maxBlockMillis) this.#rotateSoon()
    for (const queue of this.#queues()) if (queue.segments.length > 0) queue.flushSoon()
    if (this.pending === undefined) this.#preparation.soon()
    this.#upkeep.tick()
  }

  #warn(subject: string, error: unknown): void {
    this.counters.failures++
    this.#places.warn(`${subject}: ${messageOf(error)}`)
  }

  #rotateSoon(isFinal = false): Promise<void> {
    this.#rotating ??= this.#rotate(isFinal)
      .catch(error => this.#warn('the log', error))
      .finally(() => {
        this.#rotating = undefined
      })
    return this.#rotating
  }

  /** Ends a segment: traces that may get more spans go on to the next one, the others become blocks. */
  async #rotate(isFinal: boolean): Promise<void> {
    const old = this.#writing
    const log = await LogSegment.create(this.#places.log, this.#config.sync, old.log.name)
    this.#writing = newWriting(log, old.live.marks())
    this.#waiting.segments.push(old.live)
    await old.log.close()
    const carrying = { messages: this.#messages, limits: this.#config, nowMillis: Date.now() }
    if (!isFinal) await carry(old.live, this.#writing, carrying)
    old.live.isComplete = true
    old.live.ended = old.log.name
    this.#waiting.flushSoon()
  }
}

function newWriting(log: LogSegment, expected?: ReadonlyMap<string, Mark>): Writing {
  return { live: new LiveSegment(log.name, expected), log, openedMillis: Date.now() }
}
