import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { withSubject } from '../../error.ts'
import { inBatches } from '../../model/batches.ts'
import { serviceOf } from '../../model/service.ts'
import type { Attributes, Link, Span, SpanEvent, Trace, Value } from '../../model/trace.ts'
import type { Column } from '../../parquet/read/column.ts'
import { listOf, startsOf, textsOf, uint64sOf } from '../../parquet/read/fields.ts'
import { readFooter } from '../../parquet/read/footer.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { GroupNode, LeafNode, ListNode, Node } from '../../parquet/schema.ts'
import type { Columns } from '../../parquet/write/columns.ts'
import { ParquetFileWriter } from '../../parquet/write/file.ts'
import { Int64Values } from '../../parquet/write/number-values.ts'
import { DictionaryValues } from '../../parquet/write/string-values.ts'
import { printAnyValue } from '../../wire/otlp-json/value.ts'

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

const rowGroupSpans = 1 << 17
const pageBytes = 1 << 20
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
export async function encodeClickhouse(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  const file = new ParquetFileWriter(schema, sink, { zstdLevel, pageBytes })
  const add = rowWriter(file.columns)
  let rowCount = 0
  for await (const batch of batches)
    for (const { traceId, spans } of batch)
      for (const span of spans) {
        try {
          add(traceId, span)
        } catch (error) {
          throw withSubject(`trace ${traceId}, span ${span.spanId}`, error)
        }
        if (++rowCount < rowGroupSpans) continue
        await file.endRowGroup(rowCount)
        rowCount = 0
      }
  await file.endRowGroup(rowCount)
  await file.finish()
}

function rowWriter(columns: Columns): (traceId: string, span: Span) => void {
  const texts = (name: string, ...values: readonly string[]) => {
    const column = columns.values(name, DictionaryValues)
    for (const value of values) column.addText(value)
  }
  const addMap = mapWriter(columns)
  const time = columns.values('Timestamp', Int64Values)
  const duration = columns.values('Duration', Int64Values)
  return (traceId, span) => {
    columns.row()
    time.add(span.startNanos)
    duration.add(span.endNanos - span.startNanos)
    texts('TraceId', traceId)
    texts('SpanId', span.spanId)
    texts('ParentSpanId', span.parentSpanId)
    texts('TraceState', span.traceState)
    texts('SpanName', span.name)
    texts('SpanKind', kindNames[span.kind] ?? '')
    texts('ServiceName', serviceOf(span.resource))
    texts('ScopeName', span.scope?.name ?? '')
    texts('ScopeVersion', span.scope?.version ?? '')
    texts('StatusCode', statusNames[span.status?.code ?? 0] ?? '')
    texts('StatusMessage', span.status?.message ?? '')
    addMap('ResourceAttributes', span.resource?.attributes ?? [], 0)
    addMap('SpanAttributes', span.attributes, 0)
    addList(columns, 'Events', span.events, ({ timeNanos, name, attributes }, repetition) => {
      columns.values('Events.Timestamp', Int64Values).add(timeNanos)
      texts('Events.Name', name)
      addMap('Events.Attributes', attributes, repetition)
    })
    addList(columns, 'Links', span.links, (link, repetition) => {
      texts('Links.TraceId', link.traceId)
      texts('Links.SpanId', link.spanId)
      texts('Links.TraceState', link.traceState)
      addMap('Links.Attributes', link.attributes, repetition)
    })
  }
}

function addList<T>(
  columns: Columns,
  name: string,
  items: readonly T[],
  add: (item: T, repetition: number) => void,
): void {
  const column = columns.list(name)
  if (items.length === 0) return column.none(0)
  for (const [i, item] of items.entries()) add(item, column.open(i === 0, 0))
}

/** Writes attributes as texts, the first of each key. */
function mapWriter(columns: Columns): (name: string, attributes: Attributes, repetition: number) => void {
  return (name, attributes, repetition) => {
    const column = columns.list(name)
    const [keys, values] = ['key', 'value'].map(part => columns.values(`${name}.key_value.${part}`, DictionaryValues))
    const seen = new Set<string>()
    for (const { key, value } of attributes) {
      if (seen.has(key)) continue
      column.open(seen.size === 0, repetition)
      seen.add(key)
      keys!.addText(key)
      values!.addText(printValue(value))
    }
    if (seen.size === 0) column.none(repetition)
  }
}

function printValue(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  return typeof value === 'object' ? printAnyValue(value) : String(value)
}

/** The spans of a table, as pieces of one span each. */
export async function* decodeClickhouse(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const footer = await readFooter(file)
  yield* inBatches(
    (async function* () {
      for (let number = 0; number < footer.rowGroups.length; number++) {
        const columns = new RowGroupColumns({ file, footer }, number)
        await columns.load([...footer.leaves.keys()])
        const read = columns.named(() => rowReader(columns))
        for (let row = 0; row < columns.rowCount; row++) yield [columns.named(() => read(row))]
      }
    })(),
  )
}

type Of<T> = (element: number) => T

function rowReader(columns: RowGroupColumns): Of<Trace> {
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

function mapOf(columns: RowGroupColumns, name: string, depth: number, count: number): Of<Attributes> {
  const keys = columns.get(`${name}.key_value.key`)
  const starts = startsOf(keys, depth, count)
  const [key, value] = [textsOf(keys), textsOf(columns.get(`${name}.key_value.value`, starts.at(-1)!))]
  return element =>
    Array.from({ length: starts[element + 1]! - starts[element]! }, (_, i) => {
      const at = starts[element]! + i
      return { key: key(at), value: value(at) }
    })
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
