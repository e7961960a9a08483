import { checkIds } from '../../../encodings/ids.ts'
import { type Link, type SpanEvent, spanIdDigits, type Trace, traceIdDigits } from '../../../model/trace.ts'
import { assembleTraces, childrenBySpan } from '../../../shred/assemble.ts'
import { AttributeAssembler } from '../../../shred/attributes.ts'
import { parseDropped } from '../../../shred/field-texts.ts'
import type { FieldOwner } from '../layout/columns.ts'
import type { OpenPageGroup } from './page-group.ts'
import { type PageGroupColumns, uint32 } from './page-group-columns.ts'

/** Decodes all of a page group to its traces. */
export function decodePageGroup(pageGroup: OpenPageGroup): Trace[] {
  const { columns, times, ids } = pageGroup
  return assembleTraces(ids.traceIds(), columns.spanCounts(), {
    ...spanFields(columns),
    spanIds: ids.spanIds(),
    parents: ids.parents(),
    starts: times.starts(),
    ends: times.ends(),
    attributes: assembler(pageGroup, 'span'),
    events: events(pageGroup, assembler(pageGroup, 'event')),
    links: links(columns, assembler(pageGroup, 'link')),
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
function assembler({ columns, fields }: OpenPageGroup, owner: FieldOwner): AttributeAssembler {
  const { counts } = columns.shapes(owner)
  const { values: lists, codes } = columns.lists(owner)
  const present = [...counts.keys()]
  const localOf = new Map(present.map((field, local) => [field, local]))
  return new AttributeAssembler(
    { codes, entries: lists.map(list => list.map(field => localOf.get(field)!)), free: [] },
    present.map(field => columns.context.block.toc.fields[field]!.key),
    present.map(field => fields.values(field)),
  )
}

function events({ columns, times: { eventTimes } }: OpenPageGroup, attributes: AttributeAssembler): SpanEvent[][] {
  const count = columns.ownerCount('event')
  const names = columns.table('event.name', count, text => text)
  const times = eventTimes()
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
