import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../error.ts'
import type { BlobReader, BlobStore } from '../../storage/store.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import type { Chain } from '../commits/chain.ts'
import type { Poison } from '../gathered.ts'
import { LogError, type PartitionedLog, partitionName, type StoredRecord } from '../log/log.ts'
import { pause } from '../pause.ts'
import type { LiveAnswer, LiveStatus, LiveTenants } from './answer.ts'
import { ByteMarks } from './byte-marks.ts'
import { type ClosedSegment, loadSegments } from './closed-segment.ts'
import type { LiveConfig } from './config.ts'
import { LiveCounters } from './counters.ts'
import { Pieces } from './pieces.ts'
import { checkRange, LostError } from './range.ts'
import { Segments } from './segments.ts'

export interface LivePlaces {
  readonly log: PartitionedLog
  readonly chain: Chain
  /** One of its own. What is in it spares reading the log again, and no more. */
  readonly folder: BlobStore
  /** Threads that encode pieces; without them that is done here. */
  readonly workers?: WorkerPool | undefined
  /** Called with what went wrong in the background, a line each. */
  readonly warn: (message: string) => void
}

/** Where a live store begins. */
interface Beginning {
  readonly found: readonly ClosedSegment[]
  readonly committed: number
  readonly end: number
}

const readBytes = 4 * 2 ** 20
/** How long the log may wait for records; they come at once when there are some. */
const waitMillis = 500
/** At the end of the log, what comes in so long is read at once: each request costs a broker 0.5 ms of CPU. */
const gatherMillis = 100
const retryMillis = 1_000
const tickMillis = 200
/** While memory is full, it is looked so often whether it still is, and how far behind that leaves it. */
const fullMillis = 200
/** Bytes of records that are taken in before other work has its turn: about 5 ms. */
const bytesAtOnce = 1 << 18

/**
 * The spans of a partition that are not in blocks yet, and for a while after: it reads the log from the committed end on,
 * and has all offsets from `first` up to `next` without a gap.
 */
export class LiveStore {
  readonly partition: number
  readonly counters: LiveCounters = new LiveCounters()
  readonly segments: Segments
  readonly #places: LivePlaces
  readonly #config: LiveConfig
  readonly #name: string
  readonly #pieces: Pieces
  readonly #marks = new ByteMarks()
  #committed: number
  #lookedMillis: number = performance.now()
  /** Of the log, when it was read last. */
  #end: number
  /** When that was. */
  #endMillis: number = performance.now()
  #readMillis: number
  #isReady = false
  #isFull = false
  /** Why the log cannot be read, until it can. */
  #problem: string | undefined

  private constructor(partition: number, places: LivePlaces, config: LiveConfig, { found, committed, end }: Beginning) {
    this.partition = partition
    this.#places = places
    this.#config = config
    this.#name = partitionName(places.log.identity.topic, partition)
    this.#pieces = new Pieces(places.folder, { config: config.blockpack, workers: places.workers }, config.maxPieceRows)
    const segmentPlaces = {
      folder: places.folder,
      owner: { log: places.log.identity, partition },
      pieces: this.#pieces,
      counters: this.counters,
      warn: (message: string) => this.#warn(message),
    }
    this.segments = new Segments(segmentPlaces, config, found, committed)
    for (const segment of found) this.#marks.add(segment.end, segment.byteLength)
    this.#committed = committed
    this.#readMillis = found.at(-1)?.readMillis ?? 0
    this.#end = end
  }

  /**
   * Begins where its folder ends, or blocks do. Fails where the log does not have what follows, or the folder is another
   * one's.
   */
  static async open(partition: number, places: LivePlaces, config: LiveConfig): Promise<LiveStore> {
    const { log, chain, folder, warn } = places
    const committed = (await chain.refresh()).end(partition)
    const found = await loadSegments(folder, { log: log.identity, partition }, committed, warn)
    const next = found.at(-1)?.end ?? committed
    const [first, end] = await Promise.all([log.first(partition), log.end(partition)])
    checkRange({ name: partitionName(log.identity.topic, partition), next, committed, first, end })
    return new LiveStore(partition, places, config, { found, committed, end })
  }

  /** Reads until it is aborted; what it has then and is not in blocks is in its folder. Fails where it cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController()
    const own = AbortSignal.any([signal, failed.signal])
    const works = [this.#follow(own), this.#tick(own)].map(work =>
      work.catch(error => {
        failed.abort()
        throw error
      }),
    )
    await Promise.all(works)
    await this.close()
  }

  /** Writes what is in memory and not in blocks to the folder. */
  async close(): Promise<void> {
    this.segments.rotate()
    await this.segments.write()
  }

  /**
   * What it has of a tenant: pieces with all spans of the offsets from `from` up to `next`, or from `first` where that is
   * greater. Each can be read for a minute, whatever happens to its spans.
   */
  async answer(tenant: string, from: number): Promise<LiveAnswer> {
    const { first, end: next, pieces } = await this.segments.answer(tenant, from)
    return { first, next, ...this.#ofLog(), pieces }
  }

  /** How many spans each tenant has from an offset on. */
  tenants(from: number): LiveTenants {
    const { next } = this.segments
    return { next, tenants: Array.from(this.segments.spansFrom(from), ([tenant, spans]) => ({ tenant, spans })) }
  }

  /** Opens a piece of an answer; one that is replaced, or in blocks, for long is a `missing` error. */
  openPiece(id: string): Promise<BlobReader> {
    return this.#pieces.open(id)
  }

  /** Why it is not ready: since it started, it has not come near the end of the log. */
  notReady(): string | undefined {
    if (this.#isReady) return undefined
    return this.#problem ?? `${this.#name}: has read up to offset ${this.segments.next} of ${this.#end}`
  }

  status(): LiveStatus {
    const { first, next, memoryBytes } = this.segments
    return {
      partition: this.partition,
      first,
      next,
      ...this.#ofLog(),
      committed: this.#committed,
      waitingBytes: this.#marks.bytesAfter(this.#committed),
      memoryBytes,
      isFull: this.#isFull,
    }
  }

  #ofLog() {
    const endAgeMillis = Math.round(performance.now() - this.#endMillis)
    return { end: this.#end, endAgeMillis, readMillis: this.#readMillis }
  }

  #setEnd(end: number): void {
    this.#end = end
    this.#endMillis = performance.now()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.read(waitMillis)
        this.#problem = undefined
        if (this.segments.next >= this.#end) await pause(gatherMillis, signal)
      } catch (error) {
        if (isFinal(error)) throw error
        if (this.#problem !== messageOf(error)) this.#warn(messageOf(error))
        this.#problem = messageOf(error)
        await pause(retryMillis, signal)
      }
    }
  }

  /** Takes in what the log has next; nothing while spans take as much memory as they may. */
  async read(maxWaitMillis: number): Promise<void> {
    if (this.#checkFull()) {
      await sleep(Math.min(maxWaitMillis, fullMillis))
      this.#setEnd(await this.#places.log.end(this.partition))
      return
    }
    const { next: from } = this.segments
    try {
      const { records, next, end } = await this.#places.log.read(this.partition, from, readBytes, maxWaitMillis)
      this.#setEnd(end)
      if (from === this.segments.next) await this.#take(records, next)
    } catch (error) {
      if (!(error instanceof LogError) || error.reason !== 'out of range') throw error
      await this.#goBeyond(from, error)
    }
    this.#isReady ||= this.segments.next >= this.#end || this.#isNear()
  }

  #isNear(): boolean {
    return Date.now() - this.#readMillis <= this.#config.targetLagMillis
  }

  #checkFull(): boolean {
    const { memoryBytes } = this.segments
    const isFull = memoryBytes >= this.#config.maxLiveBytes
    if (isFull && !this.#isFull) {
      this.#warn(`spans take ${memoryBytes} bytes in memory: nothing is read until segments are in the folder`)
      this.segments.rotate()
      void this.segments.maintain()
    }
    this.#isFull = isFull
    return isFull
  }

  async #take(records: readonly StoredRecord[], next: number): Promise<void> {
    const poison: Poison[] = []
    let turnBytes = 0
    for (const record of records) {
      const bad = this.segments.add(record)
      if (bad !== undefined) poison.push(bad)
      this.#readMillis = record.timeMillis
      this.#marks.add(record.offset + 1, record.value.length)
      turnBytes += record.value.length
      if (turnBytes < bytesAtOnce) continue
      turnBytes = 0
      void this.segments.maintain()
      await new Promise(setImmediate)
      // Blocks have gone beyond it meanwhile.
      if (this.segments.next !== record.offset + 1) return
    }
    this.segments.advance(next)
    void this.segments.maintain()
    if (poison[0] === undefined) return
    const { offset, reason } = poison[0]
    this.#warn(
      `${poison.length} of the records up to offset ${next} cannot be read, the first at offset ${offset}: ${reason}`,
    )
  }

  /** Where the log does not have an offset any more: blocks may have it. */
  async #goBeyond(next: number, { first = 0, end = 0 }: LogError): Promise<void> {
    await this.#lookAtCommits()
    if (this.segments.next === next) checkRange({ name: this.#name, next, committed: this.#committed, first, end })
  }

  async #tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.maintain().catch(error => this.#warn(messageOf(error)))
      await pause(tickMillis, signal)
    }
  }

  /** Does what is due: ends segments, writes those that are late, and lets go of what is in blocks. */
  async maintain(): Promise<void> {
    await this.segments.maintain()
    this.segments.cutLarge()
    await this.#pieces.sweep(this.#config.graceMillis)
    if (performance.now() - this.#lookedMillis < this.#config.commitMillis) return
    this.#lookedMillis = performance.now()
    await this.#lookAtCommits()
  }

  async #lookAtCommits(): Promise<void> {
    this.#committed = (await this.#places.chain.refresh()).end(this.partition)
    this.#end = Math.max(this.#end, this.#committed)
    this.#marks.forget(this.#committed)
    await this.segments.committed(this.#committed)
  }

  #warn(message: string): void {
    this.counters.failures++
    this.#places.warn(message.startsWith(this.#name) ? message : `${this.#name}: ${message}`)
  }
}

/** Whether trying again is of no use. */
function isFinal(error: unknown): boolean {
  if (error instanceof LostError) return true
  return error instanceof LogError && ['foreign', 'refused', 'unknown partition'].includes(error.reason)
}
