/** Numbers distinct strings in the order of first use. */
export class Interner {
  readonly texts: string[] = []
  readonly #ids = new Map<string, number>()

  add(text: string): number {
    let id = this.#ids.get(text)
    if (id === undefined) {
      id = this.texts.length
      this.texts.push(text)
      this.#ids.set(text, id)
    }
    return id
  }
}
