import { type Pattern, quantileOf } from './statistics.ts'
import { leastOfRanks, leastOfRates, rankSumTest, sameRateTest } from './tests.ts'

/** What became different of a template from A to B. */
export const changes = ['new', 'gone', 'slower', 'faster', 'more errors', 'fewer errors', 'commoner', 'rarer'] as const
export type Change = (typeof changes)[number]

/** A template in A and in B. */
export interface Compared {
  readonly a: Pattern | undefined
  readonly b: Pattern | undefined
  /** What differs by more than chance explains, the most important first. */
  readonly changes: readonly Change[]
  /** What differs, and with what probability chance explains as much, times the number of tests that count. */
  readonly tests: readonly Pick<Test, 'change' | 'probability'>[]
}

interface Test {
  readonly change: Change
  readonly probability: number
  /** The least that the probability could be with so many traces. */
  readonly least: number
}

/** Differences that chance explains in no more of so many comparisons are beyond noise. */
export const significance = 0.05

/**
 * The templates of A and B side by side. Durations of roots are compared by their ranks, numbers of traces and of traces
 * with errors by Fisher's exact test, all of the traces that were read. As there are many tests, each probability is
 * multiplied by the number of those that could tell anything (Bonferroni's correction after Tarone, 1990): in 95 of 100
 * comparisons of like with like nothing is beyond noise.
 */
export function comparePatterns(a: readonly Pattern[], b: readonly Pattern[]): Compared[] {
  const before = new Map(a.map(pattern => [pattern.template.key, pattern]))
  const after = new Map(b.map(pattern => [pattern.template.key, pattern]))
  const keys = [...new Set([...after.keys(), ...before.keys()])]
  const [total, other] = [sumOf(a), sumOf(b)]
  const tested = keys.map(key => {
    const pair = { a: before.get(key), b: after.get(key) }
    return { ...pair, tests: testsOf(pair, total, other) }
  })
  const testCount = countTests(tested.flatMap(({ tests }) => tests))
  const compared = tested.map(({ tests, ...pair }): Compared => {
    const corrected = tests.map(({ change, probability }) => ({
      change,
      probability: Math.min(1, probability * testCount),
    }))
    const found = corrected.filter(({ probability }) => probability < significance).map(({ change }) => change)
    return { ...pair, tests: corrected, changes: changes.filter(change => found.includes(change)) }
  })
  return compared.sort((x, y) => rankOf(x) - rankOf(y) || countOf(y) - countOf(x))
}

/** The least number of which no more tests than it could be significant when corrected by it. */
function countTests(tests: readonly Test[]): number {
  const leasts = tests.map(({ least }) => least).sort((x, y) => x - y)
  let count = 1
  while (count < leasts.length && leasts[count]! * count < significance) count++
  return count
}

function testsOf({ a, b }: Pick<Compared, 'a' | 'b'>, total: number, other: number): Test[] {
  const [countA, countB] = [a?.readCount ?? 0, b?.readCount ?? 0]
  const share = {
    probability: sameRateTest(countA, total, countB, other),
    least: leastOfRates(countA + countB, total, other),
  }
  if (a === undefined) return [{ change: 'new', ...share }]
  if (b === undefined) return [{ change: 'gone', ...share }]
  const [errorsA, errorsB] = [errorsOf(a), errorsOf(b)]
  return [
    { change: countB / other > countA / total ? 'commoner' : 'rarer', ...share },
    {
      change: isSlower(a, b) ? 'slower' : 'faster',
      probability: rankSumTest(a.durations, b.durations),
      least: leastOfRanks(countA, countB),
    },
    {
      change: errorsB / countB > errorsA / countA ? 'more errors' : 'fewer errors',
      probability: sameRateTest(errorsA, countA, errorsB, countB),
      least: leastOfRates(errorsA + errorsB, countA, countB),
    },
  ]
}

/** Of the traces that were read: as many as their share says. */
function errorsOf({ errorCount, traceCount, readCount }: Pattern): number {
  return Math.round((errorCount / traceCount) * readCount)
}

/** By the median, or where these are equal by the mean. */
function isSlower(a: Pattern, b: Pattern): boolean {
  const [before, after] = [quantileOf(a, 0.5), quantileOf(b, 0.5)]
  return after === before ? meanOf(b) > meanOf(a) : after > before
}

function meanOf({ durations }: Pattern): number {
  return durations.reduce((sum, duration) => sum + duration, 0) / durations.length
}

function sumOf(patterns: readonly Pattern[]): number {
  return patterns.reduce((sum, { readCount }) => sum + readCount, 0)
}

function rankOf({ changes: [first] }: Compared): number {
  return first === undefined ? changes.length : changes.indexOf(first)
}

function countOf({ a, b }: Compared): number {
  return (a?.traceCount ?? 0) + (b?.traceCount ?? 0)
}
