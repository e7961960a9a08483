import type { Span } from '../../lib/model/trace.ts'
import { parentRows } from '../../lib/model/tree.ts'

/** How the spans of a trace hang together. */
export interface Links {
  /** By row: the row of the parent, or a negative number of lib/model/tree.ts. */
  parents: Int32Array
  /** All rows, each after its parent but for circles. */
  order: readonly number[]
}

export function linksOf(spans: readonly Span[]): Links {
  const parents = parentRows(spans)
  return { parents, order: topDown(parents) }
}

function topDown(parents: Int32Array): number[] {
  const order: number[] = []
  const isPlaced = new Uint8Array(parents.length)
  const waiting: number[] = []
  for (let first = 0; first < parents.length; first++) {
    for (let row = first; row >= 0 && isPlaced[row] === 0; row = parents[row]) {
      isPlaced[row] = 1
      waiting.push(row)
    }
    while (waiting.length > 0) order.push(waiting.pop()!)
  }
  return order
}
