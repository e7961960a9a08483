import type { ByteReader } from '../../bytes/reader.ts'
import { bitWords, readBits } from '../../encodings/bits.ts'

/**
 * Fills `out` with values of `bitWidth` bits (0 to 32) from runs: of one value that repeats, or of values packed in
 * groups of eight (Parquet's RLE/bit-packing hybrid). A last group may hold more than is wanted.
 */
export function readHybrid(reader: ByteReader, bitWidth: number, out: Uint8Array | Uint32Array): void {
  for (let at = 0; at < out.length; ) {
    const head = reader.varint()
    const count = Math.floor(head / 2)
    if (head % 2 === 1) at = readPacked(reader, bitWidth, count * 8, out, at)
    else at = readRun(reader, bitWidth, count, out, at)
  }
}

function readRun(
  reader: ByteReader,
  bitWidth: number,
  count: number,
  out: Uint8Array | Uint32Array,
  at: number,
): number {
  if (count > out.length - at) reader.fail('corrupt', `a run of ${count} values, ${out.length - at} are wanted`)
  let value = 0
  for (let shift = 0; shift < bitWidth; shift += 8) value |= reader.u8() << shift
  out.fill(value >>> 0, at, at + count)
  return at + count
}

function readPacked(
  reader: ByteReader,
  bitWidth: number,
  count: number,
  out: Uint8Array | Uint32Array,
  at: number,
): number {
  const bytes = reader.raw((count / 8) * bitWidth)
  const end = Math.min(out.length, at + count)
  if (bitWidth <= 4) unpackNarrow(bytes, bitWidth, out, at, end)
  else if (bitWidth > maxBufferedBits) unpackWide(bytes, bitWidth, out, at, end)
  else unpack(bytes, bitWidth, out, at, end)
  return end
}

/** Preceded by the rest of a byte it fits into 31 bits. */
const maxBufferedBits = 24

function unpack(bytes: Uint8Array, bitWidth: number, out: Uint8Array | Uint32Array, start: number, end: number): void {
  const mask = 2 ** bitWidth - 1
  let [buffer, filled, next] = [0, 0, 0]
  for (let i = start; i < end; i++) {
    while (filled < bitWidth) {
      buffer |= bytes[next++]! << filled
      filled += 8
    }
    out[i] = buffer & mask
    buffer >>>= bitWidth
    filled -= bitWidth
  }
}

/** Levels: a group of eight is one word. */
function unpackNarrow(
  bytes: Uint8Array,
  bitWidth: number,
  out: Uint8Array | Uint32Array,
  start: number,
  end: number,
): void {
  const mask = 2 ** bitWidth - 1
  for (let i = start, next = 0; i < end; i += 8) {
    let word = 0
    for (let shift = 0; shift < 8 * bitWidth; shift += 8) word |= bytes[next++]! << shift
    const last = Math.min(8, end - i)
    for (let k = 0; k < last; k++) {
      out[i + k] = word & mask
      word >>>= bitWidth
    }
  }
}

function unpackWide(
  bytes: Uint8Array,
  bitWidth: number,
  out: Uint8Array | Uint32Array,
  start: number,
  end: number,
): void {
  const words = bitWords(bytes)
  for (let i = start, bit = 0; i < end; i++, bit += bitWidth) out[i] = readBits(words, bit, bitWidth)
}
