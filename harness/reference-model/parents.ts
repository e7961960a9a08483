import type { Span } from '../../lib/model/trace.ts'

/** Row of a parent that is not in the trace. */
export const outside = -2
/** Row of the parent of a span that names none. */
export const noParent = -1

/** How the spans of a trace hang together. */
export interface Links {
  /** By row: the first row that has the parent's id, or one of the numbers above. */
  parents: readonly number[]
  /** All rows, each after its parent but for circles. */
  order: readonly number[]
}

export function linksOf(spans: readonly Span[]): Links {
  const rows = new Map<string, number>()
  for (let row = 0; row < spans.length; row++) {
    const { spanId } = spans[row]
    if (spanId !== '' && !rows.has(spanId)) rows.set(spanId, row)
  }
  const parents = spans.map(({ parentSpanId }) =>
    parentSpanId === '' ? noParent : (rows.get(parentSpanId) ?? outside),
  )
  return { parents, order: topDown(parents) }
}

function topDown(parents: readonly number[]): number[] {
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
