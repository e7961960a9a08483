import { words } from '../../../bytes/arena.ts'
import { StringCache } from '../../../bytes/string-cache.ts'
import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'
import type { Value, ValueType } from '../../../model/trace.ts'
import type { Table } from '../../../shred/table.ts'
import { decodeValue } from '../../../shred/value-texts.ts'
import { type Field, type FieldOwner, fieldOwners, firstFieldId, tailId } from '../layout/columns.ts'
import { lazyBy, once } from '../layout/lazy.ts'
import type { PageGroupColumns, TailPlace } from './page-group-columns.ts'
import { cutNumbers } from './row-slices.ts'

/** The attributes of the spans, events and links of a page group. */
export class FieldColumns {
  readonly #columns: PageGroupColumns
  /** By column: fields that share one are cut from it. */
  readonly #numbers = new Map<number, ReadNumbers>()
  readonly #doubles = new Map<number, Float64Array>()
  readonly #texts = new Map<number, Table<string>>()
  readonly #values = new Map<number, readonly Value[]>()

  constructor(columns: PageGroupColumns) {
    this.#columns = columns
  }

  /** The owner's row of each value of a field. */
  rows(owner: FieldOwner, field: number): Uint32Array {
    const { symbols, shapes, counts } = this.#columns.shapes(owner)
    const uses = usesOf(field, shapes)
    const rows = words(counts.get(field) ?? 0)
    let at = 0
    for (let row = 0; row < symbols.length; row++)
      for (let left = uses[symbols[row]!]!; left > 0; left--) rows[at++] = row
    return rows
  }

  /** The values of a field, in the order of their owners. */
  readonly values = lazyBy((field: number): readonly Value[] => {
    const { column, start, end, total } = this.placeOf(field)
    const { type } = this.#fields[field]!
    return once(this.#values, column, () => readValues(this.#columns, column, type, total)).slice(start, end)
  })

  /** Of bools and ints. */
  numbers(field: number): ReadNumbers {
    const { column, start, end, total } = this.placeOf(field)
    const numbers = once(this.#numbers, column, () => this.#columns.pages.numbers(column, total))
    return end - start === total ? numbers : cutNumbers(numbers, { start, count: end - start })
  }

  /** Of ints, which 64 bits hold. */
  ints(field: number): ReadNumbers {
    const numbers = this.numbers(field)
    checkInts(this.#columns, this.placeOf(field).column, numbers)
    return numbers
  }

  doubles(field: number): Float64Array {
    const { column, start, end, total } = this.placeOf(field)
    return once(this.#doubles, column, () => this.#columns.pages.doubles(column, total)).subarray(start, end)
  }

  /** Of strings: distinct ones, and by value its position among these. */
  texts(field: number): Table<string> {
    const { column, start, end, total } = this.placeOf(field)
    const { values, codes } = once(this.#texts, column, () => this.#columns.column(column, total, text => text))
    return { values, codes: codes.subarray(start, end) }
  }

  /** The column with the values of a field, where they are in it, and how many values it has. */
  placeOf(field: number): TailPlace {
    const tail = this.#columns.context.tails?.get(field)
    if (tail) return tail
    const { owner, type } = this.#fields[field]!
    const count = this.#columns.shapes(owner).counts.get(field) ?? 0
    if (count === 0 || this.hasOwnColumn(field) || type === 'empty')
      return { column: firstFieldId + field, start: 0, end: count, total: count }
    let [start, total] = [0, 0]
    for (const [other, otherCount] of this.#rareCounts(type)) {
      if (other === field) start = total
      total += otherCount
    }
    return { column: tailId(type), start, end: start + count, total }
  }

  hasOwnColumn(field: number): boolean {
    return this.#columns.pages.entry(firstFieldId + field) !== undefined
  }

  /** The rare fields of a type, ascending, with their counts. */
  readonly #rareCounts = lazyBy((type: ValueType): [number, number][] => {
    const all = fieldOwners.flatMap(owner => [...this.#columns.shapes(owner).counts])
    return all
      .filter(([field, count]) => this.#fields[field]!.type === type && count > 0 && !this.hasOwnColumn(field))
      .sort((a, b) => a[0] - b[0])
  })

  get #fields(): readonly Field[] {
    return this.#columns.context.block.toc.fields
  }
}

/** By shape: how often the field occurs in it. */
function usesOf(field: number, shapes: readonly (readonly number[])[]): Uint32Array {
  const uses = new Uint32Array(shapes.length)
  for (let symbol = 0; symbol < shapes.length; symbol++) {
    const shape = shapes[symbol]!
    for (let i = 0; i < shape.length; i++) if (shape[i] === field) uses[symbol]!++
  }
  return uses
}

/** All values of a column of attributes. */
function readValues(columns: PageGroupColumns, column: number, type: ValueType, count: number): readonly Value[] {
  const pages = columns.pages
  switch (type) {
    case 'empty':
      return new Array<Value>(count).fill(null)
    case 'string':
      return columns.textsOf(pages.text(column, count), column)
    case 'bool':
      return Array.from(pages.numbers(column, count).values, number => number === 1)
    case 'double':
      return Array.from(pages.doubles(column, count))
    case 'int': {
      const numbers = pages.numbers(column, count)
      checkInts(columns, column, numbers)
      const bigints = Array.from(numbers.values, BigInt)
      for (const { row, value } of numbers.exceptions) bigints[row] = value
      return bigints
    }
    default: {
      const place = `blockpack page group ${columns.context.pageGroup.index}, column ${column}`
      const { symbols, fileCodes, locals } = pages.text(column, count)
      const texts = columns.entries(column, fileCodes).concat(locals)
      const strings = new StringCache(1024)
      const values = texts.map(text => decodeValue(place, text, type, strings))
      return Array.from(symbols, symbol => values[symbol]!)
    }
  }
}

function checkInts({ pages }: PageGroupColumns, column: number, { exceptions }: ReadNumbers): void {
  for (const { value } of exceptions)
    if (BigInt.asIntN(64, value) !== value) pages.fail(String(column), `${value} exceeds 64 bits`)
}
