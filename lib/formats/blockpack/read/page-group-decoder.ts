import { checkIds } from '../../../encodings/ids.ts'
import { type Link, type SpanEvent, spanIdDigits, type Trace, traceIdDigits } from '../../../model/trace.ts'
import { assembleTraces, childrenBySpan } from '../../../shred/assemble.ts'
import { AttributeAssembler } from '../../../shred/attributes.ts'
import { parseDropped } from '../../../shred/field-texts.ts'
import type { Field, FieldOwner } from '../layout/columns.ts'
import { fieldValues } from './field-columns.ts'
import { parentsOf, spanIdsOf, traceIdsOf } from './id-columns.ts'
import { type PageGroupColumns, uint32 } from './page-group-columns.ts'
import { addNanos, durationsOf, eventTimesOf, startsOf } from './time-columns.ts'

/** Decodes all of a page group to its traces. */
export function decodePageGroup(columns: PageGroupColumns, fields: readonly Field[]): Trace[] {
  const starts = startsOf(columns)
  return assembleTraces(traceIdsOf(columns), columns.spanCounts(), {
    ...spanFields(columns),
    spanIds: spanIdsOf(columns),
    parents: parentsOf(columns),
    starts,
    ends: addNanos(columns, durationsOf(columns), row => starts[row]!),
    attributes: assembler(columns, 'span', fields),
    events: events(columns, assembler(columns, 'event', fields)),
    links: links(columns, assembler(columns, 'link', fields)),
  })
}

function spanFields(columns: PageGroupColumns) {
  const { pages, spanCount } = columns
  const fail = (message: string) => pages.fail('span.dropped', message)
  return {
    names: columns.table('span.name', spanCount, text => text),
    resources: columns.resources(),
    scopes: columns.scopes(),
    kinds: columns.spanKinds(),
    statuses: columns.statuses(),
    traceStates: columns.table('span.traceState', spanCount, text => text),
    flags: pages.plain('span.flags', spanCount, 0, uint32),
    droppedCounts: columns.table('span.dropped', spanCount, text => parseDropped(text, fail)),
  }
}

/** Puts the attributes of spans, events or links together. */
function assembler(columns: PageGroupColumns, owner: FieldOwner, fields: readonly Field[]): AttributeAssembler {
  const { symbols, shapes, counts } = columns.shapes(owner)
  const present = [...counts.keys()]
  const localOf = new Map(present.map((field, local) => [field, local]))
  return new AttributeAssembler(
    { codes: symbols, entries: shapes.map(shape => shape.map(field => localOf.get(field)!)), free: [] },
    present.map(field => fields[field]!.key),
    present.map(field => fieldValues(columns, field)),
  )
}

function events(columns: PageGroupColumns, attributes: AttributeAssembler): SpanEvent[][] {
  const count = columns.ownerCount('event')
  const names = columns.table('event.name', count, text => text)
  const times = eventTimesOf(columns)
  const dropped = columns.pages.plain('event.dropped', count, 0, uint32)
  return childrenBySpan(columns.eventCounts(), row => ({
    timeNanos: times[row]!,
    name: names.values[names.codes[row]!]!,
    attributes: attributes.take(),
    droppedAttributesCount: dropped[row]!,
  }))
}

function links(columns: PageGroupColumns, attributes: AttributeAssembler): Link[][] {
  const count = columns.ownerCount('link')
  const traceIds = columns.texts('link.traceId', count)
  const spanIds = columns.texts('link.spanId', count)
  checkIds(traceIds, traceIdDigits, message => columns.pages.fail('link.traceId', message))
  checkIds(spanIds, spanIdDigits, message => columns.pages.fail('link.spanId', message))
  const traceStates = columns.texts('link.traceState', count)
  const flags = columns.pages.plain('link.flags', count, 0, uint32)
  const dropped = columns.pages.plain('link.dropped', count, 0, uint32)
  return childrenBySpan(columns.linkCounts(), row => ({
    traceId: traceIds[row]!,
    spanId: spanIds[row]!,
    traceState: traceStates[row]!,
    flags: flags[row]!,
    attributes: attributes.take(),
    droppedAttributesCount: dropped[row]!,
  }))
}
