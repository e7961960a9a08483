import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { serviceOf } from '../../model/service.ts'
import type { Attributes, Link, Span, SpanEvent, Trace, Value } from '../../model/trace.ts'
import type { Column } from '../../parquet/read/column.ts'
import { listOf, mapOf, textsOf, uint64sOf } from '../../parquet/read/fields.ts'
import { readFooter } from '../../parquet/read/footer.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { GroupNode, LeafNode, ListNode, Node } from '../../parquet/schema.ts'
import type { Columns, ListColumn } from '../../parquet/write/columns.ts'
import { Int64Values } from '../../parquet/write/number-values.ts'
import { DictionaryValues } from '../../parquet/write/string-values.ts'
import { printAnyValue } from '../../wire/otlp-json/value.ts'
import { type AddSpan, readSpanRows, writeSpanRows } from '../span-rows.ts'

/**
 * The table `otel_traces` that the ClickHouse exporter of the OpenTelemetry Collector makes, as Parquet: ids as hex text,
 * attributes as maps of texts, zstd 1, sorted by service, name and start. Most stores of traces in SQL databases are like
 * it. Source: the exporter's documented table (opentelemetry-collector-contrib, exporter/clickhouseexporter).
 */

/** What no column of the table takes. */
export const notHeld: readonly string[] = [
  'the types of attributes, which are texts',
  'flags and dropped counts',
  'attributes of scopes, and schema URLs',
  'what comes again of a key in attributes',
  'emptiness as against absence of statuses, resources and scopes',
  'numbers of kinds and statuses that have no name',
  'orders',
]

const zstdLevel = 1

const kindNames = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const statusNames = ['Unset', 'Ok', 'Error']

const text = (name: string): LeafNode => ({
  ...{ kind: 'leaf', name, type: 'BYTE_ARRAY', meaning: 'string' },
  ...{ encoding: 'DICTIONARY_IF_SMALLER', codec: 'ZSTD' },
})
const number = (name: string, meaning: 'nanos' | 'int64'): LeafNode => ({
  ...{ kind: 'leaf', name, type: 'INT64', meaning, encoding: 'DELTA_BINARY_PACKED', codec: 'ZSTD' },
})
const map = (name: string): ListNode => ({
  ...{ kind: 'map', name },
  element: { kind: 'group', name: 'key_value', children: [text('key'), text('value')] },
})
const list = (name: string, ...children: Node[]): ListNode => ({
  ...{ kind: 'list', name },
  element: { kind: 'group', name: 'element', children },
})

const schema: GroupNode = {
  ...{ kind: 'group', name: 'otel_traces' },
  children: [
    number('Timestamp', 'nanos'),
    ...['TraceId', 'SpanId', 'ParentSpanId', 'TraceState', 'SpanName', 'SpanKind', 'ServiceName'].map(text),
    map('ResourceAttributes'),
    ...['ScopeName', 'ScopeVersion'].map(text),
    map('SpanAttributes'),
    number('Duration', 'int64'),
    ...['StatusCode', 'StatusMessage'].map(text),
    list('Events', number('Timestamp', 'nanos'), text('Name'), map('Attributes')),
    list('Links', ...['TraceId', 'SpanId', 'TraceState'].map(text), map('Attributes')),
  ],
}

/** Writes pieces of traces, in the order of the table. */
export function encodeClickhouse(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  return writeSpanRows(batches, sink, { schema, zstdLevel }, rowWriter)
}

/** Texts of a span, by their columns. */
const spanTexts: Readonly<Record<string, (span: Span, traceId: string) => string>> = {
  TraceId: (_, traceId) => traceId,
  SpanId: span => span.spanId,
  ParentSpanId: span => span.parentSpanId,
  TraceState: span => span.traceState,
  SpanName: span => span.name,
  SpanKind: span => kindNames[span.kind] ?? '',
  ServiceName: span => serviceOf(span.resource),
  ScopeName: span => span.scope?.name ?? '',
  ScopeVersion: span => span.scope?.version ?? '',
  StatusCode: span => statusNames[span.status?.code ?? 0] ?? '',
  StatusMessage: span => span.status?.message ?? '',
}

function rowWriter(columns: Columns): AddSpan {
  const texts = Object.entries(spanTexts).map(([name, textOf]) => ({ column: textsIn(columns, name), textOf }))
  const time = columns.values('Timestamp', Int64Values)
  const duration = columns.values('Duration', Int64Values)
  const [addResource, addSpan] = ['Resource', 'Span'].map(of => mapWriter(columns, `${of}Attributes`))
  const [addEvents, addLinks] = [eventWriter(columns), linkWriter(columns)]
  return (traceId, span) => {
    columns.row()
    for (const { column, textOf } of texts) column.addText(textOf(span, traceId))
    time.add(span.startNanos)
    duration.add(span.endNanos - span.startNanos)
    addResource!(span.resource?.attributes ?? [], 0)
    addSpan!(span.attributes, 0)
    addEvents(span.events)
    addLinks(span.links)
  }
}

function textsIn(columns: Columns, name: string): DictionaryValues {
  return columns.values(name, DictionaryValues)
}

function eventWriter(columns: Columns): (events: readonly SpanEvent[]) => void {
  const [time, name] = [columns.values('Events.Timestamp', Int64Values), textsIn(columns, 'Events.Name')]
  const addAttributes = mapWriter(columns, 'Events.Attributes')
  return listWriter(columns.list('Events'), (event, repetition) => {
    time.add(event.timeNanos)
    name.addText(event.name)
    addAttributes(event.attributes, repetition)
  })
}

function linkWriter(columns: Columns): (links: readonly Link[]) => void {
  const [traceId, spanId] = [textsIn(columns, 'Links.TraceId'), textsIn(columns, 'Links.SpanId')]
  const traceState = textsIn(columns, 'Links.TraceState')
  const addAttributes = mapWriter(columns, 'Links.Attributes')
  return listWriter(columns.list('Links'), (link, repetition) => {
    traceId.addText(link.traceId)
    spanId.addText(link.spanId)
    traceState.addText(link.traceState)
    addAttributes(link.attributes, repetition)
  })
}

function listWriter<T>(list: ListColumn, add: (item: T, repetition: number) => void): (items: readonly T[]) => void {
  return items => {
    if (items.length === 0) list.none(0)
    for (const [i, item] of items.entries()) add(item, list.open(i === 0, 0))
  }
}

/** Writes attributes as texts, the first of each key. */
function mapWriter(columns: Columns, name: string): (attributes: Attributes, repetition: number) => void {
  const list = columns.list(name)
  const [keys, values] = ['key', 'value'].map(part => textsIn(columns, `${name}.key_value.${part}`))
  const seen = new Set<string>()
  return (attributes, repetition) => {
    seen.clear()
    for (const { key, value } of attributes) {
      if (seen.has(key)) continue
      list.open(seen.size === 0, repetition)
      seen.add(key)
      keys!.addText(key)
      values!.addText(printValue(value))
    }
    if (seen.size === 0) list.none(repetition)
  }
}

function printValue(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  return typeof value === 'object' ? printAnyValue(value) : String(value)
}

/** The spans of a table, as pieces of one span each. */
export async function* decodeClickhouse(file: RangeReader): AsyncIterable<readonly Trace[]> {
  yield* readSpanRows({ file, footer: await readFooter(file) }, rowReader)
}

type Of<T> = (element: number) => T

/** By row the span, as a piece of its trace. */
export function rowReader(columns: RowGroupColumns): Of<Trace> {
  const { rowCount } = columns
  const column = (name: string) => columns.get(name, rowCount)
  const texts = (name: string) => textsOf(column(name))
  const [traceId, spanId, parentSpanId] = [texts('TraceId'), texts('SpanId'), texts('ParentSpanId')]
  const [traceState, name, kind] = [texts('TraceState'), texts('SpanName'), indexOf(column('SpanKind'), kindNames)]
  const [scopeName, version] = [texts('ScopeName'), texts('ScopeVersion')]
  const [code, message] = [indexOf(column('StatusCode'), statusNames), texts('StatusMessage')]
  const [start, duration] = [uint64sOf(column('Timestamp')), uint64sOf(column('Duration'))]
  const [resource, attributes] = ['Resource', 'Span'].map(of => mapOf(columns, `${of}Attributes`, 1, rowCount))
  const [events, links] = [eventsOf(columns), linksOf(columns)]
  const none = { droppedAttributesCount: 0, schemaUrl: '' }
  return row => {
    const startNanos = start(row)
    const span: Span = {
      ...{ spanId: spanId(row), parentSpanId: parentSpanId(row), traceState: traceState(row), flags: 0 },
      ...{ name: name(row), kind: kind(row), startNanos, endNanos: BigInt.asUintN(64, startNanos + duration(row)) },
      ...{ attributes: attributes!(row), droppedAttributesCount: 0 },
      ...{ events: events(row), droppedEventsCount: 0, links: links(row), droppedLinksCount: 0 },
      status: { code: code(row), message: message(row) },
      resource: { attributes: resource!(row), ...none },
      scope: { name: scopeName(row), version: version(row), attributes: [], ...none },
    }
    return { traceId: traceId(row), spans: [span] }
  }
}

/** The number of a name; 0 where it has none. */
function indexOf(column: Column, names: readonly string[]): Of<number> {
  const text = textsOf(column)
  return row => Math.max(0, names.indexOf(text(row)))
}

function eventsOf(columns: RowGroupColumns): Of<SpanEvent[]> {
  return listOf(columns, 'Events.Name', count => {
    const [time, name] = [uint64sOf(columns.get('Events.Timestamp', count)), textsOf(columns.get('Events.Name', count))]
    const attributes = mapOf(columns, 'Events.Attributes', 2, count)
    return i => ({ timeNanos: time(i), name: name(i), attributes: attributes(i), droppedAttributesCount: 0 })
  })
}

function linksOf(columns: RowGroupColumns): Of<Link[]> {
  return listOf(columns, 'Links.TraceId', count => {
    const [traceId, spanId, traceState] = ['TraceId', 'SpanId', 'TraceState'].map(name =>
      textsOf(columns.get(`Links.${name}`, count)),
    )
    const attributes = mapOf(columns, 'Links.Attributes', 2, count)
    return i => ({
      ...{ traceId: traceId!(i), spanId: spanId!(i), traceState: traceState!(i), flags: 0 },
      ...{ attributes: attributes(i), droppedAttributesCount: 0 },
    })
  })
}
