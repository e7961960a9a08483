import type { Resource, Scope, Span, Status, Trace } from '../model/trace.ts'
import type { AttributeAssembler } from './attributes.ts'
import type { DroppedCounts } from './field-texts.ts'
import type { ReadParents } from './parents.ts'
import { type Table, valueAt } from './table.ts'

/** The fields of spans that repeat: tables with codes, and numbers by row. */
export interface SpanFields {
  readonly names: Table<string>
  readonly resources: Table<Resource | null>
  readonly scopes: Table<Scope | null>
  readonly kinds: ArrayLike<number>
  readonly statuses: Table<Status | null>
  readonly traceStates: Table<string>
  readonly flags: ArrayLike<number>
  readonly droppedCounts: Table<DroppedCounts>
}

/** What spans are put together from, by row. */
export interface SpanColumns extends SpanFields {
  readonly spanIds: readonly string[]
  readonly parents: ReadParents
  readonly starts: readonly bigint[]
  readonly ends: readonly bigint[]
  /** Hands out the rows in order. */
  readonly attributes: AttributeAssembler
  readonly events: readonly Span['events'][]
  readonly links: readonly Span['links'][]
}

function spanAt(columns: SpanColumns, row: number): Span {
  const { spanIds, parents } = columns
  const parentRow = parents.rows[row]!
  const dropped = valueAt(columns.droppedCounts, row)
  return {
    spanId: spanIds[row]!,
    parentSpanId: parentRow >= 0 ? spanIds[parentRow]! : parents.ids[row]!,
    traceState: valueAt(columns.traceStates, row),
    flags: columns.flags[row]!,
    name: valueAt(columns.names, row),
    kind: columns.kinds[row]!,
    startNanos: columns.starts[row]!,
    endNanos: columns.ends[row]!,
    attributes: columns.attributes.take(),
    droppedAttributesCount: dropped[0],
    events: columns.events[row]!,
    droppedEventsCount: dropped[1],
    links: columns.links[row]!,
    droppedLinksCount: dropped[2],
    status: valueAt(columns.statuses, row),
    resource: valueAt(columns.resources, row),
    scope: valueAt(columns.scopes, row),
  }
}

/** The traces, put together row by row. */
export function assembleTraces(
  traceIds: readonly string[],
  spanCounts: ArrayLike<number>,
  columns: SpanColumns,
): Trace[] {
  let row = 0
  return traceIds.map((traceId, trace) => {
    const spans = new Array<Span>(spanCounts[trace]!)
    for (let i = 0; i < spans.length; i++) spans[i] = spanAt(columns, row++)
    return { traceId, spans }
  })
}

const none: never[] = []

/** By span: its children, read in order. */
export function childrenBySpan<T>(counts: Float64Array, read: (row: number) => T): T[][] {
  let next = 0
  return Array.from(counts, count => (count === 0 ? none : Array.from({ length: count }, () => read(next++))))
}
