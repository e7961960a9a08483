import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteWriter } from '../bytes/writer.ts'
import { TraceReader, TraceWriter } from '../formats/cbor/trace.ts'
import type { Span, Trace } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { writeAll } from '../storage/in-place.ts'

const partitionCount = 64
const flushBytes = 1 << 18
/** Ordinal (6 bytes), length (4 bytes) in front of each record. */
const headBytes = 10

/** A piece on disk: where its trace stands in the order of first sight, and its bytes. */
interface Piece {
  ordinal: number
  body: Buffer
}

/**
 * Pieces of traces on disk, in partitions by hash of the trace id. When all are written, each partition is read, its
 * pieces are joined by trace and sorted by the ordinal of their first, and the partitions are merged in that order.
 */
export class Spill {
  readonly #partitions: Partition[]
  readonly #writer = new TraceWriter()
  #ordinal = 0

  constructor(folder: string) {
    this.#partitions = Array.from({ length: partitionCount }, (_, i) => new Partition(join(folder, `part-${i}`)))
  }

  async write(traces: readonly Trace[]): Promise<void> {
    for (const trace of traces) {
      const partition = this.#partitions[hash(traceKey(trace.traceId)) % partitionCount]!
      partition.add(this.#ordinal++, writer => this.#writer.write(writer, trace))
      if (partition.waitingBytes > flushBytes) await partition.flush()
    }
  }

  /** All traces, whole, in the order of first sight. */
  async *traces(): AsyncIterable<readonly Trace[]> {
    const runs: Run[] = []
    for (const partition of this.#partitions) {
      await partition.sort()
      runs.push(new Run(partition))
    }
    const reader = new TraceReader()
    for (const run of runs) await run.next()
    for (;;) {
      const first = runs.reduce((best, run) => (run.ordinal < best.ordinal ? run : best))
      if (first.ordinal === Number.POSITIVE_INFINITY) return
      yield wholeTraces(reader.read(first.body, 'spilled traces', 0))
      await first.next()
    }
  }

  async close(): Promise<void> {
    for (const partition of this.#partitions) await partition.close()
  }
}

/** One trace of its pieces, by spelling of its id. */
function wholeTraces(pieces: readonly Trace[]): Trace[] {
  const spans = new Map<string, Span[]>()
  for (const piece of pieces) {
    const own = spans.get(piece.traceId)
    if (own) own.push(...piece.spans)
    else spans.set(piece.traceId, [...piece.spans])
  }
  return Array.from(spans, ([traceId, own]) => ({ traceId, spans: own }))
}

class Partition {
  readonly #path: string
  readonly #waiting = new ByteWriter(1 << 16)
  #handle: FileHandle | undefined
  byteLength = 0

  constructor(path: string) {
    this.#path = path
  }

  get waitingBytes(): number {
    return this.#waiting.length
  }

  add(ordinal: number, write: (writer: ByteWriter) => void): void {
    const writer = this.#waiting
    const start = writer.reserve(headBytes)
    write(writer)
    writeRecordHead(writer.view(), start, ordinal, writer.length - start - headBytes)
  }

  async flush(): Promise<void> {
    this.#handle ??= await open(this.#path, 'w+')
    const bytes = this.#waiting.take()
    await writeAll(this.#path, this.#handle.fd, bytes, this.byteLength)
    this.byteLength += bytes.length
  }

  /** Joins the pieces of each trace and puts the traces in order. The partition must fit in memory. */
  async sort(): Promise<void> {
    await this.flush()
    const pieces = readRecords(await this.read(0, this.byteLength))
    const byTrace = new Map<string, Piece[]>()
    for (const piece of pieces) {
      const key = keyOf(piece.body)
      const group = byTrace.get(key)
      if (group) group.push(piece)
      else byTrace.set(key, [piece])
    }
    this.byteLength = 0
    for (const group of byTrace.values()) {
      this.add(group[0]!.ordinal, writer => {
        for (const { body } of group) writer.raw(body)
      })
      if (this.waitingBytes > flushBytes) await this.flush()
    }
    await this.flush()
  }

  async read(start: number, byteLength: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(byteLength)
    for (let filled = 0; filled < byteLength; ) {
      const { bytesRead } = await this.#handle!.read(bytes, filled, byteLength - filled, start + filled)
      if (bytesRead === 0) throw new Error(`${this.#path}: ends at byte ${start + filled}`)
      filled += bytesRead
    }
    return bytes
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }
}

/** Walks a sorted partition, a piece of the file at a time. */
class Run {
  ordinal = 0
  body: Buffer = Buffer.alloc(0)
  readonly #partition: Partition
  #buffer: Buffer = Buffer.alloc(0)
  #bufferStart = 0
  #position = 0

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** Steps to the next record; the ordinal is infinite at the end. */
  async next(): Promise<void> {
    if (this.#position >= this.#partition.byteLength) {
      this.ordinal = Number.POSITIVE_INFINITY
      return
    }
    const head = await this.#take(headBytes)
    this.ordinal = head.readUIntLE(0, 6)
    this.body = await this.#take(head.readUInt32LE(6))
  }

  async #take(byteLength: number): Promise<Buffer> {
    let at = this.#position - this.#bufferStart
    if (at + byteLength > this.#buffer.length) {
      const wanted = Math.max(byteLength, flushBytes)
      this.#buffer = await this.#partition.read(
        this.#position,
        Math.min(wanted, this.#partition.byteLength - this.#position),
      )
      this.#bufferStart = this.#position
      at = 0
    }
    this.#position += byteLength
    return this.#buffer.subarray(at, at + byteLength)
  }
}

function writeRecordHead(bytes: Buffer, at: number, ordinal: number, byteLength: number): void {
  bytes.writeUIntLE(ordinal, at, 6)
  bytes.writeUInt32LE(byteLength, at + 6)
}

function readRecords(bytes: Buffer): Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < bytes.length; ) {
    const start = at + headBytes
    const end = start + bytes.readUInt32LE(at + 6)
    pieces.push({ ordinal: bytes.readUIntLE(at, 6), body: bytes.subarray(start, end) })
    at = end
  }
  return pieces
}

/** The key of the id, whose item of less than 24 bytes stands second in a trace's item. */
function keyOf(body: Buffer): string {
  return traceKey(body.toString('hex', 2, 2 + (body[1]! & 0x1f)))
}

/** FNV-1a over the digits. */
function hash(traceId: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < traceId.length; i++) value = Math.imul(value ^ traceId.charCodeAt(i), 0x01000193)
  return value >>> 0
}
