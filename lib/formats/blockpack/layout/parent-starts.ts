import { floats } from '../../../bytes/arena.ts'
import { parentKind } from '../../../shred/tree.ts'

/** Starts of spans after those of their parents (FORMAT.md, Bases). */

/** By span: the row of its parent, or -1; `distances` are those of kind `inside`. */
export function parentRowsOf(kinds: ArrayLike<number>, distances: ArrayLike<number>): Int32Array {
  const rows = new Int32Array(kinds.length)
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

/** Adds the starts of parents, wherever they are; false where spans are their own ancestors. */
export function addParents(starts: Float64Array, parents: Int32Array): boolean {
  let row = 0
  // Parents come before their children nearly always.
  for (; row < starts.length && parents[row]! < row; row++)
    if (parents[row]! >= 0) starts[row]! += starts[parents[row]!]!
  return row === starts.length || addScattered(starts, parents, row)
}

/** The same from a row on, where parents may come after their children. */
function addScattered(starts: Float64Array, parents: Int32Array, from: number): boolean {
  const isDone = new Uint8Array(starts.length).fill(1, 0, from)
  // Most parents are known in one of two sweeps; only chains that turn take the walk below.
  let leftCount = 0
  for (let row = from; row < starts.length; row++) {
    const parent = parents[row]!
    if (parent >= 0 && isDone[parent] === 0) continue
    if (parent >= 0) starts[row]! += starts[parent]!
    isDone[row] = 1
  }
  for (let row = starts.length - 1; row >= from; row--) {
    if (isDone[row] !== 0) continue
    if (isDone[parents[row]!] === 0) leftCount++
    else {
      starts[row]! += starts[parents[row]!]!
      isDone[row] = 1
    }
  }
  return leftCount === 0 || walkParents(starts, parents, isDone)
}

/** Adds the starts of parents to all that are not done, from the first ancestor that is. */
function walkParents(starts: Float64Array, parents: Int32Array, isDone: Uint8Array): boolean {
  const path = new Int32Array(starts.length)
  for (let row = 0; row < starts.length; row++) {
    let [top, depth] = [row, 0]
    for (; isDone[top] === 0 && parents[top]! >= 0; top = parents[top]!) {
      if (depth === path.length) return false
      path[depth++] = top
    }
    isDone[top] = 1
    while (depth > 0) {
      const child = path[--depth]!
      starts[child]! += starts[parents[child]!]!
      isDone[child] = 1
    }
  }
  return true
}
