import { getOrInsert } from '../../maps.ts'
import { TotalSums } from '../../sampling/estimate.ts'
import type { PointBudget } from '../language/limits.ts'

/** Sums over traces of what their spans add to cells: how far estimates from a sample may be off, and together. */

/** What the spans of a batch add to a component of cells; a component is a sum that answers are made of. */
export interface Contribution {
  readonly component: number
  /** Rows of spans, ascending; undefined means all. */
  readonly rows: Uint32Array | undefined
  readonly rowCount: number
  /** Negative where a span does not count. */
  intervalOf(row: number): number
  seriesOf(row: number): SeriesMoments | undefined
  /** NaN where a span adds nothing. */
  amountOf(row: number): number
}

/** The sums of a series: by component, or pair of components, and interval. */
export class SeriesMoments {
  /** By component the sums of what spans add: each once, and by weight. */
  readonly observed: readonly Float64Array[]
  readonly totals: readonly Float64Array[]
  /** By pair, first each component with itself: the covariances of their totals. */
  readonly covariances: ReadonlyMap<number, Float64Array>
  /** By component the sums of the squares of what traces add to its variance. */
  readonly squares: readonly Float64Array[]

  constructor(componentCount: number, pairs: readonly Pair[], intervalCount: number, budget: PointBudget) {
    const points = () => budget.points(intervalCount, 0)
    const ofComponents = () => Array.from({ length: componentCount }, points)
    this.observed = ofComponents()
    this.totals = ofComponents()
    this.squares = ofComponents()
    this.covariances = new Map(pairs.map(pair => [pairKey(pair), points()]))
  }

  covariance(a: number, b: number, interval: number): number {
    return this.covariances.get(pairKey([a, b]))![interval]!
  }

  /** The sums of a component in an interval. */
  sums(component: number, interval: number): TotalSums {
    return Object.assign(new TotalSums(), {
      observed: this.observed[component]![interval]!,
      total: this.totals[component]![interval]!,
      variance: this.covariance(component, component, interval),
      varianceSquares: this.squares[component]![interval]!,
    })
  }

  /** Over all intervals, what one case adds that stands for others: the variance over what it stands for. */
  unit(component: number): number {
    return unitOf([this], component)
  }
}

/** 0 where no case stands for others. */
function unitOf(series: readonly SeriesMoments[], component: number): number {
  let [variance, unseen] = [0, 0]
  for (const { observed, totals, covariances } of series) {
    variance += sumOf(covariances.get(pairKey([component, component]))!)
    unseen += sumOf(totals[component]!) - sumOf(observed[component]!)
  }
  return variance > 0 && unseen > 0 ? variance / unseen : 0
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** Two components, or one twice. */
export type Pair = readonly [number, number]

/** No query has as many components. */
const maxComponents = 1 << 10

function pairKey([a, b]: Pair): number {
  return a < b ? a * maxComponents + b : b * maxComponents + a
}

/** What the spans of one weight of a trace add to a cell. */
interface Part {
  readonly weight: number
  readonly amounts: Float64Array
  /** Spans of the trace that were kept by another threshold. */
  readonly next: Part | undefined
}

/** The sums of all series. */
export class TraceMoments {
  readonly #componentCount: number
  readonly #intervalCount: number
  readonly #budget: PointBudget
  readonly #pairs: readonly Pair[]
  readonly #series = new Map<string, SeriesMoments>()
  /** The components that had an amount below 0. */
  readonly signed = new Set<number>()
  /** The pairs of which the second exceeded the first in the cell of some trace. */
  readonly #exceeded = new Set<number>()
  /** By component, once all has been added. */
  readonly #units: number[] = []
  /** The most spans that one stands for. */
  maxWeight = 1
  /** By cell of the trace at hand what its spans add. */
  readonly #cells = new Map<SeriesMoments, Map<number, Part>>()

  constructor(componentCount: number, pairs: readonly Pair[], intervalCount: number, budget: PointBudget) {
    this.#componentCount = componentCount
    this.#intervalCount = intervalCount
    this.#budget = budget
    this.#pairs = pairs
  }

  /** Makes room for a series. */
  open(key: string): void {
    const make = () => new SeriesMoments(this.#componentCount, this.#pairs, this.#intervalCount, this.#budget)
    getOrInsert(this.#series, key, make)
  }

  get(key: string): SeriesMoments | undefined {
    return this.#series.get(key)
  }

  /** What one case adds that stands for others, in all series; where no span adds to it, of the most that one stands for. */
  unit(component: number): number {
    this.#units[component] ??= this.#unitOf(component)
    return this.#units[component]
  }

  #unitOf(component: number): number {
    const all = [...this.#series.values()]
    const isSeen = all.some(({ observed }) => observed[component]!.some(total => total !== 0))
    return isSeen || this.maxWeight === 1 ? unitOf(all, component) : this.maxWeight
  }

  /** Whether each trace has no more of a component than of another in any cell. */
  isPart(part: number, whole: number): boolean {
    return !this.#exceeded.has(whole * maxComponents + part)
  }

  /** Adds the spans of a batch, trace by trace. */
  add(weights: Float64Array | undefined, traceStarts: Uint32Array, contributions: readonly Contribution[]): void {
    weights?.forEach(weight => {
      if (weight > this.maxWeight) this.maxWeight = weight
    })
    const places = new Uint32Array(contributions.length)
    for (let trace = 0; trace + 1 < traceStarts.length; trace++) {
      for (const [i, own] of contributions.entries())
        places[i] = this.#addRows(own, places[i]!, traceStarts[trace + 1]!, weights)
      if (this.#cells.size > 0) this.#endTrace()
    }
  }

  /** Adds the rows from a place to the end of a trace; returns the place of the next row. */
  #addRows(own: Contribution, first: number, end: number, weights: Float64Array | undefined): number {
    const { rows, rowCount } = own
    for (let place = first; place < rowCount; place++) {
      const row = rows === undefined ? place : rows[place]!
      if (row >= end) return place
      const interval = own.intervalOf(row)
      const series = interval < 0 ? undefined : own.seriesOf(row)
      const amount = series === undefined ? Number.NaN : own.amountOf(row)
      if (Number.isNaN(amount)) continue
      if (amount < 0) this.signed.add(own.component)
      this.#part(series!, interval, weights?.[row] ?? 1).amounts[own.component]! += amount
    }
    return rowCount
  }

  #part(series: SeriesMoments, interval: number, weight: number): Part {
    const parts = getOrInsert(this.#cells, series, () => new Map<number, Part>())
    const first = parts.get(interval)
    let part = first
    while (part !== undefined && part.weight !== weight) part = part.next
    if (part !== undefined) return part
    const added = { weight, amounts: new Float64Array(this.#componentCount), next: first }
    parts.set(interval, added)
    return added
  }

  #endTrace(): void {
    for (const [series, parts] of this.#cells)
      for (const [interval, part] of parts) this.#addCell(series, interval, part)
    this.#cells.clear()
  }

  #addCell(series: SeriesMoments, interval: number, first: Part): void {
    for (let part: Part | undefined = first; part !== undefined; part = part.next)
      for (const [component, amount] of part.amounts.entries()) {
        series.observed[component]![interval]! += amount
        series.totals[component]![interval]! += part.weight * amount
      }
    for (const pair of this.#pairs) {
      const covariance = covarianceOf(pair, first)
      series.covariances.get(pairKey(pair))![interval]! += covariance
      if (pair[0] === pair[1]) series.squares[pair[0]]![interval]! += covariance ** 2
      else this.#compare(pair, first)
    }
  }

  #compare([a, b]: Pair, first: Part): void {
    let [ofA, ofB] = [0, 0]
    for (let part: Part | undefined = first; part !== undefined; part = part.next) {
      ofA += part.amounts[a]!
      ofB += part.amounts[b]!
    }
    if (ofB > ofA) this.#exceeded.add(a * maxComponents + b)
    if (ofA > ofB) this.#exceeded.add(b * maxComponents + a)
  }
}

/**
 * What a trace adds to the covariance of two totals. Thresholds are compared with one randomness: of two spans the one of
 * the higher threshold is kept only where the other one is too. Of one weight it is `(w - 1) w A B`.
 */
function covarianceOf([a, b]: Pair, first: Part): number {
  let sum = 0
  for (let one: Part | undefined = first; one !== undefined; one = one.next)
    for (let other: Part | undefined = first; other !== undefined; other = other.next) {
      const [low, high] = one.weight < other.weight ? [one.weight, other.weight] : [other.weight, one.weight]
      sum += (low - 1) * high * one.amounts[a]! * other.amounts[b]!
    }
  return sum
}
