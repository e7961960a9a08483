import type { KeyedValue } from '../engine/answer-value.ts'
import type { MetricsAggregate } from '../language/ast.ts'
import type { PointBudget } from '../language/limits.ts'
import type { Observations, OccurringCells } from './occurring-cells.ts'
import { bucketExponent, type Exemplar } from './series.ts'

export type Kind = Exclude<MetricsAggregate['kind'], 'compare'>

/** What is gathered of one series. */
export interface Cells {
  readonly budget: PointBudget
  readonly labels: readonly KeyedValue[]
  readonly points: Float64Array
  readonly counts: Float64Array | undefined
  /** By exponent of a bucket its counts. */
  readonly buckets: (Float64Array | undefined)[] | undefined
  readonly samples: (Sample | undefined)[] | undefined
  readonly exemplars: Exemplar[]
  /** The last interval that has an exemplar. */
  exemplarInterval: number
}

interface Sample {
  readonly values: number[]
  readonly weights: number[]
}

/** Adds the spans of a batch to the series of their cells; null are those that are left out. */
type Gather = (found: OccurringCells, series: readonly (Cells | null)[], observations: Observations) => void

/** By cell the sum of the weights of its spans. */
function weightsOf({ spanCount, rows, cells, codes }: OccurringCells, weights: Float64Array | undefined): Float64Array {
  const sums = new Float64Array(codes.length)
  if (weights === undefined) for (let i = 0; i < spanCount; i++) sums[cells[i]!]!++
  else for (let i = 0; i < spanCount; i++) sums[cells[i]!]! += weights[rows[i]!]!
  return sums
}

const count: Gather = (found, series, { weights }) => {
  const counts = weightsOf(found, weights)
  series.forEach((own, cell) => {
    if (own !== null) own.points[found.intervals[cell]!]! += counts[cell]!
  })
}

const sum: Gather = ({ spanCount, rows, cells, intervals }, series, { values, weights }) => {
  const sums = new Float64Array(intervals.length)
  if (weights === undefined) for (let i = 0; i < spanCount; i++) sums[cells[i]!]! += values![rows[i]!]!
  else for (let i = 0; i < spanCount; i++) sums[cells[i]!]! += values![rows[i]!]! * weights[rows[i]!]!
  series.forEach((own, cell) => {
    if (own === null) return
    const before = own.points[intervals[cell]!]!
    own.points[intervals[cell]!] = Number.isNaN(before) ? sums[cell]! : before + sums[cell]!
  })
}

/** The minimum of the values, or with a sign of -1 their maximum: the minimum of their negatives. */
const extreme =
  (sign: 1 | -1): Gather =>
  ({ spanCount, rows, cells, intervals }, series, { values }) => {
    const found = new Float64Array(intervals.length).fill(Number.POSITIVE_INFINITY)
    for (let i = 0; i < spanCount; i++) {
      const [cell, value] = [cells[i]!, sign * values![rows[i]!]!]
      if (value < found[cell]!) found[cell] = value
    }
    series.forEach((own, cell) => {
      const interval = intervals[cell]!
      if (own !== null && !(sign * own.points[interval]! <= found[cell]!)) own.points[interval] = sign * found[cell]!
    })
  }

/** Values below 2 are in no bucket, as in Tempo. */
const bucket: Gather = ({ spanCount, rows, cells, intervals }, series, { values, weights }) => {
  for (let i = 0; i < spanCount; i++) {
    const own = series[cells[i]!]!
    const row = rows[i]!
    const value = values![row]!
    if (own === null || value < 2) continue
    const exponent = bucketExponent(value)
    const counts = own.buckets![exponent] ?? newBucket(own, exponent)
    counts[intervals[cells[i]!]!]! += weights === undefined ? 1 : weights[row]!
  }
}

function newBucket({ buckets, points, budget }: Cells, exponent: number): Float64Array {
  const counts = budget.points(points.length, 0)
  buckets![exponent] = counts
  return counts
}

const sample: Gather = ({ spanCount, rows, cells, intervals }, series, { values, weights }) => {
  for (let i = 0; i < spanCount; i++) {
    const own = series[cells[i]!]!
    if (own === null) continue
    const interval = intervals[cells[i]!]!
    own.samples![interval] ??= { values: [], weights: [] }
    own.samples![interval].values.push(values![rows[i]!]!)
    own.samples![interval].weights.push(weights === undefined ? 1 : weights[rows[i]!]!)
  }
}

export const gatherers: Readonly<Record<Kind, Gather>> = {
  rate: count,
  count_over_time: count,
  sum_over_time: sum,
  avg_over_time: (found, series, observations) => {
    sum(found, series, observations)
    const counts = weightsOf(found, observations.weights)
    series.forEach((own, cell) => {
      if (own !== null) own.counts![found.intervals[cell]!]! += counts[cell]!
    })
  },
  min_over_time: extreme(1),
  max_over_time: extreme(-1),
  histogram_over_time: bucket,
  quantile_over_time: (found, series, observations) =>
    (series.some(own => own?.samples !== undefined) ? sample : bucket)(found, series, observations),
}
