import { grown } from '../../bytes/growing.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { Dictionary } from '../../encodings/dictionary.ts'
import { LabError } from '../../error.ts'
import type { LeafNode, WrittenEncoding } from '../schema.ts'
import { writeDelta32 } from './delta.ts'
import { writeHybrid } from './hybrid.ts'
import { type Bounds, type ColumnValues, written } from './values.ts'

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

  get heldBytes(): number {
    return this.#bytes.length + 8 * this.count
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
    if (start === end) return undefined
    const bytes = this.#bytes.view()
    let [least, greatest] = [start, start]
    for (let i = start + 1; i < end; i++) {
      if (this.#compare(bytes, i, least) < 0) least = i
      else if (this.#compare(bytes, i, greatest) > 0) greatest = i
    }
    return copies(this.#at(least), this.#at(greatest))
  }

  #compare(bytes: Buffer, a: number, b: number): number {
    const [startA, startB] = [this.#startOf(a), this.#startOf(b)]
    const [endA, endB] = [this.#ends[a]!, this.#ends[b]!]
    const difference = endA > startA && endB > startB ? bytes[startA]! - bytes[startB]! : 0
    // Of most the first byte differs.
    return difference === 0 ? bytes.compare(bytes, startB, endB, startA, endA) : difference
  }
}

/** Distinct strings, or bytes as hex digits, and a code for each value. */
export class DictionaryValues implements ColumnValues {
  readonly #leaf: LeafNode
  readonly #path: string
  #dictionary = new Dictionary<string>()
  /** Of all distinct texts, characters. */
  #distinctLength = 0
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
    const known = this.#dictionary.size
    const code = this.#dictionary.code(text)
    if (code === known) {
      checkText(this.#path, text)
      this.#distinctLength += text.length
    }
    this.#add(code)
  }

  /** The bytes that an even number of hex digits tells; no texts must come too. */
  addHex(digits: string): void {
    this.#add(this.#dictionary.code(digits))
  }

  get heldBytes(): number {
    return 4 * this.count + this.#distinctLength
  }

  #add(code: number): void {
    if (this.count === this.#codes.length) this.#codes = grown(this.#codes)
    this.#codes[this.count++] = code
  }

  clear(): void {
    this.count = 0
    this.#dictionary = new Dictionary()
    this.#distinctLength = 0
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
    return 32 - Math.clz32(Math.max(0, this.#dictionary.size - 1))
  }

  get valueBits(): number | undefined {
    return this.#leaf.encoding === 'RLE_DICTIONARY' ? 32 : undefined
  }

  bitsOf(index: number): number {
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
    if (start === end) return undefined
    const entries = this.#entries()
    const seen = new Uint8Array(entries.length)
    let least = entries[this.#codes[start]!]!
    let greatest = least
    for (let i = start; i < end; i++) {
      const code = this.#codes[i]!
      if (seen[code] === 1) continue
      seen[code] = 1
      const bytes = entries[code]!
      if (bytes.compare(least) < 0) least = bytes
      else if (bytes.compare(greatest) > 0) greatest = bytes
    }
    return copies(least, greatest)
  }

  writeDictionary(out: ByteWriter): number {
    for (const entry of this.#entries()) this.#writePlain(out, entry)
    return this.#dictionary.size
  }

  #entries(): readonly Buffer[] {
    const form = this.#leaf.meaning === undefined ? 'hex' : 'utf8'
    this.#encoded ??= this.#dictionary.values.map(text => Buffer.from(text, form))
    return this.#encoded
  }
}

function writePlainBytes(out: ByteWriter, bytes: Uint8Array): void {
  out.u32(bytes.length)
  out.raw(bytes)
}

/** Bounds outlive the memory that values stand in. */
function copies(least: Buffer, greatest: Buffer): Bounds {
  return [Buffer.from(least), Buffer.from(greatest)]
}

function checkText(path: string, text: string): void {
  if (!text.isWellFormed()) throw new LabError('unsupported', `${path}: a string with a lone surrogate has no UTF-8`)
}
