import { readHead } from '../bytes/head.ts'
import { beginsGzip, decompressGzip } from '../codecs/gzip-stream.ts'
import { beginsZstd, decompressZstd } from '../codecs/zstd-stream.ts'
import { LabError } from '../error.ts'
import { beginsFramedZstd, decompressFramedZstd } from './framed-zstd.ts'

/** One compression may lie within another, no more. */
const maxLayers = 2

type Decompressor = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/** The content of a stream, gzip and zstd undone where its first bytes are theirs, whatever the file is called. */
export async function decompress(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  let content = chunks
  for (let layer = 0; layer <= maxLayers; layer++) {
    const { head, chunks: whole } = await readHead(content, 8)
    const undo = decompressorOf(head)
    if (undo === undefined) return whole
    content = undo(whole)
  }
  throw new LabError('unsupported', `compressed more than ${maxLayers} times`)
}

function decompressorOf(head: Uint8Array): Decompressor | undefined {
  if (beginsGzip(head)) return decompressGzip
  if (beginsZstd(head)) return decompressZstd
  return beginsFramedZstd(head) ? decompressFramedZstd : undefined
}
