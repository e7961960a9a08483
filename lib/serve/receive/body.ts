import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { beginsZstd, decompressZstd } from '../../codecs/zstd-stream.ts'
import { LabError } from '../../error.ts'
import { Refusal } from '../refusal.ts'

/** Spans compress to a tenth or a thirtieth; what grows more than this, and beyond `freeBytes`, is made to harm. */
const maxRatio = 200
const freeBytes = 1 << 20
const inflate = promisify(gunzip)

/** The content of a body by its `Content-Encoding`, which is bounded by its size and by how much it grows. */
export async function decompressBody(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body
  const limit = Math.min(maxBytes, Math.max(freeBytes, body.length * maxRatio))
  if (encoding === 'gzip') return gunzipBody(body, limit)
  if (encoding === 'zstd') return unzstdBody(body, limit)
  throw new Refusal('invalid', `Content-Encoding ${encoding.slice(0, 40)}: expected gzip, zstd or identity`)
}

async function gunzipBody(body: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(body, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(body, limit)
    throw new LabError('corrupt', `gzip: ${(error as Error).message}`, { cause: error })
  }
}

async function unzstdBody(body: Buffer, limit: number): Promise<Buffer> {
  if (!beginsZstd(body)) throw new LabError('corrupt', 'zstd: the body begins no frame')
  const parts: Uint8Array[] = []
  let byteLength = 0
  for await (const part of decompressZstd(oneChunk(body))) {
    parts.push(part)
    byteLength += part.length
    if (byteLength > limit) throw tooLarge(body, limit)
  }
  return Buffer.concat(parts, byteLength)
}

export async function* oneChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

function tooLarge(body: Buffer, limit: number): Refusal {
  return new Refusal('invalid', `the body of ${body.length} bytes holds more than ${limit}, the limit of its size`)
}
