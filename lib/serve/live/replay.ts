import { bufferOf } from '../../bytes/buffer.ts'
import { type RangeReader, readChunks } from '../../bytes/range.ts'
import { messageOf } from '../../error.ts'
import { OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { SpanRows } from '../../shred/rows.ts'
import type { LogFiles } from '../wal/files.ts'
import { type Frame, SegmentReader } from '../wal/frames.ts'
import { fileOf } from '../wal/log.ts'
import { LiveSegment } from './segment.ts'

/** Spans that are read before other work has its turn. */
const spansAtOnce = 512

interface ReplayParts {
  readonly files: LogFiles
  /** True where the tenant's spans of a segment are in a block. */
  readonly isInBlock: (segment: string, tenant: string) => boolean
  readonly warn: (message: string) => void
  /** Ends it between two turns. */
  readonly signal: AbortSignal
}

/** What a log had at the start. One segment is held at a time: who asks for the next one says when. */
export class Replay {
  readonly #parts: ReplayParts
  readonly #messages = new OtlpMessages(new SpanRows(), () => {})
  #names: readonly string[]
  /** Damaged parts that were set aside so far. */
  damagedCount = 0
  byteLength = 0
  /** How many of its bytes have been read. */
  readBytes = 0

  /** `names` are its segments, the oldest first. */
  constructor(names: readonly string[], parts: ReplayParts) {
    this.#names = names
    this.#parts = parts
  }

  /** Deletes segments that are empty: otherwise there is one more for each start that is interrupted. */
  async deleteEmpty(): Promise<void> {
    const { files } = this.#parts
    const filled: string[] = []
    for (const name of this.#names) {
      const byteLength = await this.#withFile(name, async file => file.byteLength)
      this.byteLength += byteLength
      if (byteLength > 0) filled.push(name)
      else await files.delete(fileOf(name))
    }
    this.#names = filled
  }

  get segmentCount(): number {
    return this.#names.length
  }

  /** Takes the oldest segment: spans that are in no block, each once, whatever a crash has left of segments and carries. */
  async next(): Promise<LiveSegment> {
    const [name, following] = this.#names
    const segment = new LiveSegment(name!)
    const before = this.readBytes
    const byteLength = await this.#withFile(segment.name, async file => {
      const reader = new SegmentReader(file, segment.name)
      await this.#readFrames(segment, reader, () => {
        this.readBytes = before + reader.end
      })
      await this.#setAside(segment.name, file, reader)
      return file.byteLength
    })
    if (following !== undefined) await this.#leaveOut(segment, following)
    this.readBytes = before + byteLength
    segment.isComplete = true
    this.#names = this.#names.slice(1)
    return segment
  }

  async #readFrames(segment: LiveSegment, reader: SegmentReader, advanced: () => void): Promise<void> {
    const { isInBlock, signal } = this.#parts
    let spanCount = 0
    for await (const frame of reader.frames()) {
      if (!isInBlock(segment.name, frame.tenant)) spanCount += this.#addFrame(segment, frame)
      advanced()
      if (spanCount < spansAtOnce) continue
      spanCount = 0
      await new Promise(setImmediate)
      signal.throwIfAborted()
    }
  }

  /** Adds the spans of a frame, and returns how many they are. */
  #addFrame(segment: LiveSegment, { tenant, timeMillis, payload }: Frame): number {
    const part = segment.part(tenant)
    const start = part.rows.length
    try {
      this.#messages.read(bufferOf(payload), part.rows)
    } catch (error) {
      this.#warn(segment.name, `a request of tenant ${tenant} cannot be read: ${messageOf(error)}`)
    }
    part.commit(part.arrived(start, timeMillis))
    return part.rows.length - start
  }

  /** Leaves out the traces of a segment that the following one has taken. */
  async #leaveOut(segment: LiveSegment, following: string): Promise<void> {
    await this.#withFile(following, async file => {
      for await (const { from, tenant, payload } of new SegmentReader(file, following).frames()) {
        const part = from === segment.name ? segment.find(tenant) : undefined
        part?.take(
          this.#traceIdsIn(payload)
            .map(id => part.rows.traceIds.find(id))
            .filter(code => code >= 0),
        )
      }
    })
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

  /** Copies what is damaged to files beside it, and cuts a torn tail off. */
  async #setAside(name: string, file: RangeReader, { damaged, end }: SegmentReader): Promise<void> {
    const { files } = this.#parts
    for (const range of damaged) {
      const aside = `${name}.damaged-${range.start}`
      await files.write(aside, readChunks(file, range))
      this.#warn(name, `bytes ${range.start} to ${range.end} are damaged: set aside as ${aside}`)
    }
    this.damagedCount += damaged.length
    if (end === file.byteLength) return
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
