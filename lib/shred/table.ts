import { Dictionary } from '../encodings/dictionary.ts'

/** A column that was read: its distinct values, and their codes by row. */
export interface Table<T> {
  readonly values: readonly T[]
  readonly codes: Uint32Array
}

/** The value of a row. */
export function valueAt<T>({ values, codes }: Table<T>, row: number): T {
  return values[codes[row]!]!
}

/** The values of all rows. */
export function valuesByRow<T>({ values, codes }: Table<T>): T[] {
  const byRow = new Array<T>(codes.length)
  for (let row = 0; row < codes.length; row++) byRow[row] = values[codes[row]!]!
  return byRow
}

/** Several columns of texts, one after the other: equal texts have one code, in the order of first use. */
export function joinTables(tables: readonly Table<string>[]): Table<string> {
  if (tables.length === 1) return tables[0]!
  const joined = new Dictionary<string>()
  const codes = tables.map(({ values, codes }) => {
    const recoded = values.map(value => joined.code(value))
    return codes.map(code => recoded[code]!)
  })
  return { values: joined.values, codes: Uint32Array.from(codes.flatMap(own => Array.from(own))) }
}
