import type { RangeReader } from '../bytes/range.ts'
import { LabError } from '../error.ts'
import { openMemory } from './memory.ts'

/** A file that comes as a stream is held in memory; of this size at the most. */
export const maxStreamedBytes: number = 2 ** 28

/** A file that is read by ranges but comes from front to back, held whole: of `maxBytes` at the most. */
export async function holdStream(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<RangeReader> {
  const held: Uint8Array[] = []
  let byteLength = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    byteLength += chunk.length
    if (byteLength > maxBytes)
      throw new LabError(
        'unsupported',
        `byte ${maxBytes}: a stream of more bytes cannot be read by ranges; name an uncompressed file instead`,
      )
  }
  return openMemory(Buffer.concat(held))
}
