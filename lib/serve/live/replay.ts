import { bufferOf } from '../../bytes/buffer.ts'
import { type RangeReader, readChunks } from '../../bytes/range.ts'
import { messageOf } from '../../error.ts'
import { OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { getOrInsert } from '../../maps.ts'
import { SpanRows } from '../../shred/rows.ts'
import { inOrder } from '../../workers/in-order.ts'
import type { LogFiles } from '../wal/files.ts'
import { type Frame, SegmentReader } from '../wal/frames.ts'
import { fileOf } from '../wal/log.ts'
import { LiveSegment } from './segment.ts'

/** Spans that are read before other work has its turn. */
const spansAtOnce = 512
/** Files are asked for their lengths together: one after another, each waits for the turns of requests. */
const openedAtOnce = { width: 32, mayFollow: () => true }

interface ReplayParts {
  readonly files: LogFiles
  /** True where the tenant's spans of a segment, or of a piece of it, are in a block. */
  readonly isInBlock: (name: string, tenant: string) => boolean
  /** How much of a segment is a piece: frames that begin in so many bytes. */
  readonly pieceBytes: number
  readonly warn: (message: string) => void
  /** Ends it between two turns. */
  readonly signal: AbortSignal
}

/** By tenant: ids of traces that a segment has taken. */
type Taken = ReadonlyMap<string, ReadonlySet<string>>

/**
 * What a log had at the start, a piece of a segment at a time: who asks for the next one says when. A piece becomes a block
 * of its own, so that starts which are interrupted come to an end with segments that take longer to read.
 */
export class Replay {
  readonly #parts: ReplayParts
  readonly #messages = new OtlpMessages(new SpanRows(), () => {})
  /** Segments that have not been read to their ends, the oldest first. */
  #names: readonly string[]
  /** Where the next piece begins in the first of these. */
  #offset = 0
  /** What the second of these has taken from the first; undefined until somebody has looked. */
  #taken: Taken | undefined
  /** Of segments that have been read. */
  #readBytes = 0
  /** Damaged parts that were set aside so far. */
  damagedCount = 0
  byteLength = 0

  /** `names` are its segments, the oldest first. */
  constructor(names: readonly string[], parts: ReplayParts) {
    this.#names = names
    this.#parts = parts
  }

  /** Deletes segments that are empty: otherwise there is one more for each start that is interrupted. */
  async deleteEmpty(): Promise<void> {
    const sizes = inOrder(this.#names, openedAtOnce, async name => {
      const byteLength = await this.#withFile(name, async file => file.byteLength)
      if (byteLength === 0) await this.#parts.files.delete(fileOf(name))
      return { name, byteLength }
    })
    const filled: string[] = []
    this.byteLength = 0
    for await (const { name, byteLength } of sizes) {
      this.byteLength += byteLength
      if (byteLength > 0) filled.push(name)
    }
    this.#names = filled
  }

  get segmentCount(): number {
    return this.#names.length
  }

  /** How many of its bytes are in pieces that were taken. */
  get readBytes(): number {
    return this.#readBytes + this.#offset
  }

  /** Takes the next piece: spans that are in no block, each once, whatever a crash has left of segments and carries. */
  async next(): Promise<LiveSegment> {
    const [name, following] = this.#names as [string, string | undefined]
    this.#taken ??= following === undefined ? new Map() : await this.#takenFrom(name, following)
    const { pieceBytes } = this.#parts
    const start = Math.floor(this.#offset / pieceBytes) * pieceBytes
    const piece = new LiveSegment(`${name} ${start} to ${start + pieceBytes}`)
    return this.#withFile(name, async file => {
      const reader = new SegmentReader(file, name, this.#offset)
      const isEnded = await this.#readFrames(piece, name, reader, start + pieceBytes)
      await this.#setAside(name, file, reader, isEnded)
      leaveOut(piece, this.#taken!)
      piece.isComplete = true
      if (isEnded) this.#endSegment(piece, name, file.byteLength)
      else this.#offset = reader.start
      return piece
    })
  }

  #endSegment(last: LiveSegment, name: string, byteLength: number): void {
    last.ended = name
    this.#readBytes += byteLength
    this.#offset = 0
    this.#taken = undefined
    this.#names = this.#names.slice(1)
  }

  /** Adds frames to a piece up to the first one that begins at `end` or later; true where there is none. */
  async #readFrames(piece: LiveSegment, name: string, reader: SegmentReader, end: number): Promise<boolean> {
    const { isInBlock, signal } = this.#parts
    const done = new Map<string, boolean>()
    let spanCount = 0
    for await (const frame of reader.frames()) {
      if (reader.start >= end) return false
      const { tenant } = frame
      if (!getOrInsert(done, tenant, () => isInBlock(name, tenant) || isInBlock(piece.name, tenant)))
        spanCount += this.#addFrame(piece, name, frame)
      if (spanCount < spansAtOnce) continue
      spanCount = 0
      await new Promise(setImmediate)
      signal.throwIfAborted()
    }
    return true
  }

  /** Adds the spans of a frame, and returns how many they are. */
  #addFrame(piece: LiveSegment, name: string, { tenant, timeMillis, payload }: Frame): number {
    const part = piece.part(tenant)
    const start = part.rows.length
    try {
      this.#messages.read(bufferOf(payload), part.rows)
    } catch (error) {
      this.#warn(name, `a request of tenant ${tenant} cannot be read: ${messageOf(error)}`)
    }
    part.commit(part.arrived(start, timeMillis))
    return part.rows.length - start
  }

  /** What the segment after it has taken from a segment. */
  async #takenFrom(name: string, following: string): Promise<Taken> {
    const taken = new Map<string, Set<string>>()
    await this.#withFile(following, async file => {
      for await (const { from, tenant, payload } of new SegmentReader(file, following).frames()) {
        if (from !== name) continue
        const ids = getOrInsert(taken, tenant, () => new Set())
        for (const id of this.#traceIdsIn(payload)) ids.add(id)
      }
    })
    return taken
  }

  /** The ids of a carry's traces; none where it cannot be read: the spans of these stay where they are. */
  #traceIdsIn(payload: Uint8Array): string[] {
    const rows = new SpanRows()
    try {
      this.#messages.read(bufferOf(payload), rows)
    } catch {
      return []
    }
    return Array.from({ length: rows.traceIds.size }, (_, trace) => rows.traceIds.hexOf(trace))
  }

  /** Copies what is damaged to files beside it, and cuts off a torn tail, which is after all frames. */
  async #setAside(name: string, file: RangeReader, { damaged, end }: SegmentReader, isEnded: boolean): Promise<void> {
    const { files } = this.#parts
    for (const range of damaged) {
      const aside = `${name}.damaged-${range.start}`
      await files.write(aside, readChunks(file, range))
      this.#warn(name, `bytes ${range.start} to ${range.end} are damaged: set aside as ${aside}`)
    }
    this.damagedCount += damaged.length
    if (!isEnded || end === file.byteLength) return
    this.#warn(name, `cut at byte ${end}, ${file.byteLength - end} bytes of an unfinished append follow`)
    await files.truncate(fileOf(name), end)
  }

  #warn(name: string, message: string): void {
    this.#parts.warn(`log segment ${name}: ${message}`)
  }

  async #withFile<T>(name: string, work: (file: RangeReader) => Promise<T>): Promise<T> {
    const file = await this.#parts.files.open(fileOf(name))
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }
}

function leaveOut(piece: LiveSegment, taken: Taken): void {
  for (const [tenant, ids] of taken) {
    const part = piece.find(tenant)
    part?.take(Array.from(ids, id => part.rows.traceIds.find(id)).filter(trace => trace >= 0))
  }
}
