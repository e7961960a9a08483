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

/** The parents of one trace's spans. */
export interface Parents {
  kinds: Uint8Array
  /** `inside`: the parent's row. `repeated`: the position among the outside ids. Else 0. */
  values: Int32Array
  /** The outside ids in the order of first use. */
  outside: string[]
  /** True if an id repeats. */
  hasRepeats: boolean
}

/** Traces of so many spans are searched row by row: that costs less than a map. */
const maxSearched = 12

/**
 * How parents' ids are stored: by the first row that has the id, zeros as ids that the trace lacks. This is no rule of
 * who is whose parent, which lib/model/tree.ts has, but what the formats predict ids by.
 */
export function findParents(spans: readonly Span[]): Parents {
  const rows = spans.length > maxSearched ? firstRows(spans) : undefined
  const parents: Parents = {
    kinds: new Uint8Array(spans.length),
    values: new Int32Array(spans.length),
    outside: [],
    hasRepeats: rows ? rows.size < spans.length : repeats(spans),
  }
  let outsidePositions: Map<string, number> | undefined
  for (let row = 0; row < spans.length; row++) {
    const { parentSpanId } = spans[row]!
    if (parentSpanId === '') continue
    const inside = rows ? (rows.get(parentSpanId) ?? -1) : searchRow(spans, parentSpanId)
    if (inside >= 0 && !isNoSpanId(parentSpanId)) {
      parents.kinds[row] = parentKind.inside
      parents.values[row] = inside
    } else {
      outsidePositions ??= new Map()
      addOutside(parents, outsidePositions, row, parentSpanId)
    }
  }
  return parents
}

function addOutside(
  { kinds, values, outside }: Parents,
  positions: Map<string, number>,
  row: number,
  id: string,
): void {
  const before = positions.get(id) ?? -1
  kinds[row] = before < 0 ? parentKind.outside : parentKind.repeated
  if (before < 0) positions.set(id, outside.push(id) - 1)
  else values[row] = before
}

/** By id: the first row that has it. */
function firstRows(spans: readonly Span[]): Map<string, number> {
  const rows = new Map<string, number>()
  for (let row = spans.length - 1; row >= 0; row--) rows.set(spans[row]!.spanId, row)
  return rows
}

function searchRow(spans: readonly Span[], id: string): number {
  for (let row = 0; row < spans.length; row++) if (spans[row]!.spanId === id) return row
  return -1
}

function repeats(spans: readonly Span[]): boolean {
  for (let row = 1; row < spans.length; row++) if (searchRow(spans, spans[row]!.spanId) < row) return true
  return false
}
