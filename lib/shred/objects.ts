import type { Link, Span, SpanEvent, Trace } from '../model/trace.ts'
import { pushDifference } from './columns.ts'
import { droppedCountsOf } from './field-texts.ts'
import type { Segment } from './shred.ts'
import { findRows } from './tree.ts'

let parents = new Int32Array(256)

/** Adds a trace to a segment. */
export function shredTrace(segment: Segment, { traceId, spans }: Trace): void {
  if (spans.length > parents.length) parents = new Int32Array(spans.length * 2)
  const firstRow = segment.spanCount
  segment.hasRepeatedIds = findRows(spans, parents) || segment.hasRepeatedIds
  const first = segment.beginTrace(traceId, spans.length, parents, row => spans[row]!.parentSpanId)
  nanos[0] = spans[first]!.startNanos
  segment.setStart(halves[1]!, halves[0]!)
  for (let i = 0; i < spans.length; i++) shredSpan(segment, spans[i]!, firstRow + i)
}

/** Two times, and their halves: little-endian, as all machines that Node runs on are. */
const nanos = new BigUint64Array(2)
const halves = new Uint32Array(nanos.buffer)

function shredSpan(segment: Segment, span: Span, row: number): void {
  const columns = segment.span
  columns.ids.push(span.spanId)
  segment.addText(span.name)
  segment.addText(span.traceState)
  columns.names.push(span.name)
  columns.kinds.push(span.kind)
  columns.statuses.push(span.status)
  columns.traceStates.push(span.traceState)
  columns.flags.push(span.flags)
  columns.droppedCounts.push(droppedCountsOf(span))
  if (columns.resources.push(span.resource)) segment.addShared(span.resource)
  if (columns.scopes.push(span.scope)) segment.addShared(span.scope)
  nanos[0] = span.startNanos
  nanos[1] = span.endNanos
  const [startLow, startHigh] = [halves[0]!, halves[1]!]
  segment.addTimes(startHigh, startLow, halves[3]!, halves[2]!)
  columns.eventCounts.push(span.events.length)
  columns.linkCounts.push(span.links.length)
  columns.attributes.add(span.attributes)
  for (const event of span.events) {
    nanos[0] = event.timeNanos
    pushDifference(segment.event.times, halves[1]!, halves[0]!, startHigh, startLow)
    shredEvent(segment, event, row)
  }
  for (const link of span.links) shredLink(segment, link, row)
}

function shredEvent(segment: Segment, event: SpanEvent, row: number): void {
  shredChild(segment.event, event, row)
  segment.addText(event.name)
  segment.event.names.push(event.name)
}

function shredLink(segment: Segment, link: Link, row: number): void {
  const columns = segment.link
  shredChild(columns, link, row)
  segment.addText(link.traceState)
  columns.traceIds.push(link.traceId)
  columns.spanIds.push(link.spanId)
  columns.traceStates.push(link.traceState)
  columns.flags.push(link.flags)
}

/** What events and links have in common. */
function shredChild(columns: Segment['event' | 'link'], child: SpanEvent | Link, row: number): void {
  columns.spanRows.push(row)
  columns.droppedCounts.push(child.droppedAttributesCount)
  columns.attributes.add(child.attributes)
}
