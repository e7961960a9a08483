import type { Attribute, Attributes } from '../lib/model/trace.ts'
import type { FloorMeter } from './floor-meter.ts'

/** Less than any known compressor needs for the letters of words that it has not seen. */
const bitsPerCharacter = 2

/**
 * Counts the names that stand in the data. Unlike the few names of `classic`, these are long (stack traces, statements)
 * and share most of their words, so what counts is each distinct word, once, and cheaply: a floor must not be too high.
 */
export class Words {
  readonly #floor: FloorMeter
  readonly #texts = new Set<string>()
  readonly #words = new Set<string>()
  readonly #lists = new WeakSet<Attributes>()

  constructor(floor: FloorMeter) {
    this.#floor = floor
  }

  add(text: string): void {
    if (this.#texts.has(text)) return
    this.#texts.add(text)
    for (const word of text.match(/[\p{L}\p{N}]+/gu) ?? []) {
      if (this.#words.has(word)) continue
      this.#words.add(word)
      this.#floor.add('names', word.length * bitsPerCharacter)
    }
  }

  /** Counts the keys and texts of a list that is used many times. */
  addList(list: Attributes): void {
    if (this.#lists.has(list)) return
    this.#lists.add(list)
    for (const { key, value } of list) {
      this.add(key)
      if (typeof value === 'string') this.add(value)
    }
  }
}

/** Attributes that are always the same; whole numbers become ints. */
export function constants(values: Record<string, string | number | boolean>): readonly Attribute[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? BigInt(value) : value,
  }))
}
