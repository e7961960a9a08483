import { contextOf, SymbolModel } from './symbol-model.ts'

/** Bits below the leading one that are learned with it; those further down are taken as random. */
const learnedBits = 3
const maxExact = 2 << learnedBits
const newClassBits = 10

/**
 * Costs of whole numbers: one that came before in the same context as a symbol, or else by size, which is the bit length
 * with the three bits after the leading one, learned by context, and the rest raw. Both ways count, as in a mixture.
 */
export class NumberModel {
  readonly #values = new SymbolModel()
  readonly #classes = new SymbolModel()

  /** Contexts go from special to general. Above 2^53 the cost is still right to a bit or so. */
  cost(value: number, special: number, general: number): number {
    const { symbol, rawBits } = sizeOf(value)
    const sizeBits =
      this.#classes.cost(symbol, special, general, 0) + (this.#classes.isNew ? newClassBits : 0) + rawBits
    const exactBits = this.#values.cost(symbolOf(value), special)
    if (this.#values.isNew) return exactBits + sizeBits
    return lesserOf(exactBits, this.#values.escapeBits + sizeBits)
  }
}

function lesserOf(a: number, b: number): number {
  const least = Math.min(a, b)
  return least - Math.log2(2 ** (least - a) + 2 ** (least - b))
}

function sizeOf(value: number): { symbol: number; rawBits: number } {
  const size = Math.abs(value)
  const sign = value < 0 ? 1 : 0
  if (size < maxExact) return { symbol: size * 2 + sign, rawBits: 0 }
  const rawBits = Math.floor(Math.log2(size)) - learnedBits
  return { symbol: (rawBits * maxExact + Math.floor(size / 2 ** rawBits)) * 2 + sign, rawBits }
}

function symbolOf(value: number): number {
  return contextOf(value | 0, Math.floor(value / 2 ** 32) | 0)
}
