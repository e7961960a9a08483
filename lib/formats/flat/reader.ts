import type { RangeReader } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import type { Link, Resource, Scope, Span, SpanEvent, Status, Trace } from '../../model/trace.ts'
import type { Column } from '../../parquet/read/column.ts'
import { idsOf, listOf, numbersOf, textsOf, uint32sOf, uint64sOf } from '../../parquet/read/fields.ts'
import { type Footer, type ParquetFile, readFooter } from '../../parquet/read/footer.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { Node } from '../../parquet/schema.ts'
import { readSpanRows } from '../span-rows.ts'
import { attributesOf } from './read-attributes.ts'
import { kindNames, spanTable, statusNames } from './schema.ts'

/** True where a file is a table of spans, by its first columns. */
export function isFlat({ leaves }: Footer): boolean {
  const [first, second] = leaves.keys()
  return first === 'trace_id' && second === 'span_id'
}

/** The spans of a table, in the order of its rows, as pieces of one span each. */
export async function* decodeFlat(file: RangeReader): AsyncIterable<readonly Trace[]> {
  yield* decodeFlatFile({ file, footer: await readFooter(file) })
}

/** The same of a file whose footer has been read. */
export async function* decodeFlatFile(file: ParquetFile): AsyncIterable<readonly Trace[]> {
  checkColumns(file.footer)
  const names = [...file.footer.leaves.keys()]
  yield* readSpanRows(file, columns => spansOf(columns, names))
}

/** Throws where a column of the table is missing, or holds what it should not. */
export function checkColumns({ leaves }: Footer): void {
  for (const { name, type } of requiredLeaves()) {
    const leaf = leaves.get(name)
    if (leaf?.type !== type)
      throw new LabError(
        'unsupported',
        `Parquet: the column ${name} ${leaf ? `holds ${leaf.type}` : 'is missing'}, needs ${type}`,
      )
  }
}

function requiredLeaves(): { name: string; type: string }[] {
  const found: { name: string; type: string }[] = []
  const visit = (node: Node, name: string): void => {
    if (node.kind === 'leaf') found.push({ name, type: node.type })
    else if (node.kind === 'group')
      for (const child of node.children) visit(child, name === '' ? child.name : `${name}.${child.name}`)
    else visit(node.element, node.kind === 'map' ? `${name}.${node.element.name}` : name)
  }
  visit(spanTable([]), '')
  return found
}

/** By row the span, as a piece of its trace. */
export function spansOf(columns: RowGroupColumns, names: readonly string[]): (row: number) => Trace {
  const { rowCount } = columns
  const column = (name: string) => columns.get(name, rowCount)
  const [traceId, spanId, parentSpanId] = idsOfRows(column)
  const text = (name: string) => textsOf(column(name))
  const count = (name: string) => uint32sOf(column(name))
  const [traceState, name, kind] = [text('trace_state'), text('name'), numberOf(column('kind'), kindNames)]
  const [flags, start, duration] = [count('flags'), uint64sOf(column('start_time')), uint64sOf(column('duration'))]
  const [dropped, droppedEvents, droppedLinks] = ['attributes', 'events', 'links'].map(what =>
    count(`dropped_${what}_count`),
  )
  const status = statusesOf(column)
  const attributes = attributesOf(columns, names, 'span')
  const [resource, scope] = [resourcesOf(columns, names), scopesOf(columns, names)]
  const [events, links] = [eventsOf(columns), linksOf(columns)]
  return row => {
    const startNanos = start(row)
    const span: Span = {
      spanId: spanId(row),
      parentSpanId: parentSpanId(row),
      traceState: traceState(row),
      flags: flags(row),
      name: name(row),
      kind: kind(row),
      startNanos,
      endNanos: BigInt.asUintN(64, startNanos + duration(row)),
      attributes: attributes(row),
      droppedAttributesCount: dropped!(row),
      events: events(row),
      droppedEventsCount: droppedEvents!(row),
      links: links(row),
      droppedLinksCount: droppedLinks!(row),
      status: status(row),
      resource: resource(row),
      scope: scope(row),
    }
    return { traceId: traceId(row), spans: [span] }
  }
}

type Of<T> = (row: number) => T

/** The ids, without the zeros in front that they came without. */
function idsOfRows(column: (name: string) => Column): [Of<string>, Of<string>, Of<string>] {
  const lengths = column('id_lengths')
  const { numbers } = numbersOf(lengths, 'INT32')
  const bytesOf = (row: number, shift: number, usual: number) => {
    const place = lengths.places[row]!
    return place < 0 ? usual : (numbers[place]! >>> shift) & 0xff
  }
  const id = (name: string, shift: number, usual: number): Of<string> => {
    const digits = idsOf(column(name), usual)
    return row => {
      const whole = digits(row)
      return whole === '' ? '' : whole.slice(whole.length - 2 * bytesOf(row, shift, usual))
    }
  }
  return [id('trace_id', 0, 16), id('span_id', 8, 8), id('parent_span_id', 16, 8)]
}

/** The numbers that names, or decimals, tell. */
function numberOf(column: Column, names: readonly string[]): Of<number> {
  const text = textsOf(column)
  return row => {
    const told = text(row)
    const known = names.indexOf(told)
    if (known >= 0) return known
    const number = Number(told)
    return told !== '' && number === (number | 0)
      ? number
      : column.fail(`${JSON.stringify(told)} is none of ${names.join(', ')}`)
  }
}

function isThere(column: Column): (row: number) => boolean {
  return row => column.places[row]! >= 0
}

function statusesOf(column: (name: string) => Column): Of<Status | null> {
  const codes = column('status_code')
  const [has, code, message] = [isThere(codes), numberOf(codes, statusNames), textsOf(column('status_message'))]
  return row => (has(row) ? { code: code(row), message: message(row) } : null)
}

function resourcesOf(columns: RowGroupColumns, names: readonly string[]): Of<Resource | null> {
  const schemas = columns.get('resource_schema_url', columns.rowCount)
  const [has, schemaUrl] = [isThere(schemas), textsOf(schemas)]
  const dropped = uint32sOf(columns.get('resource_dropped_attributes_count', columns.rowCount))
  const attributes = attributesOf(columns, names, 'resource')
  const read: Of<Resource> = row => ({
    attributes: attributes(row),
    droppedAttributesCount: dropped(row),
    schemaUrl: schemaUrl(row),
  })
  return row => (has(row) ? read(row) : null)
}

function scopesOf(columns: RowGroupColumns, names: readonly string[]): Of<Scope | null> {
  const column = (name: string) => columns.get(`scope_${name}`, columns.rowCount)
  const [has, name, version] = [isThere(column('name')), textsOf(column('name')), textsOf(column('version'))]
  const [schemaUrl, dropped] = [textsOf(column('schema_url')), uint32sOf(column('dropped_attributes_count'))]
  const attributes = attributesOf(columns, names, 'scope')
  return row =>
    has(row)
      ? {
          ...{ name: name(row), version: version(row), schemaUrl: schemaUrl(row) },
          ...{ attributes: attributes(row), droppedAttributesCount: dropped(row) },
        }
      : null
}

function eventsOf(columns: RowGroupColumns): Of<SpanEvent[]> {
  return listOf(columns, 'events.time', count => {
    const column = (name: string) => columns.get(`events.${name}`, count)
    const [time, name] = [uint64sOf(column('time')), textsOf(column('name'))]
    const dropped = uint32sOf(column('dropped_attributes_count'))
    const attributes = attributesOf(columns, [], 'events', count)
    return i => ({ timeNanos: time(i), name: name(i), attributes: attributes(i), droppedAttributesCount: dropped(i) })
  })
}

function linksOf(columns: RowGroupColumns): Of<Link[]> {
  return listOf(columns, 'links.trace_id', count => {
    const column = (name: string) => columns.get(`links.${name}`, count)
    const [traceId, spanId] = [idsOf(column('trace_id'), 16), idsOf(column('span_id'), 8)]
    const [traceState, flags] = [textsOf(column('trace_state')), uint32sOf(column('flags'))]
    const dropped = uint32sOf(column('dropped_attributes_count'))
    const attributes = attributesOf(columns, [], 'links', count)
    return i => ({
      ...{ traceId: traceId(i), spanId: spanId(i), traceState: traceState(i), flags: flags(i) },
      ...{ attributes: attributes(i), droppedAttributesCount: dropped(i) },
    })
  })
}
