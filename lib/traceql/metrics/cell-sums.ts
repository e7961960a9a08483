import type { MetricsAggregate } from '../language/ast.ts'
import type { Observations, OccurringCells } from './occurring-cells.ts'
import { bucketExponent } from './series.ts'

export type Kind = Exclude<MetricsAggregate['kind'], 'compare'>

/** What the spans of a batch add to each cell, as data. A sum of doubles is one over the batch, whoever adds it up. */
export interface CellSums {
  /** By cell: the code of its group, and its interval. */
  readonly codes: readonly number[]
  readonly intervals: readonly number[]
  /** By cell: the spans, by weight. */
  readonly counts?: Float64Array
  /** By cell: the sum of its values, or the extreme one. */
  readonly values?: Float64Array
  readonly buckets?: Buckets
  readonly samples?: Samples
}

/** Filled buckets: the cell, the exponent and the count of each. */
export interface Buckets {
  readonly cells: readonly number[]
  readonly exponents: readonly number[]
  readonly counts: readonly number[]
}

/** All values, with the cell of each. */
export interface Samples {
  readonly cells: Uint32Array
  readonly values: Float64Array
  /** Absent where all are 1. */
  readonly weights: Float64Array | undefined
}

type Sums = Omit<CellSums, 'codes' | 'intervals'>

/** Sums up the spans of a batch by cell; `isExact` keeps the values that quantiles are of. */
export function sumCells(kind: Kind, found: OccurringCells, observations: Observations, isExact: boolean): CellSums {
  const { codes, intervals } = found
  return { codes, intervals, ...sumsOf(kind, found, observations, isExact) }
}

function sumsOf(kind: Kind, found: OccurringCells, observations: Observations, isExact: boolean): Sums {
  switch (kind) {
    case 'rate':
    case 'count_over_time':
      return { counts: countsOf(found, observations) }
    case 'sum_over_time':
      return { values: valuesOf(found, observations) }
    case 'avg_over_time':
      return { values: valuesOf(found, observations), counts: countsOf(found, observations) }
    case 'min_over_time':
      return { values: extremesOf(found, observations, 1) }
    case 'max_over_time':
      return { values: extremesOf(found, observations, -1) }
    case 'histogram_over_time':
      return { buckets: bucketsOf(found, observations) }
    case 'quantile_over_time':
      return isExact ? { samples: samplesOf(found, observations) } : { buckets: bucketsOf(found, observations) }
  }
}

/** By cell the sum of the weights of its spans. */
function countsOf({ spanCount, rows, cells, codes }: OccurringCells, { weights }: Observations): Float64Array {
  const counts = new Float64Array(codes.length)
  if (weights === undefined) for (let i = 0; i < spanCount; i++) counts[cells[i]!]!++
  else for (let i = 0; i < spanCount; i++) counts[cells[i]!]! += weights[rows[i]!]!
  return counts
}

function valuesOf({ spanCount, rows, cells, codes }: OccurringCells, { values, weights }: Observations): Float64Array {
  const sums = new Float64Array(codes.length)
  if (weights === undefined) for (let i = 0; i < spanCount; i++) sums[cells[i]!]! += values![rows[i]!]!
  else for (let i = 0; i < spanCount; i++) sums[cells[i]!]! += values![rows[i]!]! * weights[rows[i]!]!
  return sums
}

/** The minimum of the values, or with a sign of -1 their maximum: the minimum of their negatives. */
function extremesOf(
  { spanCount, rows, cells, codes }: OccurringCells,
  { values }: Observations,
  sign: 1 | -1,
): Float64Array {
  const found = new Float64Array(codes.length).fill(sign * Number.POSITIVE_INFINITY)
  for (let i = 0; i < spanCount; i++) {
    const [cell, value] = [cells[i]!, values![rows[i]!]!]
    if (sign * value < sign * found[cell]!) found[cell] = value
  }
  return found
}

/** Values below 2 are in no bucket, as in Tempo. */
function bucketsOf({ spanCount, rows, cells, codes }: OccurringCells, { values, weights }: Observations): Buckets {
  const slots: (number | undefined)[] = []
  const exponents: number[] = []
  const slotOf = new Int32Array(spanCount).fill(-1)
  for (let i = 0; i < spanCount; i++) {
    const value = values![rows[i]!]!
    if (value >= 2) slotOf[i] = slots[bucketExponent(value)] ??= exponents.push(bucketExponent(value)) - 1
  }
  const width = exponents.length
  const table = new Float64Array(codes.length * width).fill(-1)
  for (let i = 0; i < spanCount; i++) {
    if (slotOf[i]! < 0) continue
    const place = cells[i]! * width + slotOf[i]!
    table[place] = Math.max(0, table[place]!) + (weights === undefined ? 1 : weights[rows[i]!]!)
  }
  const filled = [...table.keys()].filter(place => table[place]! >= 0)
  return {
    cells: filled.map(place => Math.floor(place / width)),
    exponents: filled.map(place => exponents[place % width]!),
    counts: filled.map(place => table[place]!),
  }
}

function samplesOf({ spanCount, rows, cells }: OccurringCells, { values, weights }: Observations): Samples {
  const counting = rows.subarray(0, spanCount)
  return {
    cells: cells.slice(0, spanCount),
    values: Float64Array.from(counting, row => values![row]!),
    weights: weights && Float64Array.from(counting, row => weights[row]!),
  }
}
