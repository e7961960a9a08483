import { LabError } from '../error.ts'
import { checkReach, contentOf } from './content.ts'
import { loadNative } from './native.ts'

/** The densest element of a block copies 64 bytes in three (snappy's format_description.txt, 2.2.2). */
const maxBytesPerStoredByte = 64 / 3
/** Without it each result is memory of its own outside of the heap: compression is three to twenty times as slow on pages of 30 KB. */
const options = { asBuffer: true, copyOutputData: true }

/** A compressor into raw snappy blocks, which begin with the size of their content. */
export function snappyCompressor(): (bytes: Uint8Array) => Uint8Array {
  const snappy = loadNative<typeof import('snappy')>('snappy')
  return bytes => snappy.compressSync(bytes, options)
}

/** A decompressor of raw snappy blocks that declare and hold exactly `byteLength` bytes. */
export function snappyDecompressor(): (block: Uint8Array, byteLength: number) => Uint8Array {
  const snappy = loadNative<typeof import('snappy')>('snappy')
  return (block, byteLength) => {
    const declared = snappyContentSize(block)
    if (declared !== byteLength)
      throw new LabError('corrupt', `snappy block: should hold ${byteLength} bytes, declares ${declared ?? 'no size'}`)
    checkReach('snappy block', block, byteLength, maxBytesPerStoredByte)
    return contentOf('snappy block', byteLength, () => snappy.uncompressSync(block, options) as Buffer)
  }
}

/** The size before a snappy block, a varint of 32 bits, or undefined if there is none. */
export function snappyContentSize(block: Uint8Array): number | undefined {
  let size = 0
  for (let at = 0; at < Math.min(block.length, 5); at++) {
    size += (block[at] & 127) * 2 ** (7 * at)
    if (block[at] < 128) return size < 2 ** 32 ? size : undefined
  }
  return undefined
}
