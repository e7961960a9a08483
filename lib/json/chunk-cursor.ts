import { LabError } from '../error.ts'

const maxValueLength = 2 ** 30
const quote = 0x22
const backslash = 0x5c

/** The bytes of one JSON value and the offset of the first of them in the input. */
export interface Located {
  bytes: Buffer
  offset: number
}

/** Where a scan stands in a value that goes on in the next chunk. */
interface Scan {
  depth: number
  inString: boolean
  escaped: boolean
}

/** Goes over JSON that comes in chunks, by tokens and by whole values. */
export class ChunkCursor {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Buffer = Buffer.alloc(0)
  #position = 0
  #chunkOffset = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
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
    const scan: Scan = { depth: 0, inString: false, escaped: false }
    const parts: Buffer[] = []
    let byteLength = 0
    for (;;) {
      const start = this.#position
      const end = endOfValue(this.#chunk, start, scan)
      this.#position = end < 0 ? this.#chunk.length : end
      parts.push(this.#chunk.subarray(start, this.#position))
      byteLength += this.#position - start
      if (byteLength > maxValueLength)
        throw new LabError('unsupported', `byte ${offset}: one value is longer than ${maxValueLength} bytes`)
      if (end >= 0 && byteLength === 0) this.fail('a value should stand here')
      if (end >= 0) return { bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts, byteLength), offset }
      if (!(await this.#nextChunk()))
        throw new LabError('truncated', `byte ${this.offset}: ends inside the value that begins at byte ${offset}`)
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

  async #nextChunk(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done) return false
    this.#chunkOffset += this.#chunk.length
    this.#chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    this.#position = 0
    return true
  }
}

/** Where the value ends, of which some may have been scanned before; -1 where it goes on behind these bytes. */
function endOfValue(bytes: Buffer, start: number, scan: Scan): number {
  let { depth } = scan
  for (let i = start; i < bytes.length; i++) {
    if (scan.inString) {
      i = endOfString(bytes, i, scan)
      if (i < 0) break
      if (depth === 0) return i + 1
      continue
    }
    const byte = bytes[i]!
    if (byte === quote) scan.inString = true
    else if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return i
      if (--depth === 0) return i + 1
    } else if (depth === 0 && (byte === 0x2c || isBlank(byte))) return i
  }
  scan.depth = depth
  return -1
}

/** Where the quote stands that closes the string; -1 where that is behind these bytes. */
function endOfString(bytes: Buffer, start: number, scan: Scan): number {
  let i = start
  if (scan.escaped) i++
  scan.escaped = false
  for (; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === quote) {
      scan.inString = false
      return i
    }
    if (byte === backslash) i++
  }
  scan.escaped = i > bytes.length
  return -1
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
