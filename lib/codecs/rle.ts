import { LabError } from '../error.ts'
import { checkEqual, checkValueCount } from './counts.ts'

/** Rows of equal values: each value once, and how often it stands in a row. */
export interface Runs {
  values: Uint32Array
  /** At least 1 each. */
  lengths: Uint32Array
}

/** The number of runs: what encodeRuns would make, without making it. */
export function countRuns(values: Uint32Array): number {
  let count = values.length > 0 ? 1 : 0
  for (let i = 1; i < values.length; i++) if (values[i] !== values[i - 1]) count++
  return count
}

/** The runs of a column. */
export function encodeRuns(column: Uint32Array): Runs {
  const count = countRuns(column)
  const values = new Uint32Array(count)
  const lengths = new Uint32Array(count)
  for (let i = 0, run = -1; i < column.length; i++) {
    if (i === 0 || column[i] !== column[i - 1]) values[++run] = column[i]
    lengths[run]++
  }
  return { values, lengths }
}

/** The column of `count` values, in `out` if given. The lengths must add up to it. */
export function decodeRuns({ values, lengths }: Runs, count: number, out?: Uint32Array): Uint32Array {
  checkEqual('runs', 'lengths', values.length, lengths.length)
  let total = 0
  for (let i = 0; i < lengths.length; i++) {
    if (lengths[i] === 0) throw new LabError('corrupt', `runs: run ${i} is empty`)
    total += lengths[i]
  }
  checkEqual('runs', 'values', checkValueCount(count, 'runs'), total)
  const column = out ?? new Uint32Array(count)
  for (let i = 0, start = 0; i < values.length; start += lengths[i++]) column.fill(values[i], start, start + lengths[i])
  return column
}
