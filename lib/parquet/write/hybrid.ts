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
  for (let at = start; at < end; ) {
    const runEnd = endOfRun(values, at, end)
    // A packed group is whole: a run gives away what the group before it lacks.
    const lack = (groupLength - ((at - packedFrom) % groupLength)) % groupLength
    if (runEnd - at - lack < minRun) {
      at = runEnd
      continue
    }
    at += lack
    if (at > packedFrom) writePacked(out, values, packedFrom, at, bitWidth)
    writeRun(out, values[at]!, runEnd - at, bitWidth)
    at = runEnd
    packedFrom = runEnd
  }
  if (end > packedFrom) writePacked(out, values, packedFrom, end, bitWidth)
}

function endOfRun(values: Uint8Array | Uint32Array, start: number, end: number): number {
  const value = values[start]
  let at = start + 1
  while (at < end && values[at] === value) at++
  return at
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
  let [at, buffer, filled] = [from, 0, 0]
  for (let i = start; i < end; i++) {
    let value = values[i]!
    let left = bitWidth
    while (left > 0) {
      const taken = Math.min(left, 8 - filled)
      buffer |= (value & ((1 << taken) - 1)) << filled
      value >>>= taken
      left -= taken
      filled += taken
      if (filled === 8) {
        bytes[at++] = buffer
        buffer = 0
        filled = 0
      }
    }
  }
  if (filled > 0) bytes[at++] = buffer
  bytes.fill(0, at, from + byteLength)
}
