import type { Estimate } from '../model/question.ts'
import { estimateShare, estimateTotal, quantileRanks, RatioSums, TotalSums } from '../sampling/estimate.ts'
import { type Facts, type Groups, noGroup } from './facts.ts'

/** Estimates from a sample, with the bounds between which the truth lies with 95 %. The spans of a trace are one case. */

/** The facts of a sample. */
export type WeightedFacts = Facts & { readonly weights: Float64Array }

export function isWeighted(facts: Facts): facts is WeightedFacts {
  return facts.weights !== undefined
}

/** By group the number of spans. */
export function weightedCounts(facts: WeightedFacts, groups: Groups): Estimate[] {
  const sums = groups.names.map(() => new TotalSums())
  const traces = new Uint32Array(sums.length)
  eachCase(facts, groups, undefined, (group, _, count, weight) => {
    sums[group]!.add(count, weight)
    traces[group]!++
  })
  const unseenWeight = largestWeight(facts)
  return sums.map((own, group) => estimateTotal(own, unseenOf(own, traces[group]!, unseenWeight)))
}

/** By group the share of spans with a mark of 1. */
export function weightedShares(facts: WeightedFacts, groups: Groups, marks: Uint32Array): Estimate[] {
  const unseenWeight = largestWeight(facts)
  const { sums, traces } = ratioSums(facts, groups, marks)
  return sums.map((own, group) => estimateShare(own, unseenOf(own.whole, traces[group]!, unseenWeight)))
}

/** The number of traces whose weights are these. */
export function weightedTraces(weights: readonly number[], unseenWeight: number): Estimate {
  const sums = new TotalSums()
  for (const weight of weights) sums.add(1, weight)
  return estimateTotal(sums, unseenWeight)
}

/** By group the duration below which so many spans are; `rowsOf` are the rows of each group by duration. */
export function weightedDurations(
  facts: WeightedFacts,
  groups: Groups,
  rowsOf: readonly Uint32Array[],
  quantile: number,
): Estimate[] {
  const values = rowsOf.map(rows => durationAt(facts, rows, quantile))
  const marks = Uint32Array.from(groups.codes, (group, row) =>
    group !== noGroup && facts.durations[row]! <= values[group]! ? 1 : 0,
  )
  const unseenWeight = largestWeight(facts)
  const { sums, traces } = ratioSums(facts, groups, marks)
  return sums.map((own, group) => {
    const { low, high } = quantileRanks(quantile, own, unseenOf(own.whole, traces[group]!, unseenWeight))
    const at = (rank: number | undefined) => (rank === undefined ? undefined : durationAt(facts, rowsOf[group]!, rank))
    return { value: values[group]!, low: at(low), high: at(high) }
  })
}

export function largestWeight({ weights }: WeightedFacts): number {
  return weights.reduce((most, weight) => Math.max(most, weight), 1)
}

/** The duration where a share of the weight of the rows, which are in the order of durations, is reached. */
function durationAt({ durations, weights }: WeightedFacts, rows: Uint32Array, share: number): number {
  const wanted = share * rows.reduce((sum, row) => sum + weights[row]!, 0)
  let before = 0
  for (const row of rows) {
    before += weights[row]!
    if (before >= wanted) return durations[row]!
  }
  return durations[rows.at(-1)!]!
}

/** What one more trace of a group would add, with the largest weight: as many spans as its traces have on average. */
function unseenOf({ observed }: TotalSums, traces: number, unseenWeight: number): number {
  return traces === 0 ? unseenWeight : 1 + ((unseenWeight - 1) * observed) / traces
}

/** By group its sums, and how many traces have it. */
function ratioSums(facts: WeightedFacts, groups: Groups, marks: Uint32Array) {
  const sums = groups.names.map(() => new RatioSums())
  const traces = new Uint32Array(sums.length)
  eachCase(facts, groups, marks, (group, part, count, weight) => {
    sums[group]!.add(part, count, weight)
    traces[group]!++
  })
  return { sums, traces }
}

/** What a trace has of a group: sums of its spans' weights. */
interface Case {
  part: number
  count: number
  weight: number
}

/**
 * Calls back for each trace and group that it has: its marked spans and all, and its weight. Where spans of a trace have
 * several weights, the largest is that of the trace, and each span counts for its share of it.
 */
function eachCase(
  { traces, weights }: WeightedFacts,
  { codes }: Groups,
  marks: Uint32Array | undefined,
  add: (group: number, part: number, count: number, weight: number) => void,
): void {
  const cases = new Map<number, Case>()
  const flush = () => {
    for (const [group, { part, count, weight }] of cases) add(group, part / weight, count / weight, weight)
    cases.clear()
  }
  for (let row = 0; row < codes.length; row++) {
    if (row > 0 && traces[row] !== traces[row - 1]) flush()
    const group = codes[row]!
    if (group === noGroup) continue
    const weight = weights[row]!
    const own = cases.get(group)
    const part = weight * (marks?.[row] ?? 0)
    if (own === undefined) cases.set(group, { part, count: weight, weight })
    else {
      own.part += part
      own.count += weight
      own.weight = Math.max(own.weight, weight)
    }
  }
  flush()
}
