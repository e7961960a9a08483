import { Mixture } from './mixture.ts'
import { contextOf, SymbolModel } from './symbol-model.ts'

/** Of longer texts the rest is taken to cost as much a character as the beginning. */
const maxCharacters = 2000
const maxFields = 1 << 14
const end = 0x10000

/**
 * Costs of texts that are new, character by character: a mixture of what stood at this place of the field's other texts,
 * what follows the last two characters, and what stood at this place of the text before.
 */
export class TextModel {
  readonly #byPlace = new SymbolModel()
  readonly #byHistory = new SymbolModel()
  readonly #byPrevious = new SymbolModel()
  readonly #mixture = new Mixture()
  readonly #previous = new Map<number, string>()

  /** `field` tells apart texts of different kinds. */
  cost(text: string, field: number): number {
    const previous = this.#previous.get(field) ?? ''
    const costed = Math.min(text.length, maxCharacters)
    let bits = 0
    let [before, last] = [0, 0]
    for (let i = 0; i <= costed; i++) {
      const character = i < text.length ? text.charCodeAt(i) : end
      bits += this.#characterCost(character, field, i, before, last, i < previous.length ? previous.charCodeAt(i) : end)
      before = last
      last = character
    }
    if (this.#previous.size >= maxFields) this.#previous.clear()
    this.#previous.set(field, text.slice(0, maxCharacters))
    return costed < text.length ? (bits * text.length) / costed : bits
  }

  #characterCost(
    character: number,
    field: number,
    place: number,
    before: number,
    last: number,
    previous: number,
  ): number {
    const unknown = character < 256 || character === end ? 7 : 16
    const byPlace = this.#byPlace.cost(character, contextOf(field, place), field, 0)
    const byHistory = this.#byHistory.cost(character, contextOf(field, before, last), contextOf(last), 0)
    const byPrevious = this.#byPrevious.cost(
      character,
      contextOf(field, place, previous),
      contextOf(field, previous),
      0,
    )
    return this.#mixture.cost(field, [
      byPlace + (this.#byPlace.isNew ? unknown : 0),
      byHistory + (this.#byHistory.isNew ? unknown : 0),
      byPrevious + (this.#byPrevious.isNew ? unknown : 0),
    ])
  }
}
