import { bufferOf } from '../../bytes/buffer.ts'
import { Joined } from '../../bytes/joined.ts'
import type { Located } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import { findLineBegin, keepLineBegins } from './line-begins.ts'
import { endOfValue, isBlank, newScan } from './scan.ts'

const maxValueLength = 2 ** 30

/**
 * Goes over JSON that comes in chunks, by tokens and by whole values. Where `documentBegin` is given, a line that
 * matches it begins a document, whatever stands open: a value ends there, as broken, and reading can go on there.
 */
export class ChunkCursor {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #documentBegin: RegExp | undefined
  #chunk: Buffer = Buffer.alloc(0)
  #position = 0
  #chunkOffset = 0
  /** The last place in the chunk at which a document was found to begin, or its end. */
  #foundBegin = -1

  constructor(chunks: AsyncIterable<Uint8Array>, documentBegin?: RegExp) {
    this.#documentBegin = documentBegin
    this.#chunks = (documentBegin === undefined ? chunks : keepLineBegins(chunks))[Symbol.asyncIterator]()
  }

  /** The offset of the next byte in the input. */
  get offset(): number {
    return this.#chunkOffset + this.#position
  }

  /** The next byte that is no blank, not consumed; -1 at the end of the input. */
  async peek(): Promise<number> {
    for (;;) {
      while (this.#position < this.#chunk.length) {
        const byte = this.#chunk[this.#position]!
        if (!isBlank(byte)) return byte
        this.#position++
      }
      if (!(await this.#nextChunk())) return -1
    }
  }

  /** Consumes the byte that `peek` gave. */
  advance(): void {
    this.#position++
  }

  /** Consumes the next value and gives its bytes: a view on the chunk where it lies in one. What is in it is not checked. */
  async value(): Promise<Located> {
    await this.peek()
    const { offset } = this
    const scan = newScan()
    const joined = new Joined(maxValueLength)
    for (;;) {
      const start = this.#position
      const limit = this.#nextDocument(joined.byteLength === 0 ? start + 1 : start)
      const end = endOfValue(this.#chunk, start, limit, scan)
      this.#position = end < 0 ? limit : end
      const part = this.#chunk.subarray(start, this.#position)
      if (joined.byteLength + part.length > maxValueLength)
        throw new LabError('unsupported', `byte ${offset}: one value is longer than ${maxValueLength} bytes`)
      joined.push(part)
      if (end >= 0 && joined.byteLength === 0) this.fail('a value should stand here')
      if (end >= 0) return { bytes: joined.bytes(), offset }
      if (limit < this.#chunk.length) this.fail(`a document begins inside the value that begins at byte ${offset}`)
      if (!(await this.#nextChunk()))
        throw new LabError('truncated', `byte ${this.offset}: ends inside the value that begins at byte ${offset}`)
    }
  }

  /** True where a line stands next that begins a document. */
  isAtDocument(): boolean {
    return this.#position < this.#chunk.length && this.#nextDocument(this.#position) === this.#position
  }

  /** Goes to where the next document begins, behind the byte at `offset`; false where none does. */
  async skipToDocument(offset: number): Promise<boolean> {
    for (;;) {
      this.#position = this.#nextDocument(this.offset > offset ? this.#position : this.#position + 1)
      if (this.#position < this.#chunk.length) return true
      if (!(await this.#nextChunk())) return false
    }
  }

  /** Throws, naming the next byte. */
  fail(message: string, kind: 'invalid' | 'truncated' = 'invalid'): never {
    throw new LabError(kind, `byte ${this.offset}: ${message}`)
  }

  /** Lets go of the input, read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  /** Where in the chunk the next document begins, at or behind `from`; the chunk's end where none does. */
  #nextDocument(from: number): number {
    if (this.#documentBegin === undefined) return this.#chunk.length
    if (this.#foundBegin < from) this.#foundBegin = findLineBegin(this.#chunk, from, this.#documentBegin)
    return this.#foundBegin
  }

  async #nextChunk(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#chunkOffset += this.#chunk.length
    this.#chunk = bufferOf(value)
    this.#position = 0
    this.#foundBegin = -1
    return true
  }
}
