import type { ByteWriter } from '../../bytes/writer.ts'
import { zigzag } from '../../encodings/zigzag.ts'
import { packBits } from './hybrid.ts'

const blockValues = 128
const miniblockCount = 4
const miniblockValues = blockValues / miniblockCount

/** The head of DELTA_BINARY_PACKED, behind which the first value stands. */
function writeHead(out: ByteWriter, count: number): void {
  out.varint(blockValues)
  out.varint(miniblockCount)
  out.varint(count)
}

/** Room for the deltas of a block, by word. */
const lows = new Uint32Array(blockValues)
const highs = new Uint32Array(blockValues)

/** DELTA_BINARY_PACKED of integers of 32 bits, modulo 2^32. */
export function writeDelta32(out: ByteWriter, values: Int32Array, start: number, end: number): void {
  writeHead(out, end - start)
  out.varint(zigzag(start < end ? values[start]! : 0))
  for (let at = start + 1; at < end; at += blockValues) {
    const count = Math.min(blockValues, end - at)
    let least = 0x7fffffff
    for (let i = 0; i < count; i++) {
      const delta = (values[at + i]! - values[at + i - 1]!) | 0
      lows[i] = delta
      if (delta < least) least = delta
    }
    out.varint(zigzag(least))
    for (let i = 0; i < count; i++) lows[i] = lows[i]! - least
    highs.fill(0, 0, count)
    writeBlock(out, count)
  }
}

/** The same of integers of 64 bits, each two words, the lower first, modulo 2^64. */
export function writeDelta64(out: ByteWriter, words: Uint32Array, start: number, end: number): void {
  writeHead(out, end - start)
  zigzag64(out, start < end ? words[2 * start]! : 0, start < end ? words[2 * start + 1]! : 0)
  for (let at = start + 1; at < end; at += blockValues) {
    const count = Math.min(blockValues, end - at)
    let [leastLow, leastHigh] = [0xffffffff, 0x7fffffff]
    for (let i = 0; i < count; i++) {
      const place = 2 * (at + i)
      const low = words[place]! - words[place - 2]!
      const high = (words[place + 1]! - words[place - 1]! - (low < 0 ? 1 : 0)) | 0
      lows[i] = low
      highs[i] = high
      if (high < leastHigh || (high === leastHigh && low >>> 0 < leastLow)) [leastLow, leastHigh] = [low >>> 0, high]
    }
    zigzag64(out, leastLow, leastHigh)
    for (let i = 0; i < count; i++) {
      const low = lows[i]! - leastLow
      highs[i] = highs[i]! - leastHigh - (low < 0 ? 1 : 0)
      lows[i] = low
    }
    writeBlock(out, count)
  }
}

/** The widths of the parts, then their deltas; parts behind the last value have neither. */
function writeBlock(out: ByteWriter, count: number): void {
  lows.fill(0, count)
  highs.fill(0, count)
  const widths = Array.from({ length: miniblockCount }, (_, part) => widthOf(part * miniblockValues))
  for (const width of widths) out.u8(width)
  for (let part = 0; part * miniblockValues < count; part++) writeMiniblock(out, part * miniblockValues, widths[part]!)
}

function widthOf(start: number): number {
  let [low, high] = [0, 0]
  for (let i = start; i < start + miniblockValues; i++) {
    low |= lows[i]!
    high |= highs[i]!
  }
  return high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high)
}

function writeMiniblock(out: ByteWriter, start: number, bitWidth: number): void {
  const end = start + miniblockValues
  const byteLength = (miniblockValues * bitWidth) / 8
  if (bitWidth <= 32) return packBits(out, lows, { start, end, bitWidth, byteLength })
  const from = out.reserve(byteLength)
  const bytes = out.view().fill(0, from, from + byteLength)
  for (let i = start, bit = 0; i < end; i++, bit += bitWidth) {
    orBits(bytes, from, bit, lows[i]!, 32)
    orBits(bytes, from, bit + 32, highs[i]!, bitWidth - 32)
  }
}

function orBits(bytes: Buffer, from: number, bit: number, value: number, bitWidth: number): void {
  let [rest, left, at, shift] = [value, bitWidth, from + (bit >>> 3), bit & 7]
  while (left > 0) {
    const taken = Math.min(left, 8 - shift)
    bytes[at++]! |= (rest & ((1 << taken) - 1)) << shift
    rest >>>= taken
    left -= taken
    shift = 0
  }
}

function zigzag64(out: ByteWriter, low: number, high: number): void {
  const value = (BigInt(high | 0) << 32n) | BigInt(low)
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  while (rest > 0x7fn) {
    out.u8(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  out.u8(Number(rest))
}
