import type { AnyValue, KeyedValue } from '../engine/answer-value.ts'

/** A point an interval; NaN where there is none. */
export interface Series {
  readonly labels: readonly KeyedValue[]
  readonly points: Float64Array
  readonly exemplars?: readonly Exemplar[] | undefined
  /** Of a quantile: the values that it is one of. */
  readonly distribution?: Distribution | undefined
}

/** A span that was counted: when it started, in ms, and its value, NaN where spans are counted. */
export interface Exemplar {
  readonly labels: readonly KeyedValue[]
  readonly value: number
  readonly timestampMs: string
}

/** The values of a series, by interval. */
export interface Distribution {
  /** A quantile as it is answered, 0 where there are no values. */
  quantile(share: number, interval: number): number
  /** By value how much of it counts as not above the quantile of a share: 0 to 1. */
  below(share: number, interval: number): (value: number) => number
}

/** Series and what they are called where nothing groups them. */
export interface SeriesSet {
  readonly name: string
  readonly series: readonly Series[]
}

/** One text for equal label sets, without the name. */
export function labelsKey(labels: readonly KeyedValue[]): string {
  return labels
    .filter(({ key }) => key !== '__name__')
    .map(({ key, value }) => `${JSON.stringify(key)}:${valueKey(value)}`)
    .join()
}

export function valueKey(value: AnyValue): string {
  return JSON.stringify(value)
}

/**
 * The quantile of a histogram of powers of two as Tempo computes it: exponentially between the bucket that is filled
 * before and the one where the rank `ceil(quantile * count)` falls. By exponent of its upper bound, which belongs to it,
 * the count of each bucket; before the first one is its half. NaN where nothing was counted.
 */
export function bucketQuantile(quantile: number, counts: ReadonlyMap<number, number>): number {
  const place = bucketPlace(quantile, counts)
  if (place === undefined) return Number.NaN
  const { exponent, lower, rank, count } = place
  return 2 ** (lower + ((exponent - lower) * rank) / count)
}

/** Where in a histogram of powers of two a quantile lies. */
export interface BucketPlace {
  readonly exponent: number
  /** The exponent of the bucket that is filled before. */
  readonly lower: number
  /** So many of the bucket's count are not above the quantile. */
  readonly rank: number
  readonly count: number
}

/** The place of the rank `ceil(quantile * count)`; undefined where nothing was counted. */
export function bucketPlace(quantile: number, counts: ReadonlyMap<number, number>): BucketPlace | undefined {
  const filled = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b)
  let total = 0
  for (const [, count] of filled) total += count
  const rank = Math.max(Math.min(1, total), Math.ceil(quantile * total))
  let before = 0
  let lower: number | undefined
  for (const [exponent, count] of filled) {
    const least = lower ?? exponent - 1
    if (before + count >= rank) return { exponent, lower: least, rank: rank - before, count }
    before += count
    lower = exponent
  }
  return lower === undefined ? undefined : { exponent: lower, lower, rank: 1, count: 1 }
}

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)

/** The power of two that is the least not below a value of at least 1: its exponent. */
export function bucketExponent(value: number): number {
  if (value <= 0x100000000) return 32 - Math.clz32(Math.ceil(value) - 1)
  double[0] = value
  const high = words[1]!
  const exponent = (high >>> 20) - 1023
  return (high & 0xfffff) === 0 && words[0] === 0 ? exponent : exponent + 1
}

/** The value at rank `ceil(quantile * weight)` of values in ascending order, each with its weight. */
export function exactQuantile(
  quantile: number,
  values: readonly number[],
  weights: readonly number[] | undefined,
): number {
  if (values.length === 0) return Number.NaN
  if (weights === undefined) {
    const sorted = Float64Array.from(values).sort()
    return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)]!
  }
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let before = 0
  for (const i of order) {
    before += weights[i]!
    if (before >= quantile * total && before > 0) return values[i]!
  }
  return values[order.at(-1)!]!
}
