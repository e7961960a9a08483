import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { zstdCompressor, zstdDecompressor } from '../../codecs/compress.ts'
import type { Fail } from '../../encodings/counts.ts'
import { TextPool } from '../../encodings/pooled/text-pool.ts'
import { checkTextBytes, maxTextBytes } from '../../encodings/texts.ts'
import { LabError, naming } from '../../error.ts'
import { TraceSlots } from './slots.ts'

/**
 * Traces, spans, events, links and attribute values of one segment together: a writer ends a segment before it has so
 * many, where it can, and a reader refuses more. What follows from little may be much, so this bounds a reader's memory.
 */
export const maxSegmentItems: number = 2 ** 23
/** This many items may take any number of bytes; beyond, a segment has a byte for every `itemsPerByte` more (zeros at its end). */
const freeItems = 2 ** 19
const itemsPerByte = 16
/** The content of a zstd frame that must hold so many bytes. */
export const decompress: (frame: Uint8Array, byteLength: number) => Uint8Array = zstdDecompressor()

/** Bytes of columns by `column: encoding`. */
export type Parts = Record<string, number>

/**
 * Where the columns of a segment are written, in a fixed order: each writes what describes it (its encoding, its
 * dictionary) to `head` and `texts`, which are compressed as a whole, and the data of its rows as a blob.
 */
export class ColumnWriter {
  readonly head = new ByteWriter(1 << 12)
  readonly texts = new ByteWriter(1 << 12)
  /** Of the texts of columns that say so. */
  readonly pool = new TextPool()
  /** Of the strings that have slots. */
  readonly slots = new TraceSlots()
  slotCount = 0
  readonly #level: number
  #compress: ((bytes: Uint8Array) => Uint8Array) | undefined
  readonly #blobs: Buffer[] = []

  constructor(level: number) {
    this.#level = level
  }

  /** One zstd frame of the bytes. */
  compress(bytes: Uint8Array): Uint8Array {
    this.#compress ??= zstdCompressor(this.#level)
    return this.#compress(bytes)
  }

  blob(bytes: Buffer): void {
    this.head.varint(bytes.length)
    this.#blobs.push(bytes)
  }

  /** The bytes of all blobs so far. */
  get blobBytes(): number {
    return this.#blobs.reduce((sum, blob) => sum + blob.length, 0)
  }

  /**
   * The segment of so many items: the pool, if there is one, the sizes of head, texts and both compressed, these, the
   * blobs, and the padding.
   */
  finish(itemCount: number, pool?: Uint8Array): Buffer {
    checkTextBytes(this.head.length + this.texts.length)
    const front = new ByteWriter(16)
    if (pool) {
      front.varint(poolMark)
      front.varint(pool.length)
      front.raw(pool)
    }
    const stored = this.compress(Buffer.concat([this.head.view(), this.texts.view()]))
    front.varint(this.head.length)
    front.varint(this.texts.length)
    front.varint(stored.length)
    const byteLength = front.length + stored.length + this.blobBytes
    const padding = Buffer.alloc(Math.max(0, minBytes(itemCount) - byteLength))
    return Buffer.concat([front.view(), stored, ...this.#blobs, padding])
  }
}

/** A segment with a pool begins with this: no head is as long. */
const poolMark = maxTextBytes + 1

/** The minimum number of bytes of a segment of `itemCount` items. */
function minBytes(itemCount: number): number {
  return Math.ceil((itemCount - freeItems) / itemsPerByte)
}

/** Reads what a ColumnWriter wrote, column by column in the same order. */
export class ColumnReader {
  readonly head: ByteReader
  readonly texts: ByteReader
  /** Bytes read so far, by column. */
  readonly parts: Parts = {}
  /** The column at hand, for messages. */
  column = 'trace.count'
  readonly subject: string
  readonly #blobs: ByteReader
  /** Where the blobs begin in the file. */
  readonly #start: number
  readonly #byteLength: number
  #items = 0
  #textBytes = 0
  /** The pool as it is stored, if the segment has one. */
  readonly storedPool: Buffer | undefined
  /** What pooled texts are runs of. */
  pool: Buffer = Buffer.alloc(0)
  /** Of the strings that have slots. */
  readonly slots = new TraceSlots()
  /** The columns whose texts are. */
  readonly pooled: string[] = []

  /** `offset` is where `bytes` begins in the file, for messages. */
  constructor(bytes: Uint8Array, subject: string, offset: number) {
    this.subject = subject
    this.#byteLength = bytes.length
    const front = new ByteReader(bytes, subject, offset)
    let headBytes = front.varint()
    if (headBytes === poolMark) {
      this.storedPool = front.raw(front.varint())
      this.parts.pool = this.storedPool.length
      headBytes = front.varint()
    }
    const textBytes = front.varint()
    if (headBytes + textBytes > maxTextBytes)
      front.fail('corrupt', `a head of ${headBytes} bytes and texts of ${textBytes}`)
    const stored = front.raw(front.varint())
    const both = naming(`${subject}, head and texts at byte ${offset}`, () => decompress(stored, headBytes + textBytes))
    this.head = new ByteReader(both.subarray(0, headBytes), `${subject}, head`)
    this.texts = new ByteReader(both.subarray(headBytes), `${subject}, texts`)
    this.parts.head = front.position - (this.storedPool?.length ?? 0)
    this.#start = offset + front.position
    this.#blobs = new ByteReader(bytes.subarray(front.position), `${subject}, blobs`, this.#start)
  }

  /** The blob of the column at hand. Its decoder's errors name the column. */
  blob<T>(part: string, decode: (bytes: Buffer) => T): T {
    const byteLength = this.head.varint()
    const at = this.#start + this.#blobs.position
    const bytes = this.#blobs.raw(byteLength)
    this.parts[part] = (this.parts[part] ?? 0) + byteLength
    return naming(`${this.subject}, column ${part}, blob at byte ${at}`, () => decode(bytes))
  }

  /** Runs `read`; an error that does not name its place is given that of the column at hand. */
  naming<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      const { kind, message } = error
      const place = `${this.subject}, column ${this.column}, before byte ${this.#start + this.#blobs.position}: `
      const isPlaced = message.startsWith(this.subject)
      const name = message.includes(this.column) ? '' : ` (column ${this.column})`
      throw new LabError(kind, isPlaced ? `${message}${name}` : `${place}${message}`)
    }
  }

  /** Refuses the column of that name. */
  failing(name: string): Fail {
    return message => this.head.fail('corrupt', `${name}: ${message}`)
  }

  /** Counts items of the segment before memory is allocated for them. */
  spend(count: number): void {
    this.#items += count
    this.checkItems(this.#items)
  }

  /** Counts the bytes of pooled texts before memory is allocated for them. */
  spendText(byteLength: number): void {
    this.#textBytes += byteLength
    if (this.#textBytes > maxTextBytes)
      this.head.fail('corrupt', `${this.column}: more than ${maxTextBytes} bytes of pooled texts`)
  }

  /** Counts the items of owners in the column at hand, each of which has at least `min`. */
  spendAll(counts: Float64Array, min: number): void {
    for (const count of counts) {
      if (count < min) this.head.fail('corrupt', `${this.column}: an owner of ${count}, expected at least ${min}`)
      this.spend(count)
    }
  }

  /** Refuses a count of things of which each has at least one item. */
  checkItems(count: number): number {
    if (count > maxSegmentItems || minBytes(count) > this.#byteLength)
      this.head.fail('corrupt', `${this.column}: ${count} items in a segment of ${this.#byteLength} bytes`)
    return count
  }

  /** The size of a table each value of which occurs in at least one of `rowCount` rows. */
  tableSize(rowCount: number): number {
    const size = this.head.count()
    return size <= rowCount
      ? size
      : this.head.fail('corrupt', `${this.column}: a table of ${size} values for ${rowCount} rows`)
  }

  end(): void {
    this.column = 'end'
    this.head.end()
    this.texts.end()
    const padding = this.#blobs.raw(this.#blobs.remaining)
    if (padding.length > 0) {
      this.parts.padding = padding.length
      if (this.#byteLength !== minBytes(this.#items) || padding.some(byte => byte !== 0))
        this.#blobs.fail('corrupt', `${padding.length} bytes are left over`)
    }
  }
}
