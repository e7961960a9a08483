import { createInflateRaw, type InflateRaw } from 'node:zlib'
import { checksum } from '../bytes/checksum.ts'
import type { ChunkInput } from '../bytes/chunk-input.ts'
import { LabError } from '../error.ts'
import { decodeMembers, type MemberFormat } from './members.ts'

const outputLength = 1 << 18
const headLength = 10
const trailerLength = 8
const deflate = 8
/** The bits of a member's flags (RFC 1952, 2.3.1). */
const flags = { headChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 }

const gzip: MemberFormat = { name: 'gzip', member: 'member', begins: beginsGzip, decode: decodeMember }

/** Undoes gzip, member after member (RFC 1952). */
export function decompressGzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return decodeMembers(chunks, gzip)
}

/** True where a member of gzip may begin. */
export function beginsGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

async function* decodeMember(input: ChunkInput): AsyncIterable<Uint8Array> {
  const start = input.offset
  await skipHead(input, start)
  let sum = 0
  let byteLength = 0
  for await (const content of inflate(input)) {
    sum = checksum(content, sum)
    byteLength += content.length
    yield content
  }
  const trailer = await take(input, trailerLength)
  const stored = { sum: trailer.readUInt32LE(0), byteLength: trailer.readUInt32LE(4) }
  if (stored.sum !== sum) throw corrupt(start, `its checksum is ${hex(stored.sum)}, that of its content ${hex(sum)}`)
  if (stored.byteLength !== byteLength % 2 ** 32)
    throw corrupt(start, `it should hold ${stored.byteLength} bytes, holds ${byteLength % 2 ** 32}`)
}

async function skipHead(input: ChunkInput, start: number): Promise<void> {
  const head = await take(input, headLength)
  const [method, bits] = [head[2]!, head[3]!]
  if (method !== deflate) throw corrupt(start, `it has the method ${method}, not ${deflate} (deflate)`)
  if ((bits & flags.reserved) !== 0) throw corrupt(start, `its flags are ${hex(bits)}, of which some are reserved`)
  if ((bits & flags.extra) !== 0) await take(input, (await take(input, 2)).readUInt16LE())
  if ((bits & flags.name) !== 0) await skipText(input)
  if ((bits & flags.comment) !== 0) await skipText(input)
  if ((bits & flags.headChecksum) !== 0) await take(input, 2)
}

async function skipText(input: ChunkInput): Promise<void> {
  while ((await take(input, 1))[0] !== 0);
}

async function take(input: ChunkInput, byteLength: number): Promise<Buffer> {
  if ((await input.fill(byteLength)) < byteLength) {
    input.take(input.held.length)
    throw cut(input)
  }
  return input.take(byteLength)
}

/** What the deflated data that stands next holds; then the input stands behind it. */
async function* inflate(input: ChunkInput): AsyncIterable<Uint8Array> {
  const stream = createInflateRaw({ chunkSize: outputLength })
  // The iteration gives the errors; one more, that it was aborted, comes where it is left early.
  stream.on('error', () => {})
  const fed = feed(stream, input)
  fed.catch(() => {})
  const start = input.offset
  try {
    for await (const content of stream) yield content as Uint8Array
    await fed
  } catch (error) {
    throw inflateError(error, input, start)
  } finally {
    stream.destroy()
  }
}

/** Writes chunks until the stream takes no more, and puts back what it did not take. */
async function feed(stream: InflateRaw, input: ChunkInput): Promise<void> {
  const closed = new Promise<void>(resolve => stream.once('close', resolve))
  for (let written = 0; !stream.destroyed; ) {
    const chunk = await input.takeChunk()
    if (chunk === undefined) {
      stream.end()
      return await closed
    }
    written += chunk.length
    await Promise.race([new Promise<void>(resolve => stream.write(chunk, () => resolve())), closed])
    const left = written - stream.bytesWritten
    if (left > 0) return input.putBack(chunk.subarray(chunk.length - left))
  }
}

function inflateError(error: unknown, input: ChunkInput, start: number): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR') return cut(input, error)
  return code?.startsWith('Z_')
    ? new LabError('corrupt', `gzip: in the member whose data begins at byte ${start}: ${message}`, { cause: error })
    : error
}

function cut(input: ChunkInput, cause?: unknown): LabError {
  return new LabError('truncated', `gzip: ends at byte ${input.offset} inside a member`, { cause })
}

function corrupt(start: number, message: string): LabError {
  return new LabError('corrupt', `gzip: the member at byte ${start}: ${message}`)
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
