import { type Order, parentsFirst } from '../../model/nested-sets.ts'

/**
 * Structural operators over a batch. Parents are rows of the batch, negative where there is none; they never leave
 * their trace, so all traces are answered in one pass. Masks hold 0 or 1 a span. Nothing recurses, and cycles of
 * parents end: a span is never its own ancestor.
 */

export type Relative = 'parent' | 'child' | 'ancestor' | 'descendant' | 'sibling'

/** For each span whether `mask` holds for a span so related to it: its parent, one of its children, and so on. */
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

/** The number of spans whose parent a span is. */
export function childCounts(parents: Int32Array): Uint32Array {
  const counts = new Uint32Array(parents.length)
  for (const parent of parents) if (parent >= 0) counts[parent]!++
  return counts
}
