import { checksum } from '../../../bytes/checksum.ts'
import { ByteReader } from '../../../bytes/reader.ts'
import { zstdCompressor, zstdDecompressor } from '../../../codecs/compress.ts'
import { naming } from '../../../error.ts'

/** Pieces of metadata: a zstd frame, whatever the codec of the pages, and its checksum. */

const level = 9
/** Of a checksum behind what it is of. */
export const checksumBytes = 4

export const decompressZstd: (frame: Uint8Array, byteLength: number) => Uint8Array = zstdDecompressor()
/** One zstd frame of the bytes. */
export const compressZstd: (bytes: Uint8Array) => Uint8Array = zstdCompressor(level)

/** The lengths of a piece, stored and raw. */
export interface Piece {
  readonly storedLength: number
  readonly rawLength: number
}

/** A piece ready to be written. */
export interface StoredPiece extends Piece {
  readonly bytes: Buffer
}

export function storePiece(raw: Uint8Array): StoredPiece {
  const bytes = withChecksum(compressZstd(raw))
  return { bytes, storedLength: bytes.length, rawLength: raw.length }
}

/** Opens a piece. Its declared size is checked before memory is taken. */
export function openPiece(bytes: Uint8Array, { rawLength }: Piece, subject: string, offset: number): ByteReader {
  const frame = checkedBytes(bytes, subject, offset)
  const reader = new ByteReader(frame, subject, offset)
  if (rawLength > maxPieceBytes) reader.fail('corrupt', `${rawLength} bytes, at most ${maxPieceBytes} are read`)
  const place = `${subject} at byte ${offset}`
  const content = naming(place, () => decompressZstd(frame, rawLength))
  return new ByteReader(content, `${place}, content`)
}

/** Of one piece of metadata. */
const maxPieceBytes = 2 ** 28

/** The bytes and their CRC-32. */
export function withChecksum(bytes: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(bytes.length + checksumBytes)
  stored.set(bytes)
  stored.writeUInt32LE(checksum(bytes), bytes.length)
  return stored
}

/** The bytes before a checksum, which must be theirs. */
export function checkedBytes(stored: Uint8Array, subject: string, offset: number): Uint8Array {
  const place = new ByteReader(stored, subject, offset)
  if (stored.length < checksumBytes) place.fail('truncated', `${stored.length} bytes with a checksum`)
  const bytes = stored.subarray(0, stored.length - checksumBytes)
  const sum = checksum(bytes)
  place.take(bytes.length)
  const expected = place.u32()
  if (sum !== expected)
    new ByteReader(stored, subject, offset).fail('corrupt', `checksum ${expected} expected, found ${sum}`)
  return bytes
}
