import { LabError } from '../../error.ts'
import type { ColumnData, SpanBatch } from '../../model/scan.ts'
import { areWide, bigintsOf, overOneBase } from '../engine/numbers.ts'
import type { View } from '../engine/view.ts'

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

/** By span the interval in which it starts, -1 where it does not count. `span:start` must have been read. */
export function spanIntervals(view: View, intervals: Intervals): Int32Array {
  const columns = view.columns.get('span:start')
  if (!areWide(columns) && intervals.stepNanos < maxExactStep) return exactIntervals(columns, view.spanCount, intervals)
  const { fromNanos, untilNanos } = intervals
  return Int32Array.from(bigintsOf(columns, view.spanCount), start =>
    start >= fromNanos && start < untilNanos ? intervalOf(start, intervals) : -1,
  )
}

/** Sums of two rests below it are exact as doubles. */
const maxExactStep = 2n ** 52n

/** The same by doubles, of which none is rounded: quotients and rests of the base and of what is over it are added. */
function exactIntervals(columns: readonly ColumnData[], spanCount: number, intervals: Intervals): Int32Array {
  const { base, numbers } = overOneBase(columns, spanCount)
  const [from, until] = [Number(intervals.fromNanos - base), Number(intervals.untilNanos - base)]
  const step = Number(intervals.stepNanos)
  const baseInterval = Number((base - intervals.startNanos) / intervals.stepNanos)
  const baseRest = Number((base - intervals.startNanos) % intervals.stepNanos)
  const result = new Int32Array(spanCount)
  for (let row = 0; row < spanCount; row++) {
    const number = numbers[row]!
    const whole = Math.floor(number / step)
    const rest = number - whole * step + baseRest
    const isIn = number >= from && number < until
    result[row] = isIn ? baseInterval + whole + Math.ceil(rest / step) - 1 : -1
  }
  return result
}

const steps = [3_600_000, 300_000, 60_000, 15_000, 5_000, 1_000, 50].map(millis => BigInt(millis) * 1_000_000n)

/** The step of a range where none is given, as in Tempo: about 240 intervals of whole hours, minutes, and so on. */
export function defaultStepNanos(startNanos: bigint, endNanos: bigint): bigint {
  const wanted = (endNanos - startNanos) / 240n
  const unit = steps.find(step => step <= wanted)
  return unit === undefined ? steps.at(-1)! : (wanted / unit) * unit
}
