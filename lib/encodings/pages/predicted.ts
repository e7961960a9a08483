import { floats, words } from '../../bytes/arena.ts'
import { recode } from '../dictionary.ts'
import type { PageReader } from './page.ts'

/**
 * Numbers of which most are what the last row of the same context had: only the others are stored, with the rows from
 * one to the next (FORMAT.md of blockpack, Predicted).
 */

/** What the numbers of a column are predicted by: rows of one context tend to have one number. */
export interface Contexts {
  /** By row. */
  readonly codes: Uint32Array
  /** All codes are below. */
  readonly size: number
}

/** The rows between the numbers that their contexts do not predict, and these numbers. */
export interface Misses {
  readonly gaps: Float64Array
  readonly values: Float64Array
}

export function findMisses(values: Float64Array, { codes, size }: Contexts): Misses {
  const last = floats(size).fill(Number.NaN)
  const [gaps, missed] = [floats(values.length), floats(values.length)]
  let [count, next] = [0, 0]
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (last[codes[row]!] === value) continue
    last[codes[row]!] = value
    missed[count] = value
    gaps[count++] = row - next
    next = row + 1
  }
  return { gaps: gaps.subarray(0, count), values: missed.subarray(0, count) }
}

/** Refuses misses, told by the rows between them, that are beyond the rows. */
export function checkGaps({ in: reader }: PageReader, gaps: Float64Array, rowCount: number): void {
  for (let miss = 0, row = 0; miss < gaps.length; miss++, row++) {
    const before = row - 1
    row += gaps[miss]!
    if (!(row > before && row < rowCount))
      reader.fail('corrupt', `predicted: row ${row} after row ${before} of ${rowCount}`)
  }
}

/**
 * By row the symbol of the last miss of its context: undoes `findMisses`, given the rows between, which were checked, and a
 * symbol of each miss. Refuses a row that no other of its context precedes.
 */
export function fillPredicted(
  { in: reader }: PageReader,
  { codes, size }: Contexts,
  gaps: Float64Array,
  symbols: Uint32Array,
): Uint32Array {
  const filled = words(codes.length)
  const last = new Int32Array(size).fill(-1)
  for (let miss = 0, row = 0; miss <= gaps.length; miss++) {
    for (const end = miss < gaps.length ? row + gaps[miss]! : codes.length; row < end; row++) {
      const known = last[codes[row]!]!
      if (known < 0) reader.fail('corrupt', `predicted: row ${row} is the first of its context`)
      filled[row] = known
    }
    if (miss === gaps.length) break
    last[codes[row]!] = symbols[miss]!
    filled[row++] = symbols[miss]!
  }
  return filled
}

/** The contexts of some rows. */
export function contextsAt({ codes, size }: Contexts, rows: ArrayLike<number>): Contexts {
  return { codes: recode(rows, codes), size }
}

/** By owner, of which some have values: the context of its last value, of those without values one of their own. */
export function ownerContexts({ codes, size }: Contexts, rows: ArrayLike<number>, ownerCount: number): Contexts {
  const byOwner = words(ownerCount).fill(0)
  for (let i = 0; i < codes.length; i++) byOwner[rows[i]!] = codes[i]! + 1
  return { codes: byOwner, size: size + 1 }
}

/** A context for each pair of contexts that a row has. */
export function pairContexts(a: Contexts, b: Contexts): Contexts {
  const codes = words(a.codes.length)
  const size = a.size * b.size
  if (size <= Math.max(codes.length, 1 << 12)) {
    for (let row = 0; row < codes.length; row++) codes[row] = a.codes[row]! * b.size + b.codes[row]!
    return { codes, size }
  }
  const known = new Map<number, number>()
  for (let row = 0; row < codes.length; row++) {
    const pair = a.codes[row]! * b.size + b.codes[row]!
    let code = known.get(pair)
    if (code === undefined) {
      code = known.size
      known.set(pair, code)
    }
    codes[row] = code
  }
  return { codes, size: known.size }
}
