import type { AnyValue, KeyedValue } from '../engine/answer-value.ts'
import type { MetricsAggregate } from '../language/ast.ts'
import type { PointBudget } from '../language/limits.ts'
import { bucketExponent, bucketQuantile, type Exemplar, exactQuantile, labelsKey, type Series } from './series.ts'

/** Spans of a batch, ready to be counted: by row its interval (or one for all), series and value. */
export interface Observations {
  readonly rows: Uint32Array | undefined
  readonly rowCount: number
  readonly intervals: Int32Array | number
  /** By row the code of its group. */
  readonly codes: Uint32Array
  readonly weights: Float64Array | undefined
  /** By row its value, NaN where it has none; undefined where spans are counted. */
  readonly values: Float64Array | undefined
}

/** What is gathered of one series. */
interface Cells {
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

/** A span that was chosen as exemplar of a series. */
export interface Choice {
  readonly row: number
  readonly labels: readonly KeyedValue[]
  readonly value: number
  /** Takes the exemplar once it has been read. */
  readonly exemplars: Exemplar[]
}

interface Sample {
  readonly values: number[]
  readonly weights: number[]
}

/** By code of a group, below `count`, its labels. */
export interface Groups {
  readonly count: number
  labels(code: number): readonly KeyedValue[]
}

type Kind = Exclude<MetricsAggregate['kind'], 'compare'>

/** How a query gathers. */
export interface Gathering {
  readonly kind: Kind
  readonly intervalCount: number
  readonly budget: PointBudget
  readonly stepSeconds: number
  readonly maxSeries: number
  /** No more exemplars a series than this. */
  readonly maxExemplars: number
  readonly quantiles: readonly number[]
  readonly isExact: boolean
  /** Values of buckets are durations in ns, and answered in seconds. */
  readonly isDuration: boolean
}

/** Gathers observations by series; new series beyond the limit are left out, and said to be. */
export class Accumulator {
  readonly #gathering: Gathering
  readonly #series = new Map<string, Cells>()
  isTruncated = false
  /** Whether values are put into buckets, which are powers of two. */
  readonly isBucketed: boolean

  constructor(gathering: Gathering) {
    this.#gathering = gathering
    const { kind, isExact } = gathering
    this.isBucketed = kind === 'histogram_over_time' || (kind === 'quantile_over_time' && !isExact)
  }

  /** Makes the series of these labels be, even if nothing is counted for it. */
  open(labels: readonly KeyedValue[]): void {
    this.#cellsOf(labels)
  }

  #cellsOf(labels: readonly KeyedValue[]): Cells | undefined {
    const key = labelsKey(labels)
    let cells = this.#series.get(key)
    if (cells === undefined) {
      if (this.#series.size >= this.#gathering.maxSeries) {
        this.isTruncated = true
        return undefined
      }
      cells = this.#newCells(labels)
      this.#series.set(key, cells)
    }
    return cells
  }

  #newCells(labels: readonly KeyedValue[]): Cells {
    const { kind, intervalCount, budget, isExact } = this.#gathering
    const isCount = kind === 'rate' || kind === 'count_over_time'
    return {
      budget,
      labels,
      points: budget.points(intervalCount, isCount ? 0 : Number.NaN),
      counts: kind === 'avg_over_time' ? budget.points(intervalCount, 0) : undefined,
      buckets: this.isBucketed ? [] : undefined,
      samples: kind === 'quantile_over_time' && isExact ? new Array(intervalCount).fill(undefined) : undefined,
      exemplars: [],
      exemplarInterval: -1,
    }
  }

  /** Spans to show for the series that lack some: the first of an interval. */
  choose({ rows, rowCount, intervals, codes, values }: Observations, groups: Groups): Choice[] {
    const choices: Choice[] = []
    if (this.#gathering.maxExemplars === 0) return choices
    const taken = new Map<Cells, number>()
    const known: (Cells | null | undefined)[] = new Array(groups.count).fill(undefined)
    for (let i = 0; i < rowCount; i++) {
      const row = rows === undefined ? i : rows[i]!
      const interval = typeof intervals === 'number' ? intervals : intervals[row]!
      const value = values === undefined ? Number.NaN : values[row]!
      if (interval < 0 || (values !== undefined && Number.isNaN(value))) continue
      const code = codes[row]!
      known[code] ??= this.#series.get(labelsKey(groups.labels(code))) ?? null
      const cells = known[code]
      if (cells === null || cells.exemplarInterval === interval) continue
      const count = taken.get(cells) ?? cells.exemplars.length
      if (count >= this.#gathering.maxExemplars) continue
      taken.set(cells, count + 1)
      cells.exemplarInterval = interval
      choices.push({ row, labels: cells.labels, value, exemplars: cells.exemplars })
    }
    return choices
  }

  add(observations: Observations, groups: Groups): void {
    // Only groups that occur become series.
    const cells: (Cells | null | undefined)[] = new Array(groups.count).fill(undefined)
    const { rows, rowCount, intervals, codes, weights, values } = observations
    const observe = observers[this.#gathering.kind]
    for (let i = 0; i < rowCount; i++) {
      const row = rows === undefined ? i : rows[i]!
      const interval = typeof intervals === 'number' ? intervals : intervals[row]!
      if (interval < 0) continue
      const value = values === undefined ? 1 : values[row]!
      if (Number.isNaN(value)) continue
      const code = codes[row]!
      let own = cells[code]
      if (own === undefined) {
        own = this.#cellsOf(groups.labels(code)) ?? null
        cells[code] = own
      }
      if (own !== null) observe(own, interval, value, weights === undefined ? 1 : weights[row]!)
    }
  }

  finish(): Series[] {
    const { kind } = this.#gathering
    const cells = [...this.#series.values()]
    if (kind === 'quantile_over_time') return cells.flatMap(own => this.#quantileSeries(own))
    if (kind === 'histogram_over_time') return cells.flatMap(own => this.#bucketSeries(own))
    if (kind === 'rate')
      for (const { points } of cells) for (let i = 0; i < points.length; i++) points[i]! /= this.#gathering.stepSeconds
    if (kind === 'avg_over_time')
      for (const { points, counts } of cells) for (let i = 0; i < points.length; i++) points[i]! /= counts![i]!
    return cells.map(({ labels, points, exemplars }) => ({ labels, points, exemplars }))
  }

  #bucketSeries({ labels, buckets, exemplars }: Cells): Series[] {
    const scale = this.#gathering.isDuration ? 1e9 : 1
    return buckets!.flatMap((points, exponent) =>
      points === undefined
        ? []
        : [
            {
              labels: [...labels, { key: '__bucket', value: double(2 ** exponent / scale) }],
              points,
              exemplars: exemplars
                .filter(({ value }) => bucketExponent(value) === exponent)
                .map(own => ({ ...own, value: Number.NaN })),
            },
          ],
    )
  }

  #quantileSeries(cells: Cells): Series[] {
    const { quantiles, intervalCount, budget } = this.#gathering
    // Exemplars stand with the first quantile. Those of buckets are in nanoseconds yet.
    const scale = this.isBucketed && this.#gathering.isDuration ? 1e9 : 1
    const exemplars = cells.exemplars.map(own => ({ ...own, value: own.value / scale }))
    return quantiles.map((quantile, i) => ({
      exemplars: i === 0 ? exemplars : [],
      labels: [...cells.labels, { key: 'p', value: double(quantile) }],
      points: budget.points(intervalCount, 0).map((_, i) => this.#quantileAt(quantile, cells, i)),
    }))
  }

  #quantileAt(quantile: number, { buckets, samples }: Cells, interval: number): number {
    const scale = this.#gathering.isDuration ? 1e9 : 1
    if (samples !== undefined) {
      const { values, weights } = samples[interval] ?? { values: [], weights: [] }
      const isPlain = weights.every(weight => weight === 1)
      return exactQuantile(quantile, values, isPlain ? undefined : weights)
    }
    const counts = new Map<number, number>()
    buckets!.forEach((points, exponent) => {
      if (points !== undefined && points[interval]! > 0) counts.set(exponent, points[interval]!)
    })
    // An interval without a value counts as 0, as in Tempo.
    return counts.size === 0 ? 0 : bucketQuantile(quantile, counts) / scale
  }
}

function double(doubleValue: number): AnyValue {
  return { doubleValue }
}

type Observe = (cells: Cells, interval: number, value: number, weight: number) => void

const count: Observe = ({ points }, interval, _value, weight) => {
  points[interval]! += weight
}

const sum: Observe = ({ points }, interval, value, weight) => {
  const before = points[interval]!
  points[interval] = Number.isNaN(before) ? value * weight : before + value * weight
}

/** Values below 2 are in no bucket, as in Tempo. */
const bucket: Observe = ({ buckets, points, budget }, interval, value, weight) => {
  if (value < 2) return
  const exponent = bucketExponent(value)
  let counts = buckets![exponent]
  if (counts === undefined) {
    counts = budget.points(points.length, 0)
    buckets![exponent] = counts
  }
  counts[interval]! += weight
}

const observers: Readonly<Record<Kind, Observe>> = {
  rate: count,
  count_over_time: count,
  sum_over_time: sum,
  avg_over_time: (cells, interval, value, weight) => {
    sum(cells, interval, value, weight)
    cells.counts![interval]! += weight
  },
  min_over_time: ({ points }, interval, value) => {
    if (!(points[interval]! <= value)) points[interval] = value
  },
  max_over_time: ({ points }, interval, value) => {
    if (!(points[interval]! >= value)) points[interval] = value
  },
  histogram_over_time: bucket,
  quantile_over_time: (cells, interval, value, weight) => {
    if (cells.samples === undefined) {
      bucket(cells, interval, value, weight)
      return
    }
    let sample = cells.samples[interval]
    if (sample === undefined) {
      sample = { values: [], weights: [] }
      cells.samples[interval] = sample
    }
    sample.values.push(value)
    sample.weights.push(weight)
  },
}
