import type { ReadNumbers } from '../../../encodings/exact-numbers.ts'
import { columnId } from '../layout/columns.ts'
import type { PageGroupColumns } from './page-group-columns.ts'

/** Times of the traces, spans and events of a page group. */

/** By trace: ns after the start of the first; undefined where they are not exact as doubles. */
export function traceOffsetsOf(columns: PageGroupColumns): Float64Array | undefined {
  return columns.once('traceOffsets', () => {
    const { values, exceptions } = traceGapsOf(columns)
    if (exceptions.length > 0) return undefined
    const offsets = new Float64Array(values.length)
    for (let trace = 1; trace < offsets.length; trace++) {
      offsets[trace] = offsets[trace - 1]! + values[trace]!
      if (Math.abs(offsets[trace]!) >= 2 ** 52) return undefined
    }
    return offsets
  })
}

/** The start of the first trace, ns. */
export function firstStartOf(columns: PageGroupColumns): bigint {
  const { values, exceptions } = traceGapsOf(columns)
  return checkNanos(
    columns,
    columns.context.base + (exceptions[0]?.row === 0 ? exceptions[0].value : BigInt(values[0]!)),
  )
}

function traceGapsOf(columns: PageGroupColumns): ReadNumbers {
  return columns.once('traceGaps', () => columns.pages.numbers(columnId('trace.start'), columns.traceCount))
}

/** By trace: the start of its first root, ns. */
export function traceStartsOf(columns: PageGroupColumns): bigint[] {
  return columns.once('traceStarts', () => readTraceStarts(columns))
}

/** The start of a trace less that of the one before, or less the base. */
export function traceGapOf(columns: PageGroupColumns, trace: number): bigint {
  const starts = traceStartsOf(columns)
  return starts[trace]! - (trace > 0 ? starts[trace - 1]! : columns.context.base)
}

/** By span: ns after the start of its trace. */
export function startOffsetsOf(columns: PageGroupColumns): ReadNumbers {
  return columns.once('startOffsets', () => columns.pages.numbers(columnId('span.start'), columns.spanCount))
}

export function durationsOf(columns: PageGroupColumns): ReadNumbers {
  return columns.once('durations', () => columns.pages.numbers(columnId('span.duration'), columns.spanCount))
}

/** By span: ns since the epoch. */
export function startsOf(columns: PageGroupColumns): bigint[] {
  return columns.once('starts', () => {
    const [bases, traceOf] = [traceStartsOf(columns), columns.traceOf()]
    return addNanos(columns, startOffsetsOf(columns), row => bases[traceOf[row]!]!)
  })
}

/** By event: ns since the epoch. */
export function eventTimesOf(columns: PageGroupColumns): bigint[] {
  return columns.once('eventTimes', () => {
    const [starts, spans] = [startsOf(columns), columns.eventSpans()]
    return addNanos(columns, columns.pages.numbers(columnId('event.time'), spans.length), row => starts[spans[row]!]!)
  })
}

/** Times since the epoch: numbers added to what `originOf` gives for the row. */
export function addNanos(
  columns: PageGroupColumns,
  { values, exceptions }: ReadNumbers,
  originOf: (row: number) => bigint,
): bigint[] {
  const times = new Array<bigint>(values.length)
  for (let row = 0; row < values.length; row++) times[row] = checkNanos(columns, originOf(row) + BigInt(values[row]!))
  for (const { row, value } of exceptions) times[row] = checkNanos(columns, originOf(row) + value)
  return times
}

function checkNanos(columns: PageGroupColumns, nanos: bigint): bigint {
  return BigInt.asUintN(64, nanos) === nanos ? nanos : columns.pages.fail('times', `a time of ${nanos} ns`)
}

function readTraceStarts(columns: PageGroupColumns): bigint[] {
  const { values, exceptions } = traceGapsOf(columns)
  const exact = new Map(exceptions.map(({ row, value }) => [row, value]))
  let start = columns.context.base
  return Array.from(values, (gap, trace) => {
    start += exact.get(trace) ?? BigInt(gap)
    return checkNanos(columns, start)
  })
}
