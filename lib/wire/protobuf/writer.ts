import { LabError } from '../../error.ts'

/** Strings up to this length are tried as ASCII, a character at a time, before Buffer's slower general call. */
const maxAsciiLoop = 48

/**
 * Writes protobuf fields one after another. A field's tag is its number times 8 plus its wire type; a message's fields
 * stand between `begin` and `end`, which sets its length when it is known. Every varint takes as few bytes as it can.
 */
export class WireWriter {
  #bytes: Buffer
  #view: DataView
  #length = 0

  constructor(capacity = 1 << 16) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    return bytes
  }

  /** Begins a message; what it returns is for `end`. */
  begin(tag: number): number {
    const at = this.#reserve(2)
    this.#bytes[at] = tag
    return at + 2
  }

  /** Ends the message that begins there. Where its length takes more than a byte, the message moves to make room. */
  end(start: number): void {
    const byteLength = this.#length - start
    if (byteLength < 0x80) {
      this.#bytes[start - 1] = byteLength
      return
    }
    const extra = varintLength(byteLength) - 1
    this.#reserve(extra)
    this.#bytes.copyWithin(start + extra, start, start + byteLength)
    this.#varintAt(start - 1, byteLength)
  }

  uint32(tag: number, value: number): void {
    this.#tag(tag)
    this.#varint(value)
  }

  /** A negative number takes ten bytes, as protobuf wants it. */
  int32(tag: number, value: number): void {
    if (value < 0) this.int64(tag, BigInt(value))
    else this.uint32(tag, value)
  }

  int64(tag: number, value: bigint): void {
    this.#tag(tag)
    const small = BigInt.asUintN(31, value)
    if (small === value) return this.#varint(Number(small))
    const at = this.#reserve(10)
    this.#length = at
    let rest = BigInt.asUintN(64, value)
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
    this.#bytes[this.#length++] = Number(rest)
  }

  fixed32(tag: number, value: number): void {
    this.#tag(tag)
    const at = this.#reserve(4)
    this.#view.setUint32(at, value, true)
  }

  fixed64(tag: number, value: bigint): void {
    this.#tag(tag)
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, value, true)
  }

  double(tag: number, value: number): void {
    this.#tag(tag)
    const at = this.#reserve(8)
    this.#view.setFloat64(at, value, true)
  }

  bytes(tag: number, bytes: Uint8Array): void {
    this.#tag(tag)
    this.#varint(bytes.length)
    this.raw(bytes)
  }

  /** Fields that were written before. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** The bytes of a hex string. */
  id(tag: number, digits: string): void {
    this.#tag(tag)
    this.#varint(digits.length >> 1)
    let at = this.#reserve(digits.length >> 1)
    for (let i = 0; i < digits.length; i += 2)
      this.#bytes[at++] = (nibble(digits.charCodeAt(i)) << 4) | nibble(digits.charCodeAt(i + 1))
  }

  /** A string as UTF-8; one with a lone surrogate has none and is refused. */
  text(tag: number, text: string): void {
    this.#tag(tag)
    if (text.length > maxAsciiLoop || !this.#ascii(text)) this.#utf8(text)
  }

  /** True where the text was ASCII and has been written. */
  #ascii(text: string): boolean {
    const { length } = text
    const start = this.#reserve(length + 1)
    const bytes = this.#bytes
    bytes[start] = length
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        this.#length = start
        return false
      }
      bytes[start + 1 + i] = code
    }
    return true
  }

  #utf8(text: string): void {
    if (!text.isWellFormed()) throw new LabError('unsupported', 'a lone surrogate has no UTF-8')
    const byteLength = Buffer.byteLength(text)
    this.#varint(byteLength)
    const at = this.#reserve(byteLength)
    this.#bytes.write(text, at, 'utf8')
  }

  #tag(tag: number): void {
    const at = this.#reserve(1)
    if (tag < 0x80) this.#bytes[at] = tag
    else {
      this.#length = at
      this.#varint(tag)
    }
  }

  #varint(value: number): void {
    this.#varintAt(this.#reserve(varintLength(value)), value)
  }

  #varintAt(start: number, value: number): void {
    let at = start
    let rest = value
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[at++] = (rest & 0x7f) | 0x80
    this.#bytes[at] = rest
  }

  #reserve(byteLength: number): number {
    const start = this.#length
    const needed = start + byteLength
    if (needed > this.#bytes.length) this.#grow(needed)
    this.#length = needed
    return start
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** The bytes that a varint below 2^32 takes. */
function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x200000) return 3
  return value < 0x10000000 ? 4 : 5
}

function nibble(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57
}
