import type { ByteWriter } from '../../bytes/writer.ts'

/** Values of a packed group. */
const groupLength = 8
/** A run of so many equal values is told as one. */
const minRun = 8

/**
 * Parquet's hybrid of runs and bit-packed groups of eight: `values[start]` to `values[end - 1]`, of `bitWidth` bits each
 * (0 to 32).
 */
export function writeHybrid(
  out: ByteWriter,
  values: Uint8Array | Uint32Array,
  [start, end]: readonly [number, number],
  bitWidth: number,
): void {
  let packedFrom = start
  for (let at = start; at + minRun <= end; ) {
    const value = values[at]!
    const last = values[at + minRun - 1]!
    if (value !== last) {
      // No run begins here that is long enough; the next that may be is the one of the last value.
      at += minRun - 1
      while (values[at - 1] === last) at--
      continue
    }
    let runEnd = at + 1
    while (runEnd < end && values[runEnd] === value) runEnd++
    // A packed group is whole: a run gives away what the group before it lacks.
    const lack = (packedFrom - at) & (groupLength - 1)
    if (runEnd - at - lack < minRun) {
      at = runEnd
      continue
    }
    at += lack
    if (at > packedFrom) writePacked(out, values, packedFrom, at, bitWidth)
    writeRun(out, value, runEnd - at, bitWidth)
    at = runEnd
    packedFrom = runEnd
  }
  if (end > packedFrom) writePacked(out, values, packedFrom, end, bitWidth)
}

function writeRun(out: ByteWriter, value: number, count: number, bitWidth: number): void {
  out.varint(2 * count)
  for (let shift = 0; shift < bitWidth; shift += 8) out.u8((value >>> shift) & 0xff)
}

/** Groups of eight, the last one filled with zeros. */
function writePacked(
  out: ByteWriter,
  values: Uint8Array | Uint32Array,
  start: number,
  end: number,
  bitWidth: number,
): void {
  const groups = Math.ceil((end - start) / groupLength)
  out.varint(2 * groups + 1)
  packBits(out, values, { start, end, bitWidth, byteLength: groups * bitWidth })
}

/** The values from `start` to `end` in so many bits (0 to 32) each, the lowest first, in so many bytes. */
export function packBits(
  out: ByteWriter,
  values: Uint8Array | Uint32Array,
  { start, end, bitWidth, byteLength }: { start: number; end: number; bitWidth: number; byteLength: number },
): void {
  const from = out.reserve(byteLength)
  const bytes = out.view()
  // In two parts where the buffer, which has up to 7 bits of the value before, would not take the whole.
  const lowWidth = bitWidth > 24 ? 16 : 0
  const highWidth = bitWidth - lowWidth
  let at = from
  let buffer = 0
  let filled = 0
  for (let i = start; i < end; i++) {
    const value = values[i]!
    if (lowWidth > 0) {
      buffer |= (value & 0xffff) << filled
      bytes[at++] = buffer
      bytes[at++] = buffer >>> 8
      buffer >>>= 16
    }
    buffer |= (value >>> lowWidth) << filled
    filled += highWidth
    while (filled >= 8) {
      bytes[at++] = buffer
      buffer >>>= 8
      filled -= 8
    }
  }
  if (filled > 0) bytes[at++] = buffer
  bytes.fill(0, at, from + byteLength)
}
