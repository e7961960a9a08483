import { Mixture } from './mixture.ts'
import { bitsOf, contextOf, SymbolModel } from './symbol-model.ts'

/** Of longer texts the rest is taken to cost as much a character as the beginning. */
const maxCharacters = 2000
const end = 0x10000

/**
 * Costs of texts that are new, character by character: a mixture of what stood at this place of the field's other texts
 * and of what followed the last two characters.
 */
export class TextModel {
  readonly #byPlace = new SymbolModel()
  readonly #byHistory = new SymbolModel()
  readonly #mixture = new Mixture()

  /** Bits of the text; `field` tells apart texts of different kinds. */
  cost(text: string, field: number): number {
    const costed = Math.min(text.length, maxCharacters)
    let bits = 0
    let [before, last] = [0, 0]
    for (let i = 0; i <= costed; i++) {
      const character = i < text.length ? text.charCodeAt(i) : end
      bits += bitsOf(this.#take(character, field, i, before, last))
      before = last
      last = character
    }
    return costed < text.length ? (bits * text.length) / costed : bits
  }

  #take(character: number, field: number, place: number, before: number, last: number): number {
    const ifNew = character < 256 || character === end ? 2 ** -7 : 2 ** -16
    const byPlace = this.#byPlace.take(character, contextOf(field, place), field)
    const byHistory = this.#byHistory.take(character, contextOf(field, before, last), last)
    return this.#mixture.take(field, [
      this.#byPlace.isNew ? byPlace * ifNew : byPlace,
      this.#byHistory.isNew ? byHistory * ifNew : byHistory,
    ])
  }
}
