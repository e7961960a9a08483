import { ByteWriter } from '../../bytes/writer.ts'
import { LabError } from '../../error.ts'

/**
 * Writes protobuf fields one after another. A field's tag is its number times 8 plus its wire type; a message's fields
 * stand between `begin` and `end`, which sets its length when it is known. Every varint takes as few bytes as it can.
 */
export class WireWriter {
  readonly #out: ByteWriter

  constructor(capacity = 1 << 16) {
    this.#out = new ByteWriter(capacity)
  }

  get length(): number {
    return this.#out.length
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Buffer {
    return this.#out.take()
  }

  /** Begins a message; what it returns is for `end`. */
  begin(tag: number): number {
    this.#out.varint(tag)
    this.#out.u8(0)
    return this.#out.length
  }

  /** Begins a message without its tag. */
  beginContent(): number {
    this.#out.u8(0)
    return this.#out.length
  }

  /** Ends the message that begins there. */
  end(start: number): void {
    this.#out.endPrefixed(start)
  }

  uint32(tag: number, value: number): void {
    this.#out.varint(tag)
    this.#out.varint(value)
  }

  /** A negative number takes ten bytes, as protobuf wants it. */
  int32(tag: number, value: number): void {
    if (value < 0) this.int64(tag, BigInt(value))
    else this.uint32(tag, value)
  }

  int64(tag: number, value: bigint): void {
    this.#out.varint(tag)
    let rest = BigInt.asUintN(64, value)
    for (; rest > 0x7fffffffn; rest >>= 7n) this.#out.u8(Number(rest & 0x7fn) | 0x80)
    this.#out.varint(Number(rest))
  }

  fixed32(tag: number, value: number): void {
    this.#out.varint(tag)
    this.#out.u32(value)
  }

  fixed64(tag: number, value: bigint): void {
    this.#out.varint(tag)
    this.#out.u64(value)
  }

  double(tag: number, value: number): void {
    this.#out.varint(tag)
    this.#out.f64(value)
  }

  bytes(tag: number, bytes: Uint8Array): void {
    this.uint32(tag, bytes.length)
    this.raw(bytes)
  }

  /** Fields that were written before. */
  raw(bytes: Uint8Array): void {
    this.#out.raw(bytes)
  }

  /** All that another writer has. */
  rawOf(other: WireWriter): void {
    this.#out.copyOf(other.#out, 0, other.length)
  }

  /** The bytes of a hex string. */
  id(tag: number, digits: string): void {
    this.uint32(tag, digits.length >> 1)
    this.#out.hex(digits)
  }

  /** An id of so many bytes, of 8 at most, that is this number. */
  idHalves(tag: number, high: number, low: number, byteLength: number): void {
    this.uint32(tag, byteLength)
    if (byteLength === 8) return this.#out.halvesBigEndian(low, high)
    for (let shift = byteLength * 8 - 8; shift >= 0; shift -= 8)
      this.#out.u8(shift >= 32 ? high >>> (shift - 32) : low >>> shift)
  }

  /** A number of 64 bits in halves. */
  fixed64Halves(tag: number, high: number, low: number): void {
    this.#out.varint(tag)
    this.#out.halves(low, high)
  }

  /** A field whose length and content, so many bytes from `start` on, another writer has. */
  copyOf(tag: number, other: WireWriter, start: number, byteLength: number): void {
    this.#out.varint(tag)
    this.#out.copyOf(other.#out, start, byteLength)
  }

  /** A string as UTF-8; one with a lone surrogate has none and is refused. */
  text(tag: number, text: string): void {
    const start = this.begin(tag)
    this.content(text)
    this.end(start)
  }

  /** The same without a tag and a length. */
  content(text: string): void {
    if (!text.isWellFormed()) throw new LabError('unsupported', 'a lone surrogate has no UTF-8')
    this.#out.utf8(text)
  }
}
