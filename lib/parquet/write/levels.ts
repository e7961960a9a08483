import { grown } from '../../bytes/growing.ts'

/** The levels of the elements of a repeated field, a byte each: all its columns share them. */
export class Levels {
  #repetitions = new Uint8Array(1 << 10)
  #definitions = new Uint8Array(1 << 10)
  #length = 0

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

  clear(): void {
    this.#length = 0
  }
}
