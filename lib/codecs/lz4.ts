import { bufferOf } from '../bytes/buffer.ts'
import { checkReach, contentOf } from './content.ts'
import { loadNative } from './native.ts'

/** A match grows by at most 255 bytes for each byte that states its length; literals take more (LZ4 block format). */
const maxBytesPerStoredByte = 255
/** The package puts the content's size before a block. A page knows it, so it is not stored. */
const sizeBytes = 4

/** A compressor into raw LZ4 blocks: without a frame and without their size. */
export function lz4Compressor(): (bytes: Uint8Array) => Uint8Array {
  const lz4 = loadNative<typeof import('lz4-napi')>('lz4-napi')
  return bytes => lz4.compressSync(bufferOf(bytes)).subarray(sizeBytes)
}

/** A decompressor of raw LZ4 blocks that hold exactly `byteLength` bytes. */
export function lz4Decompressor(): (block: Uint8Array, byteLength: number) => Uint8Array {
  const lz4 = loadNative<typeof import('lz4-napi')>('lz4-napi')
  return (block, byteLength) => {
    checkReach('lz4 block', block, byteLength, maxBytesPerStoredByte)
    return contentOf('lz4 block', byteLength, () => lz4.uncompressSync(withSize(block, byteLength)))
  }
}

function withSize(block: Uint8Array, byteLength: number): Buffer {
  const sized = Buffer.allocUnsafe(sizeBytes + block.length)
  sized.writeUInt32LE(byteLength, 0)
  sized.set(block, sizeBytes)
  return sized
}
