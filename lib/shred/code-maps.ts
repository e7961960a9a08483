import { type Attribute, valueType } from '../model/trace.ts'
import { type AttributeShredder, valueLength } from './attributes.ts'
import type { CodedColumn } from './columns.ts'

/** Which codes of a table have been met in the segment at hand: emptied at no cost. */
export class Met {
  readonly #rounds: Uint32Array
  #round = 0

  constructor(size: number) {
    this.#rounds = new Uint32Array(size)
  }

  clear(): void {
    this.#round++
  }

  /** True where the code was met before. */
  meet(code: number): boolean {
    if (this.#rounds[code] === this.#round) return true
    this.#rounds[code] = this.#round
    return false
  }
}

/** Codes of a table as those of a segment's column. */
export class CodeMap<T> {
  readonly #values: readonly T[]
  readonly #met: Met
  readonly #codes: Uint32Array

  constructor(values: readonly T[]) {
    this.#values = values
    this.#met = new Met(values.length)
    this.#codes = new Uint32Array(values.length)
  }

  /** Begins another segment. */
  clear(): void {
    this.#met.clear()
  }

  /** Adds a value; true where it is new to the column. */
  push(column: CodedColumn<T>, code: number): boolean {
    if (this.#met.meet(code)) {
      column.codes.push(this.#codes[code]!)
      return false
    }
    const isNew = column.push(this.#values[code]!)
    this.#codes[code] = column.codes.at(column.codes.length - 1)
    return isNew
  }
}

/** Codes of attributes as columns of a segment, and as the codes of texts in these. */
export class AttributeMap {
  readonly #values: readonly Attribute[]
  readonly #met: Met
  readonly #columns: Uint32Array
  readonly #texts: Int32Array
  readonly #lengths: Float64Array

  constructor(values: readonly Attribute[]) {
    this.#values = values
    this.#met = new Met(values.length)
    this.#columns = new Uint32Array(values.length)
    this.#texts = new Int32Array(values.length)
    this.#lengths = new Float64Array(values.length)
  }

  clear(): void {
    this.#met.clear()
  }

  /** Adds an attribute to the list of the owner at hand. */
  push(shredder: AttributeShredder, code: number): void {
    if (!this.#met.meet(code)) return this.#pushNew(shredder, code)
    const place = this.#columns[code]!
    shredder.step(place, this.#lengths[code]!)
    const column = shredder.columns[place]!
    const text = this.#texts[code]!
    if (text >= 0) column.addText(text)
    else column.add(this.#values[code]!.value)
  }

  #pushNew(shredder: AttributeShredder, code: number): void {
    const { key, value } = this.#values[code]!
    const place = shredder.column(key, valueType(value))
    const length = valueLength(value)
    shredder.step(place, length)
    const column = shredder.columns[place]!
    column.add(value)
    const { codes } = column.texts
    this.#columns[code] = place
    this.#lengths[code] = length
    this.#texts[code] = codes.length === column.length ? codes.at(codes.length - 1) : -1
  }
}
