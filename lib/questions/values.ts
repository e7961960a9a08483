import type { Estimate, Grouping } from '../model/question.ts'
import { type Facts, type Groups, noGroup } from './facts.ts'

/** By group its estimate. */
export type Values = ReadonlyMap<string, Estimate>

export function groupsOf(facts: Facts, by: Grouping): Groups {
  return by === 'service' ? facts.services : facts.operations
}

/** By group the number of spans. */
export function countSpansBy(facts: Facts, groups: Groups): Values {
  return named(groups, sumBy(facts, groups))
}

/** By group the share of spans with status error. */
export function errorSharesBy(facts: Facts, groups: Groups): Values {
  const counts = sumBy(facts, groups)
  const errors = sumBy(facts, groups, facts.errors)
  return named(
    groups,
    counts.map((count, group) => errors[group]! / count),
  )
}

/** By group the duration at rank `ceil(quantile * count)`. */
export function durationsBy(facts: Facts, groups: Groups, quantile: number): Values {
  const values = rowsBy(groups).map(rows => durationAt(facts, rows, quantile))
  return named(groups, values)
}

function durationAt({ durations, weights }: Facts, rows: Uint32Array, quantile: number): number {
  if (weights === undefined) {
    const sorted = Float64Array.from(rows, row => durations[row]!).sort()
    return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)]!
  }
  const sorted = rows.slice().sort((a, b) => durations[a]! - durations[b]!)
  const wanted = quantile * sorted.reduce((sum, row) => sum + weights[row]!, 0)
  let before = 0
  for (const row of sorted) {
    before += weights[row]!
    if (before >= wanted) return durations[row]!
  }
  return durations[sorted.at(-1)!]!
}

/** By group the sum of its spans' values, or their number, each as often as it represents a span. */
function sumBy({ weights }: Facts, { codes, names }: Groups, values?: Uint32Array): Float64Array {
  const sums = new Float64Array(names.length)
  for (let row = 0; row < codes.length; row++)
    if (codes[row] !== noGroup) sums[codes[row]!]! += (weights?.[row] ?? 1) * (values?.[row] ?? 1)
  return sums
}

/** By group its rows. */
function rowsBy({ codes, names }: Groups): Uint32Array[] {
  const counts = new Uint32Array(names.length)
  for (const code of codes) if (code !== noGroup) counts[code]!++
  const rows = Array.from(counts, count => new Uint32Array(count))
  counts.fill(0)
  for (let row = 0; row < codes.length; row++)
    if (codes[row] !== noGroup) rows[codes[row]!]![counts[codes[row]!]!++] = row
  return rows
}

function named({ names }: Groups, values: ArrayLike<number>): Values {
  return new Map(names.map((name, group) => [name, { value: values[group]! }]))
}
