import { addOffsets, checkNanos, type ReadNumbers } from '../../../encodings/exact-numbers.ts'
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
  const gap = exceptions[0]?.row === 0 ? exceptions[0].value : BigInt(values[0]!)
  return checkNanos(columns.context.base + gap, message => columns.pages.fail('times', message))
}

function traceGapsOf(columns: PageGroupColumns): ReadNumbers {
  return columns.once('traceGaps', () => columns.pages.numbers(columnId('trace.start'), columns.traceCount))
}

/** By trace: the start of its first root, ns. */
export function traceStartsOf(columns: PageGroupColumns): bigint[] {
  return columns.once('traceStarts', () =>
    addNanos(columns, traceGapsOf(columns), (trace, before) => (trace === 0 ? columns.context.base : before)),
  )
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

/** Times since the epoch: numbers added to what `originOf` gives for the row and the time before it. */
export function addNanos(
  columns: PageGroupColumns,
  numbers: ReadNumbers,
  originOf: (row: number, before: bigint) => bigint,
): bigint[] {
  return addOffsets(numbers, originOf, message => columns.pages.fail('times', message))
}
