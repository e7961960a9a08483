import { LabError } from '../error.ts'
import { bufferOf } from './buffer.ts'
import { StringCache } from './string-cache.ts'

const byteDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * A cursor over bytes that never reads past their end: what is missing is a `truncated` error that names the subject,
 * the offset and both numbers. Integers are little-endian. Lengths are checked before anything is allocated.
 */
export class ByteReader {
  readonly subject: string
  readonly #bytes: Buffer
  readonly #offset: number
  #strings: StringCache | undefined
  #position = 0

  /** `offset` is where `bytes` begins in the file, for messages. */
  constructor(bytes: Uint8Array, subject: string, offset = 0, strings?: StringCache) {
    this.#bytes = bufferOf(bytes)
    this.subject = subject
    this.#offset = offset
    this.#strings = strings
  }

  get position(): number {
    return this.#position
  }

  /** A reader of the same bytes from a position on. */
  from(position: number): ByteReader {
    const reader = new ByteReader(this.#bytes, this.subject, this.#offset, this.#strings)
    reader.take(position)
    return reader
  }

  get remaining(): number {
    return this.#bytes.length - this.#position
  }

  /** Steps over `byteLength` bytes and returns where they start. */
  take(byteLength: number): number {
    const start = this.#position
    if (byteLength > this.#bytes.length - start)
      this.fail('truncated', `needs ${byteLength} bytes, ${this.remaining} are left`)
    this.#position = start + byteLength
    return start
  }

  fail(kind: 'truncated' | 'corrupt' | 'unsupported', message: string): never {
    throw new LabError(kind, `${this.subject} at byte ${this.#offset + this.#position}: ${message}`)
  }

  /** Fails where bytes are left over. */
  end(): void {
    if (this.remaining > 0) this.fail('corrupt', `${this.remaining} bytes are left over`)
  }

  u8(): number {
    return this.#bytes[this.take(1)]!
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.take(4))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.take(8))
  }

  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.take(8))
  }

  f64(): number {
    return this.#bytes.readDoubleLE(this.take(8))
  }

  u16BigEndian(): number {
    return this.#bytes.readUInt16BE(this.take(2))
  }

  u32BigEndian(): number {
    return this.#bytes.readUInt32BE(this.take(4))
  }

  u64BigEndian(): bigint {
    return this.#bytes.readBigUInt64BE(this.take(8))
  }

  f64BigEndian(): number {
    return this.#bytes.readDoubleBE(this.take(8))
  }

  /** LEB128, at most 2^53 - 1. */
  varint(): number {
    // Most take one byte.
    const first = this.#bytes[this.#position]
    if (first !== undefined && first < 0x80) {
      this.#position++
      return first
    }
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 128
    }
    return this.fail('corrupt', 'a varint exceeds 2^53 - 1')
  }

  /** A count of things that take `minByteLength` bytes each at least: one that cannot fit is refused at once. */
  count(minByteLength = 1): number {
    const count = this.varint()
    return this.checkCount(count, minByteLength)
  }

  /** The same check for a count that was read in another way. */
  checkCount(count: number, minByteLength = 1): number {
    if (count * minByteLength > this.remaining)
      this.fail('truncated', `${count} items of at least ${minByteLength} bytes follow, ${this.remaining} are left`)
    return count
  }

  /** A view, not a copy. */
  raw(byteLength: number): Buffer {
    const start = this.take(byteLength)
    return this.#bytes.subarray(start, start + byteLength)
  }

  utf8(byteLength: number): string {
    if (byteLength === 0) return ''
    const start = this.take(byteLength)
    this.#strings ??= new StringCache(1024)
    return this.#strings.get(this.#bytes, start, start + byteLength)
  }

  /** `byteLength` bytes as lower-case hex. */
  hex(byteLength: number): string {
    const start = this.take(byteLength)
    let digits = ''
    for (let i = 0; i < byteLength; i++) digits += byteDigits[this.#bytes[start + i]!]!
    return digits
  }
}
