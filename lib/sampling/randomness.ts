import { hashText } from '../bytes/hash.ts'
import { traceKey } from '../model/trace-id.ts'

const bits = 56
/** Standard deviations of the sum over bits from what random ids give: by chance in less than one input in 10^12. */
const maxDeviation = 7
const binBits = 6

/**
 * Tells whether the last 56 bits of trace ids are random: each bit is set in half of the ids, changes from one id to the
 * next in half of the cases, and the first bits take all values as often. Ids that count, hold the time or are padded
 * are found out with four of them.
 */
export class RandomnessTest {
  #count = 0
  #last = 0n
  readonly #ones = new Uint32Array(bits)
  readonly #changes = new Uint32Array(bits)
  readonly #bins = new Uint32Array(1 << binBits)

  add(randomness: bigint): void {
    addBits(this.#ones, randomness)
    if (this.#count > 0) addBits(this.#changes, randomness ^ this.#last)
    this.#bins[Number(randomness >> BigInt(bits - binBits))]!++
    this.#last = randomness
    this.#count++
  }

  get isRandom(): boolean {
    const count = this.#count
    if (count < 4) return true
    return isHalf(this.#ones, count) && isHalf(this.#changes, count - 1) && isEven(this.#bins, count)
  }
}

function addBits(counts: Uint32Array, randomness: bigint): void {
  let [high, low] = [Number(randomness >> 28n), Number(randomness & 0xfffffffn)]
  for (let bit = 0; bit < 28; bit++, low >>= 1, high >>= 1) {
    counts[bit]! += low & 1
    counts[bit + 28]! += high & 1
  }
}

/** Pearson's test of counts that are each half of the cases. */
function isHalf(ones: Uint32Array, count: number): boolean {
  const squares = ones.reduce((sum, one) => sum + (2 * one - count) ** 2 / count, 0)
  return squares <= bits + maxDeviation * Math.sqrt(2 * bits)
}

/** Pearson's test of bins with as many cases each. */
function isEven(bins: Uint32Array, count: number): boolean {
  const expected = count / bins.length
  if (expected < 5) return true
  const squares = bins.reduce((sum, bin) => sum + (bin - expected) ** 2 / expected, 0)
  return squares <= bins.length + maxDeviation * Math.sqrt(2 * bins.length)
}

/** True for ids of 64 bits, also padded with zeros, which may have fewer than 56 random ones. */
export function isShortId(traceId: string): boolean {
  return traceKey(traceId).length <= 16
}

const words = new Uint32Array(2)

/** 56 bits that depend on the id, in any of its spellings, and on the seed. */
export function derivedRandomness(traceId: string, seed = 0): bigint {
  hashText(traceKey(traceId), words, 0, seed)
  return (BigInt(words[0]!) << 24n) | BigInt(words[1]! >>> 8)
}
