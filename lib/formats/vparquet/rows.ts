import type { Link, Resource, Scope, Span, SpanEvent, Status, Trace } from '../../model/trace.ts'
import type { Column } from '../../parquet/read/column.ts'
import { idsOf, int32sOf, startsOf, textsOf, uint32sOf, uint64sOf } from '../../parquet/read/fields.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { attributeColumns, attributesOf } from './attributes.ts'
import type { Layout } from './layout.ts'
import { depthOf, prefixes, required } from './schema.ts'

/** The columns that the traces of a row group are made of; those that repeat what others hold, or hold none, are left out. */
export function traceColumns(columns: RowGroupColumns, layout: Layout): string[] {
  const scopes = ['resource', 'instrumentation', 'span', 'event', 'link'] as const
  const fixed = [...required.keys()].filter(name => layout.readsLists || !name.includes('.Attrs.'))
  const names = [...new Set([...fixed, ...scopes.flatMap(scope => attributeColumns(layout, scope))])]
  return names.filter(name => columns.has(name) && !(isOptional(name) && columns.chunk(name).isEmpty))
}

/** True for columns without which spans are read as well where they are empty: of attributes, events and links. */
function isOptional(name: string): boolean {
  const isOfChild = name.startsWith(`${prefixes.event}.`) || name.startsWith(`${prefixes.link}.`)
  return isOfChild || /\.Attrs\.|\.DedicatedAttributes\./.test(name)
}

/** The traces of a row group, by row; their columns must have been loaded. */
export function tracesOf(columns: RowGroupColumns, layout: Layout): (row: number) => Trace {
  const rs = resourcesOf(columns, layout)
  const ss = scopesOf(columns, layout, rs.count)
  const spans = spansOf(columns, layout, ss.count)
  const traceId = idsOf(columns.get('TraceID'), 16)
  return row => {
    const own: Span[] = []
    for (let r = rs.starts[row]!; r < rs.starts[row + 1]!; r++) {
      const resource = rs.read(r)
      for (let s = ss.starts[r]!; s < ss.starts[r + 1]!; s++) {
        const scope = ss.read(s)
        for (let i = spans.starts[s]!; i < spans.starts[s + 1]!; i++) own.push(spans.read(i, resource, scope))
      }
    }
    return { traceId: traceId(row), spans: own }
  }
}

/** Elements of a repeated field: by element of the field above the first, how many, and one read. */
interface Elements<T extends unknown[], R> {
  readonly starts: Uint32Array
  readonly count: number
  readonly read: (element: number, ...parents: T) => R
}

function elementsOf<T extends unknown[], R>(
  column: Column,
  depth: number,
  parentCount: number,
  reader: (count: number) => (element: number, ...parents: T) => R,
): Elements<T, R> {
  const starts = startsOf(column, depth, parentCount)
  const count = starts.at(-1)!
  return { starts, count, read: reader(count) }
}

function resourcesOf(columns: RowGroupColumns, layout: Layout): Elements<[], Resource | null> {
  const column = columns.get(`${prefixes.resource}.ServiceName`)
  return elementsOf(column, depthOf.rs, columns.rowCount, count => {
    const attributes = attributesOf(columns, layout, 'resource', count)
    const dropped = uint32sOf(columns.get(`${prefixes.resource}.DroppedAttributesCount`, count))
    return element => {
      const own = attributes(element)
      const droppedAttributesCount = dropped(element)
      const isEmpty = own.length === 0 && droppedAttributesCount === 0
      return isEmpty ? null : { attributes: own, droppedAttributesCount, schemaUrl: '' }
    }
  })
}

function scopesOf(columns: RowGroupColumns, layout: Layout, parentCount: number): Elements<[], Scope | null> {
  const prefix = prefixes.instrumentation
  return elementsOf(columns.get(`${prefix}.Name`), depthOf.ss, parentCount, count => {
    const column = (name: string) => columns.get(`${prefix}.${name}`, count)
    const [name, version] = [textsOf(column('Name')), textsOf(column('Version'))]
    const attributes = attributesOf(columns, layout, 'instrumentation', count)
    const dropped = uint32sOf(column('DroppedAttributesCount'))
    return element => {
      const scope = { name: name(element), version: version(element), attributes: attributes(element) }
      const droppedAttributesCount = dropped(element)
      const isEmpty =
        scope.name === '' && scope.version === '' && scope.attributes.length + droppedAttributesCount === 0
      return isEmpty ? null : { ...scope, droppedAttributesCount, schemaUrl: '' }
    }
  })
}

function spansOf(
  columns: RowGroupColumns,
  layout: Layout,
  parentCount: number,
): Elements<[Resource | null, Scope | null], Span> {
  return elementsOf(columns.get(`${prefixes.span}.SpanID`), depthOf.span, parentCount, count => {
    const column = (name: string) => columns.get(`${prefixes.span}.${name}`, count)
    const [spanId, parentSpanId] = [idsOf(column('SpanID'), 8), idsOf(column('ParentSpanID'), 8)]
    const [name, traceState] = [textsOf(column('Name')), textsOf(column('TraceState'))]
    const [kind, status] = [int32sOf(column('Kind')), statusesOf(column('StatusCode'), column('StatusMessage'))]
    const [start, duration] = [uint64sOf(column('StartTimeUnixNano')), uint64sOf(column('DurationNano'))]
    const attributes = attributesOf(columns, layout, 'span', count)
    const [events, links] = [eventsOf(columns, layout, count), linksOf(columns, layout, count)]
    const droppedAttributes = uint32sOf(column('DroppedAttributesCount'))
    const droppedEvents = uint32sOf(column('DroppedEventsCount'))
    const droppedLinks = uint32sOf(column('DroppedLinksCount'))
    return (i, resource, scope) => {
      const startNanos = start(i)
      return {
        spanId: spanId(i),
        parentSpanId: parentSpanId(i),
        traceState: traceState(i),
        flags: 0,
        name: name(i),
        kind: kind(i),
        startNanos,
        endNanos: BigInt.asUintN(64, startNanos + duration(i)),
        attributes: attributes(i),
        droppedAttributesCount: droppedAttributes(i),
        events: range(events, i, startNanos),
        droppedEventsCount: droppedEvents(i),
        links: range(links, i),
        droppedLinksCount: droppedLinks(i),
        status: status(i),
        resource,
        scope,
      }
    }
  })
}

function statusesOf(codes: Column, messages: Column): (span: number) => Status | null {
  const [code, message] = [int32sOf(codes), textsOf(messages)]
  return span => {
    const [ownCode, ownMessage] = [code(span), message(span)]
    return ownCode === 0 && ownMessage === '' ? null : { code: ownCode, message: ownMessage }
  }
}

/** What nothing is in. */
function noElements(parentCount: number): Elements<unknown[], never> {
  const read = (): never => {
    throw new RangeError('there is no element')
  }
  return { starts: new Uint32Array(parentCount + 1), count: 0, read }
}

function eventsOf(columns: RowGroupColumns, layout: Layout, spanCount: number): Elements<[bigint], SpanEvent> {
  const prefix = prefixes.event
  if (columns.chunk(`${prefix}.Name`).isEmpty) return noElements(spanCount)
  return elementsOf(columns.get(`${prefix}.Name`), depthOf.event, spanCount, count => {
    const column = (name: string) => columns.get(`${prefix}.${name}`, count)
    const [since, name] = [uint64sOf(column('TimeSinceStartNano')), textsOf(column('Name'))]
    const attributes = attributesOf(columns, layout, 'event', count)
    const dropped = uint32sOf(column('DroppedAttributesCount'))
    return (i, spanStart) => ({
      timeNanos: BigInt.asUintN(64, spanStart + since(i)),
      name: name(i),
      attributes: attributes(i),
      droppedAttributesCount: dropped(i),
    })
  })
}

function linksOf(columns: RowGroupColumns, layout: Layout, spanCount: number): Elements<[], Link> {
  const prefix = prefixes.link
  if (columns.chunk(`${prefix}.SpanID`).isEmpty) return noElements(spanCount)
  return elementsOf(columns.get(`${prefix}.SpanID`), depthOf.link, spanCount, count => {
    const column = (name: string) => columns.get(`${prefix}.${name}`, count)
    const [traceId, spanId] = [idsOf(column('TraceID'), 16), idsOf(column('SpanID'), 8)]
    const traceState = textsOf(column('TraceState'))
    const attributes = attributesOf(columns, layout, 'link', count)
    const dropped = uint32sOf(column('DroppedAttributesCount'))
    return i => ({
      traceId: traceId(i),
      spanId: spanId(i),
      traceState: traceState(i),
      flags: 0,
      attributes: attributes(i),
      droppedAttributesCount: dropped(i),
    })
  })
}

function range<T extends unknown[], R>({ starts, read }: Elements<T, R>, owner: number, ...parents: T): R[] {
  const found: R[] = []
  const end = starts[owner + 1]!
  for (let i = starts[owner]!; i < end; i++) found.push(read(i, ...parents))
  return found
}
