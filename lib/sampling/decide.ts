import { LabError } from '../error.ts'
import { type Budget, type Policy, printPolicy, type Rules } from './policy.ts'
import type { DecidedTraces } from './summary.ts'
import { adjustedCount, thresholdEnd, thresholdOf } from './threshold.ts'

/** The threshold of each trace; `thresholdEnd` where it is not kept. */
export type Thresholds = BigUint64Array

/** Longer than this quantile of its root's operation is slow, where a policy does not say. */
export const defaultSlow = 0.99
/** A template of no more traces is rare, where a policy does not say. */
const defaultRare = 10

/**
 * Decides which traces a policy keeps, and with which threshold each: one that depends on the randomness of the others
 * only, so that weights are unbiased. Whatever was sampled before keeps its place: a threshold is never lowered.
 */
export function decide(policy: Policy, traces: DecidedTraces): Thresholds {
  const thresholds = policy.kind === 'budget' ? fillBudget(policy, traces) : applyRules(policy, traces)
  checkWeights(traces, thresholds)
  return thresholds
}

function applyRules({ head, errors, slow, rare }: Rules, traces: DecidedTraces): Thresholds {
  const thresholds = new BigUint64Array(traces.count).fill(thresholdEnd)
  const lower = (row: number, threshold: bigint) => {
    if (threshold < thresholds[row]!) thresholds[row] = threshold
  }
  const keepAll = (isKept: (row: number) => boolean) => {
    for (let row = 0; row < traces.count; row++) if (isKept(row)) lower(row, traces.threshold(row))
  }
  if (errors) keepAll(row => traces.errors.at(row) === 1)
  if (slow !== undefined) {
    const isSlow = slowTraces(traces, slow)
    keepAll(row => isSlow[row] === 1)
  }
  if (rare !== undefined) fillReservoirs(traces, rare, lower)
  if (head !== undefined) {
    const threshold = thresholdOf(head)
    for (let row = 0; row < traces.count; row++)
      if (traces.randomness(row) >= threshold) lower(row, max(threshold, traces.threshold(row)))
  }
  return thresholds
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** Rows by number, such as that of their template. */
function rowsBy(numbers: Uint32Array, count: number): number[][] {
  const rows = Array.from({ length: count }, (): number[] => [])
  for (const [row, number] of numbers.entries()) rows[number]!.push(row)
  return rows
}

/** 1 for traces that take longer than a quantile of those whose root has the same operation, or of all. */
export function slowTraces({ durations, operations, operationCount }: DecidedTraces, quantile: number): Uint8Array {
  const isSlow = new Uint8Array(durations.length)
  const mark = (rows: readonly number[]) => {
    const sorted = Float64Array.from(rows, row => durations.at(row)).sort()
    const limit = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)]!
    for (const row of rows) if (durations.at(row) > limit) isSlow[row] = 1
  }
  for (const rows of rowsBy(operations.view(), operationCount)) mark(rows)
  mark([...isSlow.keys()])
  return isSlow
}

/** 1 for traces whose template no more than so many have. */
export function rareTraces({ templates, templateCount }: DecidedTraces, most = defaultRare): Uint8Array {
  const counts = new Uint32Array(templateCount)
  for (const template of templates.view()) counts[template]!++
  return Uint8Array.from(templates.view(), template => (counts[template]! <= most ? 1 : 0))
}

/** A reservoir per template: the traces of the most randomness, with that of the first that is left out as threshold. */
function fillReservoirs(traces: DecidedTraces, size: number, lower: (row: number, threshold: bigint) => void): void {
  const shares = sharesOf(traces)
  for (const rows of rowsBy(traces.templates.view(), traces.templateCount)) {
    rows.sort((a, b) => shares[a]! - shares[b]!)
    const share = rows.length > size ? shares[rows[size]!]! : 1
    for (const row of rows.slice(0, size)) lower(row, sampledAt(traces, row, share))
  }
}

/** By trace the share of those sampled like it whose randomness is higher: from 0 for the highest up to 1. */
function sharesOf(traces: DecidedTraces): Float64Array {
  return Float64Array.from({ length: traces.count }, (_, row) => {
    const range = thresholdEnd - traces.threshold(row)
    return Number(thresholdEnd - traces.randomness(row)) / Number(range)
  })
}

/** The threshold of a trace of which a share is kept, of those that were kept before. */
function sampledAt(traces: DecidedTraces, row: number, share: number): bigint {
  const before = traces.threshold(row)
  const threshold = thresholdEnd - BigInt(Math.round(share * Number(thresholdEnd - before)))
  return max(before, threshold < traces.randomness(row) ? threshold : traces.randomness(row))
}

/** How many times before others traces come: slow ones, for they are few, then those with errors and rare ones. */
const importance = { slow: 1000, errors: 20, rare: 20 } as const

/**
 * Priority sampling (Duffield, Lund, Thorup, 2007): traces in the order of importance over share, as many as fit. Each
 * counts as often as its importance says by the priority of the first that does not fit.
 */
function fillBudget(policy: Budget, traces: DecidedTraces): Thresholds {
  const costs = policy.unit === 'spans' ? traces.spanCounts : traces.byteLengths
  const limit = budgetOf(policy, traces)
  const weights = importances(traces)
  const priorities = sharesOf(traces).map((share, row) => weights[row]! / share)
  const order = Array.from(priorities.keys()).sort((a, b) => priorities[b]! - priorities[a]!)
  const thresholds = new BigUint64Array(traces.count).fill(thresholdEnd)
  let [cost, fitting] = [0, 0]
  for (; fitting < order.length; fitting++) {
    cost += costs.at(order[fitting]!)
    if (cost > limit) break
  }
  if (fitting === 0) throw tooSmall(policy, traces, limit, cost)
  const last = fitting < order.length ? priorities[order[fitting]!]! : 0
  for (const row of order.slice(0, fitting))
    thresholds[row] = sampledAt(traces, row, last === 0 ? 1 : Math.min(1, weights[row]! / last))
  return thresholds
}

function importances(traces: DecidedTraces): Float64Array {
  const isRare = rareTraces(traces)
  return Float64Array.from(slowTraces(traces, defaultSlow), (isSlow, row) => {
    if (isSlow === 1) return importance.slow
    if (traces.errors.at(row) === 1) return importance.errors
    return isRare[row] === 1 ? importance.rare : 1
  })
}

/** In bytes or spans of the whole input. */
function budgetOf({ unit, amount }: Budget, traces: DecidedTraces): number {
  if (unit === 'share') return amount * traces.byteLengths.view().reduce((sum, byteLength) => sum + byteLength, 0)
  return amount * Math.max(1, traces.seconds)
}

function tooSmall(policy: Budget, { seconds }: DecidedTraces, limit: number, cost: number): LabError {
  const unit = policy.unit === 'spans' ? 'spans' : 'bytes'
  const [all, first] = [limit, cost].map(amount => Math.floor(amount).toLocaleString('en-US'))
  const reason = `allows ${all} ${unit} in the ${Math.ceil(seconds)} s of the input, the trace that comes first has ${first}`
  return new LabError('invalid', `policy ${printPolicy(policy)}: ${reason}; give it a larger budget`)
}

/** The sum of weights must be exact as a double. */
function checkWeights(traces: DecidedTraces, thresholds: Thresholds): void {
  let sum = 0
  for (const [row, threshold] of thresholds.entries())
    if (threshold < thresholdEnd) sum += adjustedCount(threshold) * traces.spanCounts.at(row)
  if (sum <= Number.MAX_SAFE_INTEGER) return
  const worst = thresholds.reduce((most, one) => (one < thresholdEnd && one > most ? one : most), 0n)
  const reason = `th of ${worst.toString(16)} makes a trace stand for ${adjustedCount(worst).toExponential(1)}`
  throw new LabError('invalid', `${reason}: the spans of all weigh more than 2^53; sample less often`)
}
