import { grown } from '../../bytes/growing.ts'

/** By level how many elements have it, and zeros behind the greatest. */
export interface LevelCounts {
  readonly repetitions: readonly number[]
  readonly definitions: readonly number[]
}

/** The levels of the elements of a repeated field, a byte each: all its columns share them. */
export class Levels {
  #repetitions = new Uint8Array(1 << 10)
  #definitions = new Uint8Array(1 << 10)
  #length = 0
  #counts: LevelCounts | undefined

  add(repetition: number, definition: number): void {
    if (this.#length === this.#repetitions.length) {
      this.#repetitions = grown(this.#repetitions)
      this.#definitions = grown(this.#definitions)
    }
    this.#repetitions[this.#length] = repetition
    this.#definitions[this.#length++] = definition
  }

  /** Views, valid until the next element. */
  get repetitions(): Uint8Array {
    return this.#repetitions.subarray(0, this.#length)
  }

  get definitions(): Uint8Array {
    return this.#definitions.subarray(0, this.#length)
  }

  /** How many elements have each level; asked for when all are there. */
  get counts(): LevelCounts {
    this.#counts ??= { repetitions: countsOf(this.repetitions), definitions: countsOf(this.definitions) }
    return this.#counts
  }

  get byteLength(): number {
    return 2 * this.#length
  }

  clear(): void {
    this.#length = 0
    this.#counts = undefined
  }
}

function countsOf(levels: Uint8Array): number[] {
  const counts = new Uint32Array(1 << 8)
  for (let i = 0; i < levels.length; i++) counts[levels[i]!]!++
  return Array.from(counts)
}
