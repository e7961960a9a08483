import { messageOf } from '../../error.ts'
import type { BlobStore } from '../../storage/store.ts'
import type { Poison } from '../gathered.ts'
import type { StoredRecord } from '../log/log.ts'
import type { LivePiece } from './answer.ts'
import { type ClosedSegment, type FolderOwner, forgetSegment, publishSegment } from './closed-segment.ts'
import type { LiveConfig } from './config.ts'
import type { LiveCounters } from './counters.ts'
import { type Cut, OpenSegment } from './open-segment.ts'
import type { Pieces } from './pieces.ts'

interface SegmentPlaces {
  readonly folder: BlobStore
  readonly owner: FolderOwner
  readonly pieces: Pieces
  readonly counters: LiveCounters
  readonly warn: (message: string) => void
}

/** A segment in the folder. */
interface Closed {
  readonly segment: ClosedSegment
  /** Since when it is known that all of it is in blocks. */
  committedMillis: number | undefined
}

/** The spans of a partition from `first` up to `next` without a gap: those that are in the folder, and those in memory. */
export class Segments {
  readonly #places: SegmentPlaces
  readonly #config: LiveConfig
  readonly #closed: Closed[]
  /** Those that are being written, whose spans are in memory. */
  readonly #closing: OpenSegment[] = []
  #open: OpenSegment
  #writing: Promise<void> | undefined

  /** Begins with what was found in the folder, or at `start` where that is nothing. */
  constructor(places: SegmentPlaces, config: LiveConfig, found: readonly ClosedSegment[], start: number) {
    this.#places = places
    this.#config = config
    this.#closed = found.map(segment => ({ segment, committedMillis: undefined }))
    for (const { pieces } of found) for (const piece of pieces) places.pieces.enter(piece)
    this.#open = new OpenSegment(found.at(-1)?.end ?? start, places.pieces)
  }

  get first(): number {
    return this.#closed[0]?.segment.start ?? this.#inMemory[0]!.start
  }

  get next(): number {
    return this.#open.end
  }

  get #inMemory(): OpenSegment[] {
    return [...this.#closing, this.#open]
  }

  /** What spans take in memory. */
  get memoryBytes(): number {
    return this.#inMemory.reduce((sum, { gathered }) => sum + gathered.memoryBytes, 0)
  }

  /** Traces in memory, by segment and tenant. */
  get traceCount(): number {
    const parts = this.#inMemory.flatMap(({ gathered }) => [...gathered.parts.values()])
    return parts.reduce((sum, part) => sum + part.traceCount, 0)
  }

  get closingCount(): number {
    return this.#closing.length
  }

  /** All spans of a tenant until now. */
  async cut(tenant: string): Promise<Cut & { readonly first: number }> {
    const { first } = this
    const closed = this.#closed.flatMap(({ segment }) => segment.pieces.filter(({ meta }) => meta.tenantID === tenant))
    const cuts = await Promise.all(this.#inMemory.map(segment => segment.cut(tenant, this.#config.cutMillis)))
    return { first, pieces: [...closed, ...cuts.flatMap(({ pieces }) => pieces)], end: cuts.at(-1)!.end }
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

  /** Ends the segment that is open where it is old or large, and writes those that are complete. */
  maintain(): void {
    const { maxBlockMillis, maxBlockBytes, maxLiveBytes } = this.#config
    const { sinceMillis, gathered } = this.#open
    const isOld = sinceMillis !== undefined && performance.now() - sinceMillis >= maxBlockMillis
    if (isOld || gathered.memoryBytes >= Math.min(maxBlockBytes, maxLiveBytes / 2)) this.rotate()
    if (this.#closing.length > 0) this.write()
  }

  /** Ends the segment that is open. */
  rotate(): void {
    if (this.#open.sinceMillis === undefined) return
    this.#open.complete()
    this.#closing.push(this.#open)
    this.#open = new OpenSegment(this.#open.end, this.#places.pieces)
  }

  /** Writes segments that are complete to the folder, in their order; what fails stays in memory. */
  write(): Promise<void> {
    this.#writing ??= this.#writeAll()
      .catch(error => this.#places.warn(`a segment stays in memory: ${messageOf(error)}`))
      .finally(() => {
        this.#writing = undefined
      })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    const { folder, owner, counters } = this.#places
    for (let [open] = this.#closing; open !== undefined; [open] = this.#closing) {
      const startMillis = performance.now()
      const pieces = await open.write()
      const { start, end, readMillis, gathered } = open
      const segment = { start, end, readMillis, byteLength: gathered.byteLength, pieces: pieces.map(plainPiece) }
      await publishSegment(folder, owner, segment)
      if (open !== this.#closing[0]) {
        await this.#forget([segment])
        continue
      }
      this.#closing.shift()
      this.#closed.push({ segment, committedMillis: undefined })
      open.close()
      counters.segmentClosed((performance.now() - startMillis) / 1_000)
    }
  }

  /** Lets go of what has been in blocks for a while; of all where blocks have gone beyond it. */
  async committed(end: number): Promise<void> {
    if (end > this.next) return this.#goTo(end)
    const nowMillis = performance.now()
    for (const closed of this.#closed) if (closed.segment.end <= end) closed.committedMillis ??= nowMillis
    const isDue = ({ committedMillis = nowMillis }: Closed) => nowMillis - committedMillis >= this.#config.keepMillis
    const count = this.#closed.findIndex(closed => closed.segment.end > end || !isDue(closed))
    await this.#forget(this.#closed.splice(0, count < 0 ? this.#closed.length : count).map(({ segment }) => segment))
  }

  async #goTo(end: number): Promise<void> {
    const inMemory = this.#inMemory
    const closed = this.#closed.splice(0)
    this.#closing.splice(0)
    this.#open = new OpenSegment(end, this.#places.pieces)
    for (const segment of inMemory) segment.discard()
    await this.#forget(closed.map(({ segment }) => segment))
  }

  async #forget(segments: readonly ClosedSegment[]): Promise<void> {
    for (const { pieces } of segments) this.#places.pieces.retire(pieces)
    for (const segment of segments) await forgetSegment(this.#places.folder, segment)
  }
}

/** A piece without what only its segment needs to know. */
export function plainPiece({ id, start, end, meta }: LivePiece): LivePiece {
  return { id, start, end, meta }
}
