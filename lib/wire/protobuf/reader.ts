import { isUtf8 } from 'node:buffer'
import type { ByteTable } from '../../bytes/byte-table.ts'
import type { Range } from '../../bytes/range.ts'
import type { StringCache } from '../../bytes/string-cache.ts'
import { type ErrorKind, LabError } from '../../error.ts'
import { atPath } from '../path.ts'

/** So many groups, which readers pass over, may lie within one another. */
export const maxGroupDepth = 100
const maxFieldNumber = 2 ** 29 - 1

/** Of all readers: none keeps them. */
const idWords = new Uint32Array(4)

/** What outlives one message: the strings, and who is told the path of every unknown field. */
export interface WireContext {
  strings: StringCache
  dropped(field: string): void
}

/**
 * A cursor over one protobuf message by its wire format (protobuf.dev/programming-guides/encoding). A message is read
 * by `for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) …`, where each turn consumes one field; the messages in
 * it by the same between `open` and `close`. Nothing is read past the end of the message that is open. Errors are
 * `corrupt` and name the byte, counted from `offset` in front of the buffer, and the path of fields.
 */
export class WireReader {
  /** The names of the fields around what is read. */
  readonly path: string[] = []
  dropped: (field: string) => void
  /** Unknown fields so far. */
  dropCount = 0
  /** The number of 128 bits that `idWords` has read, and the upper half of what `fixed64Low` has. */
  readonly words = idWords
  high = 0
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #offset: number
  readonly #strings: StringCache
  #position = 0
  #end: number
  #low = 0
  #high = 0
  /** The bytes that no table knew. */
  #knownStart = 0
  #knownEnd = 0

  constructor(bytes: Buffer, offset: number, { strings, dropped }: WireContext) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offset = offset
    this.#strings = strings
    this.#end = bytes.length
    this.dropped = dropped
  }

  /** Where the next field begins. */
  get position(): number {
    return this.#position
  }

  /** The next field's number times 8 plus its wire type, or 0 at the end of the message. */
  tag(): number {
    if (this.#position === this.#end) return 0
    const start = this.#position
    const tag = this.#varint32()
    const fieldNumber = tag >>> 3
    if (this.#high !== 0 || fieldNumber === 0 || fieldNumber > maxFieldNumber)
      this.#failAt(start, `a tag of field number ${this.#high === 0 ? fieldNumber : 'beyond 32 bits'}`)
    return tag
  }

  /** Enters the message that stands next as the field `name`; what it returns is for `close`. */
  open(name: string): number {
    const length = this.#length(name)
    const outer = this.#end
    this.path.push(name)
    this.#end = this.#position + length
    return outer
  }

  close(outer: number): void {
    this.path.pop()
    this.#end = outer
  }

  /** Reads the message that stands next as the field `name`, and goes on behind it, however much of it `read` reads. */
  message(name: string, read: () => void): void {
    const outer = this.open(name)
    const [end, depth] = [this.#end, this.path.length]
    read()
    this.#position = end
    this.path.length = depth
    this.close(outer)
  }

  /** Passes over the message that stands next and says where it lies. */
  range(name: string): Range {
    const length = this.#length(name)
    const start = this.#position
    this.#position = start + length
    return { start, end: this.#position }
  }

  /** A view of what lies there. */
  view({ start, end }: Range): Buffer {
    return this.#bytes.subarray(start, end)
  }

  /** Reads what lies there as the field `name`, and goes on where it was, however much of it `read` reads. */
  within({ start, end }: Range, name: string, read: () => void): void {
    const [position, outer] = [this.#position, this.#end]
    const depth = this.path.push(name)
    this.#position = start
    this.#end = end
    read()
    this.path.length = depth
    this.close(outer)
    this.#position = position
  }

  bool(): boolean {
    return (this.#varint32() | this.#high) !== 0
  }

  /** The low 32 bits of a varint, as protobuf reads a longer one. */
  uint32(): number {
    return this.#varint32() >>> 0
  }

  int32(): number {
    return this.#varint32() | 0
  }

  int64(): bigint {
    const low = this.#varint32() >>> 0
    if (this.#high === 0) return BigInt(low)
    return (BigInt(this.#high | 0) << 32n) | BigInt(low)
  }

  fixed32(name: string): number {
    return this.#view.getUint32(this.#take(4, name), true)
  }

  fixed64(name: string): bigint {
    return this.#view.getBigUint64(this.#take(8, name), true)
  }

  /** The lower half; the upper one is in `high`. */
  fixed64Low(name: string): number {
    const start = this.#take(8, name)
    this.high = this.#view.getUint32(start + 4, true)
    return this.#view.getUint32(start, true)
  }

  double(name: string): number {
    return this.#view.getFloat64(this.#take(8, name), true)
  }

  text(name: string): string {
    const length = this.#length(name)
    const start = this.#position
    const end = start + length
    const text = this.#strings.get(this.#bytes, start, end)
    if (mayBeInvalid(text, length) && !isUtf8(this.#bytes.subarray(start, end)))
      this.#failAt(start, 'the string is not valid UTF-8', name)
    this.#position = end
    return text
  }

  /** The code of a string. */
  textCode(texts: ByteTable<string>, name: string): number {
    const known = this.known(texts, name)
    if (known >= 0) return known
    return this.remember(texts, this.text(name))
  }

  /** Passes over the field that stands next where a table knows its bytes: their code, or else -1. */
  known<T>(table: ByteTable<T>, name: string): number {
    const before = this.#position
    const length = this.#length(name)
    this.#knownStart = this.#position
    this.#knownEnd = this.#position + length
    const code = table.find(this.#view, this.#knownStart, this.#knownEnd)
    this.#position = code < 0 ? before : this.#knownEnd
    return code
  }

  /** The code of what was read of the bytes that a table did not know. */
  remember<T>(table: ByteTable<T>, value: T): number {
    return table.add(value, this.#view, this.#knownStart, this.#knownEnd)
  }

  /** The code that a table has for what lies there; where it has none, that of a new value. */
  rangeCode<T>(table: ByteTable<T>, { start, end }: Range, make: () => T): number {
    const known = table.find(this.#view, start, end)
    return known < 0 ? table.add(make(), this.#view, start, end) : known
  }

  /** A copy of the bytes. */
  bytes(name: string): Uint8Array {
    return new Uint8Array(this.view(this.range(name)))
  }

  /** An id of at most `maxByteLength` bytes as hex. */
  id(maxByteLength: number, name: string): string {
    const end = this.#idEnd(maxByteLength, name)
    const start = this.#position
    this.#position = end
    return this.#bytes.toString('hex', start, end)
  }

  /** An id as a number, in the last of `words`, and returns how many bytes it has. */
  idWords(maxByteLength: number, name: string): number {
    const end = this.#idEnd(maxByteLength, name)
    const start = this.#position
    const { words } = this
    let at = end
    for (let word = 3; word >= 0; word--) {
      words[word] = at - start >= 4 ? this.#view.getUint32(at - 4) : this.#firstBytes(start, at)
      at -= 4
    }
    this.#position = end
    return end - start
  }

  /** The number of fewer than 4 bytes, or of none. */
  #firstBytes(start: number, end: number): number {
    let number = 0
    for (let at = start; at < end; at++) number = (number << 8) | this.#bytes[at]!
    return number
  }

  #idEnd(maxByteLength: number, name: string): number {
    const start = this.#position
    const length = this.#length(name)
    if (length > maxByteLength)
      this.#failAt(start, `an id of ${length} bytes, at most ${maxByteLength} are known`, name)
    return this.#position + length
  }

  /** Passes over the rest of the field with this tag. */
  skip(tag: number): void {
    this.#skip(tag, 1)
  }

  /** Passes over the rest of the field with this tag, and tells its path, which ends with its number. */
  drop(tag: number): void {
    this.skip(tag)
    this.dropCount++
    this.dropped([...this.path, tag >>> 3].join('.'))
  }

  fail(message: string, kind: ErrorKind = 'corrupt'): never {
    throw new LabError(kind, `byte ${this.#offset + this.#position}: ${atPath(this.path, message)}`)
  }

  #failAt(position: number, message: string, name?: string): never {
    this.#position = position
    if (name !== undefined) this.path.push(name)
    this.fail(message)
  }

  #take(byteLength: number, name: string): number {
    const start = this.#position
    if (byteLength > this.#end - start)
      this.#failAt(start, `needs ${byteLength} bytes, ${this.#end - start} are left`, name)
    this.#position = start + byteLength
    return start
  }

  /** The length in front of what follows, which lies within the message. */
  #length(name: string): number {
    const start = this.#position
    const length = this.#varint32() >>> 0
    if (this.#high !== 0 || length > this.#end - this.#position) {
      const declared = BigInt(this.#high >>> 0) * 2n ** 32n + BigInt(length)
      this.#failAt(start, `${declared} bytes should follow, ${this.#end - this.#position} are left`, name)
    }
    return length
  }

  /** The low 32 bits; `#high` are the others. */
  #varint32(): number {
    const position = this.#position
    if (position < this.#end) {
      const byte = this.#bytes[position]!
      if (byte < 0x80) {
        this.#position = position + 1
        this.#high = 0
        return byte
      }
    }
    return this.#longVarint()
  }

  #longVarint(): number {
    const start = this.#position
    this.#low = 0
    this.#high = 0
    for (let i = 0; i < 10; i++) {
      if (this.#position >= this.#end) this.#failAt(start, 'the message ends inside a varint')
      const byte = this.#bytes[this.#position++]!
      this.#addBits(byte & 0x7f, i * 7)
      if (byte >= 0x80) continue
      return i === 9 && byte > 1 ? this.#failAt(start, 'a varint exceeds 64 bits') : this.#low
    }
    return this.#failAt(start, 'a varint is longer than 10 bytes')
  }

  #addBits(bits: number, shift: number): void {
    if (shift < 32) this.#low |= bits << shift
    if (shift > 32) this.#high |= bits << (shift - 32)
    else if (shift === 28) this.#high |= bits >>> 4
  }

  #skip(tag: number, depth: number): void {
    const name = String(tag >>> 3)
    const wireType = tag & 7
    if (wireType === 0) this.#varint32()
    else if (wireType === 1) this.#take(8, name)
    else if (wireType === 2) this.#take(this.#length(name), name)
    else if (wireType === 3) this.#skipGroup(tag, depth)
    else if (wireType === 5) this.#take(4, name)
    else
      this.fail(wireType === 4 ? `group ${name} ends and never began` : `field ${name} has the wire type ${wireType}`)
  }

  #skipGroup(start: number, depth: number): void {
    if (depth > maxGroupDepth) this.fail(`groups lie within one another more than ${maxGroupDepth} deep`)
    for (let tag = this.tag(); tag !== start + 1; tag = this.tag()) {
      if (tag === 0) this.fail(`the message ends inside group ${start >>> 3}`)
      this.#skip(tag, depth + 1)
    }
  }
}

/** False where the string came from ASCII for certain: what is no UTF-8 has become U+FFFD, or has fewer characters. */
function mayBeInvalid(text: string, byteLength: number): boolean {
  return text.length !== byteLength || text.includes('\ufffd')
}
