/**
 * Structural operators over a batch. Parents are rows of the batch, negative where there is none; they never leave
 * their trace, so all traces are answered in one pass. Masks hold 0 or 1 a span. Nothing recurses, and cycles of
 * parents end: a span is never its own ancestor.
 */

export type Relative = 'parent' | 'child' | 'ancestor' | 'descendant' | 'sibling'

/** For each span whether `mask` holds for a span that stands to it so: its parent, one of its children, and so on. */
export function hasRelative(relative: Relative, parents: Int32Array, mask: Uint8Array): Uint8Array {
  switch (relative) {
    case 'parent':
      return hasParent(parents, mask)
    case 'child':
      return hasChild(parents, mask)
    case 'ancestor':
      return hasAncestor(parents, mask)
    case 'descendant':
      return hasDescendant(parents, mask)
    case 'sibling':
      return hasSibling(parents, mask)
  }
}

function hasParent(parents: Int32Array, mask: Uint8Array): Uint8Array {
  const result = new Uint8Array(mask.length)
  for (let row = 0; row < mask.length; row++) {
    const parent = parents[row]!
    if (parent >= 0) result[row] = mask[parent]!
  }
  return result
}

function hasChild(parents: Int32Array, mask: Uint8Array): Uint8Array {
  const result = new Uint8Array(mask.length)
  for (let row = 0; row < mask.length; row++) {
    const parent = parents[row]!
    if (mask[row] === 1 && parent >= 0) result[parent] = 1
  }
  return result
}

function hasSibling(parents: Int32Array, mask: Uint8Array): Uint8Array {
  const result = new Uint8Array(mask.length)
  const childCounts = new Uint32Array(mask.length)
  for (let row = 0; row < mask.length; row++) {
    const parent = parents[row]!
    if (mask[row] === 1 && parent >= 0) childCounts[parent]!++
  }
  for (let row = 0; row < mask.length; row++) {
    const parent = parents[row]!
    if (parent >= 0 && childCounts[parent]! > mask[row]!) result[row] = 1
  }
  return result
}

/** The rows on cycles of parents, cycle by cycle, and behind them all others, each behind its parent. */
interface Order {
  readonly rows: Uint32Array
  /** Where each cycle begins in `rows`, and where the last one ends. */
  readonly cycleStarts: readonly number[]
}

/** Parents before children, by peeling leaves: what is left over lies on cycles. Linear. */
function parentsFirst(parents: Int32Array): Order {
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

function hasAncestor(parents: Int32Array, mask: Uint8Array): Uint8Array {
  const result = new Uint8Array(mask.length)
  const order = parentsFirst(parents)
  const cyclesEnd = order.cycleStarts.at(-1)!
  // Of a cycle each sees all others: whether any is met first, so that what hangs below sees them all.
  const below = new Uint8Array(cyclesEnd === 0 ? 0 : mask.length)
  markCycles(order, mask, result, below)
  for (let i = cyclesEnd; i < mask.length; i++) {
    const row = order.rows[i]!
    const parent = parents[row]!
    if (parent >= 0) result[row] = mask[parent]! | result[parent]! | (cyclesEnd === 0 ? 0 : below[parent]!)
  }
  return result
}

function markCycles({ rows, cycleStarts }: Order, mask: Uint8Array, result: Uint8Array, below?: Uint8Array): void {
  for (let cycle = 0; cycle + 1 < cycleStarts.length; cycle++) {
    let met = 0
    const end = cycleStarts[cycle + 1]!
    for (let i = cycleStarts[cycle]!; i < end; i++) met += mask[rows[i]!]!
    for (let i = cycleStarts[cycle]!; i < end; i++) {
      const row = rows[i]!
      result[row] = met > mask[row]! ? 1 : 0
      if (below !== undefined) below[row] = met > 0 ? 1 : 0
    }
  }
}

function hasDescendant(parents: Int32Array, mask: Uint8Array): Uint8Array {
  const result = new Uint8Array(mask.length)
  const order = parentsFirst(parents)
  const cyclesEnd = order.cycleStarts.at(-1)!
  for (let i = mask.length - 1; i >= cyclesEnd; i--) {
    const row = order.rows[i]!
    const parent = parents[row]!
    if (parent >= 0 && (mask[row] === 1 || result[row] === 1)) result[parent] = 1
  }
  if (cyclesEnd > 0) descendCycles(order, mask, result)
  return result
}

/** Of a cycle each has below it what hangs off any of its spans, and all others. */
function descendCycles({ rows, cycleStarts }: Order, mask: Uint8Array, result: Uint8Array): void {
  for (let cycle = 0; cycle + 1 < cycleStarts.length; cycle++) {
    let met = 0
    let hanging = 0
    const end = cycleStarts[cycle + 1]!
    for (let i = cycleStarts[cycle]!; i < end; i++) {
      met += mask[rows[i]!]!
      hanging |= result[rows[i]!]!
    }
    for (let i = cycleStarts[cycle]!; i < end; i++) {
      const row = rows[i]!
      result[row] = hanging === 1 || met > mask[row]! ? 1 : 0
    }
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
  const sizes = subtreeSizes(parents)
  const left = new Int32Array(parents.length)
  const right = new Int32Array(parents.length)
  const parent = new Int32Array(parents.length)
  const { rows, cycleStarts } = parentsFirst(parents)
  // Where the next child of a row begins.
  const next = new Int32Array(parents.length)
  const nextRoot = new Int32Array(traceStarts.length - 1).fill(1)
  const children = childOrder(rows, cycleStarts.at(-1)!, parents)
  const traceOf = traceRows(traceStarts, parents.length)
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

/** By row the index of its trace. */
export function traceRows(traceStarts: Uint32Array, spanCount: number): Uint32Array {
  const traceOf = new Uint32Array(spanCount)
  for (let trace = 0; trace + 1 < traceStarts.length; trace++)
    traceOf.fill(trace, traceStarts[trace]!, traceStarts[trace + 1]!)
  return traceOf
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

function subtreeSizes(parents: Int32Array): Uint32Array {
  const sizes = new Uint32Array(parents.length).fill(1)
  const { rows, cycleStarts } = parentsFirst(parents)
  for (let i = rows.length - 1; i >= cycleStarts.at(-1)!; i--) {
    const parent = parents[rows[i]!]!
    if (parent >= 0) sizes[parent]! += sizes[rows[i]!]!
  }
  return sizes
}

/** The number of spans whose parent a span is. */
export function childCounts(parents: Int32Array): Uint32Array {
  const counts = new Uint32Array(parents.length)
  for (const parent of parents) if (parent >= 0) counts[parent]!++
  return counts
}
