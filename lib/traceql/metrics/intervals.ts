import { LabError } from '../../error.ts'
import type { ColumnData, NumberValues, SpanBatch } from '../../model/scan.ts'
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

/** One interval, which is the range. */
export function wholeInterval(startNanos: bigint, endNanos: bigint): Intervals {
  const stepNanos = endNanos - startNanos
  if (stepNanos <= 0n) throw new LabError('invalid', `range of ${startNanos} to ${endNanos} ns: it is empty`)
  return { startNanos: startNanos - 1n, stepNanos, count: 1, fromNanos: startNanos, untilNanos: endNanos }
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

/** The intervals in which spans of a batch may start: `count` of them from `first` on. */
export interface IntervalRange {
  readonly first: number
  readonly count: number
  /** Whether every span counts: none starts before the first interval or after the last. */
  readonly isWhole: boolean
}

/** The intervals of the spans of a batch. */
export interface SpanIntervals {
  readonly first: number
  readonly count: number
  /** By row its interval, negative where it does not count; undefined where all are in the first. */
  readonly byRow: Int32Array | undefined
}

/** The intervals that spans of a batch may be in, without reading: all of them where the source knows nothing. */
export function intervalRange({ startExtent }: SpanBatch, intervals: Intervals): IntervalRange {
  if (startExtent === undefined) return { first: 0, count: intervals.count, isWhole: false }
  const [from, to] = startExtent
  const { fromNanos, untilNanos } = intervals
  if (to < fromNanos || from >= untilNanos) return { first: 0, count: 0, isWhole: false }
  const isWhole = from >= fromNanos && to < untilNanos
  const first = intervalOf(from < fromNanos ? fromNanos : from, intervals)
  const last = intervalOf(to < untilNanos ? to : untilNanos - 1n, intervals)
  return { first, count: last - first + 1, isWhole }
}

/** By span the interval in which it starts, -1 where it does not count; of `rows`, if given, at the least. */
export async function readIntervals(
  batch: SpanBatch,
  range: IntervalRange,
  intervals: Intervals,
  rows?: Uint32Array,
): Promise<Int32Array> {
  if (batch.startsAfter === undefined)
    return spanIntervals((await batch.read(['span:start'], rows)).get('span:start'), batch.spanCount, intervals)
  const places = await batch.startsAfter(edgesOf(range, intervals), rows)
  const { first, count, isWhole } = range
  // Where times are cut off, the first place is before and the last one after all that counts.
  const shift = isWhole ? first : first - 1
  for (let row = 0; row < places.length; row++) {
    const interval = places[row]! + shift
    places[row] = interval < first || interval >= first + count ? -1 : interval
  }
  return places
}

/** The times after which another interval of a range begins, or nothing counts any more. */
function edgesOf({ first, count, isWhole }: IntervalRange, intervals: Intervals): bigint[] {
  const { startNanos, stepNanos, fromNanos, untilNanos } = intervals
  const inner = Array.from({ length: count - 1 }, (_, i) => startNanos + BigInt(first + i + 1) * stepNanos)
  return isWhole ? inner : [fromNanos - 1n, ...inner, untilNanos - 1n]
}

/** By span its interval, or -1; `columns` are those of `span:start`. */
export function spanIntervals(columns: readonly ColumnData[], spanCount: number, intervals: Intervals): Int32Array {
  const result = new Int32Array(spanCount)
  if (areWide(columns) || intervals.stepNanos >= maxExactStep) {
    const starts = bigintsOf(columns, spanCount)
    for (let row = 0; row < spanCount; row++) result[row] = countedInterval(starts[row]!, intervals)
  } else placeStarts(overOneBase(columns, spanCount), intervals, result)
  return result
}

function placeStarts({ base, numbers }: NumberValues, intervals: Intervals, result: Int32Array): void {
  const place = placing(base, intervals)
  // Neighbours tend to be in one interval: what was found for one holds as long as the next one is within the same times.
  let { from, until, interval } = stretchAt(numbers[0]!, place)
  for (let row = 0; row < result.length; row++) {
    const number = numbers[row]!
    if (!(number >= from && number < until)) ({ from, until, interval } = stretchAt(number, place))
    result[row] = interval
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
