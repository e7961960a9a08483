import { bufferOf } from '../../bytes/buffer.ts'
import { decodeWtf8, encodeWtf8 } from '../../bytes/wtf8.ts'
import { zstdCompressor, zstdDecompressor } from '../../codecs/compress.ts'
import { sumOf } from '../../encodings/counts.ts'
import { LabError } from '../../error.ts'
import { type Item, packItems, unpackItems } from './message.ts'

/** Streams shorter than this are items, which share one frame. */
const inlineLength = 128
const estimateLevel = 3
const itemCost = 1.2

/** Bytes beside the message, under the name of a part of the file. */
interface Stream {
  readonly part: string
  readonly bytes: Uint8Array
  /** Known not to shrink: stored as it is. */
  readonly isRandom: boolean
}

/** What `finish` gives: the message before and after compression, and the streams, stored. */
export interface StoredBody {
  byteLength: number
  message: Uint8Array
  streams: Uint8Array[]
}

const estimate = zstdCompressor(estimateLevel)

/** Records items and streams in order; encodings are tried on bodies of their own and the cheapest is appended. */
export class BodyWriter {
  readonly #entries: (Item | Stream)[] = []
  /** Bytes that the body will take, estimated. */
  cost = 0

  number(value: number): void {
    this.#entries.push(value)
    this.cost += numberCost(value)
  }

  numbers(values: Iterable<number>): void {
    for (const value of values) this.number(value)
  }

  /** Any string: one that is not well-formed is written as WTF-8 bytes. */
  text(text: string): void {
    this.#entries.push(text.isWellFormed() ? text : Uint8Array.from(encodeWtf8(text)))
    this.cost += itemCost + text.length / 2
  }

  /** Bytes whose number the reader knows. */
  bytes(part: string, bytes: Uint8Array, isRandom = false): void {
    if (bytes.length === 0) return
    if (bytes.length < inlineLength) {
      this.#entries.push(bytes)
      this.cost += 2 + bytes.length * (isRandom ? 1 : 0.8)
      return
    }
    const estimated = isRandom ? bytes.length : estimate(bytes).length
    this.#entries.push({ part, bytes, isRandom: estimated >= bytes.length })
    this.cost += 4 + Math.min(bytes.length, estimated)
  }

  /** Writes the cheapest of several encodings of the same data; each begins with what identifies it. */
  choose(candidates: readonly ((body: BodyWriter) => void)[]): void {
    if (candidates.length === 1) return candidates[0]!(this)
    let best: BodyWriter | undefined
    for (const candidate of candidates) {
      const body = new BodyWriter()
      candidate(body)
      if (best === undefined || body.cost < best.cost) best = body
    }
    if (best === undefined) return
    for (const entry of best.#entries) this.#entries.push(entry)
    this.cost += best.cost
  }

  finish(level: number): StoredBody {
    const compress = zstdCompressor(level)
    const items: Item[] = []
    const streams: Uint8Array[] = []
    for (const entry of this.#entries) {
      if (typeof entry !== 'object' || entry instanceof Uint8Array) items.push(entry)
      else {
        const stored = entry.isRandom ? entry.bytes : shorter(Uint8Array.from(compress(entry.bytes)), entry.bytes)
        items.push(stored.length)
        streams.push(stored)
      }
    }
    const message = packItems(items)
    return { byteLength: message.length, message: Uint8Array.from(compress(message)), streams }
  }
}

/** Bytes of a MessagePack number, nearly. */
function numberCost(value: number): number {
  const size = Math.abs(value)
  if (size < 128) return itemCost
  return itemCost + (size < 256 ? 1 : size < 65_536 ? 2 : size < 2 ** 32 ? 4 : 8)
}

function shorter(compressed: Uint8Array, bytes: Uint8Array): Uint8Array {
  return compressed.length < bytes.length ? compressed : bytes
}

/** Reads what a BodyWriter wrote, in the same order. */
export class BodyReader {
  readonly #items: readonly Item[]
  readonly #streams: Uint8Array
  readonly subject: string
  readonly #decompress = zstdDecompressor()
  #position = 0
  #streamPosition = 0
  /** Stored bytes of the streams read so far, by part. */
  readonly parts: Record<string, number> = {}

  constructor(message: Uint8Array, byteLength: number, streams: Uint8Array, subject: string) {
    this.subject = subject
    this.#items = unpackItems(this.#decompress(message, byteLength), `${subject} message`)
    this.#streams = streams
  }

  fail(message: string): never {
    throw new LabError('corrupt', `${this.subject}, item ${this.#position}: ${message}`)
  }

  #next(): Item {
    if (this.#position >= this.#items.length) this.fail(`the message has only ${this.#items.length} items`)
    return this.#items[this.#position++]!
  }

  /** A whole number of `min` to `max`. */
  number(max: number = Number.MAX_SAFE_INTEGER, min = 0): number {
    const item = this.#next()
    if (typeof item === 'number' && Number.isSafeInteger(item) && item >= min && item <= max) return item
    return this.fail(`expected a whole number of ${min} to ${max}, found ${describe(item)}`)
  }

  /** The sum of lengths, each of which must be at least `min`. */
  sum(lengths: Float64Array, min: number): number {
    const short = lengths.find(length => length < min)
    return short === undefined ? sumOf(lengths) : this.fail(`a length of ${short}, expected at least ${min}`)
  }

  text(): string {
    const item = this.#next()
    if (typeof item === 'string') return item
    return item instanceof Uint8Array ? decodeWtf8(bufferOf(item)) : this.fail(`expected text, found ${describe(item)}`)
  }

  /** As many bytes as the writer was given. */
  bytes(part: string, byteLength: number): Buffer {
    if (byteLength === 0) return Buffer.alloc(0)
    const item = this.#next()
    if (typeof item === 'number') return this.#stream(part, item, byteLength)
    if (!(item instanceof Uint8Array) || item.length !== byteLength)
      return this.fail(`expected ${byteLength} bytes, found ${describe(item)}`)
    return bufferOf(item)
  }

  #stream(part: string, storedLength: number, byteLength: number): Buffer {
    const start = this.#streamPosition
    const left = this.#streams.length - start
    if (!(storedLength > 0 && storedLength <= left && storedLength <= byteLength))
      this.fail(`a stream of ${storedLength} stored bytes for ${byteLength}, ${left} are left`)
    this.#streamPosition += storedLength
    this.parts[part] = (this.parts[part] ?? 0) + storedLength
    const stored = this.#streams.subarray(start, start + storedLength)
    return bufferOf(storedLength === byteLength ? stored : this.#decompress(stored, byteLength))
  }

  /** Fails where anything is left over. */
  end(): void {
    if (this.#position !== this.#items.length) this.fail(`${this.#items.length - this.#position} items are left over`)
    if (this.#streamPosition !== this.#streams.length)
      this.fail(`${this.#streams.length - this.#streamPosition} bytes of streams are left over`)
  }
}

function describe(item: Item): string {
  if (typeof item === 'number') return `${item}`
  return typeof item === 'string' ? 'text' : `${item.length} bytes`
}
