import type { Attribute, Link, Span, SpanEvent } from '../model/trace.ts'
import { joinHalves } from './columns.ts'
import { eventField, eventWidth, linkField, linkWidth, type SpanRows, spanField, spanWidth } from './rows.ts'

const none: readonly never[] = []
const idBytes = Buffer.alloc(8)

/** The id of up to 8 bytes that is this number. */
export function idOf(high: number, low: number, byteLength: number): string {
  if (byteLength === 0) return ''
  idBytes.writeUInt32BE(high, 0)
  idBytes.writeUInt32BE(low, 4)
  return idBytes.toString('hex', 8 - byteLength)
}

/** A row as a span. */
export function spanAt(rows: SpanRows, row: number): Span {
  const { spans, tables } = rows
  const at = row * spanWidth
  const lengths = spans.at(at + spanField.idLengths)
  const dropped = tables.dropped.values[spans.at(at + spanField.dropped)]!
  return {
    spanId: idOf(spans.at(at + spanField.idHigh), spans.at(at + spanField.idLow), lengths & 15),
    parentSpanId: idOf(spans.at(at + spanField.parentHigh), spans.at(at + spanField.parentLow), lengths >> 4),
    traceState: tables.texts.values[spans.at(at + spanField.traceState)]!,
    flags: spans.at(at + spanField.flags),
    name: tables.texts.values[spans.at(at + spanField.name)]!,
    kind: spans.at(at + spanField.kind) | 0,
    startNanos: joinHalves(spans.at(at + spanField.startHigh), spans.at(at + spanField.startLow)),
    endNanos: joinHalves(spans.at(at + spanField.endHigh), spans.at(at + spanField.endLow)),
    attributes: attributesOf(rows, spans.at(at + spanField.attributes), spans.at(at + spanField.attributeCount)),
    droppedAttributesCount: dropped[0],
    events: itemsOf(rows, spans.at(at + spanField.events), spans.at(at + spanField.eventCount), eventAt),
    droppedEventsCount: dropped[1],
    links: itemsOf(rows, spans.at(at + spanField.links), spans.at(at + spanField.linkCount), linkAt),
    droppedLinksCount: dropped[2],
    status: tables.statuses.values[spans.at(at + spanField.status)]!,
    resource: tables.resources.values[spans.at(at + spanField.resource)]!,
    scope: tables.scopes.values[spans.at(at + spanField.scope)]!,
  }
}

function itemsOf<T>(
  rows: SpanRows,
  first: number,
  count: number,
  itemAt: (rows: SpanRows, item: number) => T,
): readonly T[] {
  if (count === 0) return none
  const items = new Array<T>(count)
  for (let i = 0; i < count; i++) items[i] = itemAt(rows, first + i)
  return items
}

function attributesOf(rows: SpanRows, first: number, count: number): readonly Attribute[] {
  return itemsOf(rows, first, count, attributeAt)
}

function attributeAt({ attributes, tables }: SpanRows, at: number): Attribute {
  return tables.attributes.values[attributes.at(at)]!
}

function eventAt(rows: SpanRows, event: number): SpanEvent {
  const { events, tables } = rows
  const at = event * eventWidth
  return {
    timeNanos: joinHalves(events.at(at + eventField.timeHigh), events.at(at + eventField.timeLow)),
    name: tables.texts.values[events.at(at + eventField.name)]!,
    attributes: attributesOf(rows, events.at(at + eventField.attributes), events.at(at + eventField.attributeCount)),
    droppedAttributesCount: events.at(at + eventField.dropped),
  }
}

function linkAt(rows: SpanRows, link: number): Link {
  const { links, linkIds, tables } = rows
  const at = link * linkWidth
  return {
    traceId: linkIds[2 * link]!,
    spanId: linkIds[2 * link + 1]!,
    traceState: tables.texts.values[links.at(at + linkField.traceState)]!,
    flags: links.at(at + linkField.flags),
    attributes: attributesOf(rows, links.at(at + linkField.attributes), links.at(at + linkField.attributeCount)),
    droppedAttributesCount: links.at(at + linkField.dropped),
  }
}
