import { isUtf8 } from 'node:buffer'
import { bufferOf } from '../../bytes/buffer.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { LabError } from '../../error.ts'
import { atPath } from '../path.ts'
import { endOfValue, newScan } from './scan.ts'

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

const maxDepth = 400
const quote = 0x22
const backslash = 0x5c

/**
 * Reads JSON (RFC 8259) from bytes, value by value, without building objects: numbers keep their digits, members their
 * order, and a key that stands twice is seen twice. Objects and arrays are read by
 * `beginObject(); while ((key = nextKey()) !== undefined) …` and `beginArray(); while (nextItem()) …`, where each turn
 * must consume one value. Errors are `invalid` or `truncated` and name the byte, counted from `offset` in front of the
 * buffer, and the path of fields where the caller keeps one: `byte 812: spans.name: …`.
 */
export class JsonReader {
  /** The names of the fields around what is read, kept by the caller. */
  readonly path: string[] = []
  readonly #bytes: Buffer
  readonly #offset: number
  readonly #strings: StringCache
  #position = 0
  #depth = 0
  #isFirst = true

  constructor(bytes: Uint8Array, offset = 0, strings = new StringCache()) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : bufferOf(bytes)
    this.#offset = offset
    this.#strings = strings
  }

  /** The kind of the value that stands next. */
  peek(): JsonKind {
    const byte = this.#next()
    if (byte === 0x7b) return 'object'
    if (byte === 0x5b) return 'array'
    if (byte === quote) return 'string'
    if (byte === 0x74 || byte === 0x66) return 'boolean'
    if (byte === 0x6e) return 'null'
    if (byte === 0x2d || isDigit(byte)) return 'number'
    return this.#position >= this.#bytes.length
      ? this.fail('ends where a value should stand', 'truncated')
      : this.fail(`a value should stand here, found ${printByte(byte)}`)
  }

  beginObject(): void {
    this.#begin(0x7b, 'object')
  }

  /** The next key of the object, or undefined when it has ended. */
  nextKey(): string | undefined {
    if (!this.#hasNext(0x7d)) return undefined
    if (this.#next() !== quote) this.fail('a key should stand here')
    const key = this.string()
    if (this.#next() !== 0x3a) this.fail(`':' should follow the key ${JSON.stringify(key)}`)
    this.#position++
    return key
  }

  beginArray(): void {
    this.#begin(0x5b, 'array')
  }

  /** True where another item of the array follows. */
  nextItem(): boolean {
    return this.#hasNext(0x5d)
  }

  string(): string {
    if (this.#next() !== quote) this.#expected('a string')
    const bytes = this.#bytes
    const start = this.#position + 1
    let end = start
    let seen = 0
    for (; end < bytes.length; end++) {
      const byte = bytes[end]!
      if (byte === quote) break
      if (byte === backslash) return this.#escapedString(start, end)
      if (byte < 0x20) this.#failAt(end, 'a control character stands unescaped in a string')
      seen |= byte
    }
    this.#closeString(start, end, seen)
    return this.#strings.get(bytes, start, end)
  }

  /** The text of a number, digits as they stand. */
  number(): string {
    if (this.peek() !== 'number') this.#expected('a number')
    const start = this.#position
    const bytes = this.#bytes
    let end = start + 1
    while (end < bytes.length && isNumberByte(bytes[end]!)) end++
    const text = bytes.toString('latin1', start, end)
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) this.fail(`${JSON.stringify(text)} is no number`)
    this.#position = end
    return text
  }

  boolean(): boolean {
    if (this.peek() !== 'boolean') this.#expected('true or false')
    const value = this.#bytes[this.#position] === 0x74
    this.#word(value ? 'true' : 'false')
    return value
  }

  null(): void {
    if (this.peek() !== 'null') this.#expected('null')
    this.#word('null')
  }

  /** True where null stood next, which is passed over. */
  skipNull(): boolean {
    if (this.#next() !== 0x6e) return false
    this.#word('null')
    return true
  }

  /** Passes over one value of any kind. */
  skip(): void {
    switch (this.peek()) {
      case 'object':
        this.beginObject()
        while (this.nextKey() !== undefined) this.skip()
        return
      case 'array':
        this.beginArray()
        while (this.nextItem()) this.skip()
        return
      case 'string':
        this.string()
        return
      case 'number':
        this.number()
        return
      case 'boolean':
        this.boolean()
        return
      default:
        this.null()
    }
  }

  /** As skip, but looks for nothing more than where the value ends. */
  skipUnchecked(): void {
    this.peek()
    const end = endOfValue(this.#bytes, this.#position, this.#bytes.length, newScan())
    this.#position = end < 0 ? this.#bytes.length : end
  }

  /** A reader of the value that stands next, which is passed over unchecked, in the same place and path. */
  inner(): JsonReader {
    this.#next()
    const start = this.#position
    this.skipUnchecked()
    const inner = new JsonReader(this.#bytes.subarray(start, this.#position), this.#offset + start, this.#strings)
    inner.path.push(...this.path)
    inner.#depth = this.#depth
    return inner
  }

  /** The bytes of the value that stands next, which is passed over. */
  raw(): Buffer {
    this.#next()
    const start = this.#position
    this.skip()
    return this.#bytes.subarray(start, this.#position)
  }

  /** The place of the value that stands next, for `rewind`. */
  mark(): number {
    this.#next()
    return this.#position
  }

  /** Goes back to a mark taken within the same object or array, in front of a value that has been passed over since. */
  rewind(mark: number): void {
    this.#position = mark
  }

  /** Passes over the next value if it is this object or array, byte for byte. */
  skipIf(value: Buffer): boolean {
    this.#next()
    const start = this.#position
    const end = start + value.length
    const step = (value.length >> 3) + 1
    for (let i = value.length - 1; i > 0; i -= step) if (this.#bytes[start + i] !== value[i]) return false
    if (this.#bytes.compare(value, 0, value.length, start, Math.min(end, this.#bytes.length)) !== 0) return false
    this.#position = end
    return true
  }

  /** True where nothing but blanks is left. */
  isAtEnd(): boolean {
    this.#next()
    return this.#position >= this.#bytes.length
  }

  /** Checks that nothing but blanks is left. */
  end(): void {
    if (!this.isAtEnd()) this.fail('more stands after the value')
  }

  /** Throws, naming the byte that stands next. */
  fail(message: string, kind: 'invalid' | 'truncated' = 'invalid'): never {
    throw new LabError(kind, `byte ${this.#offset + this.#position}: ${atPath(this.path, message)}`)
  }

  #failAt(position: number, message: string): never {
    this.#position = position
    this.fail(message)
  }

  #expected(what: string): never {
    this.fail(`expected ${what}, found ${this.peek()}`)
  }

  /** The next byte that is no blank, not consumed; NaN at the end. */
  #next(): number {
    const bytes = this.#bytes
    for (;;) {
      const byte = bytes[this.#position]
      if (byte === undefined) return Number.NaN
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
      this.#position++
    }
  }

  #begin(byte: number, kind: JsonKind): void {
    if (this.#next() !== byte) this.#expected(`an ${kind}`)
    if (++this.#depth > maxDepth) this.fail(`nested deeper than ${maxDepth} levels`)
    this.#position++
    this.#isFirst = true
  }

  #hasNext(close: number): boolean {
    const byte = this.#next()
    if (byte === close) {
      this.#position++
      this.#depth--
      this.#isFirst = false
      return false
    }
    if (this.#position >= this.#bytes.length)
      this.fail(`ends inside an ${close === 0x7d ? 'object' : 'array'}`, 'truncated')
    if (this.#isFirst) {
      this.#isFirst = false
      return true
    }
    if (byte !== 0x2c) this.fail(`',' or '${String.fromCharCode(close)}' should stand here, found ${printByte(byte)}`)
    this.#position++
    return true
  }

  #closeString(start: number, end: number, seen: number): void {
    if (end >= this.#bytes.length) this.fail('ends inside a string', 'truncated')
    if (seen > 0x7f && !isUtf8(this.#bytes.subarray(start, end))) this.fail('the string is not valid UTF-8')
    this.#position = end + 1
  }

  #escapedString(start: number, firstEscape: number): string {
    const bytes = this.#bytes
    let end = firstEscape
    let seen = 0x80
    while (end < bytes.length && bytes[end] !== quote) {
      const byte = bytes[end]!
      seen |= byte
      end += byte === backslash ? 2 : 1
    }
    const opening = this.#position
    this.#closeString(start, end, seen)
    try {
      return JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string
    } catch {
      return this.#failAt(opening, 'the string has a wrong escape or an unescaped control character')
    }
  }

  #word(word: string): void {
    if (this.#bytes.toString('latin1', this.#position, this.#position + word.length) !== word)
      this.fail(`expected ${word}`)
    this.#position += word.length
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isNumberByte(byte: number): boolean {
  return isDigit(byte) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x65 || byte === 0x45
}

function printByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}
