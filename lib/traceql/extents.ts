import type { ColumnData, ColumnSet } from '../model/scan.ts'
import { areWide, bigintsOf, overOneBase } from './numbers.ts'

/** By trace the row of the span that starts first, and how long the trace is; of the rows that were read. */
export interface TraceExtents {
  readonly startRows: Uint32Array
  readonly durations: Float64Array
}

export function traceExtents(columns: ColumnSet, traceStarts: Uint32Array): TraceExtents {
  const starts = columns.get('span:start')
  const durations = columns.get('span:duration')
  if (areWide(starts) || areWide(durations)) return wideExtents(traceStarts, starts, durations)
  const spanCount = traceStarts.at(-1)!
  const { numbers: begins } = overOneBase(starts, spanCount)
  const { base, numbers: lengths } = overOneBase(durations, spanCount)
  const offset = Number(base)
  return extentsOf(
    traceStarts,
    row => begins[row]!,
    row => begins[row]! + lengths[row]! + offset,
  )
}

/** The same where doubles do not hold the times. */
function wideExtents(
  traceStarts: Uint32Array,
  starts: readonly ColumnData[],
  durations: readonly ColumnData[],
): TraceExtents {
  const begins = bigintsOf(starts, traceStarts.at(-1)!)
  const lengths = bigintsOf(durations, traceStarts.at(-1)!)
  return extentsOf(
    traceStarts,
    row => begins[row]!,
    row => begins[row]! + lengths[row]!,
  )
}

function extentsOf<Time extends number | bigint>(
  traceStarts: Uint32Array,
  startOf: (row: number) => Time,
  endOf: (row: number) => Time,
): TraceExtents {
  const traceCount = traceStarts.length - 1
  const startRows = new Uint32Array(traceCount)
  const durations = new Float64Array(traceCount)
  for (let trace = 0; trace < traceCount; trace++) {
    const first = traceStarts[trace]!
    let start = startOf(first)
    let end = endOf(first)
    startRows[trace] = first
    for (let row = first + 1; row < traceStarts[trace + 1]!; row++) {
      const begin = startOf(row)
      if (begin < start) {
        start = begin
        startRows[trace] = row
      }
      const finish = endOf(row)
      if (finish > end) end = finish
    }
    durations[trace] = Number((end as number) - (start as number))
  }
  return { startRows, durations }
}
