import type { ColumnData } from '../../lib/model/scan.ts'
import type { Value } from '../../lib/model/trace.ts'

/** By row, in order, the values of a column. */
export function valuesOf(columns: readonly ColumnData[]): [number, Value][] {
  const pairs = columns.flatMap(({ rows, values, type }) => {
    const value = (i: number): Value => {
      if ('codes' in values) return values.dictionary[values.codes[i]!]!
      if ('bigints' in values) return values.bigints[i]!
      return type === 'double' ? values.numbers[i]! : values.base + BigInt(values.numbers[i]!)
    }
    const count =
      'codes' in values ? values.codes.length : 'bigints' in values ? values.bigints.length : values.numbers.length
    return Array.from({ length: count }, (_, i): [number, Value] => [rows?.[i] ?? i, value(i)])
  })
  return pairs.sort(([a], [b]) => a - b)
}
