import { describe, expect, test } from 'vitest'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { type Compared, comparePatterns } from '../../../lib/patterns/compare.ts'
import { PatternStatistics, quantileOf } from '../../../lib/patterns/statistics.ts'
import { leastOfRanks, leastOfRates, normalTails, rankSumTest, sameRateTest } from '../../../lib/patterns/tests.ts'
import { drawsOf } from '../../support/draws.ts'
import { span } from '../../support/nasty.ts'

const seed = Number(process.env.SEED ?? 20261128)
const start = 1_700_000_000_000_000_000n

/** A trace of a root of so many nanoseconds. */
function traceOf(name: string, durationNanos: number, fields: Partial<Span> = {}): Trace {
  const root = span({ name, startNanos: start, endNanos: start + BigInt(durationNanos), ...fields })
  return { traceId: '1'.repeat(32), spans: [root] }
}

function statisticsOf(traces: readonly Trace[], weight = 1) {
  const statistics = new PatternStatistics()
  for (const trace of traces) statistics.add(trace, 100, weight)
  return statistics.patterns()
}

const failed = { status: { code: 2, message: '' } }

test('counts, sums, errors and quantiles by template, the commonest first', () => {
  const traces = [
    traceOf('b', 5),
    ...Array.from({ length: 100 }, (_, i) => traceOf('a', (i * 37) % 100, i < 10 ? failed : {})),
  ]
  const [a, b] = statisticsOf(traces)
  expect(a).toMatchObject({ traceCount: 100, spanCount: 100, byteLength: 10_000, errorCount: 10 })
  expect([0.01, 0.5, 0.95, 0.99, 1].map(quantile => quantileOf(a!, quantile))).toEqual([0, 49, 94, 98, 99])
  expect(b).toMatchObject({ traceCount: 1, example: '1'.repeat(32) })
  expect(quantileOf(b!, 0.99)).toBe(5)
})

test('a trace that represents ten counts as ten', () => {
  const statistics = new PatternStatistics()
  statistics.add(traceOf('a', 1), 10, 9)
  statistics.add(traceOf('a', 100, failed), 10)
  const [a] = statistics.patterns()
  expect(a).toMatchObject({ readCount: 2, traceCount: 10, spanCount: 10, byteLength: 100, errorCount: 1 })
  expect([0.5, 0.9, 0.95].map(quantile => quantileOf(a!, quantile))).toEqual([1, 1, 100])
})

test('a trace without a root lasts from its first start to its last end', () => {
  const orphan = { parentSpanId: 'ff' }
  const later = span({ ...orphan, spanId: 'bb', startNanos: start + 5n, endNanos: start + 40n })
  const { spans, traceId } = traceOf('a', 10, orphan)
  const [a] = statisticsOf([{ traceId, spans: [...spans, later] }])
  expect(quantileOf(a!, 0.5)).toBe(40)
})

describe('tests give what tables of statistics give', () => {
  test.each([
    [0, 1],
    [1.96, 0.05],
    [-2.5758, 0.01],
    [4.4172, 1e-5],
  ])('a normal variable beyond %d', (z, probability) => {
    expect(normalTails(z)).toBeCloseTo(probability, 5)
  })

  test.each([
    ['Fisher: lady tasting tea', 3, 4, 1, 4, 0.4857],
    ['all on one side', 10, 10, 0, 10, 1.0825e-5],
    ['nothing at all', 0, 10, 0, 20, 1],
    ['the same share', 50, 100, 500, 1000, 1],
    ['an empty side', 3, 3, 0, 0, 1],
  ])('%s', (_, a, n, b, m, probability) => {
    expect(sameRateTest(a, n, b, m)).toBeCloseTo(probability, 4)
  })

  test('large numbers are no trouble', () => {
    expect(sameRateTest(1_000_000, 2_000_000, 1_000_100, 2_000_000)).toBeCloseTo(0.92, 1)
    expect(sameRateTest(20_000, 2_000_000, 10_000, 2_000_000)).toBeLessThan(1e-100)
  })

  test('ranks: apart, mixed, all equal, too few', () => {
    const numbers = (from: number, count: number, step = 1) =>
      Float64Array.from({ length: count }, (_, i) => from + i * step)
    expect(rankSumTest(numbers(0, 10), numbers(10, 10))).toBeCloseTo(0.00018, 4)
    expect(rankSumTest(numbers(0, 50, 2), numbers(1, 50, 2))).toBeGreaterThan(0.5)
    expect(rankSumTest(new Float64Array(20).fill(5), new Float64Array(30).fill(5))).toBe(1)
    expect(rankSumTest(numbers(0, 7), numbers(100, 1000))).toBe(1)
  })
})

test('the least that tests can give is what they give of samples apart', () => {
  const numbers = (from: number, count: number) => Float64Array.from({ length: count }, (_, i) => from + i)
  expect(leastOfRanks(10, 20)).toBeCloseTo(rankSumTest(numbers(0, 10), numbers(100, 20)), 10)
  expect(leastOfRanks(7, 1000)).toBe(1)
  expect(leastOfRates(6, 10, 10)).toBeCloseTo(sameRateTest(6, 10, 0, 10), 10)
  expect(leastOfRates(1, 10, 10)).toBe(1)
})

test('a change is found among 2,000 templates that are met once', () => {
  const once = (side: string) => Array.from({ length: 1000 }, (_, i) => traceOf(`${side}${i}`, 5))
  const many = (count: number) => Array.from({ length: count }, () => traceOf('often', 5))
  const compared = comparePatterns(statisticsOf([...once('a'), ...many(2)]), statisticsOf([...once('b'), ...many(20)]))
  expect(compared.filter(({ changes }) => changes.length > 0).map(({ changes }) => changes)).toEqual([['commoner']])
})

/** By first name of the template what changed. */
function changesOf(compared: readonly Compared[]) {
  return Object.fromEntries(compared.map(({ a, b, changes }) => [(b ?? a)!.template.nodes[0]!.name, changes.join()]))
}

test('what is new, gone, slower and failing is found, and nothing of what is as before', () => {
  const draw = drawsOf(seed)
  const many = (
    name: string,
    count: number,
    of: (i: number) => Trace = () => traceOf(name, 100 + Math.floor(draw() * 100)),
  ) => Array.from({ length: count }, (_, i) => of(i))
  const errors = (share: number) => (): Trace => traceOf('fails', 10, draw() < share ? failed : {})
  const a = [
    ...many('same', 300),
    ...many('gone', 60),
    ...many('slow', 100),
    ...many('fails', 200, errors(0.02)),
    ...many('rare', 2),
  ]
  const b = [
    ...many('same', 310),
    ...many('new', 60),
    ...many('slow', 100, () => traceOf('slow', 150 + Math.floor(draw() * 100))),
    ...many('fails', 200, errors(0.3)),
    ...many('once', 1),
  ]
  expect(changesOf(comparePatterns(statisticsOf(a), statisticsOf(b)))).toEqual({
    new: 'new',
    gone: 'gone',
    slow: 'slower',
    fails: 'more errors',
    same: '',
    rare: '',
    once: '',
  })
})

test(`of like and like something is beyond noise in no more than about 5 of 100 comparisons (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  const sample = () =>
    Array.from({ length: 300 }, () =>
      traceOf(`t${Math.floor(draw() ** 2 * 12)}`, Math.floor(draw() * 1000), draw() < 0.1 ? failed : {}),
    )
  let found = 0
  const rounds = 200
  for (let i = 0; i < rounds; i++) {
    const compared = comparePatterns(statisticsOf(sample()), statisticsOf(sample()))
    if (compared.some(({ changes }) => changes.length > 0)) found++
  }
  expect(found).toBeLessThan(rounds * 0.1)
})

test('a capture against itself: nothing', () => {
  const patterns = statisticsOf(Array.from({ length: 50 }, (_, i) => traceOf(`t${i % 3}`, i)))
  expect(comparePatterns(patterns, patterns).flatMap(({ changes }) => changes)).toEqual([])
})

test('templates that failed are those that did not: errors are a rate', () => {
  expect(statisticsOf([traceOf('a', 1), traceOf('a', 1, failed)])).toHaveLength(1)
})
