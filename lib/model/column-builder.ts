import { getOrInsert } from '../maps.ts'
import type { ColumnData } from './scan.ts'
import { isKeyValueList, type Value, type ValueType, valueType } from './trace.ts'

const exactLimit = 2n ** 53n

/** Collects the values of one column, in the order of their rows, and gives them as typed arrays. */
export interface ColumnBuilder {
  add(row: number, value: Value): void
  /** A column a type that occurs. `rowCount` is the number of rows of the owner. */
  finish(rowCount: number): ColumnData[]
}

interface Gathered {
  readonly rows: number[]
  readonly values: Value[]
}

export function columnBuilder(): ColumnBuilder {
  const byType = new Map<ValueType, Gathered>()
  return {
    add: (row, value) => {
      const gathered = getOrInsert(byType, valueType(value), () => ({ rows: [], values: [] }))
      gathered.rows.push(row)
      gathered.values.push(value)
    },
    finish: rowCount => [...byType].map(([type, gathered]) => columnData(type, gathered, rowCount)),
  }
}

function columnData(type: ValueType, { rows, values }: Gathered, rowCount: number): ColumnData {
  const isWhole = rows.length === rowCount && rows.every((row, i) => row === i)
  return { type, rows: isWhole ? undefined : Uint32Array.from(rows), values: packed(type, values) }
}

function packed(type: ValueType, values: readonly Value[]): ColumnData['values'] {
  if (type === 'double') return { base: 0n, numbers: Float64Array.from(values as number[]) }
  if (type === 'int') return packedInts(values as readonly bigint[])
  return coded(values)
}

/** As numbers over the least of them where all differences are exact as doubles, else as they are. */
function packedInts(values: readonly bigint[]): ColumnData['values'] {
  let least = values[0]!
  let greatest = least
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  if (greatest - least >= exactLimit)
    return { bigints: greatest >= 2n ** 63n ? BigUint64Array.from(values) : BigInt64Array.from(values) }
  const base = least > -exactLimit && greatest < exactLimit ? 0n : least
  return { base, numbers: Float64Array.from(values, value => Number(value - base)) }
}

function coded(values: readonly Value[]): ColumnData['values'] {
  const codeOf = new Map<unknown, number>()
  const dictionary: Value[] = []
  const codes = Uint32Array.from(values, value => getOrInsert(codeOf, keyOf(value), () => dictionary.push(value) - 1))
  return { codes, dictionary }
}

/** The same for values that are the same; strings and bools are their own keys, and no column holds two types. */
function keyOf(value: Value): unknown {
  return typeof value === 'string' || typeof value === 'boolean' || value === null ? value : keyText(value)
}

/** One text for values that are the same. */
export function keyText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return `s${JSON.stringify(value)}`
    case 'boolean':
      return value ? 't' : 'f'
    case 'bigint':
      return `i${value}`
    case 'number':
      return Object.is(value, -0) ? 'd-0' : `d${value}`
    default:
      return value === null ? 'n' : objectText(value)
  }
}

function objectText(value: Exclude<Value, string | boolean | bigint | number | null>): string {
  if (value instanceof Uint8Array) return `b${value.join()}`
  if (isKeyValueList(value))
    return `{${value.entries.map(entry => `${JSON.stringify(entry.key)}:${keyText(entry.value)}`).join()}}`
  return `[${value.map(keyText).join()}]`
}
