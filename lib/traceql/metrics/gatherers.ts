import type { KeyedValue } from '../engine/answer-value.ts'
import type { PointBudget } from '../language/limits.ts'
import type { CellSums, Kind } from './cell-sums.ts'
import type { Shown } from './exemplars.ts'
import type { Exemplar } from './series.ts'

/** What is gathered of one series. */
export interface Cells extends Shown {
  readonly budget: PointBudget
  readonly labels: readonly KeyedValue[]
  readonly points: Float64Array
  readonly counts: Float64Array | undefined
  /** By exponent of a bucket its counts. */
  readonly buckets: (Float64Array | undefined)[] | undefined
  readonly samples: (Sample | undefined)[] | undefined
  readonly exemplars: Exemplar[]
}

interface Sample {
  readonly values: number[]
  readonly weights: number[]
}

/** Adds the cells of a batch to their series; null are those that are left out. */
type Gather = (sums: CellSums, series: readonly (Cells | null)[]) => void

const count: Gather = ({ counts, intervals }, series) =>
  series.forEach((own, cell) => {
    if (own !== null) own.points[intervals[cell]!]! += counts![cell]!
  })

const sum: Gather = ({ values, intervals }, series) =>
  series.forEach((own, cell) => {
    if (own === null) return
    const before = own.points[intervals[cell]!]!
    own.points[intervals[cell]!] = Number.isNaN(before) ? values![cell]! : before + values![cell]!
  })

/** The minimum, or with a sign of -1 the maximum. */
const extreme =
  (sign: 1 | -1): Gather =>
  ({ values, intervals }, series) =>
    series.forEach((own, cell) => {
      const interval = intervals[cell]!
      if (own !== null && !(sign * own.points[interval]! <= sign * values![cell]!))
        own.points[interval] = values![cell]!
    })

const bucket: Gather = ({ buckets, intervals }, series) => {
  const { cells, exponents, counts } = buckets!
  for (let i = 0; i < cells.length; i++) {
    const own = series[cells[i]!]!
    if (own === null) continue
    const points = own.buckets![exponents[i]!] ?? newBucket(own, exponents[i]!)
    points[intervals[cells[i]!]!]! += counts[i]!
  }
}

function newBucket({ buckets, points, budget }: Cells, exponent: number): Float64Array {
  const counts = budget.points(points.length, 0)
  buckets![exponent] = counts
  return counts
}

const sample: Gather = ({ samples, intervals }, series) => {
  const { cells, values, weights } = samples!
  for (let i = 0; i < cells.length; i++) {
    const own = series[cells[i]!]!
    if (own === null) continue
    const interval = intervals[cells[i]!]!
    own.samples![interval] ??= { values: [], weights: [] }
    own.samples![interval].values.push(values[i]!)
    own.samples![interval].weights.push(weights === undefined ? 1 : weights[i]!)
  }
}

export const gatherers: Readonly<Record<Kind, Gather>> = {
  rate: count,
  count_over_time: count,
  sum_over_time: sum,
  avg_over_time: (sums, series) => {
    sum(sums, series)
    series.forEach((own, cell) => {
      if (own !== null) own.counts![sums.intervals[cell]!]! += sums.counts![cell]!
    })
  },
  min_over_time: extreme(1),
  max_over_time: extreme(-1),
  histogram_over_time: bucket,
  quantile_over_time: (sums, series) => (sums.samples ? sample : bucket)(sums, series),
}
