import { CountTable, mix } from './count-table.ts'

/** Stands in the table for a context itself: how often it came, and how often with a symbol that it had not had. */
const ofContext = 0xffffffff
const bucketCount = 32
const maxLevels = 5

/**
 * Costs of symbols (32-bit numbers) in contexts, adaptively: each costs what its frequency so far says. Contexts go
 * from special to general; a symbol that one has not had costs an escape, and the next is asked. How probable escapes
 * are is learned from all contexts that have had about as many old and new symbols.
 */
export class SymbolModel {
  /** Whether no context had had the last symbol: its description is then to be added. */
  isNew = false
  /** What it would have cost to escape from all contexts asked at the last symbol. */
  escapeBits = 0
  readonly #table = new CountTable()
  readonly #hits = new Float64Array(maxLevels * bucketCount * bucketCount)
  readonly #tries = new Float64Array(maxLevels * bucketCount * bucketCount)

  /** Bits of the symbol, which then counts as seen. */
  cost(symbol: number, ...contexts: number[]): number {
    const table = this.#table
    table.reserve(2 * contexts.length)
    let bits = 0
    this.escapeBits = 0
    for (let level = 0; level < contexts.length; level++) {
      const context = mix(contexts[level], level)
      const total = table.slot(context, ofContext)
      const pair = table.slot(context, symbol)
      const [seenCount, newCount, count] = [table.first[total], table.second[total], table.first[pair]]
      table.first[total]++
      table.first[pair]++
      const isHit = count > 0
      if (!isHit) table.second[total]++
      if (seenCount === 0) continue
      const hit = this.#hitProbability(level, seenCount - newCount, newCount, isHit)
      const escape = -Math.log2(1 - hit)
      this.escapeBits += escape
      if (isHit) {
        this.isNew = false
        return bits - Math.log2((hit * count) / seenCount)
      }
      bits += escape
    }
    this.isNew = true
    return bits
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

/** A context of several numbers. */
export function contextOf(...parts: number[]): number {
  let context = parts.length
  for (const part of parts) context = mix(context, part)
  return context
}
