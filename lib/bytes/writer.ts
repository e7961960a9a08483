/** Strings up to this length are tried as ASCII, a character at a time, before Buffer's slower general call. */
const maxAsciiLoop = 48

/** Up to so many bytes are copied word by word, which costs less than to make a view of them. */
const maxCopyLoop = 128

/** A growing buffer with a cursor at its end. Integers are little-endian. */
export class ByteWriter {
  #bytes: Buffer
  /** Of the bytes. */
  #view: DataView
  #length = 0

  constructor(capacity = 1024) {
    this.#bytes = Buffer.allocUnsafe(capacity)
    this.#view = viewOf(this.#bytes)
  }

  get length(): number {
    return this.#length
  }

  /** Forgets what was written and keeps the memory. */
  clear(): void {
    this.#length = 0
  }

  /** A view of what was written so far, valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** A copy of what was written, `[start, length)`. */
  copy(start = 0): Buffer {
    return Buffer.from(this.#bytes.subarray(start, this.#length))
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Buffer {
    const bytes = this.copy()
    this.clear()
    return bytes
  }

  /** Makes room for `byteLength` more bytes and returns the position where they start. */
  reserve(byteLength: number): number {
    const start = this.#length
    const needed = start + byteLength
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, start)
      this.#bytes = grown
      this.#view = viewOf(grown)
    }
    this.#length = needed
    return start
  }

  u8(value: number): void {
    const at = this.reserve(1)
    this.#bytes[at] = value
  }

  u32(value: number): void {
    const at = this.reserve(4)
    this.#bytes.writeUInt32LE(value, at)
  }

  /** The two halves of a number of 64 bits. */
  halves(low: number, high: number): void {
    const at = this.reserve(8)
    this.#view.setUint32(at, low, true)
    this.#view.setUint32(at + 4, high, true)
  }

  /** The same with the highest byte first. */
  halvesBigEndian(low: number, high: number): void {
    const at = this.reserve(8)
    this.#view.setUint32(at, high)
    this.#view.setUint32(at + 4, low)
  }

  u64(value: bigint): void {
    const at = this.reserve(8)
    this.#bytes.writeBigUInt64LE(value, at)
  }

  i64(value: bigint): void {
    const at = this.reserve(8)
    this.#bytes.writeBigInt64LE(value, at)
  }

  f64(value: number): void {
    const at = this.reserve(8)
    this.#bytes.writeDoubleLE(value, at)
  }

  u16BigEndian(value: number): void {
    const at = this.reserve(2)
    this.#bytes.writeUInt16BE(value, at)
  }

  u32BigEndian(value: number): void {
    const at = this.reserve(4)
    this.#bytes.writeUInt32BE(value, at)
  }

  u64BigEndian(value: bigint): void {
    const at = this.reserve(8)
    this.#bytes.writeBigUInt64BE(value, at)
  }

  f64BigEndian(value: number): void {
    const at = this.reserve(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  /** LEB128 of a whole number, `0 <= value <= 2^53 - 1`. */
  varint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80)
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7
    }
    this.u8(rest)
  }

  /** Puts the length of what follows `start` as a varint into the byte before it; one of more bytes moves what follows. */
  endPrefixed(start: number): void {
    const byteLength = this.#length - start
    if (byteLength < 0x80) {
      this.#bytes[start - 1] = byteLength
      return
    }
    const prefixLength = varintLength(byteLength)
    this.reserve(prefixLength - 1)
    this.#bytes.copyWithin(start - 1 + prefixLength, start, start + byteLength)
    this.#length = start - 1
    this.varint(byteLength)
    this.#length += byteLength
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** So many bytes of another writer, from `start` on. */
  copyOf(other: ByteWriter, start: number, byteLength: number): void {
    const at = this.reserve(byteLength)
    if (byteLength > maxCopyLoop) {
      this.#bytes.set(other.#bytes.subarray(start, start + byteLength), at)
      return
    }
    const [own, bytes] = [this.#view, other.#view]
    let i = 0
    for (; i + 4 <= byteLength; i += 4) own.setInt32(at + i, bytes.getInt32(start + i, true), true)
    for (; i < byteLength; i++) own.setUint8(at + i, bytes.getUint8(start + i))
  }

  /** The UTF-8 of a well-formed string, without a length; returns the number of bytes. */
  utf8(text: string): number {
    const length = text.length
    if (length <= maxAsciiLoop) {
      const at = this.reserve(length)
      const bytes = this.#bytes
      let i = 0
      for (; i < length; i++) {
        const code = text.charCodeAt(i)
        if (code > 0x7f) break
        bytes[at + i] = code
      }
      if (i === length) return length
      this.#length = at
    }
    const at = this.reserve(length * 3)
    const written = this.#bytes.write(text, at, 'utf8')
    this.#length = at + written
    return written
  }

  /** A byte for each character, without a length. */
  latin1(text: string): void {
    const at = this.reserve(text.length)
    this.#bytes.write(text, at, 'latin1')
  }

  /** The bytes of a hex string of an even number of digits, without a length. */
  hex(digits: string): void {
    const at = this.reserve(digits.length >> 1)
    const bytes = this.#bytes
    for (let i = 0; i < digits.length; i += 2)
      bytes[at + (i >> 1)] = (nibble(digits.charCodeAt(i)) << 4) | nibble(digits.charCodeAt(i + 1))
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** The bytes of the varint of a whole number. */
function varintLength(value: number): number {
  let byteLength = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) byteLength++
  return byteLength
}

function nibble(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57
}
