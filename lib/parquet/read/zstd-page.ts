import { zstdContentSize, zstdDecompressor, zstdSizeField } from '../../codecs/compress.ts'

/** Flag of a frame's descriptor: the size of the content takes 4 bytes (RFC 8878, 3.1.1.1.1). */
const fourByteSize = 0x80

/** A decompressor of zstd frames that hold exactly `byteLength` bytes; Tempo writes short ones without that size. */
export function zstdPageDecompressor(): (frame: Uint8Array, byteLength: number) => Uint8Array {
  const decompress = zstdDecompressor()
  return (frame, byteLength) => decompress(declaring(frame, byteLength), byteLength)
}

/** The same frame, with the size that its content must have in the header if it declares none. */
function declaring(frame: Uint8Array, byteLength: number): Uint8Array {
  if (frame.length < 6 || zstdContentSize(frame) !== undefined) return frame
  const { at, byteLength: sizeBytes } = zstdSizeField(frame[4]!)
  if (sizeBytes > 0) return frame
  const size = Buffer.alloc(4)
  size.writeUInt32LE(byteLength)
  const declared = Buffer.concat([frame.subarray(0, at), size, frame.subarray(at)])
  declared[4] = frame[4]! | fourByteSize
  return declared
}
