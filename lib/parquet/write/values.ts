import { ByteWriter } from '../../bytes/writer.ts'
import { LabError } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import type { LeafNode, WrittenEncoding } from '../schema.ts'
import { writeDelta32, writeDelta64 } from './delta.ts'
import { packBits, writeHybrid } from './hybrid.ts'

/** What a part of a column's values has: copies of the bytes that compare least and greatest; undefined where it has no order. */
export type Bounds = readonly [least: Buffer, greatest: Buffer] | undefined

/** The values of a column that are there, in order, in the memory of their type. */
export interface ColumnValues {
  readonly count: number
  /** That of the pages: settled when all values of a row group are there. */
  readonly encoding: WrittenEncoding
  clear(): void
  /** About what a value takes in a page before compression, in bits. */
  bitsOf(index: number): number
  /** The values from `start` to `end`, in the column's encoding. */
  write(out: ByteWriter, start: number, end: number): void
  bounds(start: number, end: number): Bounds
  /** What stands in front of pages of RLE_DICTIONARY; returns how many entries it has. */
  writeDictionary?(out: ByteWriter): number
}

type Array = Uint8Array | Uint32Array | Int32Array | Float64Array

function grown<T extends Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(2 * array.length)
  larger.set(array)
  return larger
}

function written(encoding: LeafNode['encoding']): WrittenEncoding {
  if (encoding === 'DICTIONARY_IF_SMALLER') throw new TypeError('only strings and bytes have dictionaries')
  return encoding
}

function bytesOf(byteLength: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(byteLength)
  write(bytes)
  return bytes
}

/** INT32. */
export class Int32Values implements ColumnValues {
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

  bitsOf(): number {
    return 32
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
    if (this.count === this.#integers.length) {
      this.#words = grown(this.#words)
      this.#integers = new BigUint64Array(this.#words.buffer)
    }
    this.#integers[this.count++] = value
  }

  clear(): void {
    this.count = 0
  }

  bitsOf(): number {
    return 64
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

  bitsOf(): number {
    return 64
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

  bitsOf(): number {
    return 1
  }

  write(out: ByteWriter, start: number, end: number): void {
    packBits(out, this.#values, { start, end, bitWidth: 1, byteLength: Math.ceil((end - start) / 8) })
  }

  bounds(start: number, end: number): Bounds {
    const part = this.#values.subarray(start, end)
    return [Buffer.of(part.includes(0) ? 0 : 1), Buffer.of(part.includes(1) ? 1 : 0)]
  }
}

/** BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY, one after the other. */
export class ByteArrayValues implements ColumnValues {
  readonly encoding: WrittenEncoding
  readonly #leaf: LeafNode
  readonly #path: string
  readonly #bytes = new ByteWriter(1024)
  #ends = new Int32Array(64)
  #lengths = new Int32Array(64)
  count = 0

  /** The path is for errors. */
  constructor(leaf: LeafNode, path: string) {
    this.#leaf = leaf
    this.#path = path
    this.encoding = written(leaf.encoding)
  }

  /** The bytes that an even number of hex digits tells. */
  addHex(digits: string): void {
    this.#bytes.hex(digits)
    this.#end()
  }

  addText(text: string): void {
    checkText(this.#path, text)
    this.#bytes.utf8(text)
    this.#end()
  }

  add(bytes: Uint8Array): void {
    this.#bytes.raw(bytes)
    this.#end()
  }

  #end(): void {
    if (this.count === this.#ends.length) {
      this.#ends = grown(this.#ends)
      this.#lengths = grown(this.#lengths)
    }
    const { length } = this.#bytes
    this.#lengths[this.count] = length - this.#startOf(this.count)
    this.#ends[this.count++] = length
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!
  }

  clear(): void {
    this.count = 0
    this.#bytes.clear()
  }

  bitsOf(index: number): number {
    return 8 * this.#lengths[index]! + 32
  }

  write(out: ByteWriter, start: number, end: number): void {
    const all = this.#bytes.view().subarray(this.#startOf(start), end === 0 ? 0 : this.#ends[end - 1]!)
    if (this.#leaf.encoding === 'DELTA_LENGTH_BYTE_ARRAY') writeDelta32(out, this.#lengths, start, end)
    else if (this.#leaf.type === 'BYTE_ARRAY') return this.#writePlain(out, start, end)
    out.raw(all)
  }

  #writePlain(out: ByteWriter, start: number, end: number): void {
    for (let i = start; i < end; i++) writePlainBytes(out, this.#at(i))
  }

  #at(index: number): Buffer {
    return this.#bytes.view().subarray(this.#startOf(index), this.#ends[index]!)
  }

  bounds(start: number, end: number): Bounds {
    return boundsOf(end - start, i => this.#at(start + i))
  }
}

/** Distinct strings, or bytes as hex digits, and a code for each value. */
export class DictionaryValues implements ColumnValues {
  readonly #leaf: LeafNode
  readonly #path: string
  readonly #codeOf = new Map<string, number>()
  #codes = new Uint32Array(64)
  #encoded: Buffer[] | undefined
  #settled: WrittenEncoding | undefined
  count = 0

  /** The path is for errors. */
  constructor(leaf: LeafNode, path: string) {
    this.#leaf = leaf
    this.#path = path
  }

  addText(text: string): void {
    let code = this.#codeOf.get(text)
    if (code === undefined) {
      checkText(this.#path, text)
      code = this.#codeOf.size
      this.#codeOf.set(text, code)
    }
    this.#add(code)
  }

  /** The bytes that an even number of hex digits tells; no texts must come too. */
  addHex(digits: string): void {
    this.#add(getOrInsert(this.#codeOf, digits, () => this.#codeOf.size))
  }

  #add(code: number): void {
    if (this.count === this.#codes.length) this.#codes = grown(this.#codes)
    this.#codes[this.count++] = code
  }

  clear(): void {
    this.count = 0
    this.#codeOf.clear()
    this.#encoded = undefined
    this.#settled = undefined
  }

  get encoding(): WrittenEncoding {
    this.#settled ??= this.#leaf.encoding === 'RLE_DICTIONARY' || this.#isSmaller() ? 'RLE_DICTIONARY' : 'PLAIN'
    return this.#settled
  }

  #isSmaller(): boolean {
    const lengths = this.#entries().map(({ length }) => length + this.#prefixBytes)
    const entryBytes = lengths.reduce((sum, length) => sum + length, 0)
    let plainBytes = 0
    for (let i = 0; i < this.count; i++) plainBytes += lengths[this.#codes[i]!]!
    return entryBytes + (this.count * this.#bitWidth) / 8 < plainBytes
  }

  get #prefixBytes(): number {
    return this.#leaf.type === 'BYTE_ARRAY' ? 4 : 0
  }

  get #bitWidth(): number {
    return 32 - Math.clz32(Math.max(0, this.#codeOf.size - 1))
  }

  bitsOf(index: number): number {
    if (this.#leaf.encoding === 'RLE_DICTIONARY') return 32
    return 8 * (this.#entries()[this.#codes[index]!]!.length + this.#prefixBytes)
  }

  write(out: ByteWriter, start: number, end: number): void {
    if (this.encoding === 'PLAIN') {
      for (let i = start; i < end; i++) this.#writePlain(out, this.#entries()[this.#codes[i]!]!)
      return
    }
    out.u8(this.#bitWidth)
    writeHybrid(out, this.#codes, [start, end], this.#bitWidth)
  }

  #writePlain(out: ByteWriter, bytes: Uint8Array): void {
    if (this.#leaf.type === 'BYTE_ARRAY') writePlainBytes(out, bytes)
    else out.raw(bytes)
  }

  bounds(start: number, end: number): Bounds {
    const occurring = new Uint8Array(this.#codeOf.size)
    for (let i = start; i < end; i++) occurring[this.#codes[i]!] = 1
    const entries = this.#entries().filter((_, code) => occurring[code] === 1)
    return boundsOf(entries.length, i => entries[i]!)
  }

  writeDictionary(out: ByteWriter): number {
    for (const entry of this.#entries()) this.#writePlain(out, entry)
    return this.#codeOf.size
  }

  #entries(): readonly Buffer[] {
    const form = this.#leaf.meaning === undefined ? 'hex' : 'utf8'
    this.#encoded ??= [...this.#codeOf.keys()].map(text => Buffer.from(text, form))
    return this.#encoded
  }
}

function writePlainBytes(out: ByteWriter, bytes: Uint8Array): void {
  out.u32(bytes.length)
  out.raw(bytes)
}

function boundsOf(count: number, at: (index: number) => Buffer): Bounds {
  if (count === 0) return undefined
  let [least, greatest] = [at(0), at(0)]
  for (let i = 1; i < count; i++) {
    const bytes = at(i)
    if (bytes.compare(least) < 0) least = bytes
    if (bytes.compare(greatest) > 0) greatest = bytes
  }
  // They outlive the memory that values stand in.
  return [Buffer.from(least), Buffer.from(greatest)]
}

function checkText(path: string, text: string): void {
  if (!text.isWellFormed()) throw new LabError('unsupported', `${path}: a string with a lone surrogate has no UTF-8`)
}
