import type { AnyValue, KeyedValue } from '../engine/answer-value.ts'
import type { PointBudget } from '../language/limits.ts'
import type { Observations } from './cell-places.ts'
import type { CellSums, Kind } from './cell-sums.ts'
import { distributionOf } from './distribution.ts'
import { type Choice, type ChosenExemplar, chooseExemplars, showExemplar, takeExemplar } from './exemplars.ts'
import { type Cells, gatherers } from './gatherers.ts'
import { bucketExponent, type Exemplar, labelsKey, type Series } from './series.ts'

/** By code of a group, below `count`, its labels. */
export interface Groups {
  readonly count: number
  /** The same text for the same group in any batch: cheaper than its labels. */
  key(code: number): string
  labels(code: number): readonly KeyedValue[]
}

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
  /** Values are durations in ns, and answered in seconds. */
  readonly isDuration: boolean
}

/** Gathers observations by series; new series beyond the limit are left out, and said to be. */
export class Accumulator {
  readonly #gathering: Gathering
  readonly #series = new Map<string, Cells>()
  /** By key of a group its series. */
  readonly #byGroup = new Map<string, Cells>()
  isTruncated = false
  /** Whether values are put into buckets, which are powers of two. */
  readonly #isBucketed: boolean
  /** What values are divided by in the answer: ns of durations to seconds. */
  readonly #unit: number

  constructor(gathering: Gathering) {
    this.#gathering = gathering
    const { kind, isExact } = gathering
    this.#isBucketed = kind === 'histogram_over_time' || (kind === 'quantile_over_time' && !isExact)
    this.#unit = gathering.isDuration ? 1e9 : 1
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
      buckets: this.#isBucketed ? [] : undefined,
      samples: kind === 'quantile_over_time' && isExact ? new Array(intervalCount).fill(undefined) : undefined,
      exemplars: [],
      exemplarCount: 0,
      exemplarInterval: -1,
    }
  }

  /** Spans to show for the series that lack some. */
  choose(observations: Observations, groups: Groups): Choice<Cells>[] {
    return chooseExemplars(observations, this.#gathering.maxExemplars, code => this.#cellsOfGroup(groups, code))
  }

  /** Shows those of spans that others have chosen that are still lacking. */
  show(chosen: readonly ChosenExemplar[], groups: Groups): void {
    for (const own of chosen) {
      const cells = this.#cellsOfGroup(groups, own.code)
      if (cells !== null && takeExemplar(cells, own.interval, this.#gathering.maxExemplars)) showExemplar(cells, own)
    }
  }

  /** Adds what a batch gave. Batches are added in their order, which is that of series and of sums. */
  add(sums: CellSums, groups: Groups): void {
    // Only groups that occur become series.
    const byCode: (Cells | null | undefined)[] = []
    const series = sums.codes.map(code => (byCode[code] ??= this.#cellsOfGroup(groups, code)))
    gatherers[this.#gathering.kind](sums, series)
  }

  /** The series of a group; null where there are too many. */
  #cellsOfGroup(groups: Groups, code: number): Cells | null {
    const key = groups.key(code)
    const known = this.#byGroup.get(key)
    if (known !== undefined) return known
    const cells = this.#cellsOf(groups.labels(code))
    if (cells !== undefined) this.#byGroup.set(key, cells)
    return cells ?? null
  }

  finish(): Series[] {
    const { kind, quantiles, intervalCount, budget } = this.#gathering
    const cells = [...this.#series.values()]
    if (kind === 'quantile_over_time') {
      budget.take(cells.length * quantiles.length * intervalCount)
      return cells.flatMap(own => this.#quantileSeries(own))
    }
    if (kind === 'histogram_over_time') return cells.flatMap(own => this.#bucketSeries(own))
    if (kind === 'rate')
      for (const { points } of cells) for (let i = 0; i < points.length; i++) points[i]! /= this.#gathering.stepSeconds
    if (kind === 'avg_over_time')
      for (const { points, counts } of cells) for (let i = 0; i < points.length; i++) points[i]! /= counts![i]!
    return cells.map(own => ({
      labels: own.labels,
      points: own.points.map(point => point / this.#unit),
      exemplars: this.#exemplarsOf(own),
    }))
  }

  #exemplarsOf({ exemplars }: Cells): Exemplar[] {
    return exemplars.map(own => ({ ...own, value: own.value / this.#unit }))
  }

  #bucketSeries({ labels, buckets, exemplars }: Cells): Series[] {
    return buckets!.flatMap((points, exponent) =>
      points === undefined
        ? []
        : [
            {
              labels: [...labels, bucketLabel(exponent, this.#unit)],
              points,
              exemplars: exemplars
                .filter(({ value }) => bucketExponent(value) === exponent)
                .map(own => ({ ...own, value: Number.NaN })),
            },
          ],
    )
  }

  #quantileSeries(cells: Cells): Series[] {
    const { quantiles, intervalCount } = this.#gathering
    // Exemplars go with the first quantile.
    const exemplars = this.#exemplarsOf(cells)
    const distribution = distributionOf(cells, this.#unit)
    return quantiles.map((quantile, i) => ({
      exemplars: i === 0 ? exemplars : [],
      labels: [...cells.labels, quantileLabel(quantile)],
      points: new Float64Array(intervalCount).map((_, i) => distribution.quantile(quantile, i)),
      distribution,
    }))
  }
}

/** The label of a quantile. */
export function quantileLabel(quantile: number): KeyedValue {
  return { key: 'p', value: double(quantile) }
}

/** The label of a bucket of values that are answered by `unit`: its upper bound. */
export function bucketLabel(exponent: number, unit: number): KeyedValue {
  return { key: '__bucket', value: double(2 ** exponent / unit) }
}

function double(doubleValue: number): AnyValue {
  return { doubleValue }
}
