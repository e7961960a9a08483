import type { Estimate, Grouping } from '../model/question.ts'
import { type Facts, type Groups, noGroup } from './facts.ts'
import { isWeighted, weightedCounts, weightedDurations, weightedShares } from './weighted.ts'

/** By group its estimate. */
export type Values = ReadonlyMap<string, Estimate>

export function groupsOf(facts: Facts, by: Grouping): Groups {
  return by === 'service' ? facts.services : facts.operations
}

/** All spans as one group, if there are any. */
export function everySpan({ traces }: Facts): Groups {
  return { codes: new Uint32Array(traces.length), names: traces.length === 0 ? [] : ['all'] }
}

/** By group the number of spans. */
export function countSpansBy(facts: Facts, groups: Groups): Values {
  return named(groups, isWeighted(facts) ? weightedCounts(facts, groups) : exactly(sumBy(groups)))
}

/** By group the share of spans with status error. */
export function errorSharesBy(facts: Facts, groups: Groups): Values {
  if (isWeighted(facts)) return named(groups, weightedShares(facts, groups, facts.errors))
  const errors = sumBy(groups, facts.errors)
  return named(groups, exactly(sumBy(groups).map((count, group) => errors[group]! / count)))
}

/** By group the duration at rank `ceil(quantile * count)`. */
export function durationsBy(facts: Facts, groups: Groups, quantile: number): Values {
  const { durations } = facts
  const rowsOf = rowsBy(groups).map(rows => rows.sort((a, b) => durations[a]! - durations[b]!))
  if (isWeighted(facts)) return named(groups, weightedDurations(facts, groups, rowsOf, quantile))
  const rank = (count: number) => Math.max(0, Math.ceil(quantile * count) - 1)
  return named(groups, exactly(rowsOf.map(rows => durations[rows[rank(rows.length)]!]!)))
}

/** By group the sum of its spans' values, or their number. */
function sumBy({ codes, names }: Groups, values?: Uint32Array): Float64Array {
  const sums = new Float64Array(names.length)
  for (let row = 0; row < codes.length; row++) if (codes[row] !== noGroup) sums[codes[row]!]! += values?.[row] ?? 1
  return sums
}

/** By group its rows. */
function rowsBy(groups: Groups): Uint32Array[] {
  const { codes } = groups
  const rows = Array.from(sumBy(groups), count => new Uint32Array(count))
  const next = new Uint32Array(rows.length)
  for (let row = 0; row < codes.length; row++)
    if (codes[row] !== noGroup) rows[codes[row]!]![next[codes[row]!]!++] = row
  return rows
}

function exactly(values: ArrayLike<number>): Estimate[] {
  return Array.from(values, value => ({ value }))
}

function named({ names }: Groups, estimates: readonly Estimate[]): Values {
  return new Map(names.map((name, group) => [name, estimates[group]!]))
}
