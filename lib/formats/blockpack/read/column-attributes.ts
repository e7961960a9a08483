import { Dictionary } from '../../../encodings/dictionary.ts'
import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'
import type { Value } from '../../../model/trace.ts'
import { type AttributeColumn, type AttributeShredder, valueLength } from '../../../shred/attributes.ts'
import { CodeMap, Met } from '../../../shred/code-maps.ts'
import type { Table } from '../../../shred/table.ts'
import { encodeValue } from '../../../shred/value-texts.ts'
import type { Field, FieldOwner } from '../layout/columns.ts'
import type { FieldColumns } from './field-columns.ts'
import type { OpenPageGroup } from './page-group.ts'

/** The attributes of the owners of one kind in a page group, as they go to segments: owner by owner, value by value. */
export class OwnerAttributes {
  readonly #lists: Table<readonly number[]>
  readonly #listsMet: Met
  /** By code of a list: its code in the segment. */
  readonly #listCodes: Uint32Array
  /** By number of a field that occurs. */
  readonly #fields: FieldValues[] = []
  #owner = 0

  constructor({ columns, fields }: OpenPageGroup, owner: FieldOwner) {
    this.#lists = columns.lists(owner)
    this.#listsMet = new Met(this.#lists.values.length)
    this.#listCodes = new Uint32Array(this.#lists.values.length)
    const all = columns.context.block.toc.fields
    for (const number of columns.shapes(owner).counts.keys())
      this.#fields[number] = new FieldValues(all[number]!, valuesOf(number, all[number]!, fields))
  }

  /** Begins another segment. */
  clear(): void {
    this.#listsMet.clear()
    this.#fields.forEach(field => void field.clear())
  }

  /** Adds the list of an owner. They come in their order; some may be left out. */
  add(shredder: AttributeShredder, owner: number): void {
    const { values, codes } = this.#lists
    while (this.#owner < owner) for (const field of values[codes[this.#owner++]!]!) this.#fields[field]!.skip()
    const code = codes[this.#owner++]!
    const list = values[code]!
    if (this.#listsMet.meet(code)) shredder.repeatList(this.#listCodes[code]!, list.length)
    else this.#listCodes[code] = this.#begin(shredder, list)
    for (let i = 0; i < list.length; i++) this.#fields[list[i]!]!.add(shredder)
  }

  /** Adds a list that the segment need not have; gives its code there. */
  #begin(shredder: AttributeShredder, list: readonly number[]): number {
    for (const field of list) shredder.step(this.#fields[field]!.begin(shredder), 0)
    return shredder.endList()
  }
}

/** Values of texts with their lengths, or of numbers; of neither there is no more than how many. */
interface ReadValues {
  readonly texts?: Table<string>
  readonly lengths?: ArrayLike<number>
  readonly numbers?: ReadNumbers
}

/** As `AttributeColumn.add` does with each of them. */
function valuesOf(number: number, { type }: Field, fields: FieldColumns): ReadValues {
  switch (type) {
    case 'empty':
      return {}
    case 'string': {
      const texts = fields.texts(number)
      return { texts, lengths: Float64Array.from(texts.values, text => text.length) }
    }
    case 'bool':
      return { numbers: { values: fields.numbers(number).values.map(bool => (bool === 1 ? 1 : 0)), exceptions: [] } }
    case 'int':
      return { numbers: fields.ints(number) }
    case 'double':
      return { numbers: { values: fields.doubles(number), exceptions: [] } }
    default: {
      const distinct = new Dictionary<Value>()
      const codes = Uint32Array.from(fields.values(number), value => distinct.code(value))
      const lengths = Float64Array.from(distinct.values, valueLength)
      return { texts: { values: distinct.values.map(encodeValue), codes }, lengths }
    }
  }
}

/** The values of one field on their way to the columns of segments. */
class FieldValues {
  readonly #field: Field
  readonly #texts: Uint32Array | undefined
  readonly #lengths: ArrayLike<number>
  readonly #map: CodeMap<string>
  readonly #numbers: Float64Array | undefined
  readonly #exceptions: ReadonlyMap<number, bigint>
  #next = 0
  #column: AttributeColumn | undefined

  constructor(field: Field, { texts, lengths = [], numbers }: ReadValues) {
    this.#field = field
    this.#texts = texts?.codes
    this.#lengths = lengths
    this.#map = new CodeMap(texts?.values ?? [])
    this.#numbers = numbers?.values
    this.#exceptions = new Map(numbers?.exceptions.map(({ row, value }) => [row, value]))
  }

  clear(): void {
    this.#map.clear()
    this.#column = undefined
  }

  /** Its column in the segment. */
  begin(shredder: AttributeShredder): number {
    const { key, type } = this.#field
    const place = shredder.column(key, type)
    this.#column = shredder.columns[place]!
    return place
  }

  skip(): void {
    this.#next++
  }

  /** Adds the next value to its column. */
  add(shredder: AttributeShredder): void {
    const at = this.#next++
    const column = this.#column!
    column.length++
    if (this.#texts !== undefined) {
      const code = this.#texts[at]!
      shredder.textLength += this.#lengths[code]!
      this.#map.push(column.texts, code)
    } else if (this.#numbers !== undefined) this.#addNumber(column, at, this.#numbers[at]!)
  }

  #addNumber({ numbers }: AttributeColumn, at: number, number: number): void {
    if (this.#field.type !== 'int') return numbers.pushExact(number)
    const exception = this.#exceptions.size === 0 ? undefined : this.#exceptions.get(at)
    // As a bigint 0 has no sign.
    if (exception !== undefined || !numbers.pushSmall(number + 0)) numbers.push(exception ?? BigInt(number))
  }
}
