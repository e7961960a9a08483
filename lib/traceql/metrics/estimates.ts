import type { Estimate as Bounded } from '../../model/question.ts'
import {
  estimateRatio,
  estimateShare,
  estimateSigned,
  estimateTotal,
  quantileRanks,
  RatioSums,
} from '../../sampling/estimate.ts'
import type { MathOperator } from '../language/ast.ts'
import type { SeriesMoments, TraceMoments } from './trace-moments.ts'

/** A point as a function of the totals of its cell, with the bounds of its truth: absent where the sample has none. */
export interface Estimate extends Bounded {
  /** By component how the value changes with its total; undefined where it is no smooth function of them. */
  readonly gradient: readonly number[] | undefined
  /** Where it is a total itself: the component. */
  readonly component?: number | undefined
}

/** Makes the estimates of the points of one series. */
export class Estimator {
  readonly #all: TraceMoments
  readonly #own: SeriesMoments
  /** By component what one case adds that stands for others. */
  readonly #units: number[] = []

  constructor(all: TraceMoments, own: SeriesMoments) {
    this.#all = all
    this.#own = own
  }

  /** The total of a component, divided. */
  total(component: number, divisor: number, interval: number): Estimate {
    const sums = this.#own.sums(component, interval)
    const isSigned = this.#all.signed.has(component)
    const { value, low, high } = isSigned
      ? estimateSigned(sums.total, sums.variance, sums.varianceSquares)
      : estimateTotal(sums, 1 + this.#unit(component))
    const gradient = this.#own.totals.map((_, i) => (i === component ? 1 / divisor : 0))
    return { value: value / divisor, low: low! / divisor, high: high! / divisor, gradient, component }
  }

  /** By the series, else by all series. */
  #unit(component: number): number {
    this.#units[component] ??= this.#own.unit(component) || this.#all.unit(component)
    return this.#units[component]
  }

  /**
   * A quantile, which `at` gives of a share. The first of its two components has by span how much of it is not above the
   * quantile, the second the spans.
   */
  quantile(share: number, first: number, interval: number, at: (share: number) => number): Estimate {
    const sums = this.#ratio(first, first + 1, interval)
    const value = at(share)
    if (sums.whole.total === 0) return { value, gradient: undefined }
    const { low, high } = quantileRanks(share, sums, this.#all.maxWeight)
    const boundAt = (rank: number | undefined) => (rank === undefined ? undefined : at(rank))
    return { value, low: boundAt(low), high: boundAt(high), gradient: undefined }
  }

  #ratio(part: number, whole: number, interval: number): RatioSums {
    return Object.assign(new RatioSums(), {
      part: this.#own.sums(part, interval),
      whole: this.#own.sums(whole, interval),
      covariance: this.#own.covariance(part, whole, interval),
    })
  }

  /** Two estimates of one cell by an operator; undefined where either has no gradient. */
  combine(operator: MathOperator, left: Estimate, right: Estimate, interval: number): Estimate | undefined {
    if (left.gradient === undefined || right.gradient === undefined) return undefined
    const [value, byLeft, byRight] = derivatives(operator, left.value, right.value)
    const gradient = left.gradient.map((own, i) => byLeft * own + byRight * right.gradient![i]!)
    const quotient = operator === '/' ? this.#quotient(left, right, interval) : undefined
    return { ...(quotient ?? this.#linear(value, gradient, interval)), value, gradient }
  }

  /** Of two totals, that of a share, or of any ratio; undefined of others. */
  #quotient(left: Estimate, right: Estimate, interval: number): Bounded | undefined {
    const [part, whole] = [left.component, right.component]
    if (part === undefined || whole === undefined || this.#all.signed.has(part) || this.#all.signed.has(whole))
      return undefined
    if (part === whole) return estimateSigned(left.value / right.value, 0, 0)
    const sums = this.#ratio(part, whole, interval)
    const scale = left.gradient![part]! / right.gradient![whole]!
    const { value, low, high } = this.#all.isPart(part, whole) ? estimateShare(sums) : estimateRatio(sums)
    return { value, low: low === undefined ? low : low * scale, high: high === undefined ? high : high * scale }
  }

  /** Of a value that changes so with the totals: linearised. Its variance rests on as many traces as those of its parts. */
  #linear(value: number, gradient: readonly number[], interval: number): Bounded {
    let [variance, ofParts, squares] = [0, 0, 0]
    for (const [i, a] of gradient.entries()) {
      if (a === 0) continue
      for (const [j, b] of gradient.entries()) if (b !== 0) variance += a * b * this.#own.covariance(i, j, interval)
      ofParts += a ** 2 * this.#own.covariance(i, i, interval)
      squares += a ** 4 * this.#own.squares[i]![interval]!
    }
    // Rounding may leave less than nothing.
    if (!(variance > 0)) return estimateSigned(value, 0, 0)
    return estimateSigned(value, variance, squares * (variance / ofParts) ** 2)
  }
}

function derivatives(operator: MathOperator, a: number, b: number): [value: number, byLeft: number, byRight: number] {
  switch (operator) {
    case '+':
      return [a + b, 1, 1]
    case '-':
      return [a - b, 1, -1]
    case '*':
      return [a * b, b, a]
    case '/':
      return [a / b, 1 / b, -a / b ** 2]
  }
}

/** An estimate and a number by an operator: bounds move with the value. */
export function withNumber(operator: MathOperator, estimate: Estimate, other: number, isLeft: boolean): Estimate {
  const [value, byLeft, byRight] = isLeft
    ? derivatives(operator, other, estimate.value)
    : derivatives(operator, estimate.value, other)
  const slope = isLeft ? byRight : byLeft
  const gradient = estimate.gradient?.map(own => own * slope)
  const isInverse = isLeft && operator === '/'
  // A quotient by what may be 0 has no bounds.
  if (isInverse && !(estimate.low! > 0) && !(estimate.high! < 0)) return { value, gradient }
  const moved = (bound: number | undefined) =>
    bound === undefined ? bound : derivatives(operator, isLeft ? other : bound, isLeft ? bound : other)[0]
  const [low, high] = [moved(estimate.low), moved(estimate.high)]
  return slope < 0 ? { value, low: high, high: low, gradient } : { value, low, high, gradient }
}
