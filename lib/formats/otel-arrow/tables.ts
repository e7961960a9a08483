import type { Link, Span, SpanEvent } from '../../model/trace.ts'
import type { LeafNode } from '../../parquet/schema.ts'
import type { Cell, TableColumn } from './table.ts'

/**
 * The tables of the OpenTelemetry Arrow protocol for traces, and what is in their columns (FORMAT.md). Ids and parents'
 * ids of rows are as they are stored: as differences.
 */

/** A span with what it refers to. */
export interface SpanRow {
  readonly traceId: string
  readonly span: Span
  /** Undefined where nothing refers to the span. */
  readonly id: number | undefined
  /** Undefined where the span has no resource, or no scope. */
  readonly resourceId: number | undefined
  readonly scopeId: number | undefined
}

export interface EventRow {
  readonly id: number | undefined
  readonly parentId: number
  readonly event: SpanEvent
}

export interface LinkRow {
  readonly id: number | undefined
  readonly parentId: number
  readonly link: Link
}

/** An attribute; `type` is the position of its type in `valueTypes`, `cell` its value in the column of that type. */
export interface AttributeRow {
  readonly parentId: number
  readonly key: string
  readonly type: number
  readonly cell: Cell
}

const common = { kind: 'leaf', codec: 'ZSTD' } as const
const optional = { isOptional: true } as const

const number = (name: string): LeafNode => ({
  ...{ ...common, name, type: 'INT32', meaning: 'uint32', encoding: 'DELTA_BINARY_PACKED' },
})
const int32 = (name: string): LeafNode => ({ ...number(name), meaning: 'int32' })
const long = (name: string, meaning: 'int64' | 'nanos'): LeafNode => ({
  ...{ ...common, name, type: 'INT64', meaning, encoding: 'DELTA_BINARY_PACKED' },
})
const text = (name: string): LeafNode => ({
  ...{ ...common, name, type: 'BYTE_ARRAY', meaning: 'string', encoding: 'DICTIONARY_IF_SMALLER' },
})
const bytes = (name: string, byteLength?: number): LeafNode => ({
  ...{ ...common, name, encoding: 'DICTIONARY_IF_SMALLER' },
  ...(byteLength === undefined ? { type: 'BYTE_ARRAY' } : { type: 'FIXED_LEN_BYTE_ARRAY', byteLength }),
})

/** A column, and one that may be null. */
const column = <R>(leaf: LeafNode, cell: (row: R) => Cell): TableColumn<R> => ({ leaf, cell })
const nullable = <R>(leaf: LeafNode, cell: (row: R) => Cell): TableColumn<R> => ({
  leaf: { ...leaf, ...optional },
  cell,
})

const notEmpty = (text: string) => (text === '' ? undefined : text)
const notZero = (count: number) => (count === 0 ? undefined : count)
const padded = (id: string, byteLength: number) => id.padStart(2 * byteLength, '0')
const paddedOrNull = (id: string, byteLength: number) => (id === '' ? undefined : padded(id, byteLength))

export const spanColumns: readonly TableColumn<SpanRow>[] = [
  nullable(number('id'), row => row.id),
  nullable(number('resource.id'), row => row.resourceId),
  nullable(text('resource.schema_url'), ({ span }) => notEmpty(span.resource?.schemaUrl ?? '')),
  nullable(number('resource.dropped_attributes_count'), ({ span }) =>
    notZero(span.resource?.droppedAttributesCount ?? 0),
  ),
  nullable(number('scope.id'), row => row.scopeId),
  nullable(text('scope.name'), ({ span }) => notEmpty(span.scope?.name ?? '')),
  nullable(text('scope.version'), ({ span }) => notEmpty(span.scope?.version ?? '')),
  nullable(number('scope.dropped_attributes_count'), ({ span }) => notZero(span.scope?.droppedAttributesCount ?? 0)),
  nullable(text('schema_url'), ({ span }) => notEmpty(span.scope?.schemaUrl ?? '')),
  column(long('start_time_unix_nano', 'nanos'), ({ span }) => span.startNanos),
  column(long('duration_time_unix_nano', 'int64'), ({ span }) => span.endNanos - span.startNanos),
  column(bytes('trace_id', 16), ({ traceId }) => padded(traceId, 16)),
  column(bytes('span_id', 8), ({ span }) => padded(span.spanId, 8)),
  nullable(text('trace_state'), ({ span }) => notEmpty(span.traceState)),
  nullable(bytes('parent_span_id', 8), ({ span }) => paddedOrNull(span.parentSpanId, 8)),
  column(text('name'), ({ span }) => span.name),
  nullable(int32('kind'), ({ span }) => notZero(span.kind)),
  nullable(number('dropped_attributes_count'), ({ span }) => notZero(span.droppedAttributesCount)),
  nullable(number('dropped_events_count'), ({ span }) => notZero(span.droppedEventsCount)),
  nullable(number('dropped_links_count'), ({ span }) => notZero(span.droppedLinksCount)),
  nullable(int32('status.code'), ({ span }) => span.status?.code),
  nullable(text('status.status_message'), ({ span }) => notEmpty(span.status?.message ?? '')),
]

export const eventColumns: readonly TableColumn<EventRow>[] = [
  nullable(number('id'), row => row.id),
  column(number('parent_id'), row => row.parentId),
  column(long('time_unix_nano', 'nanos'), ({ event }) => event.timeNanos),
  column(text('name'), ({ event }) => event.name),
  nullable(number('dropped_attributes_count'), ({ event }) => notZero(event.droppedAttributesCount)),
]

export const linkColumns: readonly TableColumn<LinkRow>[] = [
  nullable(number('id'), row => row.id),
  column(number('parent_id'), row => row.parentId),
  nullable(bytes('trace_id', 16), ({ link }) => paddedOrNull(link.traceId, 16)),
  nullable(bytes('span_id', 8), ({ link }) => paddedOrNull(link.spanId, 8)),
  nullable(text('trace_state'), ({ link }) => notEmpty(link.traceState)),
  nullable(number('dropped_attributes_count'), ({ link }) => notZero(link.droppedAttributesCount)),
]

/** The columns of values, by the types that they are of. */
export const valueLeaves: readonly (readonly [leaf: LeafNode, ...types: number[]])[] = [
  [text('str'), 1],
  [{ ...common, name: 'bool', type: 'BOOLEAN', encoding: 'PLAIN' }, 2],
  [long('int', 'int64'), 3],
  [{ ...common, name: 'double', type: 'DOUBLE', encoding: 'PLAIN' }, 4],
  [bytes('bytes'), 5],
  [bytes('ser'), 6, 7],
]

export const attributeColumns: readonly TableColumn<AttributeRow>[] = [
  column(number('parent_id'), row => row.parentId),
  column(text('key'), row => row.key),
  column(number('type'), row => row.type),
  ...valueLeaves.map(([leaf, ...types]) =>
    nullable<AttributeRow>(leaf, ({ type, cell }) => (types.includes(type) ? cell : undefined)),
  ),
]

/** Values that are serialized are never taken for the same as those before them. */
const firstSerialized = 6

/** True where two attributes have one key, type and value: the second's parent is stored as a difference then. */
export function isSameAttribute(a: AttributeRow, b: AttributeRow): boolean {
  return a.key === b.key && a.type === b.type && a.type < firstSerialized && Object.is(a.cell, b.cell)
}

/** The tables, as they are called in the file. */
export const tableNames = {
  spans: 'spans',
  spanAttributes: 'span_attrs',
  events: 'span_events',
  eventAttributes: 'span_event_attrs',
  links: 'span_links',
  linkAttributes: 'span_link_attrs',
  resourceAttributes: 'resource_attrs',
  scopeAttributes: 'scope_attrs',
} as const

export type TableName = (typeof tableNames)[keyof typeof tableNames]

/** The object of a table in the file, of a batch. */
export function objectName(batch: number, table: TableName): string {
  return `${batch}/${table}.parquet`
}

/** The table that an object holds. */
export function tableOf(objectName: string): string {
  return objectName.slice(objectName.indexOf('/') + 1, -'.parquet'.length)
}
