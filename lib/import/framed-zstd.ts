import { ChunkInput } from '../bytes/chunk-input.ts'
import { beginsZstd, decompressZstd } from '../codecs/zstd-stream.ts'
import { LabError, withSubject } from '../error.ts'

const lengthBytes = 4
const maxMessageLength = 2 ** 30
const newline = Buffer.from('\n')

/** True where a length of 4 bytes and a frame of zstd begin the input. */
export function beginsFramedZstd(head: Uint8Array): boolean {
  return head.length >= 2 * lengthBytes && !beginsZstd(head) && beginsZstd(head.subarray(lengthBytes))
}

/**
 * The messages that a collector's file exporter has compressed one by one, each after its compressed length (32 bits,
 * big-endian): those of JSON as lines, those of protobuf after their own length.
 */
export async function* decompressFramedZstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const input = new ChunkInput(chunks)
  try {
    while ((await input.fill(lengthBytes)) > 0) {
      const start = input.offset
      const message = await messageOf(await takeFrame(input, start), start)
      const isJson = message[0] === 0x7b || message[0] === 0x5b
      yield Buffer.concat(isJson ? [message, newline] : [lengthOf(message), message])
    }
  } finally {
    await input.close()
  }
}

async function takeFrame(input: ChunkInput, start: number): Promise<Uint8Array> {
  if (input.held.length < lengthBytes) throw cut(start, `a length takes 4 bytes, ${input.held.length} are left`)
  const byteLength = input.take(lengthBytes).readUInt32BE()
  if (byteLength > maxMessageLength)
    throw new LabError('unsupported', `zstd messages: byte ${start}: ${byteLength} bytes, at most ${maxMessageLength}`)
  const held = await input.fill(byteLength)
  if (held < byteLength) throw cut(start, `${byteLength} bytes should follow, ${held} are left`)
  return input.take(byteLength)
}

async function messageOf(frame: Uint8Array, start: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let byteLength = 0
  try {
    for await (const part of decompressZstd(only(frame))) {
      parts.push(part)
      byteLength += part.length
      if (byteLength > maxMessageLength) throw new LabError('unsupported', `holds more than ${maxMessageLength} bytes`)
    }
  } catch (error) {
    throw withSubject(`zstd messages: the message at byte ${start}`, error)
  }
  return Buffer.concat(parts, byteLength)
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

function lengthOf(message: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(message.length)
  return length
}

function cut(start: number, message: string): LabError {
  return new LabError('truncated', `zstd messages: byte ${start}: ${message}`)
}
