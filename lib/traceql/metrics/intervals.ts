import { countUp } from '../../bytes/arena.ts'
import { LabError } from '../../error.ts'
import type { ColumnData, SpanBatch, StartBounds } from '../../model/scan.ts'
import { areWide, bigintsOf, overOneBase } from '../engine/numbers.ts'

/** No more intervals than this in one answer. */
export const maxIntervals = 11_000

/**
 * Intervals of one length, closed on the right, whose ends are multiples of it: the first one ends at
 * `startNanos + stepNanos`. Spans count that start in `[fromNanos, untilNanos)`, as in a search over the same range.
 */
export interface Intervals {
  readonly startNanos: bigint
  readonly stepNanos: bigint
  readonly count: number
  readonly fromNanos: bigint
  readonly untilNanos: bigint
}

/** The intervals that hold the times `[startNanos, endNanos)`; the first one may hold no more than its own end. */
export function intervalsOf(startNanos: bigint, endNanos: bigint, stepNanos: bigint): Intervals {
  if (stepNanos <= 0n) throw new LabError('invalid', `step of ${stepNanos} ns: it must be above 0`)
  if (endNanos <= startNanos) throw new LabError('invalid', `range of ${startNanos} to ${endNanos} ns: it is empty`)
  const start = roundUp(startNanos, stepNanos) - stepNanos
  const count = Number((roundUp(endNanos - 1n, stepNanos) - start) / stepNanos)
  if (count > maxIntervals)
    throw new LabError('invalid', `range and step: they give ${count} intervals, at most ${maxIntervals} are answered`)
  return { startNanos: start, stepNanos, count, fromNanos: startNanos, untilNanos: endNanos }
}

/** The least multiple of a step that is no less than a time from 0 on. */
function roundUp(nanos: bigint, stepNanos: bigint): bigint {
  return ((nanos + stepNanos - 1n) / stepNanos) * stepNanos
}

/** The end of each interval in milliseconds since the epoch, which is how it is labelled. */
export function labelsMs({ startNanos, stepNanos, count }: Intervals): string[] {
  return Array.from({ length: count }, (_, i) => String((startNanos + BigInt(i + 1) * stepNanos) / 1_000_000n))
}

/** The interval of a time that is not before the first one. */
function intervalOf(time: bigint, { startNanos, stepNanos }: Intervals): number {
  return Number((time - startNanos - 1n) / stepNanos)
}

/**
 * The one interval in which all spans of a batch start, -1 where none of them counts; undefined where it takes reading
 * to know.
 */
export function commonInterval({ startExtent }: SpanBatch, intervals: Intervals): number | undefined {
  if (startExtent === undefined) return undefined
  const [first, last] = startExtent
  const { fromNanos, untilNanos } = intervals
  if (last < fromNanos || first >= untilNanos) return -1
  if (first < fromNanos || last >= untilNanos) return undefined
  const interval = intervalOf(first, intervals)
  return interval === intervalOf(last, intervals) ? interval : undefined
}

/** By span the interval in which it starts, -1 where it does not count; of `rows`, if given, at the least. */
export async function spanIntervals(
  batch: SpanBatch,
  rows: Uint32Array | undefined,
  intervals: Intervals,
): Promise<Int32Array> {
  const bounds = intervals.stepNanos < maxExactStep ? await batch.startBounds?.() : undefined
  if (bounds === undefined) return readIntervals(batch, intervals, rows)
  const result = new Int32Array(batch.spanCount)
  const open = fillTraces(bounds, intervals, result)
  if (open.length === 0) return result
  const crossing = rowsInTraces(open, bounds.traceStarts, rows)
  if (crossing.length === 0) return result
  const columns = (await batch.read(['span:start'], crossing)).get('span:start')
  fillRows(columns, crossing, intervals, result)
  return result
}

/** Fills the rows of all traces whose spans start in one interval; returns the other traces. */
function fillTraces(
  { base, first, last, traceStarts }: StartBounds,
  intervals: Intervals,
  result: Int32Array,
): number[] {
  const place = placing(base, intervals)
  const open: number[] = []
  // Neighbours tend to be in one interval: what was found for one holds as long as the next one is within the same times.
  let known: Stretch = { from: 0, until: 0, interval: -1 }
  for (let trace = 0, row = 0; trace < first.length; trace++) {
    const least = first[trace]!
    if (!(least >= known.from && least < known.until)) known = stretchAt(least, place)
    const end = traceStarts[trace + 1]!
    if (last[trace]! < known.until) for (; row < end; row++) result[row] = known.interval
    else open.push(trace)
    row = end
  }
  return open
}

/** The rows of some traces, ascending; of `rows`, if given, only those. */
function rowsInTraces(traces: readonly number[], traceStarts: Uint32Array, rows: Uint32Array | undefined): Uint32Array {
  const found: number[] = []
  let next = 0
  for (const trace of traces) {
    const [start, end] = [traceStarts[trace]!, traceStarts[trace + 1]!]
    if (rows === undefined) for (let row = start; row < end; row++) found.push(row)
    else {
      while (next < rows.length && rows[next]! < start) next++
      for (; next < rows.length && rows[next]! < end; next++) found.push(rows[next]!)
    }
  }
  return Uint32Array.from(found)
}

/** The same from `span:start`. */
export async function readIntervals(batch: SpanBatch, intervals: Intervals, rows?: Uint32Array): Promise<Int32Array> {
  const columns = (await batch.read(['span:start'], rows)).get('span:start')
  const result = new Int32Array(batch.spanCount)
  fillRows(columns, rows ?? countUp(result.length), intervals, result)
  return result
}

/** Fills some rows by the columns `span:start`. */
function fillRows(columns: readonly ColumnData[], rows: Uint32Array, intervals: Intervals, result: Int32Array): void {
  if (areWide(columns) || intervals.stepNanos >= maxExactStep) {
    const starts = bigintsOf(columns, result.length)
    for (const row of rows) result[row] = countedInterval(starts[row]!, intervals)
    return
  }
  const { base, numbers } = overOneBase(columns, result.length)
  const place = placing(base, intervals)
  const { from, until } = place
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const number = numbers[row]!
    result[row] = number >= from && number < until ? intervalAt(number, place) : -1
  }
}

function countedInterval(start: bigint, intervals: Intervals): number {
  return start >= intervals.fromNanos && start < intervals.untilNanos ? intervalOf(start, intervals) : -1
}

/** Sums of two rests below it are exact as doubles. */
const maxExactStep = 2n ** 52n

/** Intervals as doubles over a base. */
interface Placing {
  readonly from: number
  readonly until: number
  readonly step: number
  /** The interval of the base, as if the first one began with it, and how far behind its beginning the base is. */
  readonly baseInterval: number
  readonly baseRest: number
}

function placing(base: bigint, { startNanos, stepNanos, fromNanos, untilNanos }: Intervals): Placing {
  return {
    from: Number(fromNanos - base),
    until: Number(untilNanos - base),
    step: Number(stepNanos),
    baseInterval: Number((base - startNanos) / stepNanos),
    baseRest: Number((base - startNanos) % stepNanos),
  }
}

/** Times over a base, `[from, until)`, that are of one interval. */
interface Stretch {
  readonly from: number
  readonly until: number
  readonly interval: number
}

/** The times around one that are surely of its interval. */
function stretchAt(number: number, place: Placing): Stretch {
  const { from, until, step, baseInterval, baseRest } = place
  if (number < from) return { from: Number.NEGATIVE_INFINITY, until: from, interval: -1 }
  if (number >= until) return { from: until, until: Number.POSITIVE_INFINITY, interval: -1 }
  const interval = intervalAt(number, place)
  // Intervals hold their end: the next nanosecond is of the next one.
  const end = (interval + 1 - baseInterval) * step - baseRest + 1
  const isExact = Number.isSafeInteger(end) && Number.isSafeInteger(end - step)
  if (!isExact) return { from: number, until: number + 1, interval }
  return { from: Math.max(from, end - step), until: Math.min(until, end), interval }
}

/** The interval of a time over the base, of doubles of which none is rounded: quotients and rests are added. */
function intervalAt(number: number, { step, baseInterval, baseRest }: Placing): number {
  const whole = Math.floor(number / step)
  const rest = number - whole * step + baseRest
  return baseInterval + whole + Math.ceil(rest / step) - 1
}

const steps = [3_600_000, 300_000, 60_000, 15_000, 5_000, 1_000, 50].map(millis => BigInt(millis) * 1_000_000n)

/** The step of a range where none is given, as in Tempo: about 240 intervals of whole hours, minutes, and so on. */
export function defaultStepNanos(startNanos: bigint, endNanos: bigint): bigint {
  const wanted = (endNanos - startNanos) / 240n
  const unit = steps.find(step => step <= wanted)
  return unit === undefined ? steps.at(-1)! : (wanted / unit) * unit
}
