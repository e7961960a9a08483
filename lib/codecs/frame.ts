import { LabError } from '../error.ts'

/** The frame of a 64-bit column: its least value as a signed number, and the bits of the largest offset from it. */
export interface Frame {
  base: bigint
  /** 0 to 64. */
  bitWidth: number
}

/** The frame of a column of words (words.ts), seen as signed; of an empty one it is 0 and 0. */
export function frameOf(words: Uint32Array): Frame {
  if (words.length === 0) return { base: 0n, bitWidth: 0 }
  let minLow = words[0]
  let minHigh = words[1] | 0
  let maxLow = minLow
  let maxHigh = minHigh
  for (let i = 2; i < words.length; i += 2) {
    const low = words[i]
    const high = words[i + 1] | 0
    if (high < minHigh || (high === minHigh && low < minLow)) {
      minHigh = high
      minLow = low
    }
    if (high > maxHigh || (high === maxHigh && low > maxLow)) {
      maxHigh = high
      maxLow = low
    }
  }
  const highRange = (maxHigh - minHigh - (maxLow < minLow ? 1 : 0)) >>> 0
  const bitWidth = highRange > 0 ? 64 - Math.clz32(highRange) : 32 - Math.clz32(maxLow - minLow)
  return { base: (BigInt(minHigh) << 32n) | BigInt(minLow), bitWidth }
}

/** Each value less the base, modulo 2^64; `out` may be the input. */
export function subtractBase(
  words: Uint32Array,
  base: bigint,
  out: Uint32Array = new Uint32Array(words.length),
): Uint32Array {
  return addBase(words, -base, out)
}

/** Each offset and the base, modulo 2^64; `out` may be the input. */
export function addBase(
  words: Uint32Array,
  base: bigint,
  out: Uint32Array = new Uint32Array(words.length),
): Uint32Array {
  if (words.length % 2 !== 0) throw new LabError('invalid', `frame: ${words.length} words are no 64-bit column`)
  const baseLow = Number(BigInt.asUintN(32, base))
  const baseHigh = Number(BigInt.asUintN(32, base >> 32n))
  for (let i = 0; i < words.length; i += 2) {
    const low = (words[i] + baseLow) >>> 0
    out[i + 1] = words[i + 1] + baseHigh + (low < baseLow ? 1 : 0)
    out[i] = low
  }
  return out
}
