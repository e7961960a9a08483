import { contextOf, SymbolModel } from './symbol-model.ts'

/** Bits below the leading one that are learned with it; those further down are taken as random. */
const learnedBits = 3
const maxExact = 2 << learnedBits
const newSize = 2 ** -10

/**
 * Probabilities of whole numbers: as one that came before in the context, or by size, which is the bit length with the
 * three bits after the leading one, learned by context, and the rest random. Both ways count, as in a mixture.
 */
export class NumberModel {
  readonly #values = new SymbolModel()
  readonly #sizes = new SymbolModel()

  /** Contexts go from special to general. Above 2^53 the result is right to a bit or so. */
  take(value: number, special: number, general: number): number {
    const { symbol, rawBits } = sizeOf(value)
    const size = this.#sizes.take(symbol, special, general, 0)
    const bySize = (this.#sizes.isNew ? size * newSize : size) * 2 ** -rawBits
    const byValue = this.#values.take(symbolOf(value), special)
    return this.#values.escape * bySize + (this.#values.isNew ? 0 : byValue)
  }
}

function sizeOf(value: number): { symbol: number; rawBits: number } {
  const size = Math.abs(value)
  const sign = value < 0 ? 1 : 0
  if (size < maxExact) return { symbol: size * 2 + sign, rawBits: 0 }
  const rawBits = bitLength(size) - 1 - learnedBits
  return { symbol: (rawBits * maxExact + Math.floor(size / 2 ** rawBits)) * 2 + sign, rawBits }
}

function bitLength(size: number): number {
  return size < 2 ** 32 ? 32 - Math.clz32(size) : Math.floor(Math.log2(size)) + 1
}

function symbolOf(value: number): number {
  return contextOf(value | 0, Math.floor(value / 2 ** 32) | 0)
}
