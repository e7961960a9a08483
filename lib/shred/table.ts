/** A column that was read: its distinct values, and their codes by row. */
export interface Table<T> {
  readonly values: readonly T[]
  readonly codes: Uint32Array
}

/** The value of a row. */
export function valueAt<T>({ values, codes }: Table<T>, row: number): T {
  return values[codes[row]!]!
}
