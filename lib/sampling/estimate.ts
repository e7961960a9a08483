/**
 * What a sample says of all traces, with the bounds between which the truth lies with 95 %. The trace is the unit of
 * sampling: its spans are kept or lost together, so that what is added here is what one trace contributes, with the
 * trace's weight `w` = 1/p. Totals are Horvitz-Thompson's, their variance the sum of (1 - p)/p² · y², which is
 * (w² - w) · y²; ratios are linearised; quantiles have Woodruff's bounds. Where few traces were seen, a normal
 * distribution would be wrong: totals are bounded by a gamma distribution, proportions by Wilson's interval, and of
 * none seen in n there may be 3/n.
 */
import type { Estimate } from '../model/question.ts'

/** Standard normal deviate with 2.5 % above it. */
const deviate = 1.959964

/** Of cases of which none was seen, so many times the weight of one may exist: the chance to miss them is e^-3 = 5 %. */
const unseenCases = 3

/** Sums over traces of what each contributes to a total, which is not negative. */
export class TotalSums {
  /** As seen, each trace once. */
  observed = 0
  total = 0
  variance = 0
  /** Squares of what each trace adds to the variance: how much that depends on few traces. */
  varianceSquares = 0

  add(amount: number, weight: number): void {
    const variance = (weight * weight - weight) * amount * amount
    this.observed += amount
    this.total += weight * amount
    this.variance += variance
    this.varianceSquares += variance * variance
  }
}

/** How many traces make up the variance: fewer than there are where some are much larger. */
function varianceTraces({ variance, varianceSquares }: Pick<TotalSums, 'variance' | 'varianceSquares'>): number {
  return variance === 0 ? Number.POSITIVE_INFINITY : (variance * variance) / varianceSquares
}

/**
 * A total, such as a number of spans. What was seen is certain; what was not has the distribution of what is between
 * cases that are kept, a gamma distribution (one case may be all that there is: it was met since it was kept).
 * `unseenWeight` is what one trace of the largest weight would add, wherever a kind of trace may have been met only where
 * it is always kept: of such traces there may be three.
 */
export function estimateTotal(sums: Readonly<TotalSums>, unseenWeight = 1): Estimate {
  const { observed, total, variance } = sums
  const unseen = total - observed
  if (!(unseen > 0)) return { value: total, low: observed, high: observed + unseenCases * (unseenWeight - 1) }
  const scale = variance / unseen
  const count = unseen / scale
  const normal = studentDeviate(2 * varianceTraces(sums))
  return {
    value: total,
    low: observed + scale * gammaQuantile(Math.max(0, count + 0.5 - 1 / count), -normal),
    high: observed + scale * gammaQuantile(count + 0.5, normal),
  }
}

/** A value that may be on either side of 0, by its variance and the squares of what traces add to it. */
export function estimateSigned(value: number, variance: number, varianceSquares: number): Estimate {
  const traces = varianceTraces({ variance, varianceSquares })
  const margin = variance === 0 ? 0 : studentDeviate(traces) * Math.sqrt(variance)
  return { value, low: value - margin, high: value + margin }
}

/**
 * The value of a gamma distribution of scale 1 that a standard normal deviate has the same share below it (Wilson and
 * Hilferty, 1931; within 4 % above shape 0.5).
 */
function gammaQuantile(shape: number, normal: number): number {
  if (shape === 0) return 0
  const spread = 1 / (9 * shape)
  return shape * Math.max(0, 1 - spread + normal * Math.sqrt(spread)) ** 3
}

/** Student's deviate with 2.5 % above it, by Wallace's approximation (within 5 % from 2 degrees of freedom on). */
function studentDeviate(freedom: number): number {
  if (!(freedom < 1e6)) return deviate
  if (!(freedom > 0.1)) return Number.POSITIVE_INFINITY
  const normal = (deviate * (8 * freedom + 3)) / (8 * freedom + 1)
  return Math.sqrt(freedom * Math.expm1((normal * normal) / freedom))
}

/** Sums over traces of two amounts whose ratio is wanted, such as spans with errors and spans. */
export class RatioSums {
  readonly part = new TotalSums()
  readonly whole = new TotalSums()
  covariance = 0

  add(part: number, whole: number, weight: number): void {
    this.part.add(part, weight)
    this.whole.add(whole, weight)
    this.covariance += (weight * weight - weight) * part * whole
  }
}

/** The variance of a ratio: that of the sum of what each trace has of the part beyond the ratio times the whole. */
function ratioVariance({ part, whole, covariance }: Readonly<RatioSums>, ratio: number): number {
  const beyond = part.variance - 2 * ratio * covariance + ratio * ratio * whole.variance
  return Math.max(0, beyond) / (whole.total * whole.total)
}

/** Student's deviate of a ratio's variance, by the number of traces of which it is made. */
function ratioDeviate({ part, whole }: Readonly<RatioSums>): number {
  return studentDeviate(Math.min(varianceTraces(part), varianceTraces(whole)) - 1)
}

/** Any ratio, such as a mean. The logarithm of one above 0 is closer to a normal distribution. */
export function estimateRatio(sums: Readonly<RatioSums>): Estimate {
  const value = sums.part.total / sums.whole.total
  const variance = ratioVariance(sums, value)
  const normal = sums.whole.variance === 0 && variance === 0 ? 0 : ratioDeviate(sums)
  // One trace tells nothing of how others differ from it.
  if (normal === Number.POSITIVE_INFINITY) return { value }
  const margin = normal * Math.sqrt(variance)
  if (value > 0) return { value, low: value * Math.exp(-margin / value), high: value * Math.exp(margin / value) }
  return { value, low: value - margin, high: value + margin }
}

/**
 * A share: of each trace the part is at most the whole. Wilson's interval for as many independent cases as have the
 * ratio's variance, on the side of 0 (or 1) for half a case less: a share of few is only met where one was seen. Where none
 * (or all) was seen in n traces, the truth is at most 3/n from it. `unseenWeight` as for totals.
 */
export function estimateShare(sums: Readonly<RatioSums>, unseenWeight = 1): Estimate {
  const { part, whole } = sums
  const value = part.total / whole.total
  if (whole.total === whole.observed && unseenWeight > 1) {
    const unseen = unseenCases * (unseenWeight - 1)
    const all = whole.total + unseen
    return { value, low: part.total / all, high: (part.total + unseen) / all }
  }
  const rarer = Math.min(value, 1 - value)
  if (!(rarer > 0)) {
    const most = Math.min(1, unseenCases / effectiveCount(whole))
    return value > 0.5 ? { value, low: 1 - most, high: 1 } : { value, low: 0, high: most }
  }
  const variance = ratioVariance(sums, value)
  if (variance === 0) return { value, low: value, high: value }
  const normal = studentDeviate(2 * varianceTraces(whole))
  const count = ((value * (1 - value)) / variance) * (deviate / normal) ** 2
  const half = 0.5 / count
  return {
    value,
    low: wilsonLow(value <= 0.5 ? value - half : value, count),
    high: 1 - wilsonLow(value > 0.5 ? 1 - value - half : 1 - value, count),
  }
}

/** Wilson's lower bound of a share of `count` cases. */
function wilsonLow(share: number, count: number): number {
  const square = deviate * deviate
  const least = Math.max(0, share)
  const centre = least + square / (2 * count)
  const margin = deviate * Math.sqrt((least * (1 - least)) / count + square / (4 * count * count))
  return Math.max(0, centre - margin) / (1 + square / count)
}

/** As many traces of one size and weight, of a sample in which each represents very many, have the same relative error. */
export function effectiveCount({ total, variance }: Readonly<TotalSums>): number {
  return (total * total) / variance
}

/** Shares of the whole, in the order of values, between which a quantile lies; undefined where no value bounds it. */
export interface RankBounds {
  readonly low: number | undefined
  readonly high: number | undefined
}

/**
 * Woodruff's bounds of a quantile: the truth is between the values at these ranks. `sums` has as parts how many values
 * of a trace are at most the estimate; `unseenWeight` is the largest weight of the sample. Where no value beyond the
 * estimate was sampled, one more may have been missed. Half a value is added, since ranks are whole numbers.
 */
export function quantileRanks(quantile: number, sums: Readonly<RatioSums>, unseenWeight: number): RankBounds {
  const { part, whole } = sums
  const sampledBeyond = whole.total - whole.observed - (part.total - part.observed)
  const missed = sampledBeyond > 0 ? 0 : (unseenWeight * unseenWeight - unseenWeight) * quantile * quantile
  const variance = ratioVariance(sums, quantile) + missed / (whole.total * whole.total)
  if (variance === 0) return { low: quantile, high: quantile }
  const normal = studentDeviate(varianceTraces(whole) - 1)
  return ranksAround(quantile, normal * Math.sqrt(variance) + 0.5 / whole.observed)
}

/** The same where only the number of independent values is known. */
export function quantileRanksOf(quantile: number, count: number): RankBounds {
  return ranksAround(quantile, deviate * Math.sqrt((quantile * (1 - quantile)) / count))
}

function ranksAround(quantile: number, margin: number): RankBounds {
  const [low, high] = [quantile - margin, quantile + margin]
  return { low: low > 0 ? low : undefined, high: high < 1 ? high : undefined }
}
