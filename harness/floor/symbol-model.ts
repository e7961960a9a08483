import { BoundedCache } from '../../lib/maps.ts'
import { CountTable, mix } from './count-table.ts'

/** Stands in the table for a context itself: how often it came, and how often with a symbol that it had not had. */
const ofContext = 0xffffffff
const bucketCount = 32
const maxLevels = 4
const none = -1

/**
 * Probabilities of symbols (32-bit numbers) in contexts, adaptively: each has its frequency so far. Contexts go from
 * special to general; from one that has not had the symbol the next is reached by an escape. How probable escapes are
 * is learned from all contexts that have had about as many old and new symbols.
 */
export class SymbolModel {
  /** Whether no context had had the last symbol: its description is then to be paid for too. */
  isNew = false
  /** The probability of an escape from all contexts asked at the last symbol. */
  escape = 1
  readonly #table = new CountTable()
  readonly #hits = new Float64Array(maxLevels * bucketCount * bucketCount)
  readonly #tries = new Float64Array(maxLevels * bucketCount * bucketCount)
  readonly #contexts = new Float64Array(maxLevels)

  /** The probability of the symbol, or of a new one, before it counts as seen. One to four contexts. */
  take(symbol: number, first: number, second = none, third = none, fourth = none): number {
    const contexts = this.#contexts
    contexts[0] = first
    contexts[1] = second
    contexts[2] = third
    contexts[3] = fourth
    this.#table.reserve(2 * maxLevels)
    this.escape = 1
    for (let level = 0; level < maxLevels && contexts[level] !== none; level++) {
      const before = this.escape
      const known = this.#takeIn(symbol, mix(contexts[level], level), level)
      if (known > 0) {
        this.isNew = false
        return before * known
      }
    }
    this.isNew = true
    return this.escape
  }

  /** The symbol's probability in one context, or 0 where it is new there. */
  #takeIn(symbol: number, context: number, level: number): number {
    const total = this.#table.slot(context, ofContext)
    const pair = this.#table.slot(context, symbol)
    const { counts } = this.#table
    const seenCount = counts[total]++
    const newCount = counts[total + 1]
    const count = counts[pair]++
    if (count === 0) counts[total + 1]++
    if (seenCount === 0) return 0
    const hit = this.#hitProbability(level, seenCount - newCount, newCount, count > 0)
    this.escape *= 1 - hit
    return (hit * count) / seenCount
  }

  #hitProbability(level: number, oldCount: number, newCount: number, isHit: boolean): number {
    const bucket = (level * bucketCount + 32 - Math.clz32(oldCount)) * bucketCount + 32 - Math.clz32(newCount)
    const prior = (oldCount + 0.5) / (oldCount + newCount + 1)
    const probability = (this.#hits[bucket] + 2 * prior) / (this.#tries[bucket] + 2)
    this.#tries[bucket]++
    if (isHit) this.#hits[bucket]++
    return probability
  }
}

/** The bits that something of this probability costs. */
export function bitsOf(probability: number): number {
  return -Math.log2(probability)
}

/** A context of two to five numbers. */
export function contextOf(a: number, b: number, c = 0, d = 0, e = 0): number {
  return mix(mix(mix(a, b), mix(c, d)), mix(e, 0))
}

/** What a text weighs among those that an interner holds, beside its characters. */
const textWeight = 128

/** Numbers for texts. When it holds too many it forgets them all; a text gets another number then. */
export function interner(): (text: string) => number {
  const ids = new BoundedCache<number>(1 << 26, text => textWeight + text.length)
  let next = 16
  return text => ids.get(text, () => next++)
}
