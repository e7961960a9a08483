import { LabError } from '../error.ts'
import { checkEqual } from './counts.ts'

/** Units that times and sizes come in: powers of ten of nanoseconds, and powers of two. */
const commonDivisors = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 100, 10, 1 << 20, 1 << 16, 1 << 12, 1024, 256, 16]

const maxDivisor = 2 ** 32 - 1
const exceptionShare = 0.05

/** A column divided: value = quotient * divisor + remainder. Remainders other than 0 stand with their rows. */
export interface Division {
  divisor: number
  /** Words (words.ts) of signed quotients, rounded down. */
  quotients: Uint32Array
  /** Rows whose remainder is not 0, ascending, and what remains there. */
  rows: Uint32Array
  remainders: Uint32Array
}

/**
 * The largest divisor below 2^32 that leaves nothing of any value of the column, or a common unit that leaves nothing
 * of all but 5 % of them, whichever is larger; 1 where there is none.
 */
export function findDivisor(words: Uint32Array, candidates: readonly number[] = commonDivisors): number {
  const common = commonDivisor(words)
  const units = candidates.filter(unit => unit > common).sort((a, b) => b - a)
  return units.find(unit => dividesMost(words, unit)) ?? common
}

/** Divides a column by 1 to 2^32 - 1. */
export function divide(words: Uint32Array, divisor: number): Division {
  const quotients = new Uint32Array(words.length)
  const rows: number[] = []
  const remainders: number[] = []
  for (let i = 0; i < words.length; i += 2) {
    const remainder = divideOne(words[i], words[i + 1], divisor, quotients, i)
    if (remainder === 0) continue
    rows.push(i >> 1)
    remainders.push(remainder)
  }
  return { divisor, quotients, rows: Uint32Array.from(rows), remainders: Uint32Array.from(remainders) }
}

/** The column that was divided, modulo 2^64; `out` may be the quotients. */
export function multiply(
  division: Division,
  out: Uint32Array = new Uint32Array(division.quotients.length),
): Uint32Array {
  const { divisor, quotients, rows, remainders } = division
  checkEqual('divisor', 'remainders', rows.length, remainders.length)
  const [divisorHigh, divisorLow] = [divisor >>> 16, divisor & 0xffff]
  for (let i = 0; i < quotients.length; i += 2) {
    const low = quotients[i]
    const middle = Math.floor((low * divisorLow) / 0x10000) + low * divisorHigh
    out[i + 1] = Math.floor(middle / 0x10000) + Math.imul(quotients[i + 1], divisor)
    out[i] = Math.imul(low, divisor)
  }
  for (let i = 0, previous = -1; i < rows.length; previous = rows[i++]) addAt(out, rows[i], previous, remainders[i])
  return out
}

function addAt(words: Uint32Array, row: number, previous: number, remainder: number): void {
  const at = row * 2
  if (row <= previous || at >= words.length)
    throw new LabError('corrupt', `divisor: row ${row} of ${words.length >> 1} follows row ${previous}`)
  words[at] += remainder
  if (words[at] < remainder) words[at + 1]++
}

/** Writes the quotient, rounded down, of a signed value, and returns the remainder. Every step is exact in 53 bits. */
function divideOne(low: number, high: number, divisor: number, out: Uint32Array, at: number): number {
  const isNegative = high > 0x7fffffff
  // Of a negative value the complement is divided: -1 - x = (-1 - quotient) * divisor + (divisor - 1 - remainder).
  const flip = isNegative ? -1 : 0
  const top = (high ^ flip) >>> 0
  const bottom = (low ^ flip) >>> 0
  const quotientHigh = Math.floor(top / divisor)
  const upper = (top - quotientHigh * divisor) * 0x10000 + (bottom >>> 16)
  const quotientMiddle = Math.floor(upper / divisor)
  const lower = (upper - quotientMiddle * divisor) * 0x10000 + (bottom & 0xffff)
  const quotientLow = Math.floor(lower / divisor)
  out[at + 1] = quotientHigh ^ flip
  out[at] = ((quotientMiddle << 16) | quotientLow) ^ flip
  const remainder = lower - quotientLow * divisor
  return isNegative ? divisor - 1 - remainder : remainder
}

const discarded = new Uint32Array(2)

/** Zeros say nothing and do not count. */
function dividesMost(words: Uint32Array, divisor: number): boolean {
  const most = (words.length / 2) * exceptionShare
  let zeros = 0
  let misses = 0
  for (let i = 0; i < words.length; i += 2) {
    if ((words[i] | words[i + 1]) === 0) zeros++
    else if (divideOne(words[i], words[i + 1], divisor, discarded, 0) !== 0 && ++misses > most) return false
  }
  const counted = words.length / 2 - zeros
  return counted > 0 && misses <= counted * exceptionShare
}

/** The greatest common divisor of the column as far as it is below 2^32; 1 for a column of zeros. */
function commonDivisor(words: Uint32Array): number {
  let at = 0
  let large = 0n
  for (; at < words.length && (large === 0n || large > maxDivisor); at += 2) large = gcd(large, magnitude(words, at))
  if (large === 0n || large > maxDivisor) return 1
  let divisor = Number(large)
  for (; at < words.length && divisor > 1; at += 2) {
    const remainder = divideOne(words[at], words[at + 1], divisor, discarded, 0)
    if (remainder > 0) divisor = Number(gcd(BigInt(divisor), BigInt(remainder)))
  }
  return divisor
}

function magnitude(words: Uint32Array, at: number): bigint {
  const value = BigInt.asIntN(64, (BigInt(words[at + 1]) << 32n) | BigInt(words[at]))
  return value < 0n ? -value : value
}

function gcd(a: bigint, b: bigint): bigint {
  let [large, small] = [a, b]
  while (small > 0n) [large, small] = [small, large % small]
  return large
}
