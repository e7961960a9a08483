import { mix32 } from '../bytes/hash.ts'
import { spanField, spanWidth } from './rows.ts'
import { maxSearched, noRow } from './tree.ts'

/** Finds parents among the rows of one trace, by their ids. */
export class RowParents {
  /** By span of the trace: the row of its parent, or one of `noRow`. */
  rows = new Int32Array(64)
  /** By span: its id, in two words, and its length. */
  #ids = new Uint32Array(64 * 3)
  /** By place: a span and 1, or 0. */
  #places = new Uint32Array(256)
  readonly #seed = Math.floor(Math.random() * 2 ** 32)

  /** Fills `rows`; true if an id repeats. `order` has the rows of the trace's spans. */
  find(spans: Uint32Array, order: Uint32Array): boolean {
    const count = order.length
    this.#readIds(spans, order)
    const isSearched = count <= maxSearched
    const hasRepeats = isSearched ? this.#hasRepeats(count) : this.#fill(count)
    for (let i = 0; i < count; i++) {
      const at = order[i]! * spanWidth
      const length = spans[at + spanField.idLengths]! >> 4
      const [high, low] = [spans[at + spanField.parentHigh]!, spans[at + spanField.parentLow]!]
      if (length === 0) this.rows[i] = noRow.none
      // A whole id of zeros names nothing.
      else if (length === 8 && high === 0 && low === 0) this.rows[i] = noRow.outside
      else this.rows[i] = isSearched ? this.#search(count, high, low, length) : this.#lookUp(high, low, length)
    }
    return hasRepeats
  }

  #readIds(spans: Uint32Array, order: Uint32Array): void {
    const count = order.length
    if (count > this.rows.length) {
      this.rows = new Int32Array(count * 2)
      this.#ids = new Uint32Array(count * 6)
    }
    const ids = this.#ids
    for (let i = 0; i < count; i++) {
      const at = order[i]! * spanWidth
      ids[3 * i] = spans[at + spanField.idHigh]!
      ids[3 * i + 1] = spans[at + spanField.idLow]!
      ids[3 * i + 2] = spans[at + spanField.idLengths]! & 15
    }
  }

  /** The first span that has the id. */
  #search(count: number, high: number, low: number, length: number): number {
    const ids = this.#ids
    for (let i = 0; i < count; i++)
      if (ids[3 * i + 1] === low && ids[3 * i] === high && ids[3 * i + 2] === length) return i
    return noRow.outside
  }

  #hasRepeats(count: number): boolean {
    const ids = this.#ids
    for (let i = 1; i < count; i++) if (this.#search(i, ids[3 * i]!, ids[3 * i + 1]!, ids[3 * i + 2]!) >= 0) return true
    return false
  }

  /** Enters the first span of each id; true if one repeats. */
  #fill(count: number): boolean {
    let size = 256
    while (size < count * 2) size *= 2
    if (size > this.#places.length) this.#places = new Uint32Array(size)
    else this.#places.fill(0)
    let hasRepeats = false
    for (let i = 0; i < count; i++) {
      const place = this.#placeOf(this.#ids[3 * i]!, this.#ids[3 * i + 1]!, this.#ids[3 * i + 2]!)
      if (this.#places[place] === 0) this.#places[place] = i + 1
      else hasRepeats = true
    }
    return hasRepeats
  }

  #lookUp(high: number, low: number, length: number): number {
    const entry = this.#places[this.#placeOf(high, low, length)]!
    return entry === 0 ? noRow.outside : entry - 1
  }

  /** The place of the id, or the free one where it would be. */
  #placeOf(high: number, low: number, length: number): number {
    const ids = this.#ids
    const mask = this.#places.length - 1
    let place = mix32(mix32(low ^ this.#seed) ^ high) & mask
    for (; this.#places[place] !== 0; place = (place + 1) & mask) {
      const at = 3 * (this.#places[place]! - 1)
      if (ids[at + 1] === low && ids[at] === high && ids[at + 2] === length) break
    }
    return place
  }
}
