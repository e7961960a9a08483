import { getOrInsert } from '../../../lib/maps.ts'
import type { Span } from '../../../lib/model/trace.ts'
import { missingParent, noParent, parentRows } from '../../../lib/model/tree.ts'

/** A span of a trace in the order in which a tree is printed. */
export interface TreeRow {
  readonly span: Span
  readonly depth: number
  /** True where no sibling follows. */
  readonly isLast: boolean
  /** The row's parent in the printed list, or -1. */
  readonly parent: number
  /** `orphan`: its parent is not in the trace. `circle`: it is its own ancestor, and was cut off here. */
  readonly root: 'root' | 'orphan' | 'circle' | 'no'
}

/**
 * The spans as a tree: every one once, below its parent, siblings by start. Works at any depth.
 */
export function treeOf(spans: readonly Span[]): TreeRow[] {
  const parents = parentRows(spans)
  const children = new Map<number, number[]>()
  const roots: number[] = []
  for (let row = 0; row < spans.length; row++) {
    // A span that names itself is left to the circles.
    if (parents[row] === missingParent && spans[row]!.parentSpanId === spans[row]!.spanId) continue
    const siblings = parents[row]! >= 0 ? childrenOf(children, parents[row]!) : roots
    siblings.push(row)
  }
  const rows: TreeRow[] = []
  const isPrinted = new Uint8Array(spans.length)
  const byStart = (a: number, b: number) => compare(spans[a]!.startNanos, spans[b]!.startNanos) || a - b
  const print = (tops: number[], rootOf: (row: number) => TreeRow['root']) => {
    const waiting = pending(tops.sort(byStart), 0, -1)
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { row, depth, isLast, parent } = next
      if (isPrinted[row] === 1) continue
      isPrinted[row] = 1
      const place = rows.push({ span: spans[row]!, depth, isLast, parent, root: depth > 0 ? 'no' : rootOf(row) }) - 1
      for (const child of pending((children.get(row) ?? []).sort(byStart), depth + 1, place)) waiting.push(child)
    }
  }
  print(roots, row => (parents[row] === noParent ? 'root' : 'orphan'))
  for (let row = 0; row < spans.length; row++) if (isPrinted[row] === 0) print([row], () => 'circle')
  return rows
}

interface Pending {
  row: number
  depth: number
  isLast: boolean
  parent: number
}

/** Siblings as a stack, the first on top. */
function pending(siblings: readonly number[], depth: number, parent: number): Pending[] {
  return siblings.map((row, i) => ({ row, depth, isLast: i === siblings.length - 1, parent })).reverse()
}

function childrenOf(children: Map<number, number[]>, row: number): number[] {
  return getOrInsert(children, row, () => [])
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
