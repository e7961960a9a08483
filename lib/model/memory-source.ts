import { AttributeNames } from './attribute-names.ts'
import { columnBuilder } from './column-builder.ts'
import { parseName } from './column-name.ts'
import type {
  AttributeName,
  AttributeScope,
  ColumnData,
  ColumnName,
  ColumnSet,
  Intrinsic,
  SpanBatch,
  SpanSource,
} from './scan.ts'
import {
  type Attributes,
  countSpans,
  int64Max,
  int64Min,
  type Link,
  type Span,
  type SpanEvent,
  type Trace,
  type Value,
  valueType,
} from './trace.ts'
import { hashIds } from './trace-hashes.ts'
import { groupNeighbours, joinSpellings, traceKey } from './trace-id.ts'
import { parentRows, rootRow } from './tree.ts'

/** Traces in memory as a source that ignores every hint: the truth of queries. Neighbours whose ids are one are joined. */
export function memorySource(traces: readonly Trace[], { batchSpanCount = 1 << 17 } = {}): SpanSource {
  const joined = groupNeighbours(traces).map(joinSpellings)
  return {
    async *scan() {
      for (const part of batches(joined, batchSpanCount)) yield memoryBatch(part)
    },
    async *findTraces(traceIds) {
      const keys = new Set(traceIds.map(traceKey))
      for (const trace of traces) if (keys.has(traceKey(trace.traceId))) yield trace
    },
    bounds: () => undefined,
    cost: () => ({ byteLength: 0, spanCount: countSpans(traces) }),
    attributeNames: async () => attributeNames(traces),
    distinctValues: async name => (name === 'span:traceState' ? traceStates(traces) : undefined),
    traceIds: async () => ({
      ...hashIds(joined.map(({ traceId }) => traceId)),
      at: async positions => Array.from(positions, position => joined[position]!.traceId),
    }),
  }
}

function traceStates(traces: readonly Trace[]): string[] {
  const distinct = new Set<string>()
  for (const { spans } of traces) for (const { traceState } of spans) distinct.add(traceState)
  return [...distinct]
}

function* batches(traces: readonly Trace[], batchSpanCount: number): Iterable<readonly Trace[]> {
  let part: Trace[] = []
  let spanCount = 0
  for (const trace of traces) {
    if (part.length > 0 && spanCount + trace.spans.length > batchSpanCount) {
      yield part
      part = []
      spanCount = 0
    }
    part.push(trace)
    spanCount += trace.spans.length
  }
  if (part.length > 0) yield part
}

/** A batch, flat: its spans, and the events and links of all of them with the rows of their spans. */
interface Flat {
  readonly traces: readonly Trace[]
  readonly spans: readonly Span[]
  readonly events: readonly SpanEvent[]
  readonly links: readonly Link[]
  readonly eventSpans: Uint32Array
  readonly linkSpans: Uint32Array
}

/** Whole traces as a batch. */
export function memoryBatch(traces: readonly Trace[]): SpanBatch {
  const flat = flatten(traces)
  const traceStarts = new Uint32Array(traces.length + 1)
  for (const [i, trace] of traces.entries()) traceStarts[i + 1] = traceStarts[i]! + trace.spans.length
  const known = new Map<ColumnName, readonly ColumnData[]>()
  const columns: ColumnSet = {
    get: name => {
      const column = known.get(name)
      if (column === undefined) throw new Error(`column ${name} was not read`)
      return column
    },
    traceStarts,
    eventSpans: flat.eventSpans,
    linkSpans: flat.linkSpans,
  }
  return {
    spanCount: flat.spans.length,
    read: async names => {
      for (const name of names) if (!known.has(name)) known.set(name, column(flat, name))
      return columns
    },
    release: () => known.clear(),
  }
}

function flatten(traces: readonly Trace[]): Flat {
  const spans = traces.flatMap(trace => trace.spans)
  return {
    traces,
    spans,
    events: spans.flatMap(span => span.events),
    links: spans.flatMap(span => span.links),
    eventSpans: Uint32Array.from(spans.flatMap((span, row) => span.events.map(() => row))),
    linkSpans: Uint32Array.from(spans.flatMap((span, row) => span.links.map(() => row))),
  }
}

function column(flat: Flat, name: ColumnName): ColumnData[] {
  const named = parseName(name)
  return named.intrinsic ? intrinsics[named.intrinsic](flat) : attributeColumn(flat, named.scope, named.key)
}

type Columns = (flat: Flat) => ColumnData[]

const ofTraces =
  (value: (trace: Trace) => Value): Columns =>
  flat =>
    valuesColumn(flat.traces, value)
const ofSpans =
  (value: (span: Span) => Value): Columns =>
  flat =>
    valuesColumn(flat.spans, value)
const ofEvents =
  (value: (event: SpanEvent) => Value): Columns =>
  flat =>
    valuesColumn(flat.events, value)
const ofLinks =
  (value: (link: Link) => Value): Columns =>
  flat =>
    valuesColumn(flat.links, value)

const intrinsics: Readonly<Record<Intrinsic, Columns>> = {
  'trace:id': ofTraces(trace => trace.traceId),
  'trace:root': ({ traces }) => valuesColumn(rootRows(traces), BigInt),
  'span:id': ofSpans(span => span.spanId),
  'span:parent': ({ traces }) => valuesColumn(parentsOf(traces), BigInt),
  'span:parentID': ofSpans(span => span.parentSpanId),
  'span:name': ofSpans(span => span.name),
  'span:kind': ofSpans(span => BigInt(span.kind)),
  'span:status': ofSpans(span => BigInt(span.status?.code ?? 0)),
  'span:statusMessage': ofSpans(span => span.status?.message ?? ''),
  'span:traceState': ofSpans(span => span.traceState),
  'span:start': ofSpans(span => span.startNanos),
  'span:duration': ofSpans(span => inInt64(span.endNanos - span.startNanos)),
  'event:name': ofEvents(event => event.name),
  'event:time': ofEvents(event => event.timeNanos),
  'link:traceID': ofLinks(link => link.traceId),
  'link:spanID': ofLinks(link => link.spanId),
  'instrumentation:name': ofSpans(span => span.scope?.name ?? ''),
  'instrumentation:version': ofSpans(span => span.scope?.version ?? ''),
}

function inInt64(value: bigint): bigint {
  return value < int64Min ? int64Min : value > int64Max ? int64Max : value
}

function valuesColumn<T>(owners: readonly T[], value: (owner: T) => Value): ColumnData[] {
  const builder = columnBuilder()
  for (const [row, owner] of owners.entries()) builder.add(row, value(owner))
  return builder.finish(owners.length)
}

/** By trace the row of its root in the batch, or -1. */
function rootRows(traces: readonly Trace[]): number[] {
  let first = 0
  return traces.map(({ traceId, spans }) => {
    const root = rootRow(traceId, spans, parentRows(spans))
    const row = root < 0 ? -1 : first + root
    first += spans.length
    return row
  })
}

function parentsOf(traces: readonly Trace[]): number[] {
  const parents: number[] = []
  for (const { spans } of traces) {
    const first = parents.length
    for (const parent of parentRows(spans)) parents.push(parent < 0 ? parent : first + parent)
  }
  return parents
}

function attributeColumn(flat: Flat, scope: AttributeScope, key: string): ColumnData[] {
  const builder = columnBuilder()
  const owners = attributesOf(flat, scope)
  for (const [row, attributes] of owners.entries())
    for (const attribute of attributes) if (attribute.key === key) builder.add(row, attribute.value)
  return builder.finish(owners.length)
}

function attributesOf(flat: Pick<Flat, 'spans' | 'events' | 'links'>, scope: AttributeScope): readonly Attributes[] {
  switch (scope) {
    case 'span':
      return flat.spans.map(span => span.attributes)
    case 'resource':
      return flat.spans.map(span => span.resource?.attributes ?? [])
    case 'instrumentation':
      return flat.spans.map(span => span.scope?.attributes ?? [])
    case 'event':
      return flat.events.map(event => event.attributes)
    case 'link':
      return flat.links.map(link => link.attributes)
  }
}

const scopes: readonly AttributeScope[] = ['span', 'resource', 'event', 'link', 'instrumentation']

function attributeNames(traces: readonly Trace[]): AttributeName[] {
  const names = new AttributeNames()
  const flat = flatten(traces)
  for (const scope of scopes)
    for (const attributes of new Set(attributesOf(flat, scope)))
      for (const { key, value } of attributes) names.add(scope, key, valueType(value))
  return names.list()
}
