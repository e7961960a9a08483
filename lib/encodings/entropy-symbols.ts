import { LabError } from '../error.ts'
import { BitModels, type RangeDecoder, type RangeEncoder } from './entropy.ts'

const classBits = 7
const classCount = 65

/**
 * Symbols of a fixed number of bits as paths in a binary tree of adaptive bits, one tree a context. A context takes
 * memory (4 bytes a node) when it is first used.
 */
export class TreeModels {
  readonly #bits: BitModels
  readonly #starts: Int32Array
  readonly #symbolBits: number

  /** Contexts are 0 to `contexts - 1`, symbols 0 to `2^symbolBits - 1`; `rateLimit` as in BitModels. */
  constructor(contexts: number, symbolBits: number, rateLimit?: number) {
    this.#bits = new BitModels(0, rateLimit)
    this.#starts = new Int32Array(contexts).fill(-1)
    this.#symbolBits = symbolBits
  }

  /** Codes `symbol`; with `bitCount`, one of fewer bits, always as many under a context. */
  encode(encoder: RangeEncoder, context: number, symbol: number, bitCount = this.#symbolBits): void {
    const bits = this.#bits
    const start = this.#startOf(context, bitCount)
    for (let node = 1, left = bitCount - 1; left >= 0; left--) {
      const bit = (symbol >>> left) & 1
      encoder.bit(bits, start + node, bit)
      node = (node << 1) | bit
    }
  }

  decode(decoder: RangeDecoder, context: number, bitCount = this.#symbolBits): number {
    const bits = this.#bits
    const start = this.#startOf(context, bitCount)
    let node = 1
    for (let i = 0; i < bitCount; i++) node = (node << 1) | decoder.bit(bits, start + node)
    return node - (1 << bitCount)
  }

  #startOf(context: number, bitCount: number): number {
    const start = this.#starts[context]!
    return start >= 0 ? start : this.#begin(context, bitCount)
  }

  #begin(context: number, bitCount: number): number {
    const start = this.#bits.add(1 << bitCount)
    this.#starts[context] = start
    return start
  }
}

/**
 * Unsigned integers of up to 64 bits: the bit length as a symbol under the context, the first bits below the leading
 * one as a symbol under context and length, the rest as they are. Numbers are two uint32, low and high.
 */
export class NumberModels {
  /** The upper 32 bits of the number that was decoded last. */
  high = 0
  readonly #classes: TreeModels
  readonly #tops: TreeModels
  readonly #modelledBits: number

  /** `modelledBits` is 0 to 16; `rateLimit` as in BitModels. */
  constructor(contexts: number, modelledBits: number, rateLimit?: number) {
    this.#classes = new TreeModels(contexts, classBits, rateLimit)
    this.#tops = new TreeModels(contexts * classCount, modelledBits, rateLimit)
    this.#modelledBits = modelledBits
  }

  encode(encoder: RangeEncoder, context: number, low: number, high = 0): void {
    const bitLength = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high)
    this.#classes.encode(encoder, context, bitLength)
    if (bitLength < 2) return
    const topBits = Math.min(bitLength - 1, this.#modelledBits)
    const restBits = bitLength - 1 - topBits
    if (topBits > 0) {
      const top = shiftRight(low, high, restBits) & ((1 << topBits) - 1)
      this.#tops.encode(encoder, context * classCount + bitLength, top, topBits)
    }
    if (restBits > 32) encoder.direct(high, restBits - 32)
    if (restBits > 0) encoder.direct(low, Math.min(restBits, 32))
  }

  /** The lower 32 bits of the next number, unsigned; the upper ones are in `high`. */
  decode(decoder: RangeDecoder, context: number): number {
    const bitLength = this.#classes.decode(decoder, context)
    this.high = 0
    if (bitLength < 2) return bitLength
    if (bitLength > 64) throw new LabError('corrupt', `entropy: a number of ${bitLength} bits`)
    const topBits = Math.min(bitLength - 1, this.#modelledBits)
    const restBits = bitLength - 1 - topBits
    let top = 1 << topBits
    if (topBits > 0) top |= this.#tops.decode(decoder, context * classCount + bitLength, topBits)
    if (bitLength <= 32) return ((top << restBits) | (restBits > 0 ? decoder.direct(restBits) : 0)) >>> 0
    return this.#decodeLarge(decoder, top, restBits)
  }

  /** `restBits` is 16 or more here. */
  #decodeLarge(decoder: RangeDecoder, top: number, restBits: number): number {
    if (restBits >= 32) {
      const highBits = restBits - 32
      this.high = ((top << highBits) | (highBits > 0 ? decoder.direct(highBits) : 0)) >>> 0
      return decoder.direct(32)
    }
    this.high = top >>> (32 - restBits)
    return ((top << restBits) | decoder.direct(restBits)) >>> 0
  }
}

/** The lower 32 bits of a 64-bit number shifted right by 0 to 63. */
function shiftRight(low: number, high: number, count: number): number {
  if (count >= 32) return high >>> (count - 32)
  return count === 0 ? low : (high << (32 - count)) | (low >>> count)
}
