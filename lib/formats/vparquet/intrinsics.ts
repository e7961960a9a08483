import { ownersOf } from '../../model/owners.ts'
import type { ColumnData, Intrinsic } from '../../model/scan.ts'
import { int64Max, int64Min } from '../../model/trace.ts'
import { noParent, parentRows } from '../../model/tree.ts'
import type { Column } from '../../parquet/read/column.ts'
import { idsOf, numbersOf } from '../../parquet/read/fields.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { spread } from './column-values.ts'
import { exactWords } from './exact-numbers.ts'
import { depthOf, prefixes } from './schema.ts'
import type { Structure } from './structure.ts'
import { TextCodes } from './text-codes.ts'

const { span, event, link, instrumentation } = prefixes
/** The columns that give parents. */
const parents = [`${span}.SpanID`, `${span}.ParentSpanID`, `${span}.Kind`]

/** By span the left bound of its parent in the nested sets of its trace: -1 of a root, 0 where the writer did not number it. */
export const parentBounds = `${span}.ParentID`

/** The columns of a block that a field which is no attribute is made of. */
export const intrinsicColumns: Readonly<Record<Intrinsic, readonly string[]>> = {
  'trace:id': ['TraceID'],
  'trace:root': parents,
  'span:id': [`${span}.SpanID`],
  'span:parentID': [`${span}.ParentSpanID`],
  'span:parent': parents,
  'span:name': [`${span}.Name`],
  'span:kind': [`${span}.Kind`],
  'span:status': [`${span}.StatusCode`],
  'span:statusMessage': [`${span}.StatusMessage`],
  'span:traceState': [`${span}.TraceState`],
  'span:start': [`${span}.StartTimeUnixNano`],
  'span:duration': [`${span}.DurationNano`, `${span}.StartTimeUnixNano`],
  'event:name': [`${event}.Name`],
  'event:time': [`${event}.TimeSinceStartNano`, `${span}.StartTimeUnixNano`],
  'link:traceID': [`${link}.TraceID`],
  'link:spanID': [`${link}.SpanID`],
  'instrumentation:name': [`${instrumentation}.Name`],
  'instrumentation:version': [`${instrumentation}.Version`],
}

/**
 * Those that must be read of a row group: durations take starts only where an end may lie before its start, and roots are
 * found by the bounds of parents, where there are any.
 */
export function columnsOfIntrinsic(columns: RowGroupColumns, name: Intrinsic): readonly string[] {
  const all = intrinsicColumns[name]
  if (name === 'trace:root' && columns.has(parentBounds) && !all.every(column => columns.isRead(column)))
    return [parentBounds]
  return name === 'span:duration' && isForward(columns) ? all.slice(0, 1) : all
}

/** True where the footer says that durations are less than 2^53 ns and starts less than 2^63: then no end wraps. */
export function isForward(columns: RowGroupColumns): boolean {
  const [duration, start] = intrinsicColumns['span:duration'].map(column => columns.chunk(column).extent)
  return duration !== undefined && start !== undefined && duration[1] < 2n ** 53n && start[1] < 2n ** 63n
}

/** A field of a row group's spans, events or links, or of its traces; its columns must have been loaded. */
export function intrinsicData(
  columns: RowGroupColumns,
  structure: Structure,
  name: Exclude<Intrinsic, 'trace:root'>,
): ColumnData {
  const { spanCount, scopeCount, scopeOf } = structure
  const [first, second] = intrinsicColumns[name]
  const ofSpans = (column = first!) => columns.get(column, spanCount)
  switch (name) {
    case 'trace:id':
      return distinct(columns.get(first!, columns.rowCount), 16)
    case 'span:id':
    case 'span:parentID':
      return distinct(ofSpans(), 8)
    case 'link:traceID':
      return distinct(columns.get(first!), 16)
    case 'link:spanID':
      return distinct(columns.get(first!), 8)
    case 'span:parent':
      return ints(parentsOf(columns, structure))
    case 'span:kind':
    case 'span:status':
      return ints(int32s(ofSpans()))
    case 'span:start':
      return { type: 'int', values: exactWords(numbersOf(ofSpans(), 'INT64').numbers, true) }
    case 'span:duration':
      return isForward(columns) ? forwardDurations(ofSpans()) : durations(ofSpans(), ofSpans(second))
    case 'event:time':
      return eventTimes(columns.get(first!), ofSpans(second))
    case 'instrumentation:name':
    case 'instrumentation:version':
      return spread(texts(columns.get(first!, scopeCount)), scopeOf, scopeCount)
    case 'event:name':
      return texts(columns.get(first!))
    default:
      return texts(ofSpans())
  }
}

function int32s(column: Column): Float64Array {
  const { numbers } = numbersOf(column, 'INT64')
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  const values = new Float64Array(numbers.length)
  for (let i = 0; i < values.length; i++) {
    const [low, high] = [words[2 * i]!, words[2 * i + 1]!]
    if (high !== low >> 31) column.fail(`${numbers[i]} exceeds 32 bits`)
    values[i] = low
  }
  return values
}

function texts(column: Column): ColumnData {
  const codes = new TextCodes()
  const values = { codes: column.bytes.codes.map(codes.within(column.texts)), dictionary: codes.dictionary }
  return { type: 'string', values }
}

/** The ids of some spans, or the traces of these, which must be ascending. */
export function idsAt(
  columns: RowGroupColumns,
  { spanCount, traceStarts }: Structure,
  name: 'span:id' | 'trace:id',
  spans: Uint32Array,
): ColumnData {
  const [column] = intrinsicColumns[name]
  const isSpan = name === 'span:id'
  const rows = isSpan ? spans : tracesOf(traceStarts, spans)
  const id = idsOf(columns.get(column!, isSpan ? spanCount : columns.rowCount), isSpan ? 8 : 16)
  const dictionary = Array.from(rows, id)
  return { type: 'string', rows, values: { codes: Uint32Array.from(dictionary.keys()), dictionary } }
}

function tracesOf(traceStarts: Uint32Array, spans: Uint32Array): Uint32Array {
  const traces: number[] = []
  let trace = 0
  for (const span of spans) {
    while (traceStarts[trace + 1]! <= span) trace++
    if (traces.at(-1) !== trace) traces.push(trace)
  }
  return Uint32Array.from(traces)
}

function distinct(column: Column, maxBytes: number): ColumnData {
  const id = idsOf(column, maxBytes)
  const dictionary = Array.from(column.places, (_, i) => id(i))
  return { type: 'string', values: { codes: Uint32Array.from(dictionary.keys()), dictionary } }
}

export function ints(numbers: Float64Array): ColumnData {
  return { type: 'int', values: { base: 0n, numbers } }
}

function forwardDurations(stored: Column): ColumnData {
  return { type: 'int', values: exactWords(numbersOf(stored, 'INT64').numbers, true) }
}

/** End less start; the end is the start and what is stored, modulo 2^64. */
function durations(stored: Column, starts: Column): ColumnData {
  const start = numbersOf(starts, 'INT64').numbers
  const exact = numbersOf(stored, 'INT64').numbers.map((value, i) => {
    const [from, length] = [BigInt.asUintN(64, start[i]!), BigInt.asUintN(64, value)]
    const duration = BigInt.asUintN(64, from + length) - from
    return duration > int64Max ? int64Max : duration < int64Min ? int64Min : duration
  })
  return { type: 'int', values: exactWords(exact, false) }
}

function eventTimes(since: Column, starts: Column): ColumnData {
  const spanOf = ownersOf(since.starts(depthOf.event))
  const start = numbersOf(starts, 'INT64').numbers
  const times = numbersOf(since, 'INT64').numbers.map((value, i) => BigInt.asIntN(64, value + start[spanOf[i]!]!))
  return { type: 'int', values: exactWords(times, true) }
}

/** Some traces of a row group, by the bounds of parents in their nested sets. */
interface Bounds {
  /** By span, of which roots have -1. */
  readonly parents: Int32Array
  /** The traces of which none has: they may have no root, or may not be numbered, as one in which three spans have one id. */
  readonly rootless: readonly number[]
}

/** What the bounds of parents say of roots; undefined where they have not been read. */
export function rootBounds(columns: RowGroupColumns, { spanCount, traceStarts }: Structure): Bounds | undefined {
  if (!columns.isRead(parentBounds)) return undefined
  const { numbers: parents } = numbersOf(columns.get(parentBounds, spanCount), 'INT32')
  const rootless: number[] = []
  for (let trace = 0; trace + 1 < traceStarts.length; trace++) {
    let row = traceStarts[trace]!
    while (row < traceStarts[trace + 1]! && parents[row] !== noParent) row++
    if (row === traceStarts[trace + 1]!) rootless.push(trace)
  }
  return { parents, rootless }
}

/** By span, -1 for those that name no parent: by bounds, and by ids in traces where these show no root. */
export function parentsByBounds(
  columns: RowGroupColumns,
  structure: Structure,
  { parents, rootless }: Bounds,
): Int32Array {
  if (rootless.length === 0) return parents
  const { traceStarts } = structure
  const ofTrace = parentsReader(columns, structure)
  const all = parents.slice()
  for (const trace of rootless) all.set(ofTrace(trace), traceStarts[trace])
  return all
}

/** By span the row of its parent; negative numbers as in lib/model/tree.ts. */
export function parentsOf(columns: RowGroupColumns, structure: Structure): Float64Array {
  const { spanCount, traceStarts } = structure
  const ofTrace = parentsReader(columns, structure)
  const rows = new Float64Array(spanCount)
  for (let trace = 0; trace + 1 < traceStarts.length; trace++) {
    const start = traceStarts[trace]!
    for (const [i, parent] of ofTrace(trace).entries()) rows[start + i] = parent < 0 ? parent : start + parent
  }
  return rows
}

/** Reads the parents of the spans of a trace, as rows in it. */
function parentsReader(columns: RowGroupColumns, { spanCount, traceStarts }: Structure): (trace: number) => Int32Array {
  const [ids, parentIds, kindColumn] = parents.map(name => columns.get(name, spanCount)) as [Column, Column, Column]
  const [id, parentId, kinds] = [idsOf(ids, 8), idsOf(parentIds, 8), int32s(kindColumn)]
  return trace => {
    const start = traceStarts[trace]!
    const spans = Array.from({ length: traceStarts[trace + 1]! - start }, (_, i) => ({
      spanId: id(start + i),
      parentSpanId: parentId(start + i),
      kind: kinds[start + i]!,
    }))
    return parentRows(spans)
  }
}
