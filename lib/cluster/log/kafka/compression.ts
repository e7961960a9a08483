import { compressionsAlgorithms } from '@platformatic/kafka'
import { bufferOf } from '../../../bytes/buffer.ts'
import { zstdCompressor, zstdContentSize, zstdDecompressor } from '../../../codecs/compress.ts'
import { decompressGzip } from '../../../codecs/gzip-stream.ts'
import { snappyContentSize, snappyDecompressor } from '../../../codecs/snappy.ts'
import { decompressZstd } from '../../../codecs/zstd-stream.ts'
import { LabError } from '../../../error.ts'

/** What a batch may hold when it is decompressed: records of spans compress to a twentieth, and a batch has up to 16 MB. */
const maxContentBytes = 512 * 2 ** 20
/** What Java writes before blocks of snappy: a name, and two versions of 32 bits. */
const framedName = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const framedHeadBytes = 16

const codecs: readonly ((bytes: Buffer) => Buffer | Promise<Buffer>)[] = [
  bytes => bytes,
  bytes => gathered(decompressGzip(once(bytes))),
  bytes => (bytes.subarray(0, framedName.length).equals(framedName) ? framedSnappy(bytes) : snappyBlock(bytes)),
  bytes => compressionsAlgorithms.lz4!.decompressSync(bytes) as Buffer,
  bytes => zstdFrame(bytes) ?? gathered(decompressZstd(once(bytes))),
]
const [uncompressed, zstd] = [0, 4]

const compressZstd = zstdCompressor(1)
const decompressFrame = zstdDecompressor()

/** The records of a batch as they are stored, and the number of their codec. */
export function compressBatch(bytes: Buffer): { readonly codec: number; readonly bytes: Uint8Array } {
  const compressed = compressZstd(bytes)
  return compressed.length < bytes.length ? { codec: zstd, bytes: compressed } : { codec: uncompressed, bytes }
}

/** The records of a batch by the number of its codec. */
export async function decompressBatch(codec: number, bytes: Buffer): Promise<Buffer> {
  const decompress = codecs[codec]
  if (decompress === undefined) throw new LabError('unsupported', `a batch is compressed by codec ${codec}`)
  return decompress(bytes)
}

/** The content of a frame that says its size, as ours do and those of most clients but Java's. */
function zstdFrame(bytes: Buffer): Buffer | undefined {
  const byteLength = zstdContentSize(bytes)
  if (byteLength === undefined) return undefined
  checkLength(byteLength)
  return bufferOf(decompressFrame(bytes, byteLength))
}

/** Blocks of snappy, each behind its length. */
function framedSnappy(bytes: Buffer): Buffer {
  const blocks: Buffer[] = []
  let byteLength = 0
  for (let at = framedHeadBytes; at + 4 <= bytes.length; ) {
    const start = at + 4
    at = start + bytes.readUInt32BE(at)
    blocks.push(snappyBlock(bytes.subarray(start, at)))
    byteLength += blocks.at(-1)!.length
    checkLength(byteLength)
  }
  return Buffer.concat(blocks, byteLength)
}

function snappyBlock(block: Buffer): Buffer {
  const byteLength = snappyContentSize(block)
  if (byteLength === undefined) throw new LabError('corrupt', 'a block of snappy declares no size')
  checkLength(byteLength)
  return Buffer.from(snappyDecompressor()(block, byteLength))
}

async function gathered(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  let byteLength = 0
  for await (const part of parts) {
    all.push(part)
    byteLength += part.length
    checkLength(byteLength)
  }
  return Buffer.concat(all, byteLength)
}

async function* once(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes
}

function checkLength(byteLength: number): void {
  if (byteLength > maxContentBytes)
    throw new LabError('limit', `a batch holds more than ${maxContentBytes} bytes when it is decompressed`)
}
