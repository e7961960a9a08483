import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { zstdCompressor, zstdDecompressor } from '../codecs/compress.ts'
import { LabError } from '../error.ts'

/**
 * Traces, spans, events, links and attribute values of one segment together: a writer ends a segment before it has so
 * many, where it can, and a reader refuses more. What follows from little may be much, so this bounds a reader's memory.
 */
export const maxSegmentItems: number = 2 ** 23
const maxHeadBytes = 2 ** 28

/** Bytes of columns by `column: encoding`. */
export type Parts = Record<string, number>

/**
 * Where the columns of a segment are written, in a fixed order: each writes what describes it (its encoding, its
 * dictionary) to `head` and `texts`, which are compressed as a whole, and what stands for its rows as a blob.
 */
export class ColumnWriter {
  readonly head = new ByteWriter(1 << 12)
  readonly texts = new ByteWriter(1 << 12)
  readonly level: number
  readonly #blobs: Buffer[] = []

  constructor(level: number) {
    this.level = level
  }

  blob(bytes: Buffer): void {
    this.head.varint(bytes.length)
    this.#blobs.push(bytes)
  }

  /** The bytes of all blobs so far. */
  get blobBytes(): number {
    return this.#blobs.reduce((sum, blob) => sum + blob.length, 0)
  }

  /** The segment: the sizes of head, texts and both compressed, these, and the blobs. */
  finish(): Buffer {
    const front = new ByteWriter(16)
    const stored = zstdCompressor(this.level)(Buffer.concat([this.head.view(), this.texts.view()]))
    front.varint(this.head.length)
    front.varint(this.texts.length)
    front.varint(stored.length)
    return Buffer.concat([front.view(), stored, ...this.#blobs])
  }
}

/** Reads what a ColumnWriter wrote, column by column in the same order. */
export class ColumnReader {
  readonly head: ByteReader
  readonly texts: ByteReader
  /** Bytes read so far, by column. */
  readonly parts: Parts = {}
  readonly #blobs: ByteReader
  #items = 0

  constructor(bytes: Uint8Array, subject: string, offset: number) {
    const front = new ByteReader(bytes, subject, offset)
    const [headBytes, textBytes] = [front.varint(), front.varint()]
    if (headBytes + textBytes > maxHeadBytes)
      front.fail('corrupt', `a head of ${headBytes} bytes and texts of ${textBytes}`)
    const stored = front.raw(front.varint())
    const both = zstdDecompressor()(stored, headBytes + textBytes)
    this.head = new ByteReader(both.subarray(0, headBytes), `${subject}, head`)
    this.texts = new ByteReader(both.subarray(headBytes), `${subject}, texts`)
    this.parts.head = front.position
    this.#blobs = new ByteReader(bytes.subarray(front.position), subject, offset + front.position)
  }

  /** The blob of the column at hand. What its decoder finds wrong is told with the column's name. */
  blob<T>(part: string, decode: (bytes: Buffer) => T): T {
    const byteLength = this.head.varint()
    const at = this.#blobs.position
    const bytes = this.#blobs.raw(byteLength)
    this.parts[part] = (this.parts[part] ?? 0) + byteLength
    try {
      return decode(bytes)
    } catch (error) {
      if (error instanceof LabError)
        throw new LabError(error.kind, `${this.#blobs.subject}, column ${part} (blob at ${at}): ${error.message}`)
      throw error
    }
  }

  /** Counts items of the segment before memory is taken for them. */
  spend(count: number): void {
    this.#items += count
    if (this.#items > maxSegmentItems)
      this.head.fail('corrupt', `${this.#items} items in a segment, at most ${maxSegmentItems} are read`)
  }

  end(): void {
    this.head.end()
    this.texts.end()
    this.#blobs.end()
  }
}
