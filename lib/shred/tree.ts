import type { Span } from '../model/trace.ts'
import { isNoSpanId } from '../model/trace-id.ts'

/** How a span's parent is encoded. */
export const parentKind = {
  none: 0,
  /** A span of the trace, by the distance of its row. */
  inside: 1,
  /** An id that is not in the trace, seen for the first time in it. */
  outside: 2,
  /** The same as an outside parent met before in the trace. */
  repeated: 3,
} as const

/** In place of a parent's row: the span names none, or one that its trace lacks, as all do whose id is of zeros. */
export const noRow = { none: -1, outside: -2 } as const

/** Traces of so many spans are searched row by row: that costs less than a map. */
export const maxSearched = 12

/**
 * By span of a trace, the first row that has the id of its parent, or one of `noRow`; and true if an id repeats. This is
 * no rule of who is whose parent, which lib/model/tree.ts has, but what the formats predict ids by.
 */
export function findRows(spans: readonly Span[], rows: Int32Array): boolean {
  const firsts = spans.length > maxSearched ? firstRows(spans) : undefined
  for (let row = 0; row < spans.length; row++) {
    const { parentSpanId } = spans[row]!
    if (parentSpanId === '') rows[row] = noRow.none
    else if (isNoSpanId(parentSpanId)) rows[row] = noRow.outside
    else rows[row] = firsts ? (firsts.get(parentSpanId) ?? noRow.outside) : searchRow(spans, parentSpanId)
  }
  return firsts ? firsts.size < spans.length : repeats(spans)
}

/** By id: the first row that has it. */
function firstRows(spans: readonly Span[]): Map<string, number> {
  const rows = new Map<string, number>()
  for (let row = spans.length - 1; row >= 0; row--) rows.set(spans[row]!.spanId, row)
  return rows
}

function searchRow(spans: readonly Span[], id: string): number {
  for (let row = 0; row < spans.length; row++) if (spans[row]!.spanId === id) return row
  return noRow.outside
}

function repeats(spans: readonly Span[]): boolean {
  for (let row = 1; row < spans.length; row++) if (searchRow(spans, spans[row]!.spanId) < row) return true
  return false
}
