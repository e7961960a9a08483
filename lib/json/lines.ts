import { LabError } from '../error.ts'

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
 * The bytes are a view on the chunk where the line lies in one.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxByteLength = defaultMaxByteLength,
): AsyncIterable<Line> {
  let head: Buffer[] = []
  let headLength = 0
  let line = 1
  let offset = 0
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      const part = bytes.subarray(start, end)
      const whole = headLength === 0 ? part : Buffer.concat([...head, part], headLength + part.length)
      yield { bytes: checked(withoutReturn(whole), line, maxByteLength), line, offset }
      line++
      offset += whole.length + 1
      start = end + 1
      head = []
      headLength = 0
    }
    if (start === bytes.length) continue
    head.push(bytes.subarray(start))
    headLength += bytes.length - start
    if (headLength > maxByteLength + 1) refuse(line, maxByteLength)
  }
  if (headLength > 0) yield { bytes: checked(Buffer.concat(head, headLength), line, maxByteLength), line, offset }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === carriageReturn ? bytes.subarray(0, -1) : bytes
}

function checked(bytes: Buffer, line: number, maxByteLength: number): Buffer {
  return bytes.length > maxByteLength ? refuse(line, maxByteLength) : bytes
}

function refuse(line: number, maxByteLength: number): never {
  throw new LabError('invalid', `line ${line}: longer than ${maxByteLength} bytes`)
}
