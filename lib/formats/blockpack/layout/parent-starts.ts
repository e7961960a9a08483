import { floats, ints, words } from '../../../bytes/arena.ts'
import { parentKind } from '../../../shred/tree.ts'

/** Starts of spans after those of their parents (FORMAT.md, Bases). */

/** By span: the row of its parent, or -1; `distances` are those of kind `inside`. */
export function parentRowsOf(kinds: ArrayLike<number>, distances: ArrayLike<number>): Int32Array {
  const rows = ints(kinds.length)
  let next = 0
  for (let row = 0; row < rows.length; row++) {
    rows[row] = -1
    if (kinds[row] !== parentKind.inside) continue
    // Distances are below the number of rows, so that they fit 32 bits.
    const parent = row - (distances[next++]! | 0)
    if (parent !== row && parent >= 0 && parent < rows.length) rows[row] = parent
  }
  return rows
}

/** Starts less those of the parents. */
export function subtractParents(starts: ArrayLike<number>, parents: Int32Array): Float64Array {
  const differences = floats(parents.length)
  for (let row = 0; row < parents.length; row++) {
    const parent = parents[row]!
    differences[row] = starts[row]! - (parent < 0 ? 0 : starts[parent]!)
  }
  return differences
}

/**
 * Adds the starts of parents, wherever they are; false where spans are their own ancestors. Each sweep adds what a row's
 * next ancestor has gathered and goes on to that one's next: no branch depends on where parents are, and the distance to
 * the root at least halves.
 */
export function addParents(starts: Float64Array, parents: Int32Array): boolean {
  const count = starts.length
  // Behind all rows is the parent of roots, which adds nothing.
  const sums = floats(count + 1)
  sums.set(starts)
  sums[count] = 0
  const ancestors = words(count + 1)
  for (let row = 0; row < count; row++) ancestors[row] = parents[row]! < 0 ? count : parents[row]!
  ancestors[count] = count
  for (let reach = 1, isOpen = true; isOpen; reach *= 2) {
    if (reach > 2 * count + 1) return false
    isOpen = sweep(sums, ancestors, 0, 1)
    if (isOpen) isOpen = sweep(sums, ancestors, count - 1, -1)
  }
  starts.set(sums.subarray(0, count))
  return true
}

/** Goes over all rows in one direction; true where some have not arrived at their root. */
function sweep(sums: Float64Array, ancestors: Uint32Array, first: number, step: 1 | -1): boolean {
  const count = sums.length - 1
  let left = 0
  for (let row = first, i = 0; i < count; i++, row += step) {
    const ancestor = ancestors[row]!
    const next = ancestors[ancestor]!
    sums[row] = sums[row]! + sums[ancestor]!
    ancestors[row] = next
    left |= next ^ count
  }
  return left !== 0
}
