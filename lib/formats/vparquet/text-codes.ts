import { Dictionary } from '../../encodings/dictionary.ts'

/** Gives each distinct string a code, in the order of first sight. */
export class TextCodes {
  readonly #distinct = new Dictionary<string>()
  readonly dictionary: readonly string[] = this.#distinct.values

  of(text: string): number {
    return this.#distinct.code(text)
  }

  /** Codes by place in a list, in which strings may repeat or be unused. */
  within(texts: readonly string[]): (place: number) => number {
    const codes = new Int32Array(texts.length).fill(-1)
    return place => {
      if (codes[place]! < 0) codes[place] = this.of(texts[place]!)
      return codes[place]!
    }
  }
}
