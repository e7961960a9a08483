import { LabError } from '../error.ts'
import { checkValueCount } from './counts.ts'

/** Each value in groups of 7 bits, the lowest first, all but the last with the high bit set (LEB128). */
export function packVarints(values: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 5)
  let at = 0
  for (let i = 0; i < values.length; i++) {
    let rest = values[i]
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = rest | 0x80
    bytes[at++] = rest
  }
  return Buffer.from(bytes.subarray(0, at))
}

/** `count` values of packVarints, which must be all of the bytes; 32 bits at most each. */
export function unpackVarints(bytes: Uint8Array, count: number): Uint32Array {
  checkRoom(bytes, count)
  const values = new Uint32Array(count)
  let at = 0
  for (let i = 0; i < count; i++) {
    let byte = bytes[at++]
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]
      if (shift === 28 && byte > 0x0f) throw tooLong(32)
      value |= (byte & 0x7f) << shift
    }
    values[i] = value
  }
  checkEnd(bytes, at)
  return values
}

/** The same for words of 64 bits (words.ts). */
export function packWideVarints(words: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(words.length * 5)
  let at = 0
  for (let i = 0; i < words.length; i += 2) {
    let low = words[i]
    for (let high = words[i + 1]; high > 0; high >>>= 7) {
      bytes[at++] = low | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
    }
    for (; low > 0x7f; low >>>= 7) bytes[at++] = low | 0x80
    bytes[at++] = low
  }
  return Buffer.from(bytes.subarray(0, at))
}

/** The words of `count` values of packWideVarints. */
export function unpackWideVarints(bytes: Uint8Array, count: number): Uint32Array {
  checkRoom(bytes, count)
  const words = new Uint32Array(count * 2)
  let at = 0
  for (let i = 0; i < words.length; i += 2) {
    let byte = bytes[at++]
    words[i] = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]
      if (shift === 63 && byte > 1) throw tooLong(64)
      const group = byte & 0x7f
      if (shift < 32) words[i] |= group << shift
      if (shift > 25) words[i + 1] |= shift < 32 ? group >>> (32 - shift) : group << (shift - 32)
    }
  }
  checkEnd(bytes, at)
  return words
}

/** Signed (int32) to unsigned, small magnitudes to small numbers. */
export function encodeZigzag32(values: Int32Array, out: Uint32Array = new Uint32Array(values.length)): Uint32Array {
  for (let i = 0; i < values.length; i++) out[i] = (values[i] << 1) ^ (values[i] >> 31)
  return out
}

export function decodeZigzag32(values: Uint32Array, out: Int32Array = new Int32Array(values.length)): Int32Array {
  for (let i = 0; i < values.length; i++) out[i] = (values[i] >>> 1) ^ -(values[i] & 1)
  return out
}

/** Each value takes a byte at least; the last byte must end one, so that no value runs over the end. */
function checkRoom(bytes: Uint8Array, count: number): void {
  if (checkValueCount(count, 'varints') > bytes.length)
    throw new LabError('truncated', `varints: ${count} values are due, ${bytes.length} bytes follow`)
  if (bytes.length > 0 && bytes[bytes.length - 1]! > 0x7f)
    throw new LabError('truncated', 'varints: the last value does not end')
}

function checkEnd(bytes: Uint8Array, at: number): void {
  if (at > bytes.length) throw new LabError('truncated', `varints: needs ${at} bytes, has ${bytes.length}`)
  if (at < bytes.length) throw new LabError('corrupt', `varints: ${bytes.length - at} bytes are left over`)
}

function tooLong(bitWidth: number): LabError {
  return new LabError('corrupt', `varints: a value exceeds ${bitWidth} bits`)
}
