import { describe, expect, test } from 'vitest'
import {
  effectiveCount,
  estimateRatio,
  estimateShare,
  estimateTotal,
  quantileRanks,
  quantileRanksOf,
  RatioSums,
  TotalSums,
} from '../../../lib/sampling/estimate.ts'
import { drawsOf } from '../../support/draws.ts'

type Draw = () => number

function normal(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())
}

/** Numbers of a group's spans in a trace. */
const traffic: Record<string, (draw: Draw, trace: number) => number> = {
  'traces of one span': () => 1,
  'clustered traffic, 1 to 8 spans of a trace': draw => 1 + Math.floor(draw() * 8),
  'regular traffic, five spans of every tenth trace': (_, trace) => (trace % 10 === 3 ? 5 : 0),
}

/** A group's spans, by duration, and how many of them each trace has. */
interface Population {
  readonly spanCounts: readonly number[]
  readonly errorCounts: readonly number[]
  readonly spans: readonly { readonly duration: number; readonly trace: number }[]
}

/** Spans of one trace are alike: its errors come together, and its durations share a factor. */
function populationOf(kind: string, size: number, draw: Draw): Population {
  const all = Array.from({ length: size }, (_, trace) => traffic[kind]!(draw, trace))
  const spanCounts = all.filter(count => count > 0)
  const errorCounts = spanCounts.map(count => {
    const errorShare = draw() < 0.2 ? 0.5 : 0
    return Array.from({ length: count }, () => draw() < errorShare).filter(Boolean).length
  })
  const spans = spanCounts.flatMap((count, trace) => {
    const factor = Math.exp(normal(draw) / 2)
    return Array.from({ length: count }, () => ({ duration: factor * Math.exp(normal(draw)), trace }))
  })
  return { spanCounts, errorCounts, spans: spans.sort((a, b) => a.duration - b.duration) }
}

/** With which chance a trace is kept, by its number of errors. */
const policies: Record<string, (errors: number) => number> = {
  'head 10 %': () => 0.1,
  'all with errors and 5 % of the others': errors => (errors > 0 ? 1 : 0.05),
}

/** By trace its weight, 0 where it was not kept. */
function sampleOf({ errorCounts }: Population, policy: string, draw: Draw): number[] {
  return errorCounts.map(errors => {
    const share = policies[policy]!(errors)
    return draw() < share ? 1 / share : 0
  })
}

interface Bounds {
  readonly low: number
  readonly high: number
}

function quantileBounds({ spans, spanCounts }: Population, weights: readonly number[], quantile: number): Bounds {
  const kept = spans.filter(({ trace }) => weights[trace]! > 0)
  const whole = kept.reduce((sum, { trace }) => sum + weights[trace]!, 0)
  const valueAt = (rank: number): number => {
    let left = rank * whole - 1e-9
    for (const { duration, trace } of kept) {
      left -= weights[trace]!
      if (left <= 0) return duration
    }
    return kept.at(-1)!.duration
  }
  const estimate = valueAt(quantile)
  const atMost = new Float64Array(spanCounts.length)
  for (const { duration, trace } of kept) if (duration <= estimate) atMost[trace]!++
  const sums = new RatioSums()
  for (const [trace, weight] of weights.entries()) if (weight > 0) sums.add(atMost[trace]!, spanCounts[trace]!, weight)
  const { low, high } = quantileRanks(quantile, sums, Math.max(...weights))
  return {
    low: low === undefined ? Number.NEGATIVE_INFINITY : valueAt(low),
    high: high === undefined ? Number.POSITIVE_INFINITY : valueAt(high),
  }
}

function boundsOf(population: Population, weights: readonly number[]): Record<string, Bounds> {
  const sums = new RatioSums()
  for (const [trace, weight] of weights.entries())
    if (weight > 0) sums.add(population.errorCounts[trace]!, population.spanCounts[trace]!, weight)
  const unseenWeight = Math.max(...weights)
  return {
    total: estimateTotal(sums.whole, unseenWeight) as Bounds,
    share: estimateShare(sums) as Bounds,
    median: quantileBounds(population, weights, 0.5),
    p95: quantileBounds(population, weights, 0.95),
  }
}

function truthsOf({ spans, errorCounts }: Population): Record<string, number> {
  const at = (quantile: number) => spans[Math.ceil(quantile * spans.length) - 1]!.duration
  const errors = errorCounts.reduce((sum, count) => sum + count, 0)
  return { total: spans.length, share: errors / spans.length, median: at(0.5), p95: at(0.95) }
}

const sampleCount = 2000

/** Shares of intervals that hold the truth, by question; every 20 samples are of another population. */
function coverage(kind: string, policy: string, seed: number): Map<string, number> {
  const draw = drawsOf(seed)
  const held = new Map<string, number>()
  for (let round = 0; round < sampleCount / 20; round++) {
    const population = populationOf(kind, kind.startsWith('regular') ? 10_000 : 1000, draw)
    const truths = Object.entries(truthsOf(population))
    for (let sample = 0; sample < 20; sample++) {
      const bounds = boundsOf(population, sampleOf(population, policy, draw))
      for (const [question, truth] of truths) {
        const { low, high } = bounds[question]!
        if (low <= truth && truth <= high) held.set(question, (held.get(question) ?? 0) + 1 / sampleCount)
      }
    }
  }
  return held
}

describe.each(Object.keys(traffic))('intervals hold the truth in 93 to 97 of 100 samples: %s', kind => {
  test.each(Object.keys(policies))('%s', policy => {
    const seed = 11
    for (const [question, share] of coverage(kind, policy, seed)) {
      expect(share, `${question}, seed ${seed}`).toBeGreaterThanOrEqual(0.93)
      expect(share, `${question}, seed ${seed}`).toBeLessThanOrEqual(0.97)
    }
  })
})

function totalOf(...traces: readonly (readonly [amount: number, weight: number])[]): TotalSums {
  const sums = new TotalSums()
  for (const [amount, weight] of traces) sums.add(amount, weight)
  return sums
}

function ratioOf(...traces: readonly (readonly [part: number, whole: number, weight: number])[]): RatioSums {
  const sums = new RatioSums()
  for (const trace of traces) sums.add(...trace)
  return sums
}

test('what was not sampled is certain', () => {
  expect(estimateTotal(totalOf([3, 1], [4, 1]))).toEqual({ value: 7, low: 7, high: 7 })
  expect(estimateShare(ratioOf([1, 4, 1], [1, 4, 1]))).toEqual({ value: 0.25, low: 0.25, high: 0.25 })
  expect(estimateRatio(ratioOf([10, 4, 1]))).toEqual({ value: 2.5, low: 2.5, high: 2.5 })
  expect(quantileRanks(0.9, ratioOf([9, 10, 1]), 1)).toEqual({ low: 0.9, high: 0.9 })
})

test('the variance of a total is the sum of (1 - p)/p² times the square of what each trace has', () => {
  expect(totalOf([3, 10], [2, 4], [7, 1])).toMatchObject({ observed: 12, total: 45, variance: 90 * 9 + 12 * 4 })
})

test('a total is at least what was seen, also where one trace was', () => {
  const { value, low, high } = estimateTotal(totalOf([5, 100]))
  expect(value).toBe(500)
  expect(low).toBeGreaterThanOrEqual(5)
  expect(low).toBeLessThan(25)
  expect(high).toBeGreaterThan(5 * 100 * 3.6)
})

test('of a kind of trace that was only met where it is always kept, three times the largest weight may exist', () => {
  expect(estimateTotal(totalOf([1, 1]), 100)).toEqual({ value: 1, low: 1, high: 1 + 3 * 99 })
})

test('a share of none in n traces is at most 3/n, and of all in n at least 1 - 3/n', () => {
  const traces = Array.from({ length: 60 }, () => [0, 1, 1e6] as const)
  expect(estimateShare(ratioOf(...traces)).high).toBeCloseTo(3 / 60, 4)
  expect(estimateShare(ratioOf(...traces.map(([, whole, weight]) => [1, whole, weight] as const)))).toMatchObject({
    value: 1,
    low: expect.closeTo(1 - 3 / 60, 4),
    high: 1,
  })
})

test('a share of few cases is bounded within 0 and 1, and wider above than below', () => {
  const traces = Array.from({ length: 40 }, (_, i) => [i < 2 ? 1 : 0, 1, 1000] as const)
  const { value, low, high } = estimateShare(ratioOf(...traces))
  expect(low).toBeGreaterThan(0)
  expect(high! - value).toBeGreaterThan(value - low!)
})

test('spans of one trace are one case', () => {
  expect(effectiveCount(totalOf([50, 1e9], [50, 1e9]))).toBeCloseTo(2, 6)
})

test('a quantile has no bound where too few values lie beyond it', () => {
  const traces = Array.from({ length: 20 }, () => [1, 1, 100] as const)
  expect(quantileRanks(0.99, ratioOf(...traces), 100).high).toBeUndefined()
  expect(quantileRanks(0.5, ratioOf([1, 1, 100]), 100)).toEqual({ low: undefined, high: undefined })
  expect(quantileRanksOf(0.99, 100).high).toBeUndefined()
  expect(quantileRanksOf(0.5, 1e4)).toEqual({ low: expect.closeTo(0.4902, 4), high: expect.closeTo(0.5098, 4) })
})
