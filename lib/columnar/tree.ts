import type { Span } from '../model/trace.ts'

/** How a span's parent is told. */
export const parentKind = {
  none: 0,
  /** A span of the trace, by the distance of its row. */
  inside: 1,
  /** An id that stands nowhere in the trace, met for the first time in it. */
  outside: 2,
  /** The same as an outside parent met before in the trace. */
  repeated: 3,
} as const

/** The parents of one trace's spans. */
export interface Parents {
  kinds: Uint8Array
  /** `inside`: the parent's row. `repeated`: the position among the outside ids. Else 0. */
  values: Int32Array
  /** The outside ids in the order of first use. */
  outside: string[]
}

/** Finds the parents of a trace's spans. Of spans with one id the first counts as the parent. */
export function findParents(spans: readonly Span[]): Parents {
  const rows = new Map<string, number>()
  for (let row = spans.length - 1; row >= 0; row--) rows.set(spans[row]!.spanId, row)
  const parents: Parents = { kinds: new Uint8Array(spans.length), values: new Int32Array(spans.length), outside: [] }
  const outside = new Map<string, number>()
  spans.forEach(({ parentSpanId }, row) => {
    if (parentSpanId === '') return
    const inside = rows.get(parentSpanId)
    const before = outside.get(parentSpanId)
    parents.kinds[row] = parentKind.inside
    if (inside !== undefined) parents.values[row] = inside
    else if (before !== undefined) {
      parents.kinds[row] = parentKind.repeated
      parents.values[row] = before
    } else {
      parents.kinds[row] = parentKind.outside
      outside.set(parentSpanId, outside.size)
      parents.outside.push(parentSpanId)
    }
  })
  return parents
}
