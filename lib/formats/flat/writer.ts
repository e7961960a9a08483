import type { ByteSink } from '../../bytes/range.ts'
import { serviceIn } from '../../model/service.ts'
import type { Link, Span, SpanEvent, Trace } from '../../model/trace.ts'
import type { Columns, ListColumn } from '../../parquet/write/columns.ts'
import { Int32Values, Int64Values } from '../../parquet/write/number-values.ts'
import { DictionaryValues } from '../../parquet/write/string-values.ts'
import { writeSpanRows } from '../span-rows.ts'
import { AttributeWriter } from './attributes.ts'
import { type AttributeColumn, kindNames, spanTable, statusNames } from './schema.ts'

/** Writes pieces of traces, in the order of the table, as a table of spans. */
export function encodeFlat(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  chosen: readonly AttributeColumn[],
  zstdLevel?: number,
): Promise<void> {
  return writeSpanRows(batches, sink, { schema: spanTable(chosen), zstdLevel }, columns => {
    const table = new SpanTable(columns, chosen)
    return (traceId, span) => table.add(traceId, span)
  })
}

class SpanTable {
  readonly #columns: Columns
  readonly #leaves: ReturnType<typeof leavesOf>
  readonly #span: AttributeWriter
  readonly #resource: AttributeWriter
  readonly #scope: AttributeWriter
  readonly #events: EventTable
  readonly #links: LinkTable

  constructor(columns: Columns, chosen: readonly AttributeColumn[]) {
    const own = (owner: AttributeColumn['owner']) => chosen.filter(column => column.owner === owner)
    this.#columns = columns
    this.#leaves = leavesOf(columns)
    this.#span = new AttributeWriter(columns, 'span_attributes', own('span'))
    this.#resource = new AttributeWriter(columns, 'resource_attributes', own('resource'))
    this.#scope = new AttributeWriter(columns, 'scope_attributes')
    this.#events = new EventTable(columns)
    this.#links = new LinkTable(columns)
  }

  add(traceId: string, span: Span): void {
    this.#columns.row()
    this.#addIds(traceId, span)
    const leaves = this.#leaves
    leaves.traceState.addText(span.traceState)
    leaves.flags.add(span.flags)
    leaves.name.addText(span.name)
    leaves.kind.addText(nameOf(span.kind, kindNames))
    leaves.start.add(span.startNanos)
    leaves.duration.add(span.endNanos - span.startNanos)
    leaves.statusCode(span.status ? nameOf(span.status.code, statusNames) : undefined)
    leaves.statusMessage.addText(span.status?.message ?? '')
    leaves.droppedAttributes.add(span.droppedAttributesCount)
    leaves.droppedEvents.add(span.droppedEventsCount)
    leaves.droppedLinks.add(span.droppedLinksCount)
    this.#span.add(span.attributes, 0)
    this.#addShared(span)
    this.#events.add(span.events)
    this.#links.add(span.links)
  }

  #addIds(traceId: string, { spanId, parentSpanId }: Span): void {
    const leaves = this.#leaves
    leaves.traceId.addHex(traceId.padStart(32, '0'))
    leaves.spanId.addHex(spanId.padStart(16, '0'))
    if (leaves.parentColumn.present(parentSpanId !== '')) leaves.parentId.addHex(parentSpanId.padStart(16, '0'))
    const [trace, span, parent] = [traceId, spanId, parentSpanId].map(digits => digits.length / 2) as [
      number,
      number,
      number,
    ]
    const isUsual = trace === 16 && span === 8 && (parent === 0 || parent === 8)
    if (leaves.lengthsColumn.present(!isUsual)) leaves.lengths.add(trace + 256 * span + 65_536 * parent)
  }

  #addShared({ resource, scope }: Span): void {
    const leaves = this.#leaves
    leaves.service(resource ? serviceIn(resource.attributes) : undefined)
    leaves.resourceSchema(resource?.schemaUrl)
    leaves.resourceDropped.add(resource?.droppedAttributesCount ?? 0)
    this.#resource.add(resource?.attributes ?? [], 0)
    leaves.scopeName(scope?.name)
    leaves.scopeVersion.addText(scope?.version ?? '')
    leaves.scopeSchema.addText(scope?.schemaUrl ?? '')
    leaves.scopeDropped.add(scope?.droppedAttributesCount ?? 0)
    this.#scope.add(scope?.attributes ?? [], 0)
  }
}

/** A name for a number; the number where it has none. */
function nameOf(number: number, names: readonly string[]): string {
  return names[number] ?? String(number)
}

function leavesOf(columns: Columns) {
  const texts = (name: string) => columns.values(name, DictionaryValues)
  const counts = (name: string) => columns.values(name, Int32Values)
  const optionalText = (name: string) => {
    const [column, values] = [columns.leaf(name), texts(name)]
    return (text: string | undefined) => column.present(text !== undefined) && values.addText(text!)
  }
  return {
    traceId: texts('trace_id'),
    spanId: texts('span_id'),
    parentColumn: columns.leaf('parent_span_id'),
    parentId: texts('parent_span_id'),
    lengthsColumn: columns.leaf('id_lengths'),
    lengths: counts('id_lengths'),
    traceState: texts('trace_state'),
    flags: counts('flags'),
    service: optionalText('service_name'),
    name: texts('name'),
    kind: texts('kind'),
    start: columns.values('start_time', Int64Values),
    duration: columns.values('duration', Int64Values),
    statusCode: optionalText('status_code'),
    statusMessage: texts('status_message'),
    droppedAttributes: counts('dropped_attributes_count'),
    droppedEvents: counts('dropped_events_count'),
    droppedLinks: counts('dropped_links_count'),
    scopeName: optionalText('scope_name'),
    scopeVersion: texts('scope_version'),
    scopeSchema: texts('scope_schema_url'),
    scopeDropped: counts('scope_dropped_attributes_count'),
    resourceSchema: optionalText('resource_schema_url'),
    resourceDropped: counts('resource_dropped_attributes_count'),
  }
}

class EventTable {
  readonly #list: ListColumn
  readonly #times: Int64Values
  readonly #names: DictionaryValues
  readonly #attributes: AttributeWriter
  readonly #dropped: Int32Values

  constructor(columns: Columns) {
    this.#list = columns.list('events')
    this.#times = columns.values('events.time', Int64Values)
    this.#names = columns.values('events.name', DictionaryValues)
    this.#attributes = new AttributeWriter(columns, 'events.attributes')
    this.#dropped = columns.values('events.dropped_attributes_count', Int32Values)
  }

  add(events: readonly SpanEvent[]): void {
    if (events.length === 0) return this.#list.none(0)
    for (const [i, event] of events.entries()) {
      const repetition = this.#list.open(i === 0, 0)
      this.#times.add(event.timeNanos)
      this.#names.addText(event.name)
      this.#attributes.add(event.attributes, repetition)
      this.#dropped.add(event.droppedAttributesCount)
    }
  }
}

class LinkTable {
  readonly #list: ListColumn
  readonly #ids: readonly [trace: DictionaryValues, span: DictionaryValues]
  readonly #traceStates: DictionaryValues
  readonly #flags: Int32Values
  readonly #attributes: AttributeWriter
  readonly #dropped: Int32Values

  constructor(columns: Columns) {
    this.#list = columns.list('links')
    this.#ids = [columns.values('links.trace_id', DictionaryValues), columns.values('links.span_id', DictionaryValues)]
    this.#traceStates = columns.values('links.trace_state', DictionaryValues)
    this.#flags = columns.values('links.flags', Int32Values)
    this.#attributes = new AttributeWriter(columns, 'links.attributes')
    this.#dropped = columns.values('links.dropped_attributes_count', Int32Values)
  }

  add(links: readonly Link[]): void {
    if (links.length === 0) return this.#list.none(0)
    for (const [i, link] of links.entries()) {
      const repetition = this.#list.open(i === 0, 0)
      this.#ids[0].addHex(link.traceId)
      this.#ids[1].addHex(link.spanId)
      this.#traceStates.addText(link.traceState)
      this.#flags.add(link.flags)
      this.#attributes.add(link.attributes, repetition)
      this.#dropped.add(link.droppedAttributesCount)
    }
  }
}
