import type { ByteReader } from '../../bytes/reader.ts'
import { ByteEntries } from './byte-entries.ts'
import { readDelta } from './delta.ts'
import { readHybrid } from './hybrid.ts'

/** Decoders of values by encoding: what the writers of Tempo's blocks use, no more. All check before they allocate. */

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

/** `byteLength` is that of each, where all have the same. */
export function readByteArrays(
  reader: ByteReader,
  encoding: string | undefined,
  count: number,
  byteLength?: number,
): ByteEntries {
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') return readBehindLengths(reader, count)
  if (encoding !== 'PLAIN') unknown(reader, encoding)
  return byteLength === undefined ? readBehindEach(reader, count) : readFixed(reader, count, byteLength)
}

function readFixed(reader: ByteReader, count: number, byteLength: number): ByteEntries {
  if (!(byteLength > 0)) reader.fail('corrupt', `values of ${byteLength} bytes`)
  const starts = Uint32Array.from({ length: count }, (_, i) => i * byteLength)
  return new ByteEntries(
    reader.raw(count * byteLength),
    starts,
    starts.map(start => start + byteLength),
  )
}

/** Each preceded by its length. */
function readBehindEach(reader: ByteReader, count: number): ByteEntries {
  reader.checkCount(count, 4)
  const [starts, ends] = [new Uint32Array(count), new Uint32Array(count)]
  const bytes = reader.raw(reader.remaining)
  let at = 0
  for (let i = 0; i < count; i++) {
    const byteLength = at + 4 > bytes.length ? Number.POSITIVE_INFINITY : bytes.readUInt32LE(at)
    at += 4
    if (byteLength > bytes.length - at) reader.fail('truncated', `string ${i} of ${count} goes beyond the end`)
    starts[i] = at
    at += byteLength
    ends[i] = at
  }
  return new ByteEntries(bytes, starts, ends)
}

/** Lengths as differences, then all bytes. */
function readBehindLengths(reader: ByteReader, count: number): ByteEntries {
  const words = readDelta(reader, count)
  const [starts, ends] = [new Uint32Array(count), new Uint32Array(count)]
  let at = 0
  for (let i = 0; i < count; i++) {
    const byteLength = words[2 * i]!
    if (byteLength > reader.remaining - at)
      reader.fail('truncated', `a string of ${byteLength} bytes, ${reader.remaining - at} are left`)
    starts[i] = at
    at += byteLength
    ends[i] = at
  }
  return new ByteEntries(reader.raw(at), starts, ends)
}

/** Codes of a dictionary of `entryCount` entries. */
export function readCodes(reader: ByteReader, count: number, entryCount: number): Uint32Array {
  const codes = new Uint32Array(count)
  if (count === 0) return codes
  const bitWidth = reader.u8()
  if (bitWidth > 32) reader.fail('corrupt', `codes of ${bitWidth} bits`)
  readHybrid(reader, bitWidth, codes)
  for (let i = 0; i < count; i++)
    if (codes[i]! >= entryCount) reader.fail('corrupt', `code ${codes[i]} of a dictionary of ${entryCount} entries`)
  return codes
}

/** The bytes of plainly stored values, copied. */
function plain(reader: ByteReader, encoding: string | undefined, count: number, byteLength: number): ArrayBuffer {
  if (encoding !== 'PLAIN') unknown(reader, encoding)
  return Uint8Array.from(reader.raw(count * byteLength)).buffer
}

function unknown(reader: ByteReader, encoding: string | undefined): never {
  reader.fail(
    'unsupported',
    `values in ${encoding === undefined ? 'an encoding that is none' : `the encoding ${encoding}`}`,
  )
}
