import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'

/** A column of strings as it was read: symbols, and their strings, some of which are in the dictionary. */
export interface ReadText {
  readonly symbols: Uint32Array
  /** The first symbols are these codes of the file's dictionary. */
  readonly fileCodes: readonly number[]
  /** The symbols from there on. */
  readonly locals: readonly string[]
}

/** Rows `[start, start + count)` of the `total` rows of a column. */
export interface RowSlice {
  readonly start: number
  readonly count: number
  readonly total: number
}

/** The numbers of some rows. */
export function cutNumbers(
  { values, exceptions }: ReadNumbers,
  { start, count }: Omit<RowSlice, 'total'>,
): ReadNumbers {
  const own = exceptions.filter(({ row }) => row >= start && row < start + count)
  return {
    values: values.slice(start, start + count),
    exceptions: own.map(({ row, value }) => ({ row: row - start, value })),
  }
}

/** With the entries only that the rows have. */
export function cutText({ symbols, fileCodes, locals }: ReadText, { start, count }: RowSlice): ReadText {
  const own = symbols.subarray(start, start + count)
  const used = [...new Set(own)].sort((a, b) => a - b)
  const symbolOf = new Map(used.map((symbol, i) => [symbol, i]))
  return {
    symbols: Uint32Array.from(own, symbol => symbolOf.get(symbol)!),
    fileCodes: used.filter(symbol => symbol < fileCodes.length).map(symbol => fileCodes[symbol]!),
    locals: used.filter(symbol => symbol >= fileCodes.length).map(symbol => locals[symbol - fileCodes.length]!),
  }
}
