import { getOrInsert } from '../../../maps.ts'
import { type NestedSets, nestedSets } from '../../../model/nested-sets.ts'
import { serviceOf } from '../../../model/service.ts'
import type { Link, Resource, Scope, Span, SpanEvent, Trace } from '../../../model/trace.ts'
import { parentRows, rootRow } from '../../../model/tree.ts'
import { printAttributes } from '../../../wire/otlp-json/value.ts'
import { serviceName, wellKnown } from '../schema.ts'
import { attributeRows, type OwnColumns } from './attribute-rows.ts'
import type { Row } from './shred.ts'

const errorCode = 2

const resourceColumns: OwnColumns = new Map([
  [serviceName.key, { column: serviceName.column, type: 'string' }],
  ...ownColumns('resource'),
])
const spanColumns: OwnColumns = new Map(ownColumns('span'))

function ownColumns(scope: 'resource' | 'span') {
  return Object.entries(wellKnown.vParquet4[scope] ?? {}).map(([column, key]) => {
    return [key, { column, type: column === 'HttpStatusCode' ? 'int' : 'string' }] as const
  })
}

/** Makes rows of traces; it holds those of resources and scopes, and what names these by their content. */
export class TraceRows {
  readonly #contents = new WeakMap<object, string>()
  readonly #rows = new WeakMap<object, Row>()

  /** A trace as a row of a block: its spans by resource and scope, with what Tempo derives of them. */
  row({ traceId, spans }: Trace): Row {
    const start = extreme(
      spans,
      span => span.startNanos,
      (a, b) => a < b,
    )
    const end = extreme(
      spans,
      span => span.endNanos,
      (a, b) => a > b,
    )
    const parents = parentRows(spans)
    const root = spans[rootRow(traceId, spans, parents)]
    const sets = nestedSets(parents, Uint32Array.of(0, spans.length))
    return {
      TraceID: Buffer.from(traceId, 'hex'),
      TraceIDText: traceId.replace(/^0+/, ''),
      StartTimeUnixNano: start,
      EndTimeUnixNano: end,
      DurationNano: BigInt.asUintN(64, end - start),
      RootServiceName: serviceOf(root?.resource ?? null),
      RootSpanName: root?.name ?? '',
      ServiceStats: serviceStats(spans),
      rs: this.#resources(spans, sets),
    }
  }

  #resources(spans: readonly Span[], sets: NestedSets): Row[] {
    const rows = [...spans.keys()]
    return this.#grouped(rows, row => spans[row]!.resource).map(([resource, own]) => ({
      Resource: this.#once(resource, resourceRow),
      ss: this.#grouped(own, row => spans[row]!.scope).map(([scope, within]) => ({
        Scope: this.#once(scope, scopeRow),
        Spans: within.map(row => spanRow(spans[row]!, sets, row)),
      })),
    }))
  }

  #once<T extends Resource | Scope>(item: T | null, rowOf: (item: T | null) => Row): Row {
    return item === null ? rowOf(item) : getOrInsert(this.#rows, item, () => rowOf(item))
  }

  /** The rows that have an item of equal content together, in the order of first sight. */
  #grouped<T extends Resource | Scope>(
    rows: readonly number[],
    itemOf: (row: number) => T | null,
  ): [T | null, number[]][] {
    const groups = new Map<string, [T | null, number[]]>()
    for (const row of rows) {
      const item = itemOf(row)
      const content = item === null ? '' : this.#content(item)
      getOrInsert(groups, content, (): [T | null, number[]] => [item, []])[1].push(row)
    }
    return [...groups.values()]
  }

  #content(item: Resource | Scope): string {
    return getOrInsert(this.#contents, item, () => {
      const name = 'name' in item ? JSON.stringify([item.name, item.version]) : ''
      return `${name}${item.droppedAttributesCount}${printAttributes(item.attributes)}`
    })
  }
}

function extreme(
  spans: readonly Span[],
  timeOf: (span: Span) => bigint,
  isBeyond: (a: bigint, b: bigint) => boolean,
): bigint {
  return spans.map(timeOf).reduce((best, time) => (isBeyond(time, best) ? time : best))
}

function serviceStats(spans: readonly Span[]): Row[] {
  const stats = new Map<string, { SpanCount: number; ErrorCount: number }>()
  for (const span of spans) {
    const service = serviceOf(span.resource)
    const own = stats.get(service) ?? { SpanCount: 0, ErrorCount: 0 }
    own.SpanCount++
    if (span.status?.code === errorCode) own.ErrorCount++
    stats.set(service, own)
  }
  return [...stats].map(([key, value]) => ({ key, value }))
}

function resourceRow(resource: Resource | null): Row {
  const attributes = attributeRows(resource?.attributes ?? [], resourceColumns)
  return { ServiceName: '', ...attributes, ...dropped(resource) }
}

function scopeRow(scope: Scope | null): Row {
  const { name = '', version = '', attributes = [] } = scope ?? {}
  return { Name: name, Version: version, ...attributeRows(attributes), ...dropped(scope) }
}

function spanRow(span: Span, { left, right, parent }: NestedSets, row: number): Row {
  const { startNanos, status } = span
  return {
    SpanID: Buffer.from(span.spanId, 'hex'),
    ParentSpanID: Buffer.from(span.parentSpanId, 'hex'),
    ParentID: parent[row],
    NestedSetLeft: left[row],
    NestedSetRight: right[row],
    Name: span.name,
    Kind: BigInt(span.kind),
    TraceState: span.traceState,
    StartTimeUnixNano: startNanos,
    DurationNano: BigInt.asUintN(64, span.endNanos - startNanos),
    StatusCode: BigInt(status?.code ?? 0),
    StatusMessage: status?.message ?? '',
    ...attributeRows(span.attributes, spanColumns),
    ...dropped(span),
    Events: span.events.map(event => eventRow(event, startNanos)),
    DroppedEventsCount: span.droppedEventsCount | 0,
    Links: span.links.map(linkRow),
    DroppedLinksCount: span.droppedLinksCount | 0,
  }
}

function eventRow(event: SpanEvent, startNanos: bigint): Row {
  const TimeSinceStartNano = BigInt.asUintN(64, event.timeNanos - startNanos)
  return { TimeSinceStartNano, Name: event.name, ...attributeRows(event.attributes), ...dropped(event) }
}

function linkRow(link: Link): Row {
  return {
    TraceID: Buffer.from(link.traceId, 'hex'),
    SpanID: Buffer.from(link.spanId, 'hex'),
    TraceState: link.traceState,
    ...attributeRows(link.attributes),
    ...dropped(link),
  }
}

/** As the signed integer that the column takes. */
function dropped(item: { droppedAttributesCount: number } | null): Row {
  return { DroppedAttributesCount: (item?.droppedAttributesCount ?? 0) | 0 }
}
