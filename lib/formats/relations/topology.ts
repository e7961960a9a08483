import { unzigzag, zigzag } from '../../encodings/zigzag.ts'
import { topDown } from '../../model/tree.ts'

/** How a trace's spans are connected, and the order in which their times can be predicted from one another. */
export interface Plan {
  /** All rows, each after its base; the first one is the anchor of the trace. */
  readonly order: Int32Array
  /** By row: the row of its parent, or -1 where there is none or the parents run in a circle. */
  readonly bases: Int32Array
  /** By row: the row of the same base that came before it in `order`, or -1. */
  readonly previous: Int32Array
}

/** Codes of a parent; from `firstRow` on zigzag of the row's distance. */
export const parentCode = { none: 0, outside: 1, firstRow: 2 } as const

/** The code of a parent that is `distance` rows before (or, negative, after) its child. */
export function encodeDistance(distance: number): number {
  return parentCode.firstRow + zigzag(distance)
}

/** The row of the parent of `row`, or -1 for codes that name none. */
export function parentRow(code: number, row: number): number {
  if (code < parentCode.firstRow) return -1
  return row - unzigzag(code - parentCode.firstRow)
}

/** The plan for spans whose parents are in these rows (-1 for none). A circle is cut where it closes. */
export function planOf(parents: Int32Array): Plan {
  const order = topDown(parents)
  const bases = new Int32Array(parents.length).fill(-1)
  const isPlaced = new Uint8Array(parents.length)
  for (const row of order) {
    const parent = parents[row]!
    if (parent >= 0 && isPlaced[parent] === 1) bases[row] = parent
    isPlaced[row] = 1
  }
  return { order, bases, previous: previousOf(order, bases) }
}

function previousOf(order: Int32Array, bases: Int32Array): Int32Array {
  const previous = new Int32Array(order.length)
  const last = new Int32Array(order.length + 1).fill(-1)
  for (const row of order) {
    const base = bases[row]! + 1
    previous[row] = last[base]!
    last[base] = row
  }
  return previous
}
