import { getOrInsert } from '../../lib/maps.ts'
import { bitsOf, contextOf, SymbolModel } from './symbol-model.ts'

/** A step from the id before it that is larger is not looked for: the word is taken as random. */
const maxStep = 1 << 15
const random = 1 << 16

/** Ids of one length. */
class IdClass {
  readonly #zeros: Uint32Array
  readonly #ones: Uint32Array
  readonly #rawCounts: Float64Array
  readonly #previous: Uint32Array
  readonly #words: Uint32Array
  /** Ids so far. */
  count = 0

  constructor(byteLength: number) {
    const wordCount = Math.ceil(byteLength / 4)
    this.#zeros = new Uint32Array(wordCount)
    this.#ones = new Uint32Array(wordCount)
    this.#rawCounts = new Float64Array(wordCount)
    this.#previous = new Uint32Array(wordCount)
    this.#words = new Uint32Array(wordCount)
  }

  /** Bits of what tells how each word follows from the id before; those of random words are known at the end. */
  add(id: string, steps: SymbolModel, field: number): number {
    let bits = 0
    const words = this.#words
    parseWords(id, words)
    for (let i = 0; i < words.length; i++) {
      this.#ones[i] |= words[i]
      this.#zeros[i] |= ~words[i]
      const step = words[i] - this.#previous[i]
      const symbol = Math.abs(step) < maxStep ? step + maxStep : random
      if (this.count > 0) bits += bitsOf(steps.take(symbol, contextOf(field, i))) + (steps.isNew ? 16 : 0)
      if (symbol === random || this.count === 0) this.#rawCounts[i]++
      this.#previous[i] = words[i]
    }
    this.count++
    return bits
  }

  randomBits(): number {
    return this.#rawCounts.reduce((sum, count, i) => sum + count * bitCount(this.#ones[i] & this.#zeros[i]), 0)
  }
}

/**
 * Costs of ids. Bits that never vary among ids of a length cost nothing, nor do words that count up; all others are
 * random. Nothing is held but masks.
 */
export class IdModel {
  readonly #classes = new Map<number, IdClass>()
  readonly #kinds = new SymbolModel()
  readonly #steps = new SymbolModel()
  #bits = 0

  add(id: string): void {
    const isPadded = id.length === 32 && id.startsWith('0000000000000000')
    const field = id.length * 2 + (isPadded ? 1 : 0)
    const ids = getOrInsert(this.#classes, field, () => new IdClass(id.length >> 1))
    this.#bits += bitsOf(this.#kinds.take(field, 0)) + (this.#kinds.isNew ? 6 : 0) + ids.add(id, this.#steps, field)
  }

  bits(): number {
    let bits = this.#bits
    for (const ids of this.#classes.values()) bits += ids.randomBits()
    return bits
  }
}

function parseWords(id: string, words: Uint32Array): void {
  words.fill(0)
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    words[i >> 3] = (words[i >> 3] << 4) | (code <= 0x39 ? code - 0x30 : code - 0x57)
  }
}

function bitCount(word: number): number {
  let rest = word >>> 0
  let count = 0
  for (; rest !== 0; rest &= rest - 1) count++
  return count
}
