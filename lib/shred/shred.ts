import { Dictionary } from '../encodings/dictionary.ts'
import { Numbers, timeLimit } from '../encodings/exact-numbers.ts'
import type { Link, Resource, Scope, Span, SpanEvent, Status, Trace } from '../model/trace.ts'
import { AttributeShredder, lengthOf } from './attributes.ts'
import { type DroppedCounts, droppedCountsOf, printDropped, statusKey } from './field-texts.ts'
import { findParents, parentKind } from './tree.ts'

/** A column of values by code, while it grows. */
export interface CodedColumn<T> {
  readonly dictionary: Dictionary<T>
  readonly codes: number[]
}

/** `keyOf` maps equal values to one key. */
function newColumn<T>(keyOf?: (value: T) => unknown): CodedColumn<T> {
  return { dictionary: new Dictionary(keyOf), codes: [] }
}

/**
 * A segment of whole traces as typed columns. Rows are numbered within the segment: a row of `span` columns is a span,
 * of `event` columns an event, and so on, each in the order of the data.
 */
export class Segment {
  readonly trace = {
    ids: [] as string[],
    spanCounts: [] as number[],
    /** Of the first root, nanoseconds after that of the trace before; of the first trace after `base`. */
    starts: new Numbers(),
  }
  readonly span = {
    ids: [] as string[],
    parentKinds: [] as number[],
    /** Rows from the span back to its parent, or the position among the trace's outside ids; see `tree.ts`. */
    parentValues: [] as number[],
    outsideParents: [] as string[],
    names: newColumn<string>(),
    kinds: [] as number[],
    statuses: newColumn<Status | null>(statusKey),
    traceStates: newColumn<string>(),
    flags: [] as number[],
    droppedCounts: newColumn<DroppedCounts>(printDropped),
    resources: newColumn<Resource | null>(),
    scopes: newColumn<Scope | null>(),
    /** Nanoseconds after the start of the trace's first root. */
    starts: new Numbers(timeLimit),
    durations: new Numbers(timeLimit),
    eventCounts: [] as number[],
    linkCounts: [] as number[],
    attributes: new AttributeShredder(),
  }
  readonly event = {
    spanRows: [] as number[],
    names: newColumn<string>(),
    /** Nanoseconds after the span's start. */
    times: new Numbers(timeLimit),
    droppedCounts: [] as number[],
    attributes: new AttributeShredder(),
  }
  readonly link = {
    spanRows: [] as number[],
    traceIds: [] as string[],
    spanIds: [] as string[],
    traceStates: newColumn<string>(),
    flags: [] as number[],
    droppedCounts: [] as number[],
    attributes: new AttributeShredder(),
  }
  /** The start of the first trace, nanoseconds since the epoch. */
  base = 0n
  /** Of the starts of all spans. */
  minStart = 2n ** 64n
  maxStart = 0n
  /** True if a span id repeats within a trace. */
  hasRepeatedIds = false
  #textLength = 0
  /** The start of the last trace. */
  #start = 0n

  get spanCount(): number {
    return this.span.ids.length
  }

  /** The characters of strings that may have to be kept, roughly. */
  get textLength(): number {
    const { span, event, link } = this
    return this.#textLength + span.attributes.textLength + event.attributes.textLength + link.attributes.textLength
  }

  /** Traces, spans, events, links and attribute values: see `maxSegmentItems`. */
  get itemCount(): number {
    const { trace, span, event, link } = this
    const valueCount = span.attributes.valueCount + event.attributes.valueCount + link.attributes.valueCount
    return trace.ids.length + this.spanCount + event.spanRows.length + link.spanRows.length + valueCount
  }

  add({ traceId, spans }: Trace): void {
    const firstRow = this.spanCount
    this.trace.ids.push(traceId)
    this.trace.spanCounts.push(spans.length)
    const first = this.#addParents(spans)
    const start = spans[first]!.startNanos
    if (firstRow === 0) this.base = this.#start = start
    this.trace.starts.push(start - this.#start)
    this.#start = start
    for (let i = 0; i < spans.length; i++) this.#addSpan(spans[i]!, firstRow + i)
  }

  /** Returns the trace's first root. */
  #addParents(spans: readonly Span[]): number {
    const { kinds, values, outside, hasRepeats } = findParents(spans)
    this.hasRepeatedIds ||= hasRepeats
    for (let row = 0; row < spans.length; row++) {
      this.span.parentKinds.push(kinds[row]!)
      this.span.parentValues.push(kinds[row] === parentKind.inside ? row - values[row]! : values[row]!)
    }
    for (const id of outside) this.span.outsideParents.push(id)
    return Math.max(
      0,
      kinds.findIndex(kind => kind !== parentKind.inside),
    )
  }

  #addSpan(span: Span, row: number): void {
    const columns = this.span
    columns.ids.push(span.spanId)
    this.#textLength += span.name.length + span.traceState.length
    push(columns.names, span.name)
    columns.kinds.push(span.kind)
    push(columns.statuses, span.status)
    push(columns.traceStates, span.traceState)
    columns.flags.push(span.flags)
    push(columns.droppedCounts, droppedCountsOf(span))
    if (push(columns.resources, span.resource)) this.#textLength += sharedLength(span.resource)
    if (push(columns.scopes, span.scope)) this.#textLength += sharedLength(span.scope)
    if (span.startNanos < this.minStart) this.minStart = span.startNanos
    if (span.startNanos > this.maxStart) this.maxStart = span.startNanos
    columns.starts.push(span.startNanos - this.#start)
    columns.durations.push(span.endNanos - span.startNanos)
    columns.eventCounts.push(span.events.length)
    columns.linkCounts.push(span.links.length)
    columns.attributes.add(span.attributes)
    for (const event of span.events) this.#addEvent(event, span.startNanos, row)
    for (const link of span.links) this.#addLink(link, row)
  }

  #addEvent(event: SpanEvent, startNanos: bigint, row: number): void {
    const columns = this.event
    columns.spanRows.push(row)
    this.#textLength += event.name.length
    push(columns.names, event.name)
    columns.times.push(event.timeNanos - startNanos)
    columns.droppedCounts.push(event.droppedAttributesCount)
    columns.attributes.add(event.attributes)
  }

  #addLink(link: Link, row: number): void {
    const columns = this.link
    columns.spanRows.push(row)
    this.#textLength += link.traceState.length
    columns.traceIds.push(link.traceId)
    columns.spanIds.push(link.spanId)
    push(columns.traceStates, link.traceState)
    columns.flags.push(link.flags)
    columns.droppedCounts.push(link.droppedAttributesCount)
    columns.attributes.add(link.attributes)
  }
}

function sharedLength(shared: Resource | Scope | null): number {
  return shared === null ? 0 : shared.schemaUrl.length + lengthOf(shared.attributes)
}

/** Returns true where the value is a new one. */
function push<T>({ dictionary, codes }: CodedColumn<T>, value: T): boolean {
  const known = dictionary.size
  codes.push(dictionary.code(value))
  return dictionary.size > known
}
