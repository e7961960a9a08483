import type { RangeReader } from '../../bytes/range.ts'
import { LabError, naming } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import type { Attributes, Link, Resource, Scope, Span, SpanEvent, Trace } from '../../model/trace.ts'
import { openPack } from '../../storage/pack.ts'
import { attributesOf } from './attributes.ts'
import { undelta, unquasiDelta } from './ids.ts'
import { readTable, type TableColumn, type TableRows } from './table.ts'
import {
  attributeColumns,
  eventColumns,
  linkColumns,
  objectName,
  spanColumns,
  type TableName,
  tableNames,
} from './tables.ts'

/** What no column of the tables takes. */
export const notHeld: readonly string[] = [
  'flags of spans and links',
  'lengths of ids, which are padded to 16 and 8 bytes',
  'orders, also of events and links',
]

/** The spans of all batches, as pieces of one span each. */
export async function* decodeOtelArrow(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const objects = await openPack(file)
  const batchCount = countBatches(objects)
  for (let batch = 0; batch < batchCount; batch++) yield await readBatch(new BatchTables(objects, batch))
}

/** How many batches there are: they are numbered from 0, each has spans, and nothing else is in the file. */
function countBatches(objects: ReadonlyMap<string, RangeReader>): number {
  let batchCount = 0
  while (objects.has(objectName(batchCount, tableNames.spans))) batchCount++
  const known = Array.from({ length: batchCount }, (_, batch) =>
    Object.values(tableNames).map(name => objectName(batch, name)),
  ).flat()
  const unknown = [...objects.keys()].find(name => !known.includes(name))
  return unknown === undefined ? batchCount : fail(`${JSON.stringify(unknown)}: is no table of a batch with spans`)
}

/** The tables of a batch. */
class BatchTables {
  readonly #objects: ReadonlyMap<string, RangeReader>
  readonly #batch: number

  constructor(objects: ReadonlyMap<string, RangeReader>, batch: number) {
    this.#objects = objects
    this.#batch = batch
  }

  /** What `read` makes of a table, undefined where it has no rows. */
  async read<T>(
    name: TableName,
    columns: readonly Pick<TableColumn<never>, 'leaf'>[],
    read: (table: TableRows | undefined) => T,
  ): Promise<T> {
    const object = this.#objects.get(objectName(this.#batch, name))
    const leaves = columns.map(({ leaf }) => leaf)
    return naming(name, async () => read(object && (await readTable(object, leaves))))
  }

  /** By the id of their owner, of which there are so many. */
  attributes(name: TableName, ownerCount: number): Promise<(id: number) => Attributes> {
    return this.read(name, attributeColumns, table => attributesOf(table, ownerCount))
  }
}

async function readBatch(tables: BatchTables): Promise<Trace[]> {
  const spans = await tables.read(tableNames.spans, spanColumns, table => table!)
  const ids = idsOf(spans, 'id')
  const [resourceIds, scopeIds] = [idsOf(spans, 'resource.id'), idsOf(spans, 'scope.id')]
  const events = await tables.read(tableNames.events, eventColumns, table => childrenOf(table, 'name', ids.count))
  const links = await tables.read(tableNames.links, linkColumns, table => childrenOf(table, 'trace_id', ids.count))
  const attributes = await tables.attributes(tableNames.spanAttributes, ids.count)
  const ofEvent = await tables.attributes(tableNames.eventAttributes, events.ids.count)
  const ofLink = await tables.attributes(tableNames.linkAttributes, links.ids.count)
  const resource = resourcesOf(spans, await tables.attributes(tableNames.resourceAttributes, resourceIds.count))
  const scope = scopesOf(spans, await tables.attributes(tableNames.scopeAttributes, scopeIds.count))
  const [eventAt, linkAt] = [eventsOf(events, ofEvent), linksOf(links, ofLink)]
  const span = spansOf(spans)
  const traceId = text(spans, 'trace_id')
  return Array.from({ length: spans.rowCount }, (_, row): Trace => {
    const id = ids.of[row]
    const own = id === undefined ? none : referred(id)
    const shared = { resource: named(resourceIds, row, resource), scope: named(scopeIds, row, scope) }
    return { traceId: traceId(row), spans: [{ ...span(row), ...own, ...shared }] }
  })

  function referred(id: number): typeof none {
    return {
      attributes: attributes(id),
      events: (events.rows[id] ?? []).map(eventAt),
      links: (links.rows[id] ?? []).map(linkAt),
    }
  }
}

const none: Pick<Span, 'attributes' | 'events' | 'links'> = { attributes: [], events: [], links: [] }

type Of<T> = (row: number) => T

function text(table: TableRows, name: string): Of<string> {
  const cells = table.cells(name)
  return row => (cells(row) ?? '') as string
}

function number(table: TableRows, name: string): Of<number> {
  const cells = table.cells(name)
  return row => (cells(row) ?? 0) as number
}

function nanos(table: TableRows, name: string): Of<bigint> {
  const cells = table.cells(name)
  return row => BigInt.asUintN(64, cells(row) as bigint)
}

/** Ids by row, undefined where a row has none, and how many ids there are. */
interface RowIds {
  readonly of: readonly (number | undefined)[]
  readonly count: number
}

function idsOf(table: TableRows | undefined, name: string): RowIds {
  if (!table) return { of: [], count: 0 }
  const cells = Array.from({ length: table.rowCount }, (_, row) => row).map(table.cells(name)) as (number | undefined)[]
  const ids = undelta(cells.filter(cell => cell !== undefined))
  const next = ids.values()
  const of = cells.map(cell => (cell === undefined ? undefined : next.next().value))
  const count = (ids.at(-1) ?? -1) + 1
  return count <= table.rowCount ? { of, count } : fail(`${name}: ${count - 1} in a table of ${table.rowCount} rows`)
}

/** What the id of a row names; null where it has none. */
function named<T>({ of }: RowIds, row: number, read: (id: number, row: number) => T): T | null {
  const id = of[row]
  return id === undefined ? null : read(id, row)
}

/** Resources by id, each made once, of the first row that has it. */
function resourcesOf(spans: TableRows, attributes: (id: number) => Attributes): (id: number, row: number) => Resource {
  const [schemaUrl, dropped] = [text(spans, 'resource.schema_url'), number(spans, 'resource.dropped_attributes_count')]
  const known = new Map<number, Resource>()
  return (id, row) =>
    getOrInsert(known, id, () => {
      return { attributes: attributes(id), droppedAttributesCount: dropped(row), schemaUrl: schemaUrl(row) }
    })
}

function scopesOf(spans: TableRows, attributes: (id: number) => Attributes): (id: number, row: number) => Scope {
  const [name, version] = [text(spans, 'scope.name'), text(spans, 'scope.version')]
  const [schemaUrl, dropped] = [text(spans, 'schema_url'), number(spans, 'scope.dropped_attributes_count')]
  const known = new Map<number, Scope>()
  return (id, row) =>
    getOrInsert(known, id, () => ({
      ...{ name: name(row), version: version(row), attributes: attributes(id) },
      ...{ droppedAttributesCount: dropped(row), schemaUrl: schemaUrl(row) },
    }))
}

function spansOf(spans: TableRows): Of<Omit<Span, keyof typeof none | 'resource' | 'scope'>> {
  const [spanId, parentSpanId, traceState] = [
    text(spans, 'span_id'),
    text(spans, 'parent_span_id'),
    text(spans, 'trace_state'),
  ]
  const [name, kind] = [text(spans, 'name'), number(spans, 'kind')]
  const [start, duration] = [nanos(spans, 'start_time_unix_nano'), nanos(spans, 'duration_time_unix_nano')]
  const [attributes, events, links] = ['attributes', 'events', 'links'].map(what =>
    number(spans, `dropped_${what}_count`),
  )
  const [code, message] = [spans.cells('status.code'), text(spans, 'status.status_message')]
  return row => {
    const startNanos = start(row)
    const status = code(row) as number | undefined
    return {
      ...{ spanId: spanId(row), parentSpanId: parentSpanId(row), traceState: traceState(row), flags: 0 },
      ...{ name: name(row), kind: kind(row) },
      ...{ startNanos, endNanos: BigInt.asUintN(64, startNanos + duration(row)) },
      droppedAttributesCount: attributes!(row),
      droppedEventsCount: events!(row),
      droppedLinksCount: links!(row),
      status: status === undefined ? null : { code: status, message: message(row) },
    }
  }
}

/** Rows of events or links by the id of their span, and their own ids. */
interface Children {
  readonly table: TableRows | undefined
  readonly ids: RowIds
  readonly rows: readonly (readonly number[] | undefined)[]
}

/** `key` is the column whose repetition says that a parent is stored as a difference. */
function childrenOf(table: TableRows | undefined, key: string, parentCount: number): Children {
  const rows: number[][] = []
  if (table) {
    const [keys, parents] = [table.cells(key), number(table, 'parent_id')]
    const stored = Array.from({ length: table.rowCount }, (_, row) => parents(row))
    for (const [row, parent] of unquasiDelta(stored, row => keys(row) === keys(row - 1)).entries()) {
      if (parent >= parentCount) fail(`parent_id: ${parent}, there are ${parentCount}`)
      getOrPush(rows, parent, row)
    }
  }
  return { table, ids: idsOf(table, 'id'), rows }
}

function getOrPush(lists: number[][], at: number, item: number): void {
  lists[at] ??= []
  lists[at].push(item)
}

function eventsOf({ table, ids }: Children, attributes: (id: number) => Attributes): Of<SpanEvent> {
  if (!table) return () => fail('no events')
  const [time, name] = [nanos(table, 'time_unix_nano'), text(table, 'name')]
  const dropped = number(table, 'dropped_attributes_count')
  return row => ({
    ...{ timeNanos: time(row), name: name(row), droppedAttributesCount: dropped(row) },
    attributes: named(ids, row, attributes) ?? [],
  })
}

function linksOf({ table, ids }: Children, attributes: (id: number) => Attributes): Of<Link> {
  if (!table) return () => fail('no links')
  const [traceId, spanId] = [text(table, 'trace_id'), text(table, 'span_id')]
  const [traceState, dropped] = [text(table, 'trace_state'), number(table, 'dropped_attributes_count')]
  return row => ({
    ...{ traceId: traceId(row), spanId: spanId(row), traceState: traceState(row), flags: 0 },
    ...{ attributes: named(ids, row, attributes) ?? [], droppedAttributesCount: dropped(row) },
  })
}

function fail(message: string): never {
  throw new LabError('corrupt', message)
}
