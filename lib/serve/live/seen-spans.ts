import { mix32 } from '../../bytes/hash.ts'
import { Digester } from '../../model/digest.ts'
import { spanAt } from '../../shred/row-spans.ts'
import { type SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import { isSameSpan } from './same-span.ts'

/** So many spans of one trace with one id are told apart; more are kept without a look. */
const maxSameId = 8
const minPlaces = 1 << 8

/** Finds spans that came before: clients send a request again when they did not hear the answer. */
export class SeenSpans {
  readonly #rows: SpanRows
  /** By place: a row and 1, or 0. */
  #places: Uint32Array
  #count = 0
  readonly #seed = Math.floor(Math.random() * 2 ** 32)
  readonly #digester = new Digester()

  /** With room for so many spans. */
  constructor(rows: SpanRows, expected: number) {
    this.#rows = rows
    this.#places = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(minPlaces, 2 * expected))))
  }

  /** Enters the rows from `start` on, and returns those whose equal is in a row before `start`. */
  enter(start: number): number[] {
    const { length } = this.#rows
    while ((this.#count + length - start) * 2 > this.#places.length) this.#grow()
    const duplicates: number[] = []
    for (let row = start; row < length; row++) if (!this.#enterOne(row, start)) duplicates.push(row)
    return duplicates
  }

  /** Knows only the first rows afterwards, which are all that there are. */
  rebuild(): void {
    this.#places.fill(0)
    this.#count = 0
    this.enter(0)
  }

  /** False where a row before `start` has its equal: it is not entered then. */
  #enterOne(row: number, start: number): boolean {
    const mask = this.#places.length - 1
    let place = this.#hash(row) & mask
    let sameId = 0
    for (; this.#places[place] !== 0; place = (place + 1) & mask) {
      const other = this.#places[place]! - 1
      if (!this.#hasSameId(row, other)) continue
      if (++sameId > maxSameId) return true
      if (other < start && this.#isEqual(row, other)) return false
    }
    this.#places[place] = row + 1
    this.#count++
    return true
  }

  #hash(row: number): number {
    const spans = this.#rows.spans.array
    const at = row * spanWidth
    const id = mix32(spans[at + spanField.idLow]! ^ this.#seed) ^ spans[at + spanField.idHigh]!
    return mix32(mix32(id) ^ spans[at + spanField.trace]!)
  }

  #hasSameId(row: number, other: number): boolean {
    const spans = this.#rows.spans.array
    const [a, b] = [row * spanWidth, other * spanWidth]
    return (
      spans[a + spanField.idLow] === spans[b + spanField.idLow] &&
      spans[a + spanField.idHigh] === spans[b + spanField.idHigh] &&
      spans[a + spanField.trace] === spans[b + spanField.trace]
    )
  }

  #isEqual(row: number, other: number): boolean {
    return isSameSpan(this.#rows, row, other) ?? this.#digestOf(row) === this.#digestOf(other)
  }

  #digestOf(row: number): string {
    return this.#digester.digest({ traceId: '', spans: [spanAt(this.#rows, row)] })
  }

  #grow(): void {
    const old = this.#places
    this.#places = new Uint32Array(old.length * 4)
    const mask = this.#places.length - 1
    for (const entry of old) {
      if (entry === 0) continue
      let place = this.#hash(entry - 1) & mask
      while (this.#places[place] !== 0) place = (place + 1) & mask
      this.#places[place] = entry
    }
  }
}
