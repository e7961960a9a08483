import { StringCache } from '../../../bytes/string-cache.ts'
import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'
import type { Value, ValueType } from '../../../model/trace.ts'
import type { Table } from '../../../shred/table.ts'
import { decodeValue } from '../../../shred/value-texts.ts'
import { type FieldOwner, firstFieldId, tailId } from '../layout/columns.ts'
import type { PageGroupColumns, TailPlace } from './page-group-columns.ts'
import { cutNumbers } from './page-group-pages.ts'

/** The attributes of the spans, events and links of a page group. */

/** The owner's row of each value of a field. */
export function fieldRows(columns: PageGroupColumns, owner: FieldOwner, field: number): Uint32Array {
  const { symbols, shapes, counts } = columns.shapes(owner)
  const uses = usesOf(field, shapes)
  const rows = new Uint32Array(counts.get(field) ?? 0)
  let at = 0
  for (let row = 0; row < symbols.length; row++)
    for (let left = uses[symbols[row]!]!; left > 0; left--) rows[at++] = row
  return rows
}

/** By shape: how often the field stands in it. */
function usesOf(field: number, shapes: readonly (readonly number[])[]): Uint32Array {
  const uses = new Uint32Array(shapes.length)
  for (let symbol = 0; symbol < shapes.length; symbol++) {
    const shape = shapes[symbol]!
    for (let i = 0; i < shape.length; i++) if (shape[i] === field) uses[symbol]!++
  }
  return uses
}

/** The values of a field, in the order of their owners; rare ones come from the column that they share. */
export function fieldValues(columns: PageGroupColumns, field: number): readonly Value[] {
  return columns.once(field, () => {
    const { column, start, end, total } = placeOf(columns, field)
    return valuesOf(columns, column, field, total).slice(start, end)
  })
}

/** Of bools and ints. */
export function fieldNumbers(columns: PageGroupColumns, field: number): ReadNumbers {
  const { column, start, end, total } = placeOf(columns, field)
  const numbers = columns.once(`numbers of ${column}`, () => columns.pages.numbers(column, total))
  return end - start === total ? numbers : cutNumbers(numbers, { start, count: end - start })
}

export function fieldDoubles(columns: PageGroupColumns, field: number): Float64Array {
  const { column, start, end, total } = placeOf(columns, field)
  return columns.once(`doubles of ${column}`, () => columns.pages.doubles(column, total)).subarray(start, end)
}

/** Of strings: distinct ones, and by value their place among these. */
export function fieldTexts(columns: PageGroupColumns, field: number): Table<string> {
  const { column, start, end, total } = placeOf(columns, field)
  const { values, codes } = columns.once(`texts of ${column}`, () => {
    const { symbols, fileCodes, locals } = columns.pages.text(column, total)
    return { values: columns.entries(column, fileCodes).concat(locals), codes: symbols }
  })
  return { values, codes: codes.subarray(start, end) }
}

/** The column in which the values of a field stand, where in it, and how many values it has. */
export function placeOf(columns: PageGroupColumns, field: number): TailPlace {
  const tail = columns.context.tails?.get(field)
  if (tail) return tail
  const { owner, type } = columns.context.block.toc.fields[field]!
  const count = columns.shapes(owner).counts.get(field) ?? 0
  if (count === 0 || hasOwnColumn(columns, field) || type === 'empty')
    return { column: firstFieldId + field, start: 0, end: count, total: count }
  const { start, total } = placeInTail(columns, field)
  return { column: tailId(type), start, end: start + count, total }
}

export function hasOwnColumn(columns: PageGroupColumns, field: number): boolean {
  return columns.pages.entry(firstFieldId + field) !== undefined
}

/** Where the values of a rare field stand in the column of its type, and how many values that has. */
function placeInTail(columns: PageGroupColumns, field: number): { start: number; total: number } {
  const { fields } = columns.context.block.toc
  const { type } = fields[field]!
  const counts = columns.once(`tail of ${type}`, () => countTail(columns, type))
  let [start, total] = [0, 0]
  for (const [other, count] of counts) {
    if (other === field) start = total
    total += count
  }
  return { start, total }
}

/** The rare fields of a type, ascending, with their counts. */
function countTail(columns: PageGroupColumns, type: ValueType): [number, number][] {
  const { fields } = columns.context.block.toc
  const all = (['span', 'event', 'link'] as const).flatMap(owner => [...columns.shapes(owner).counts])
  const rare = all.filter(
    ([field, count]) => fields[field]!.type === type && count > 0 && !hasOwnColumn(columns, field),
  )
  return rare.sort((a, b) => a[0] - b[0])
}

function valuesOf(columns: PageGroupColumns, column: number, field: number, count: number): readonly Value[] {
  return columns.once(`values of ${column}`, () => readValues(columns, column, field, count))
}

function readValues(columns: PageGroupColumns, column: number, field: number, count: number): readonly Value[] {
  const { type } = columns.context.block.toc.fields[field]!
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
      const { values, exceptions } = pages.numbers(column, count)
      const bigints = Array.from(values, BigInt)
      for (const { row, value } of exceptions) {
        if (BigInt.asIntN(64, value) !== value) pages.fail(String(column), `${value} exceeds 64 bits`)
        bigints[row] = value
      }
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
