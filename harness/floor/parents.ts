import type { Span } from '../../lib/model/trace.ts'
import { parentRows, topDown } from '../../lib/model/tree.ts'

/** How the spans of a trace hang together. */
export interface Links {
  /** By row: the row of the parent, or a negative number of lib/model/tree.ts. */
  parents: Int32Array
  /** All rows, each after its parent but for circles. */
  order: Int32Array
}

export function linksOf(spans: readonly Span[]): Links {
  const parents = parentRows(spans)
  return { parents, order: topDown(parents) }
}
