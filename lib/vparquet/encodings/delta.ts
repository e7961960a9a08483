import type { ByteReader } from '../../bytes/reader.ts'
import { readBits } from './bits.ts'

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
  for (let at = 1; at < count; ) at = readBlock(reader, { words, at, count, value, miniblockCount, miniblockValues })
  return words
}

interface Block {
  words: Uint32Array
  at: number
  count: number
  /** The value in front, moved on. */
  value: Int64
  miniblockCount: number
  miniblockValues: number
}

/** The place behind the block. */
function readBlock(reader: ByteReader, block: Block): number {
  const least = zigzag64(reader)
  const widths = reader.raw(block.miniblockCount)
  for (const bitWidth of widths) {
    if (block.at === block.count) break
    if (bitWidth > 64) reader.fail('corrupt', `deltas of ${bitWidth} bits`)
    const bytes = reader.raw((block.miniblockValues / 8) * bitWidth)
    const end = Math.min(block.count, block.at + block.miniblockValues)
    addDeltas(block, end, least, bytes, bitWidth)
  }
  return block.at
}

function addDeltas(block: Block, end: number, least: Int64, bytes: Uint8Array, bitWidth: number): void {
  const { words, value } = block
  const lowWidth = Math.min(32, bitWidth)
  let { low, high } = value
  for (let bit = 0; block.at < end; block.at++, bit += bitWidth) {
    const sum = low + least.low + readBits(bytes, bit, lowWidth)
    const rest = bitWidth > 32 ? readBits(bytes, bit + 32, bitWidth - 32) : 0
    high = (high + least.high + rest + Math.floor(sum / word)) >>> 0
    low = sum >>> 0
    words[2 * block.at] = low
    words[2 * block.at + 1] = high
  }
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
