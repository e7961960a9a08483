const maxTexts = 1 << 19
const maxCharacters = 1 << 26

/** Numbers for texts. When it holds too many it forgets them all; a text gets another number then. */
export class Interner {
  readonly #ids = new Map<string, number>()
  #next = 16
  #characters = 0

  id(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    if (this.#ids.size >= maxTexts || this.#characters >= maxCharacters) this.#forget()
    this.#ids.set(text, this.#next)
    this.#characters += text.length
    return this.#next++
  }

  #forget(): void {
    this.#ids.clear()
    this.#characters = 0
  }
}
