import type { ByteReader } from '../../bytes/reader.ts'
import { readDelta } from './delta.ts'
import { readHybrid } from './hybrid.ts'

/** Decoders of values by encoding: what the writers of Tempo's blocks use, no more. All check before they allocate. */

/** Strings of bytes as distinct entries, or as many as there are, and the entry of each value. */
export interface Coded {
  readonly codes: Uint32Array
  readonly entries: readonly Uint8Array[]
}

export function readInt64s(
  reader: ByteReader,
  encoding: string | undefined,
  count: number,
): BigInt64Array<ArrayBuffer> {
  if (encoding === 'DELTA_BINARY_PACKED') return new BigInt64Array(readDelta(reader, count).buffer as ArrayBuffer)
  return new BigInt64Array(plain(reader, encoding, count, 8))
}

export function readInt32s(reader: ByteReader, encoding: string | undefined, count: number): Int32Array<ArrayBuffer> {
  if (encoding !== 'DELTA_BINARY_PACKED') return new Int32Array(plain(reader, encoding, count, 4))
  const words = readDelta(reader, count)
  return Int32Array.from({ length: count }, (_, i) => words[2 * i]!)
}

export function readDoubles(
  reader: ByteReader,
  encoding: string | undefined,
  count: number,
): Float64Array<ArrayBuffer> {
  return new Float64Array(plain(reader, encoding, count, 8))
}

/** A byte a value, 0 or 1. */
export function readBooleans(reader: ByteReader, encoding: string | undefined, count: number): Uint8Array {
  const values = new Uint8Array(count)
  if (encoding === 'RLE') {
    reader.u32()
    readHybrid(reader, 1, values)
    return values
  }
  if (encoding !== 'PLAIN') unknown(reader, encoding)
  const bits = reader.raw(Math.ceil(count / 8))
  for (let i = 0; i < count; i++) values[i] = (bits[i >> 3]! >> (i & 7)) & 1
  return values
}

export function readByteArrays(reader: ByteReader, encoding: string | undefined, count: number): Uint8Array[] {
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') {
    const words = readDelta(reader, count)
    return Array.from({ length: count }, (_, i) => reader.raw(words[2 * i]!))
  }
  if (encoding !== 'PLAIN') unknown(reader, encoding)
  reader.checkCount(count, 4)
  return Array.from({ length: count }, () => reader.raw(reader.u32()))
}

/** Codes of a dictionary of `entryCount` entries. */
export function readCodes(reader: ByteReader, count: number, entryCount: number): Uint32Array {
  const codes = new Uint32Array(count)
  if (count === 0) return codes
  const bitWidth = reader.u8()
  if (bitWidth > 32) reader.fail('corrupt', `codes of ${bitWidth} bits`)
  readHybrid(reader, bitWidth, codes)
  for (const code of codes)
    if (code >= entryCount) reader.fail('corrupt', `code ${code} of a dictionary of ${entryCount} entries`)
  return codes
}

/** The bytes of values that stand as they are, in memory of their own. */
function plain(reader: ByteReader, encoding: string | undefined, count: number, byteLength: number): ArrayBuffer {
  if (encoding !== 'PLAIN') unknown(reader, encoding)
  return Uint8Array.from(reader.raw(count * byteLength)).buffer
}

function unknown(reader: ByteReader, encoding: string | undefined): never {
  reader.fail('unsupported', `values in the encoding ${encoding}`)
}
