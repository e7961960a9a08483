import { bufferOf } from '../../bytes/buffer.ts'
import { LabError } from '../../error.ts'
import { strictUnits, type Units } from '../../model/units.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const defaultMaxByteLength = 256 * 1024 * 1024

/** One line without its terminator: its 1-based number and the byte offset of its start in the input. */
export interface Line {
  bytes: Buffer
  line: number
  offset: number
}

/**
 * The lines of the input, blank ones included. A line ends with `\n` or `\r\n`; the last one may lack its terminator.
 * The bytes are a view on the chunk where the line lies in one. A line that is too long is bad.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxByteLength = defaultMaxByteLength,
  units: Units = strictUnits,
): AsyncIterable<Line> {
  const head = new LineHead(maxByteLength, units)
  for await (const chunk of chunks) {
    const bytes = bufferOf(chunk)
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      const line = head.end(bytes.subarray(start, end), 1)
      if (line !== undefined) yield line
      start = end + 1
    }
    if (start < bytes.length) head.add(bytes.subarray(start))
  }
  if (head.byteLength > 0) {
    const line = head.end(Buffer.alloc(0), 0)
    if (line !== undefined) yield line
  }
}

/** What has come of the line that is not yet at its end. */
class LineHead {
  readonly #maxByteLength: number
  readonly #units: Units
  #parts: Buffer[] = []
  #line = 1
  #offset = 0
  /** True where the line was left out, and no more of it is held. */
  #isRefused = false
  byteLength = 0

  constructor(maxByteLength: number, units: Units) {
    this.#maxByteLength = maxByteLength
    this.#units = units
  }

  add(part: Buffer): void {
    this.byteLength += part.length
    if (this.#isRefused) return
    this.#parts.push(part)
    if (this.byteLength > this.#maxByteLength + 1) this.#refuse()
  }

  /** The line, which ends with this part and a terminator of so many bytes; undefined where it is left out. */
  end(part: Buffer, terminatorLength: number): Line | undefined {
    const byteLength = this.byteLength + part.length
    const whole = this.byteLength === 0 ? part : Buffer.concat([...this.#parts, part])
    const bytes = terminatorLength > 0 ? withoutReturn(whole) : whole
    if (!this.#isRefused && bytes.length > this.#maxByteLength) this.#refuse()
    const found = this.#isRefused ? undefined : { bytes, line: this.#line, offset: this.#offset }
    this.#line++
    this.#offset += byteLength + terminatorLength
    this.#parts = []
    this.#isRefused = false
    this.byteLength = 0
    return found
  }

  #refuse(): void {
    this.#parts = []
    this.#isRefused = true
    const message = `line ${this.#line}: longer than ${this.#maxByteLength} bytes`
    this.#units.bad('line', new LabError('invalid', message))
  }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === carriageReturn ? bytes.subarray(0, -1) : bytes
}
