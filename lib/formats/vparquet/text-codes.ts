/** Gives each distinct string a code, in the order of first sight. */
export class TextCodes {
  readonly dictionary: string[] = []
  readonly #codes = new Map<string, number>()

  of(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    this.#codes.set(text, this.dictionary.length)
    return this.dictionary.push(text) - 1
  }

  /** Codes by place in a list, in which strings may stand twice or be of no use. */
  within(texts: readonly string[]): (place: number) => number {
    const codes = new Int32Array(texts.length).fill(-1)
    return place => {
      if (codes[place]! < 0) codes[place] = this.of(texts[place]!)
      return codes[place]!
    }
  }
}
