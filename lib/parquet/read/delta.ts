import type { ByteReader } from '../../bytes/reader.ts'
import { bitWords, readBits } from '../../encodings/bits.ts'

const maxBlockValues = 1 << 16
const word = 2 ** 32

/** A signed integer of 64 bits as two words, in two's complement. */
interface Int64 {
  low: number
  high: number
}

/** Parquet's DELTA_BINARY_PACKED: `count` integers modulo 2^64, as pairs of a low and a high word. */
export function readDelta(reader: ByteReader, count: number): Uint32Array {
  if (count === 0) return new Uint32Array(0)
  const blockValues = reader.varint()
  const miniblockCount = reader.varint()
  const declared = reader.varint()
  const miniblockValues = blockValues / miniblockCount
  if (!(blockValues <= maxBlockValues && Number.isInteger(miniblockValues / 8) && miniblockValues > 0))
    reader.fail('corrupt', `blocks of ${blockValues} values in ${miniblockCount} parts`)
  if (declared !== count) reader.fail('corrupt', `${declared} values, ${count} are wanted`)
  const words = new Uint32Array(2 * count)
  const value = zigzag64(reader)
  words.set([value.low, value.high])
  const packed = bitWords(new Uint8Array(8 * miniblockValues))
  const packedBytes = new Uint8Array(packed.buffer)
  const block: Block = { words, at: 1, count, value, miniblockCount, miniblockValues, packed, packedBytes }
  while (block.at < count) readBlock(reader, block)
  return words
}

interface Block {
  words: Uint32Array
  at: number
  count: number
  /** The preceding value, advanced. */
  value: Int64
  miniblockCount: number
  miniblockValues: number
  /** Room for a part of the widest deltas, as words and as bytes. */
  packed: Uint32Array
  packedBytes: Uint8Array
}

function readBlock(reader: ByteReader, block: Block): void {
  const least = zigzag64(reader)
  const widths = reader.raw(block.miniblockCount)
  for (const bitWidth of widths) {
    if (block.at === block.count) break
    if (bitWidth > 64) reader.fail('corrupt', `deltas of ${bitWidth} bits`)
    const bytes = reader.raw((block.miniblockValues / 8) * bitWidth)
    const end = Math.min(block.count, block.at + block.miniblockValues)
    addDeltas(block, end, least, bytes, bitWidth)
  }
}

function addDeltas(block: Block, end: number, least: Int64, bytes: Uint8Array, bitWidth: number): void {
  const { words, value, at, packed } = block
  block.packedBytes.set(bytes)
  const [lowWidth, highWidth] = [Math.min(32, bitWidth), Math.max(0, bitWidth - 32)]
  let { low, high } = value
  for (let i = at, bit = 0; i < end; i++, bit += bitWidth) {
    const sum = low + least.low + readBits(packed, bit, lowWidth)
    const rest = highWidth > 0 ? readBits(packed, bit + 32, highWidth) : 0
    // The sum is less than three words: what goes beyond the first is 0, 1 or 2.
    high = (high + least.high + rest + (sum >= 2 * word ? 2 : sum >= word ? 1 : 0)) >>> 0
    low = sum >>> 0
    words[2 * i] = low
    words[2 * i + 1] = high
  }
  block.at = end
  value.low = low
  value.high = high
}

/** A zigzag varint of at most ten bytes. */
function zigzag64(reader: ByteReader): Int64 {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.u8()
    value |= BigInt(byte & 0x7f) << shift
    if (byte >= 0x80) continue
    const signed = BigInt.asUintN(64, (value >> 1n) ^ -(value & 1n))
    return { low: Number(signed & 0xffffffffn), high: Number(signed >> 32n) }
  }
  return reader.fail('corrupt', 'a varint of more than ten bytes')
}
