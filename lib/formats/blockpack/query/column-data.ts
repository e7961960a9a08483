import { countUp, floats } from '../../../bytes/arena.ts'
import { numbersAt } from '../../../encodings/dictionary.ts'
import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'
import { parseName } from '../../../model/column-name.ts'
import type { ColumnData, ColumnName, Intrinsic } from '../../../model/scan.ts'
import { type Attributes, int64Max, int64Min, type Value, type ValueType, valueType } from '../../../model/trace.ts'
import { childrenByLink, linkTypeName, rootRows } from '../../../model/tree-columns.ts'
import type { Table } from '../../../shred/table.ts'
import { parentKind } from '../../../shred/tree.ts'
import type { FieldOwner } from '../layout/columns.ts'
import type { OpenPageGroup } from '../read/page-group.ts'
import type { PageGroupColumns } from '../read/page-group-columns.ts'
import type { ParsedColumn } from '../read/tables.ts'
import { fieldsOf, hasLinkTypes, parentCompanions } from './column-plan.ts'

/** Columns of a page group in the shape that queries ask for. */

/** Columns that are worth their bytes only for the rows that an answer shows. */
export function isReadByRow(name: ColumnName): boolean {
  return name === 'span:id' || name === 'trace:id' || name === 'span:start' || name === 'span:duration'
}

/** One column per type; none where no row has a value. Of columns that are read by row, only `rows` have one. */
export function columnData(open: OpenPageGroup, name: ColumnName, rows: Uint32Array | undefined): ColumnData[] {
  const { columns } = open
  const named = parseName(name)
  // Many rows are sooner made all at once.
  const few = rows && rows.length * 4 < columns.spanCount ? rows : undefined
  if (name === 'span:start') return [startData(open, few)]
  if (name === 'span:duration') return [durationData(open, few)]
  if (rows && isReadByRow(name))
    return [coded(name === 'span:id' ? open.ids.spanIdsAt(rows) : open.ids.traceIdsAt(tracesOf(columns, rows)))]
  if (named.intrinsic) return [intrinsicData(open, named.intrinsic)]
  const { scope, key } = named
  const { tables } = columns.context
  if (scope === 'resource') return sharedAttributes(columns.resources(), tables.resource, key)
  if (scope === 'instrumentation') return sharedAttributes(columns.scopes(), tables.scope, key)
  return fieldsOf(columns.context.block.toc, scope, key).flatMap(field => fieldData(open, scope, field))
}

/** The traces of some spans, ascending. */
function tracesOf(columns: PageGroupColumns, rows: Uint32Array): Set<number> {
  const traceOf = columns.traceOf()
  const traces = new Set<number>()
  let last = -1
  for (let i = 0; i < rows.length; i++) {
    const trace = traceOf[rows[i]!]!
    if (trace !== last) traces.add(trace)
    last = trace
  }
  return traces
}

function intrinsicData(open: OpenPageGroup, name: Intrinsic): ColumnData {
  const { columns } = open
  switch (name) {
    case 'trace:id':
      return distinct(open.ids.traceIds())
    case 'trace:root':
      return ints(rootRowsOf(open))
    case 'span:id':
      return distinct(open.ids.spanIds())
    case 'span:parentID':
      return distinct(open.ids.parentIds())
    case 'span:parent':
      return ints(new Float64Array(open.parentRows()))
    case 'span:name':
      return coded(columns.table('span.name', columns.spanCount, text => text))
    case 'span:kind':
      return ints(columns.spanKinds())
    case 'span:status': {
      const { values, codes } = columns.statuses()
      return ints(
        numbersAt(
          codes,
          values.map(status => status?.code ?? 0),
        ),
      )
    }
    case 'span:statusMessage':
      return coded(mapTable(columns.statuses(), status => status?.message ?? ''))
    case 'span:traceState':
      return coded(columns.table('span.traceState', columns.spanCount, text => text))
    case 'span:start':
      return startData(open)
    case 'span:duration':
      return durationData(open)
    case 'event:name':
      return coded(columns.table('event.name', columns.ownerCount('event'), text => text))
    case 'event:time':
      return { type: 'int', values: { bigints: BigUint64Array.from(open.times.eventTimes()) } }
    case 'link:traceID':
      return distinct(columns.texts('link.traceId', columns.ownerCount('link')))
    case 'link:spanID':
      return distinct(columns.texts('link.spanId', columns.ownerCount('link')))
    case 'instrumentation:name':
      return coded(mapTable(columns.scopes(), scope => scope?.name ?? ''))
    case 'instrumentation:version':
      return coded(mapTable(columns.scopes(), scope => scope?.version ?? ''))
  }
}

/** Starts as distances from the first trace's, exact as doubles unless times are 52 days or more apart. */
function startData({ columns, times }: OpenPageGroup, rows?: Uint32Array): ColumnData {
  const offsets = times.traceOffsets()
  const values = rows ? times.startOffsetsAt(rows) : times.allStartOffsets()
  if (values === undefined || offsets === undefined)
    return { type: 'int', values: { bigints: BigUint64Array.from(times.starts()) } }
  const base = times.firstStart()
  if (rows) {
    const traceOf = columns.traceOf()
    for (let i = 0; i < rows.length; i++) values[rows[i]!]! += offsets[traceOf[rows[i]!]!]!
    return { type: 'int', values: { base, numbers: values } }
  }
  const traceStarts = columns.traceStarts()
  const numbers = floats(values.length)
  for (let trace = 0, row = 0; trace < offsets.length; trace++) {
    const offset = offsets[trace]!
    for (const end = traceStarts[trace + 1]!; row < end; row++) numbers[row] = offset + values[row]!
  }
  return { type: 'int', values: { base, numbers } }
}

/** Durations; with `rows` of these alone, the others are 0. */
function durationData({ times }: OpenPageGroup, rows?: Uint32Array): ColumnData {
  const numbers = rows && times.durationsAt(rows)
  return numbers ? ints(numbers) : exactInts(times.durations())
}

/** By trace: the row of its root, or -1. */
function rootRowsOf(open: OpenPageGroup): Float64Array {
  const { columns } = open
  const children = hasLinkTypes(columns.context.block.toc) ? childrenOf(open) : new Set<number>()
  // Where no id repeats and none is of zeros, the kinds tell who has no parent.
  if (parentCompanions.every(column => !columns.pages.entry(column)))
    return rootRows(columns.traceStarts(), columns.parentKinds(), children, parentKind.none)
  return rootRows(columns.traceStarts(), open.parentRows(), children)
}

function childrenOf(open: OpenPageGroup): Set<number> {
  return childrenByLink({
    types: columnData(open, linkTypeName, undefined),
    linkTraceIds: intrinsicData(open, 'link:traceID'),
    traceIds: intrinsicData(open, 'trace:id'),
    linkSpans: open.columns.linkSpans(),
    traceOf: open.columns.traceOf(),
  })
}

/** Attributes of resources or scopes, whose distinct ones are few: each row takes the values of its own. */
function sharedAttributes<T extends { readonly attributes: Attributes } | null>(
  table: Table<T>,
  parsed: ParsedColumn<T>,
  key: string,
): ColumnData[] {
  const valuesOf = table.values.map(item => parsed.valuesOf(item, key, item?.attributes ?? []))
  const types = new Set<ValueType>()
  for (const values of valuesOf) for (const value of values) types.add(valueType(value))
  return Array.from(types, type => {
    const own = types.size === 1 ? valuesOf : valuesOf.map(values => values.filter(value => valueType(value) === type))
    const all = own.flat()
    if (own.every(values => values.length === 1)) return typedData(type, all, table.codes)
    const firsts = new Uint32Array(own.length)
    for (let i = 1; i < own.length; i++) firsts[i] = firsts[i - 1]! + own[i - 1]!.length
    const rows: number[] = []
    const places: number[] = []
    for (let row = 0; row < table.codes.length; row++) {
      const code = table.codes[row]!
      for (let i = 0; i < own[code]!.length; i++) {
        rows.push(row)
        places.push(firsts[code]! + i)
      }
    }
    return typedData(type, all, new Uint32Array(places), new Uint32Array(rows))
  })
}

/** Values of one type by their place among distinct ones. */
function typedData(type: ValueType, values: readonly Value[], codes: Uint32Array, rows?: Uint32Array): ColumnData {
  if (type === 'double') return { type, rows, values: { base: 0n, numbers: numbersAt(codes, values as number[]) } }
  if (type !== 'int') return { type, rows, values: { codes, dictionary: values } }
  const bigints = values as readonly bigint[]
  if (bigints.every(value => value > -(2n ** 53n) && value < 2n ** 53n))
    return { type, rows, values: { base: 0n, numbers: numbersAt(codes, bigints.map(Number)) } }
  return { type, rows, values: { bigints: BigInt64Array.from(codes, code => bigints[code]!) } }
}

/** The values of a field; none where no owner has one. */
function fieldData({ columns, fields }: OpenPageGroup, owner: FieldOwner, field: number): ColumnData[] {
  const { type } = columns.context.block.toc.fields[field]!
  const count = columns.shapes(owner).counts.get(field) ?? 0
  if (count === 0) return []
  const rows = fields.rows(owner, field)
  switch (type) {
    case 'bool':
      return [
        {
          type,
          rows,
          values: { codes: new Uint32Array(fields.numbers(field).values), dictionary: [false, true] },
        },
      ]
    case 'int':
      return [{ ...exactInts(fields.numbers(field)), rows }]
    case 'double':
      return [{ type, rows, values: { base: 0n, numbers: fields.doubles(field) } }]
    case 'string': {
      const { values, codes } = fields.texts(field)
      return [{ type, rows, values: { codes, dictionary: values } }]
    }
    default: {
      const values = fields.values(field)
      return [{ type, rows, values: { codes: countUp(count), dictionary: values } }]
    }
  }
}

/** Ints, where int64 ends where they do not: durations may be longer. */
function exactInts({ values, exceptions }: ReadNumbers): ColumnData {
  if (exceptions.length === 0) return ints(values)
  const bigints = BigInt64Array.from(values, BigInt)
  for (const { row, value } of exceptions)
    bigints[row] = value > int64Max ? int64Max : value < int64Min ? int64Min : value
  return { type: 'int', values: { bigints } }
}

function ints(numbers: Float64Array): ColumnData {
  return { type: 'int', values: { base: 0n, numbers } }
}

function coded({ values, codes }: Table<string>): ColumnData {
  return { type: 'string', values: { codes, dictionary: values } }
}

function distinct(texts: readonly string[]): ColumnData {
  return { type: 'string', values: { codes: countUp(texts.length), dictionary: texts } }
}

function mapTable<T, U>({ values, codes }: Table<T>, map: (value: T) => U): Table<U> {
  return { values: values.map(map), codes }
}
