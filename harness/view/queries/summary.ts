import { medianOf } from '../../../lib/median.ts'
import type { QueryCost, QueryRow, QuerySet, QuestionKind } from '../../runs/query-bench-schema.ts'

/** What all questions of a kind cost together. */
export interface KindCost {
  /** CPU seconds an operation. */
  readonly geometricMean: number
  readonly median: number
  readonly max: number
  readonly sum: number
  /** Summed over the questions. */
  readonly bytes: number | null
  readonly requests: number | null
}

/** Null where there is no such question, or one of them was not earned: a mean over others would compare with nothing. */
export function costOfKind({ questions }: QuerySet, { earned }: QueryRow, kind: QuestionKind): KindCost | null {
  const own = earned?.results.filter((_, i) => questions[i]!.kind === kind) ?? []
  const costs = own.flatMap(({ cost }) => cost ?? [])
  return costs.length > 0 && costs.length === own.length ? sumUp(costs) : null
}

/** A clock that is too coarse says 0, of which there is no logarithm. */
const leastSeconds = 1e-6

/** The geometric mean of seconds; null of none. */
export function meanSeconds(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const logs = values.map(value => Math.log(Math.max(leastSeconds, value)))
  return Math.exp(logs.reduce((total, value) => total + value, 0) / logs.length)
}

function sumUp(costs: readonly QueryCost[]): KindCost {
  const seconds = costs.map(cost => cost.seconds.median.cpu)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    geometricMean: meanSeconds(seconds)!,
    median: medianOf(seconds),
    max: Math.max(...seconds),
    sum: sum(seconds),
    bytes: sumKnown(costs.map(({ bytes }) => bytes)),
    requests: sumKnown(costs.map(({ requests }) => requests)),
  }
}

/** Null where one of them is. */
function sumKnown(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0)
}
