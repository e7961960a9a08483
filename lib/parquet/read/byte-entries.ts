import { isUtf8 } from 'node:buffer'

/** Strings of bytes, by number, within one memory. */
export class ByteEntries {
  readonly count: number
  readonly #bytes: Buffer
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array
  #hex: string | undefined

  constructor(bytes: Buffer, starts: Uint32Array, ends: Uint32Array) {
    this.count = starts.length
    this.#bytes = bytes
    this.#starts = starts
    this.#ends = ends
  }

  /** The entries of several, one after the other. */
  static join(parts: readonly ByteEntries[]): ByteEntries {
    if (parts.length === 1) return parts[0]!
    const count = parts.reduce((sum, part) => sum + part.count, 0)
    const [starts, ends] = [new Uint32Array(count), new Uint32Array(count)]
    let [at, offset] = [0, 0]
    for (const part of parts) {
      for (let i = 0; i < part.count; i++, at++) {
        starts[at] = part.#starts[i]! + offset
        ends[at] = part.#ends[i]! + offset
      }
      offset += part.#bytes.length
    }
    return new ByteEntries(Buffer.concat(parts.map(part => part.#bytes)), starts, ends)
  }

  byteLength(entry: number): number {
    return this.#ends[entry]! - this.#starts[entry]!
  }

  bytes(entry: number): Buffer {
    return this.#bytes.subarray(this.#starts[entry]!, this.#ends[entry]!)
  }

  /** False where no entry has these bytes. */
  mayHold(bytes: Buffer): boolean {
    return this.#bytes.includes(bytes)
  }

  /** In lower-case hex; of all entries at once, of which this is a part. */
  hex(entry: number): string {
    this.#hex ??= this.#bytes.toString('hex')
    return this.#hex.slice(2 * this.#starts[entry]!, 2 * this.#ends[entry]!)
  }

  /** The string encoded there in UTF-8; undefined where it is not UTF-8. */
  text(entry: number): string | undefined {
    const [start, end] = [this.#starts[entry]!, this.#ends[entry]!]
    const text = this.#bytes.toString('utf8', start, end)
    return text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(start, end)) ? undefined : text
  }
}
