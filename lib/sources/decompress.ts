import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { decompressZstd } from '../codecs/zstd-stream.ts'
import { LabError } from '../error.ts'
import { readHead } from './head.ts'

/** One compression may lie within another, no more. */
const maxLayers = 2
const gunzipChunkLength = 1 << 18

/** The content of a stream, gzip and zstd undone where its first bytes are theirs, whatever the file is called. */
export async function decompress(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  let content = chunks
  for (let layer = 0; layer <= maxLayers; layer++) {
    const { head, chunks: whole } = await readHead(content, 4)
    const undo = decompressorOf(head)
    if (undo === undefined) return whole
    content = undo(whole)
  }
  throw new LabError('unsupported', `compressed more than ${maxLayers} times`)
}

function decompressorOf(
  head: Uint8Array,
): ((chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined {
  if (head.length < 2) return undefined
  if (head[0] === 0x1f && head[1] === 0x8b) return gunzip
  if (head.length < 4) return undefined
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true)
  const isSkippable = magic >>> 4 === 0x184d2a5
  return magic === 0xfd2fb528 || isSkippable ? decompressZstd : undefined
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const stream = createGunzip({ chunkSize: gunzipChunkLength })
  const input = { byteLength: 0 }
  const fed = pipeline(Readable.from(counted(chunks, input), { objectMode: true }), stream)
  fed.catch(() => {})
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
    await fed
  } catch (error) {
    throw gzipError(error)
  } finally {
    stream.destroy()
  }
  if (stream.bytesWritten < input.byteLength)
    throw new LabError('corrupt', `gzip: ends at byte ${stream.bytesWritten}, but ${input.byteLength} bytes are there`)
}

async function* counted(chunks: AsyncIterable<Uint8Array>, input: { byteLength: number }): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    input.byteLength += chunk.length
    yield chunk
  }
}

function gzipError(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR') return new LabError('truncated', 'gzip: ends inside a member', { cause: error })
  if (code?.startsWith('Z_')) return new LabError('corrupt', `gzip: ${message}`, { cause: error })
  return error
}
