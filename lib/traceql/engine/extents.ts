import type { ColumnSet } from '../../model/scan.ts'
import { areWide, bigintsOf, overOneBase } from './numbers.ts'

/** The row of the span that starts first, and how long the trace is, ns. */
export interface TraceExtent {
  readonly startRow: number
  readonly duration: number
}

/** The extent of a trace, all rows of which were read. */
export function traceExtents(columns: ColumnSet, traceStarts: Uint32Array): (trace: number) => TraceExtent {
  const starts = columns.get('span:start')
  const durations = columns.get('span:duration')
  const spanCount = traceStarts.at(-1)!
  if (areWide(starts) || areWide(durations)) {
    const [begins, lengths] = [bigintsOf(starts, spanCount), bigintsOf(durations, spanCount)]
    return trace => extentOf<bigint>(begins, lengths, traceStarts[trace]!, traceStarts[trace + 1]!)
  }
  const { numbers: begins } = overOneBase(starts, spanCount)
  const { base, numbers: lengths } = overOneBase(durations, spanCount)
  const shift = Number(base)
  return trace => {
    const extent = extentOf<number>(begins, lengths, traceStarts[trace]!, traceStarts[trace + 1]!)
    return shift === 0 ? extent : { ...extent, duration: extent.duration + shift }
  }
}

function extentOf<Time extends number | bigint>(
  begins: ArrayLike<Time>,
  lengths: ArrayLike<Time>,
  first: number,
  end: number,
): TraceExtent {
  let startRow = first
  let start = begins[first]!
  let finish = sum(start, lengths[first]!)
  for (let row = first + 1; row < end; row++) {
    const begin = begins[row]!
    if (begin < start) {
      start = begin
      startRow = row
    }
    const own = sum(begin, lengths[row]!)
    if (own > finish) finish = own
  }
  return { startRow, duration: Number((finish as number) - (start as number)) }
}

function sum<Time extends number | bigint>(a: Time, b: Time): Time {
  return ((a as number) + (b as number)) as Time
}
