import { LabError } from '../error.ts'
import type { SpanBatch } from '../model/scan.ts'
import { overOneBase } from './numbers.ts'
import type { View } from './view.ts'

/** No more intervals than this in one answer. */
export const maxIntervals = 11_000

/**
 * Intervals of one length, closed on the right, whose ends are multiples of it: the first one ends at
 * `startNanos + stepNanos`, and a time that is `startNanos` lies before it.
 */
export interface Intervals {
  readonly startNanos: bigint
  readonly stepNanos: bigint
  readonly count: number
}

/** The intervals that cover a range. */
export function intervalsOf(startNanos: bigint, endNanos: bigint, stepNanos: bigint): Intervals {
  if (stepNanos <= 0n) throw new LabError('invalid', `step of ${stepNanos} ns: it must be above 0`)
  if (endNanos <= startNanos) throw new LabError('invalid', `range of ${startNanos} to ${endNanos} ns: it is empty`)
  const start = (startNanos / stepNanos) * stepNanos
  const end = ((endNanos + stepNanos - 1n) / stepNanos) * stepNanos
  const count = Number((end - start) / stepNanos)
  if (count > maxIntervals)
    throw new LabError('invalid', `range and step: they give ${count} intervals, at most ${maxIntervals} are answered`)
  return { startNanos: start, stepNanos, count }
}

/** The end of each interval in milliseconds since the epoch, which is how it is labelled. */
export function labelsMs({ startNanos, stepNanos, count }: Intervals): string[] {
  return Array.from({ length: count }, (_, i) => String((startNanos + BigInt(i + 1) * stepNanos) / 1_000_000n))
}

/** The interval of a time; negative or past the last one where it lies outside. */
function intervalOf(time: bigint, { startNanos, stepNanos }: Intervals): number {
  const offset = time - startNanos - 1n
  return offset < 0n ? -1 : Number(offset / stepNanos)
}

/** The one interval in which all spans of a batch start, where that is known without reading; else undefined. */
export function commonInterval({ startExtent }: SpanBatch, intervals: Intervals): number | undefined {
  if (startExtent === undefined) return undefined
  const first = intervalOf(startExtent[0], intervals)
  const last = intervalOf(startExtent[1], intervals)
  return first === last ? inside(first, intervals) : undefined
}

function inside(interval: number, { count }: Intervals): number {
  return interval < count ? interval : -1
}

/** By span the interval in which it starts, -1 outside of all. `span:start` must have been read. */
export function spanIntervals(view: View, intervals: Intervals): Int32Array {
  const { base, numbers } = overOneBase(view.columns.get('span:start'), view.spanCount, intervals.startNanos)
  const shift = Number(base - intervals.startNanos)
  const step = Number(intervals.stepNanos)
  const { count } = intervals
  const result = new Int32Array(numbers.length)
  for (let row = 0; row < numbers.length; row++) {
    const offset = numbers[row]! + shift
    const interval = Math.ceil(offset / step) - 1
    result[row] = offset > 0 && interval < count ? interval : -1
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
