import { ownersOf } from './owners.ts'
/** The rows on cycles of parents, cycle by cycle, then all others, each after its parent. */
export interface Order {
  readonly rows: Uint32Array
  /** Where each cycle begins in `rows`, and where the last one ends. */
  readonly cycleStarts: readonly number[]
}

/** Parents before children, by peeling leaves: what is left over lies on cycles. Linear. */
export function parentsFirst(parents: Int32Array): Order {
  const length = parents.length
  const childCounts = new Uint32Array(length)
  for (let row = 0; row < length; row++) if (parents[row]! >= 0) childCounts[parents[row]!]!++
  const peeled = new Uint32Array(length)
  let count = 0
  for (let row = 0; row < length; row++) if (childCounts[row] === 0) peeled[count++] = row
  for (let next = 0; next < count; next++) {
    const parent = parents[peeled[next]!]!
    if (parent >= 0 && --childCounts[parent]! === 0) peeled[count++] = parent
  }
  const cycleRows: number[] = []
  const starts = [0]
  if (count < length) collectCycles(parents, childCounts, cycleRows, starts)
  const rows = new Uint32Array(length)
  rows.set(cycleRows)
  for (let i = 0; i < count; i++) rows[length - 1 - i] = peeled[i]!
  return { rows, cycleStarts: starts }
}

/** `left` counts, of the rows that no peeling reached, one child each: the one on the cycle. */
function collectCycles(parents: Int32Array, left: Uint32Array, cycleRows: number[], starts: number[]): void {
  for (let first = 0; first < left.length; first++) {
    if (left[first] === 0) continue
    for (let row = first; left[row]! > 0; row = parents[row]!) {
      left[row] = 0
      cycleRows.push(row)
    }
    starts.push(cycleRows.length)
  }
}

/** Left and right bounds and the left bound of the parent, as nested sets have them; 0 where no root is reached. */
export interface NestedSets {
  readonly left: Int32Array
  readonly right: Int32Array
  /** -1 of a root. */
  readonly parent: Int32Array
}

/** Numbers each trace from 1, depth first, children in the order of their rows. */
export function nestedSets(parents: Int32Array, traceStarts: Uint32Array): NestedSets {
  const { rows, cycleStarts } = parentsFirst(parents)
  const sizes = subtreeSizes(parents, rows, cycleStarts.at(-1)!)
  const left = new Int32Array(parents.length)
  const right = new Int32Array(parents.length)
  const parent = new Int32Array(parents.length)
  // Where the next child of a row begins.
  const next = new Int32Array(parents.length)
  const nextRoot = new Int32Array(traceStarts.length - 1).fill(1)
  const children = childOrder(rows, cycleStarts.at(-1)!, parents)
  const traceOf = ownersOf(traceStarts)
  for (const row of children) {
    const up = parents[row]!
    if (up === -1) {
      left[row] = nextRoot[traceOf[row]!]!
      nextRoot[traceOf[row]!] = left[row]! + 2 * sizes[row]!
      parent[row] = -1
    } else {
      if (up < 0 || left[up] === 0) continue
      left[row] = next[up]!
      next[up] = next[up]! + 2 * sizes[row]!
      parent[row] = left[up]!
    }
    right[row] = left[row]! + 2 * sizes[row]! - 1
    next[row] = left[row]! + 1
  }
  return { left, right, parent }
}

/** Rows by depth and then by row, so that children of one parent come in the order of their rows. */
function childOrder(rows: Uint32Array, from: number, parents: Int32Array): Uint32Array {
  const depths = new Uint32Array(parents.length)
  let greatest = 0
  for (let i = from; i < rows.length; i++) {
    const row = rows[i]!
    const parent = parents[row]!
    if (parent >= 0) depths[row] = depths[parent]! + 1
    if (depths[row]! > greatest) greatest = depths[row]!
  }
  const ends = new Uint32Array(greatest + 2)
  for (const depth of depths) ends[depth + 1]!++
  for (let depth = 0; depth <= greatest; depth++) ends[depth + 1]! += ends[depth]!
  const ordered = new Uint32Array(rows.length)
  for (let row = 0; row < rows.length; row++) ordered[ends[depths[row]!]!++] = row
  return ordered
}

/** Of the rows from `from` on, each after its parent. */
function subtreeSizes(parents: Int32Array, rows: Uint32Array, from: number): Uint32Array {
  const sizes = new Uint32Array(parents.length).fill(1)
  for (let i = rows.length - 1; i >= from; i--) {
    const parent = parents[rows[i]!]!
    if (parent >= 0) sizes[parent]! += sizes[rows[i]!]!
  }
  return sizes
}
