import { grown } from '../../bytes/growing.ts'
import type { ByteWriter } from '../../bytes/writer.ts'
import type { LeafNode, WrittenEncoding } from '../schema.ts'
import { writeDelta32, writeDelta64 } from './delta.ts'
import { packBits } from './hybrid.ts'
import { type Bounds, type ColumnValues, written } from './values.ts'

/** INT32. */
export class Int32Values implements ColumnValues {
  readonly valueBits = 32
  readonly encoding: WrittenEncoding
  count = 0
  #values = new Int32Array(64)
  readonly #isUnsigned: boolean

  constructor({ encoding, meaning }: LeafNode) {
    this.encoding = written(encoding)
    this.#isUnsigned = meaning === 'uint32'
  }

  /** Modulo 2^32. */
  add(value: number): void {
    if (this.count === this.#values.length) this.#values = grown(this.#values)
    this.#values[this.count++] = value
  }

  clear(): void {
    this.count = 0
  }

  write(out: ByteWriter, start: number, end: number): void {
    if (this.encoding === 'PLAIN') out.raw(new Uint8Array(this.#values.buffer, 4 * start, 4 * (end - start)))
    else writeDelta32(out, this.#values, start, end)
  }

  bounds(start: number, end: number): Bounds {
    const ordered = this.#isUnsigned ? new Uint32Array(this.#values.buffer) : this.#values
    let [least, greatest] = [ordered[start]!, ordered[start]!]
    for (let i = start + 1; i < end; i++) {
      if (ordered[i]! < least) least = ordered[i]!
      if (ordered[i]! > greatest) greatest = ordered[i]!
    }
    const print = (value: number) => bytesOf(4, bytes => bytes.writeInt32LE(value | 0))
    return [print(least), print(greatest)]
  }
}

/** INT64: two words each, the lower first. */
export class Int64Values implements ColumnValues {
  readonly valueBits = 64
  readonly encoding: WrittenEncoding
  count = 0
  #words = new Uint32Array(128)
  #integers = new BigUint64Array(this.#words.buffer)
  readonly #isUnsigned: boolean

  constructor({ encoding, meaning }: LeafNode) {
    this.encoding = written(encoding)
    this.#isUnsigned = meaning === 'uint64'
  }

  /** Modulo 2^64. */
  add(value: bigint): void {
    if (this.count === this.#integers.length) this.#grow()
    this.#integers[this.count++] = value
  }

  /** A whole number of 32 bits, with its sign. */
  addInt(value: number): void {
    if (this.count === this.#integers.length) this.#grow()
    this.#words[2 * this.count] = value
    this.#words[2 * this.count++ + 1] = value >> 31
  }

  #grow(): void {
    this.#words = grown(this.#words)
    this.#integers = new BigUint64Array(this.#words.buffer)
  }

  clear(): void {
    this.count = 0
  }

  write(out: ByteWriter, start: number, end: number): void {
    if (this.encoding === 'PLAIN') out.raw(new Uint8Array(this.#words.buffer, 8 * start, 8 * (end - start)))
    else writeDelta64(out, this.#words, start, end)
  }

  bounds(start: number, end: number): Bounds {
    // The sign bit turned, signed integers are ordered as unsigned ones.
    const sign = this.#isUnsigned ? 0 : 0x80000000
    const highOf = (i: number) => (this.#words[2 * i + 1]! ^ sign) >>> 0
    const isBelow = (a: number, b: number) => {
      const [high, other] = [highOf(a), highOf(b)]
      return high < other || (high === other && this.#words[2 * a]! < this.#words[2 * b]!)
    }
    let [least, greatest] = [start, start]
    for (let i = start + 1; i < end; i++) {
      if (isBelow(i, least)) least = i
      if (isBelow(greatest, i)) greatest = i
    }
    const print = (i: number) => Buffer.from(this.#words.slice(2 * i, 2 * i + 2).buffer)
    return [print(least), print(greatest)]
  }
}

/** DOUBLE. */
export class DoubleValues implements ColumnValues {
  readonly valueBits = 64
  readonly encoding = 'PLAIN'
  count = 0
  #values = new Float64Array(64)

  add(value: number): void {
    if (this.count === this.#values.length) this.#values = grown(this.#values)
    this.#values[this.count++] = value
  }

  clear(): void {
    this.count = 0
  }

  write(out: ByteWriter, start: number, end: number): void {
    out.raw(new Uint8Array(this.#values.buffer, 8 * start, 8 * (end - start)))
  }

  /** NaN is not ordered, so nothing is said where one occurs; zeros may be of either sign. */
  bounds(start: number, end: number): Bounds {
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = start; i < end; i++) {
      const value = this.#values[i]!
      if (Number.isNaN(value)) return undefined
      if (value < least) least = value
      if (value > greatest) greatest = value
    }
    const print = (value: number) => bytesOf(8, bytes => bytes.writeDoubleLE(value))
    return [print(least === 0 ? -0 : least), print(greatest === 0 ? 0 : greatest)]
  }
}

/** BOOLEAN. */
export class BooleanValues implements ColumnValues {
  readonly valueBits = 1
  readonly encoding = 'PLAIN'
  count = 0
  #values = new Uint8Array(64)

  add(value: boolean): void {
    if (this.count === this.#values.length) this.#values = grown(this.#values)
    this.#values[this.count++] = value ? 1 : 0
  }

  clear(): void {
    this.count = 0
  }

  write(out: ByteWriter, start: number, end: number): void {
    packBits(out, this.#values, { start, end, bitWidth: 1, byteLength: Math.ceil((end - start) / 8) })
  }

  bounds(start: number, end: number): Bounds {
    const part = this.#values.subarray(start, end)
    return [Buffer.of(part.includes(0) ? 0 : 1), Buffer.of(part.includes(1) ? 1 : 0)]
  }
}

function bytesOf(byteLength: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(byteLength)
  write(bytes)
  return bytes
}
