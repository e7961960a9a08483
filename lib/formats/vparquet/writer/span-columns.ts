import type { NestedSets } from '../../../model/nested-sets.ts'
import type { Span } from '../../../model/trace.ts'
import type { Columns } from '../../../parquet/write/columns.ts'
import { Int32Values, Int64Values } from '../../../parquet/write/number-values.ts'
import { ByteArrayValues, DictionaryValues } from '../../../parquet/write/string-values.ts'
import type { DedicatedColumn, Version } from '../meta.ts'
import { prefixes, roundings } from '../schema.ts'
import { addChildren, type Owner, ownerColumns } from './owner.ts'

const nanosPerSecond = 1_000_000_000n

/** What Tempo derives of the parents of a trace's spans. */
export interface Tree extends NestedSets {
  readonly childCounts: Int32Array
}

/** Writes the spans of a scope. */
export class SpanColumns {
  readonly #owner: Owner
  readonly #leaves: ReturnType<typeof spanLeaves>
  readonly #events: Owner
  readonly #links: Owner
  readonly #children: ReturnType<typeof childLeaves>
  readonly #derived: ReturnType<typeof derivedLeaves> | undefined

  constructor(columns: Columns, version: Version, settings: readonly DedicatedColumn[]) {
    this.#owner = ownerColumns(columns, version, 'span', settings)
    this.#leaves = spanLeaves(columns)
    this.#events = ownerColumns(columns, version, 'event', settings)
    this.#links = ownerColumns(columns, version, 'link', settings)
    this.#children = childLeaves(columns)
    this.#derived = version === 'vParquet5' ? derivedLeaves(columns) : undefined
  }

  /** Some rows of a trace; `repetition` is that of their scope. */
  add(spans: readonly Span[], tree: Tree, rows: readonly number[], repetition: number): void {
    for (const [i, row] of rows.entries())
      this.#addSpan(spans[row]!, tree, row, this.#owner.list.open(i === 0, repetition))
    this.#derived?.spanCount.add(rows.length)
  }

  #addSpan(span: Span, tree: Tree, row: number, repetition: number): void {
    const [leaves, owner] = [this.#leaves, this.#owner]
    const { startNanos, status } = span
    leaves.id.addHex(span.spanId)
    leaves.parentId.addHex(span.parentSpanId)
    leaves.parent.add(tree.parent[row]!)
    leaves.left.add(tree.left[row]!)
    leaves.right.add(tree.right[row]!)
    leaves.name.addText(span.name)
    leaves.kind.addInt(span.kind)
    leaves.traceState.addText(span.traceState)
    leaves.start.add(startNanos)
    leaves.duration.add(span.endNanos - startNanos)
    leaves.statusCode.addInt(status?.code ?? 0)
    leaves.statusMessage.addText(status?.message ?? '')
    owner.attributes.add(span.attributes, repetition)
    owner.dropped.add(span.droppedAttributesCount)
    leaves.droppedEvents.add(span.droppedEventsCount)
    leaves.droppedLinks.add(span.droppedLinksCount)
    this.#addChildren(span, repetition)
    this.#addDerived(startNanos, tree, row)
  }

  #addChildren({ events, links, startNanos }: Span, repetition: number): void {
    const { since, eventName, linkTraceId, linkSpanId, linkTraceState } = this.#children
    addChildren(this.#events, events, repetition, ({ timeNanos, name }) => {
      since.add(timeNanos - startNanos)
      eventName.addText(name)
    })
    addChildren(this.#links, links, repetition, ({ traceId, spanId, traceState }) => {
      linkTraceId.addHex(traceId)
      linkSpanId.addHex(spanId)
      linkTraceState.addText(traceState)
    })
  }

  #addDerived(startNanos: bigint, tree: Tree, row: number): void {
    if (this.#derived === undefined) return
    this.#derived.childCount.add(tree.childCounts[row]!)
    for (const [i, seconds] of roundings.entries()) this.#derived.rounded[i]!.add(intervalOf(startNanos, seconds))
  }
}

/** The number of the interval of so many seconds that ends at or behind a time; intervals hold their end. */
function intervalOf(nanos: bigint, seconds: number): number {
  const step = BigInt(seconds) * nanosPerSecond
  return nanos === 0n ? 0 : Number((nanos + step - 1n) / step - 1n)
}

function spanLeaves(columns: Columns) {
  const name = (own: string) => `${prefixes.span}.${own}`
  return {
    id: columns.values(name('SpanID'), ByteArrayValues),
    parentId: columns.values(name('ParentSpanID'), ByteArrayValues),
    parent: columns.values(name('ParentID'), Int32Values),
    left: columns.values(name('NestedSetLeft'), Int32Values),
    right: columns.values(name('NestedSetRight'), Int32Values),
    name: columns.values(name('Name'), DictionaryValues),
    kind: columns.values(name('Kind'), Int64Values),
    traceState: columns.values(name('TraceState'), ByteArrayValues),
    start: columns.values(name('StartTimeUnixNano'), Int64Values),
    duration: columns.values(name('DurationNano'), Int64Values),
    statusCode: columns.values(name('StatusCode'), Int64Values),
    statusMessage: columns.values(name('StatusMessage'), ByteArrayValues),
    droppedEvents: columns.values(name('DroppedEventsCount'), Int32Values),
    droppedLinks: columns.values(name('DroppedLinksCount'), Int32Values),
  }
}

/** What version 5 derives. */
function derivedLeaves(columns: Columns) {
  const int32s = (name: string) => columns.values(name, Int32Values)
  return {
    childCount: int32s(`${prefixes.span}.ChildCount`),
    rounded: roundings.map(seconds => int32s(`${prefixes.span}.StartTimeRounded${seconds}`)),
    spanCount: int32s('rs.ss.SpanCount'),
  }
}

/** Fields of events and links beside their attributes. */
function childLeaves(columns: Columns) {
  return {
    since: columns.values(`${prefixes.event}.TimeSinceStartNano`, Int64Values),
    eventName: columns.values(`${prefixes.event}.Name`, DictionaryValues),
    linkTraceId: columns.values(`${prefixes.link}.TraceID`, ByteArrayValues),
    linkSpanId: columns.values(`${prefixes.link}.SpanID`, ByteArrayValues),
    linkTraceState: columns.values(`${prefixes.link}.TraceState`, ByteArrayValues),
  }
}
