import type { ByteSink, Range, RangeReader } from '../bytes/range.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { LabError } from '../error.ts'
import { zstdCompressor, zstdContentSize, zstdDecompressor, zstdSizeField } from './compress.ts'

/** Content of a frame: large enough for level 19's window, small enough to hold. */
const frameBytes = 16 << 20
const maxFrameBytes = 128 << 20
const readBytes = 4 << 20

/** Writes a plain zstd file of independent frames of 16 MiB, each with its content size; `zstd -d` reads it. */
export async function encodeZstdFrames(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  sink: ByteSink,
  level: number,
): Promise<void> {
  const compress = zstdCompressor(level)
  const waiting = new ByteWriter()
  let isEmpty = true
  const flush = async (byteLength: number) => {
    const content = waiting.take()
    waiting.raw(content.subarray(byteLength))
    await sink.write(compress(content.subarray(0, byteLength)))
    isEmpty = false
  }
  for await (const chunk of chunks) {
    waiting.raw(chunk)
    while (waiting.length >= frameBytes) await flush(frameBytes)
  }
  if (waiting.length > 0 || isEmpty) await flush(waiting.length)
}

/** Reads a file of zstd frames that carry their content size, at most 128 MiB each. */
export async function* decodeZstdFrames(file: RangeReader): AsyncIterable<Uint8Array> {
  const decompress = zstdDecompressor()
  for (let start = 0; start < file.byteLength; ) {
    const { content, byteLength } = await decodeZstdFrame(file, start, decompress)
    yield content
    start += byteLength
  }
}

/** The content of the frame that begins at `start`, and the bytes that the frame takes. */
export async function decodeZstdFrame(
  file: RangeReader,
  start: number,
  decompress = zstdDecompressor(),
): Promise<{ content: Uint8Array; byteLength: number }> {
  const frame = await readFrame(file, start)
  const contentLength = zstdContentSize(frame) ?? Number.NaN
  if (!(contentLength <= maxFrameBytes))
    throw corrupt(start, `declares ${contentLength} bytes, at most ${maxFrameBytes} are read`)
  return { content: decompress(frame, contentLength), byteLength: frame.length }
}

/** Reads as much as holds the whole frame that begins at `start`. */
async function readFrame(file: RangeReader, start: number): Promise<Uint8Array> {
  for (let wanted = readBytes; ; wanted *= 2) {
    const range: Range = { start, end: Math.min(start + wanted, file.byteLength) }
    const [bytes] = await file.read([range])
    const byteLength = frameLength(bytes!, start)
    if (byteLength !== undefined) return bytes!.subarray(0, byteLength)
    if (range.end === file.byteLength)
      throw new LabError('truncated', `zstd frame at byte ${start}: the file ends within it`)
  }
}

/** The length of the frame that begins `bytes` (RFC 8878, 3.1.1), or undefined where it does not end in them. */
function frameLength(bytes: Uint8Array, start: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6) return undefined
  if (view.getUint32(0, true) !== 0xfd2fb528) throw corrupt(start, 'no zstd frame begins here')
  const descriptor = bytes[4]!
  const sizeField = zstdSizeField(descriptor)
  let at = sizeField.at + sizeField.byteLength
  for (let isLast = false; !isLast; ) {
    if (at + 3 > bytes.length) return undefined
    const head = view.getUint16(at, true) | (bytes[at + 2]! << 16)
    isLast = (head & 1) === 1
    const isRunLength = ((head >> 1) & 3) === 1
    at += 3 + (isRunLength ? 1 : head >> 3)
  }
  const end = at + ((descriptor & 4) !== 0 ? 4 : 0)
  return end <= bytes.length ? end : undefined
}

function corrupt(start: number, message: string): LabError {
  return new LabError('corrupt', `zstd frame at byte ${start}: ${message}`)
}
