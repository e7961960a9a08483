import { messageOf } from '../../error.ts'
import type { BlobStore } from '../../storage/store.ts'
import type { Poison } from '../gathered.ts'
import type { StoredRecord } from '../log/log.ts'
import { type ClosedSegment, type FolderOwner, forgetSegment, publishSegment } from './closed-segment.ts'
import type { LiveConfig } from './config.ts'
import type { LiveCounters } from './counters.ts'
import { FolderSegment } from './folder-segment.ts'
import { MemorySegment } from './memory-segment.ts'
import type { Pieces } from './pieces.ts'
import type { CutAnswer } from './tenant-cuts.ts'

interface SegmentPlaces {
  readonly folder: BlobStore
  readonly owner: FolderOwner
  readonly pieces: Pieces
  readonly counters: LiveCounters
  readonly warn: (message: string) => void
}

type Segment = FolderSegment | MemorySegment

/** Of the memory that spans may take, what a segment has at most, and from where on memory is short. */
const segmentShare = 1 / 2
const shortShare = 3 / 4

/**
 * The spans of a partition from `first` up to `next` without a gap. They are in memory until they have been in blocks for a
 * while. The oldest are in the folder: after a restart, where memory is short, or where blocks are late.
 */
export class Segments {
  readonly #places: SegmentPlaces
  readonly #config: LiveConfig
  /** One after the other; the last one is open. */
  #all: Segment[]
  #open: MemorySegment
  #committed: number
  /** Since when it is known that all of a segment is in blocks. */
  readonly #doneMillis = new WeakMap<Segment, number>()
  #writing: Promise<void> | undefined
  #cutting: Promise<void> | undefined

  /** Begins with what was found in the folder, or at `committed`, where blocks end, if that is nothing. */
  constructor(places: SegmentPlaces, config: LiveConfig, found: readonly ClosedSegment[], committed: number) {
    this.#places = places
    this.#config = config
    this.#committed = committed
    this.#open = new MemorySegment(found.at(-1)?.end ?? committed, places.pieces)
    this.#all = [...found.map(segment => new FolderSegment(segment, places.folder, places.pieces)), this.#open]
  }

  get first(): number {
    return this.#all[0]!.start
  }

  get next(): number {
    return this.#open.end
  }

  /** What spans take in memory. */
  get memoryBytes(): number {
    return this.#all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  }

  /** Traces in memory, by segment and tenant. */
  get traceCount(): number {
    return this.#all.reduce((sum, { traceCount }) => sum + traceCount, 0)
  }

  /** Segments in memory to which nothing is added. */
  get completeCount(): number {
    return this.#all.filter(segment => segment instanceof MemorySegment && segment.isComplete).length
  }

  get #isShort(): boolean {
    return this.memoryBytes >= this.#config.maxLiveBytes * shortShare
  }

  /** The spans of a tenant from an offset until now; from `first` on where that is greater. */
  async answer(tenant: string, from: number): Promise<CutAnswer & { readonly first: number }> {
    const { first } = this
    const asked = this.#all.filter(segment => segment.end > from || segment === this.#open)
    const answers = await Promise.all(asked.map(segment => segment.answer(tenant, from, this.#config.cutMillis)))
    return { first, pieces: answers.flatMap(({ pieces }) => pieces), end: answers.at(-1)!.end }
  }

  /** By tenant how many spans there are from an offset on; a piece of the folder counts whole. */
  spansFrom(from: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const segment of this.#all)
      for (const [tenant, spans] of segment.spansFrom(from)) counts.set(tenant, (counts.get(tenant) ?? 0) + spans)
    return counts
  }

  /** Adds a record, and gives it back where it is poison. */
  add(record: StoredRecord): Poison | undefined {
    const { counters } = this.#places
    const { gathered } = this.#open
    const before = gathered.spanCount
    const poison = this.#open.add(record)
    counters.records++
    counters.bytes += record.value.length
    counters.spans += gathered.spanCount - before
    if (poison !== undefined) counters.poison++
    return poison
  }

  /** Passes over offsets that hold no records. */
  advance(next: number): void {
    if (next > this.next) this.#open.advance(next)
  }

  /** Ends the segment that is open where it is old or large, lets go of what is not needed, and writes what is due. */
  async maintain(): Promise<void> {
    const { maxBlockMillis, maxBlockBytes, maxLiveBytes } = this.#config
    const { sinceMillis, memoryBytes } = this.#open
    const isOld = sinceMillis !== undefined && performance.now() - sinceMillis >= maxBlockMillis
    if (isOld || memoryBytes >= Math.min(maxBlockBytes, maxLiveBytes * segmentShare)) this.rotate()
    const dropping = this.#dropCommitted()
    if (this.#mustWrite()) void this.#write(() => this.#mustWrite())
    await dropping.catch(error => this.#places.warn(`a segment stays in the folder: ${messageOf(error)}`))
  }

  /** Cuts a tenant of which so many spans are neither in blocks nor in pieces that who asks first would wait for long. */
  cutLarge(): void {
    if (this.#cutting) return
    const counts = new Map<string, number>()
    for (const segment of this.#all)
      if (segment instanceof MemorySegment)
        for (const [tenant, count] of segment.uncutCounts(this.#committed))
          counts.set(tenant, (counts.get(tenant) ?? 0) + count)
    const [large] = [...counts].find(([, count]) => count > this.#config.maxUncutSpans) ?? []
    if (large === undefined) return
    this.#cutting = this.answer(large, this.#committed)
      // Who asks is told.
      .then(noop, noop)
      .finally(() => {
        this.#cutting = undefined
      })
  }

  /** Ends the segment that is open. */
  rotate(): void {
    if (this.#open.sinceMillis === undefined) return
    this.#open.complete()
    this.#begin(this.#open.end)
  }

  #begin(start: number): void {
    this.#open = new MemorySegment(start, this.#places.pieces)
    this.#all.push(this.#open)
  }

  /** Writes all that is in memory, complete and not in blocks to the folder, in its order; what fails stays in memory. */
  async write(): Promise<void> {
    await this.#writing
    await this.#write(() => true)
  }

  #write(isDue: () => boolean): Promise<void> {
    this.#writing ??= this.#writeWhile(isDue)
      .catch(error => this.#places.warn(`a segment stays in memory: ${messageOf(error)}`))
      .finally(() => {
        this.#writing = undefined
      })
    return this.#writing
  }

  async #writeWhile(isDue: () => boolean): Promise<void> {
    for (let oldest = this.#oldest(); oldest !== undefined && isDue(); oldest = this.#oldest())
      await this.#writeOne(oldest)
  }

  /** The first complete one that is in memory and not all in blocks. */
  #oldest(): MemorySegment | undefined {
    const oldest = this.#all.find(segment => segment instanceof MemorySegment && segment.end > this.#committed)
    return oldest instanceof MemorySegment && oldest.isComplete ? oldest : undefined
  }

  #mustWrite(): boolean {
    const { sinceMillis } = this.#oldest() ?? {}
    if (sinceMillis === undefined) return false
    return performance.now() - sinceMillis >= this.#config.maxUncommittedMillis || this.#isShort
  }

  /** Writes the spans of a segment that are not in blocks, and lets go of all before them. */
  async #writeOne(segment: MemorySegment): Promise<void> {
    const { folder, owner, pieces: shelf, counters } = this.#places
    const startMillis = performance.now()
    const start = Math.max(segment.start, this.#committed)
    const { end, readMillis, gathered } = segment
    await segment.write(start, async pieces => {
      const closed = { start, end, readMillis, byteLength: gathered.byteLength, pieces }
      await publishSegment(folder, owner, closed)
      const place = this.#all.indexOf(segment)
      if (place < 0) {
        await forgetSegment(folder, closed)
        return false
      }
      this.#all[place] = new FolderSegment(closed, folder, shelf)
      if (start > segment.start) await drop(this.#all.splice(0, place))
      counters.segmentClosed((performance.now() - startMillis) / 1_000)
      return true
    })
  }

  /** Takes notice that spans up to an offset are in blocks. */
  async committed(end: number): Promise<void> {
    this.#committed = end
    if (end > this.next) {
      const all = this.#all.splice(0)
      this.#begin(end)
      return drop(all)
    }
    const nowMillis = performance.now()
    for (const segment of this.#all)
      if (this.#isDone(segment) && !this.#doneMillis.has(segment)) this.#doneMillis.set(segment, nowMillis)
    await this.#dropCommitted()
  }

  /** Lets go of what has been in blocks for a while, and at once where memory is short. */
  async #dropCommitted(): Promise<void> {
    const gone: Segment[] = []
    for (const segment of this.#all) {
      if (!this.#isDone(segment) || !(this.#isShort || this.#isLong(segment))) break
      gone.push(segment)
      this.#all = this.#all.filter(one => one !== segment)
    }
    await drop(gone)
  }

  /** Whether all of it is in blocks, and nothing is added. */
  #isDone(segment: Segment): boolean {
    return segment !== this.#open && segment.end <= this.#committed
  }

  /** Whether that has been known for so long that queriers know it. */
  #isLong(segment: Segment): boolean {
    const nowMillis = performance.now()
    return nowMillis - (this.#doneMillis.get(segment) ?? nowMillis) >= this.#config.keepMillis
  }
}

function noop(): void {}

async function drop(segments: readonly Segment[]): Promise<void> {
  await Promise.all(segments.map(segment => segment.drop()))
}
