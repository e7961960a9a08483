import type { Column } from './column.ts'
import type { RowGroupColumns } from './row-group-columns.ts'

/** Readers of a column's values by element of its innermost repeated field. */

/** Strings; an absent one is empty. */
export function textsOf(column: Column): (element: number) => string {
  const { places, texts } = column
  const { codes } = column.bytes
  return element => (places[element]! < 0 ? '' : texts[codes[places[element]!]!]!)
}

/** Ids as lower-case hex of at most `maxBytes` bytes. */
export function idsOf(column: Column, maxBytes: number): (element: number) => string {
  const { places } = column
  const { codes, entries } = column.bytes
  return element => {
    const entry = codes[places[element]!]
    if (entry === undefined) return ''
    const byteLength = entries.byteLength(entry)
    return byteLength <= maxBytes
      ? entries.hex(entry)
      : column.fail(`an id of ${byteLength} bytes, at most ${maxBytes} are one`)
  }
}

/** Unsigned 64-bit integers. */
export function uint64sOf(column: Column): (element: number) => bigint {
  const { places } = column
  const { buffer, byteOffset, length } = numbersOf(column, 'INT64').numbers
  const numbers = new BigUint64Array(buffer, byteOffset, length)
  return element => numbers[places[element]!] ?? 0n
}

/** Integers of 64 bits that must fit into 32. */
export function int32sOf(column: Column): (element: number) => number {
  const { places } = column
  const { numbers } = numbersOf(column, 'INT64')
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  return element => {
    const place = places[element]!
    if (place < 0) return 0
    const value = words[2 * place]!
    return words[2 * place + 1] === value >> 31 ? value : column.fail(`${numbers[place]} exceeds 32 bits`)
  }
}

/** Unsigned 32-bit integers, which are stored as signed ones. */
export function uint32sOf(column: Column): (element: number) => number {
  const { places } = column
  const { numbers } = numbersOf(column, 'INT32')
  return element => (numbers[places[element]!] ?? 0) >>> 0
}

/** The values of a column that are numbers of a type. */
export function numbersOf<T extends Exclude<Column['values']['type'], 'BYTE_ARRAY'>>(
  column: Column,
  type: T,
): Extract<Column['values'], { type: T }> {
  if (column.values.type !== type) column.fail(`holds ${column.values.type}, not ${type}`)
  return column.values as Extract<Column['values'], { type: T }>
}

/** By element of the field above, the first element of the `depth`-th one; there must be `parentCount` above. */
export function startsOf(column: Column, depth: number, parentCount: number): Uint32Array {
  const starts = column.starts(depth)
  if (starts.length - 1 === parentCount) return starts
  return column.fail(`stands in ${starts.length - 1} elements, its neighbours in ${parentCount}`)
}

/** By row the elements of a list, of which `first` is a column; `read` gives one element, of so many in all. */
export function listOf<T>(
  columns: RowGroupColumns,
  first: string,
  read: (count: number) => (element: number) => T,
): (row: number) => T[] {
  const starts = startsOf(columns.get(first), 1, columns.rowCount)
  const item = read(starts.at(-1)!)
  return row => Array.from({ length: starts[row + 1]! - starts[row]! }, (_, i) => item(starts[row]! + i))
}

/** By element the entries of a map, which is the `depth`-th repeated field; there must be `count` elements. */
export function mapOf(
  columns: RowGroupColumns,
  name: string,
  depth: number,
  count: number,
): (element: number) => { key: string; value: string }[] {
  const keys = columns.get(`${name}.key_value.key`)
  const starts = startsOf(keys, depth, count)
  const [key, value] = [textsOf(keys), textsOf(columns.get(`${name}.key_value.value`, starts.at(-1)!))]
  return element => {
    const entries: { key: string; value: string }[] = []
    for (let i = starts[element]!; i < starts[element + 1]!; i++) entries.push({ key: key(i), value: value(i) })
    return entries
  }
}
