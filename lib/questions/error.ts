import { LabError } from '../error.ts'
import { medianOf } from '../median.ts'
import type { Answer, Estimate, Question } from '../model/question.ts'

/** How far an answer is from the truth. */
export interface AnswerError {
  /** Relative errors over the groups of the truth, 0 where it has none; of traces the one distance between both sets. */
  readonly median: number
  readonly worst: number
  /** Share of the groups whose bounds do not hold the truth; undefined where no group has bounds. */
  readonly outside: number | undefined
  /** Groups or traces of the truth that the answer lacks, and those of the answer that the truth lacks. */
  readonly missing: number
  readonly invented: number
  readonly basis: string
}

/** Of a comparison the groups that differ most: small differences of shares are noise in the truth as well. */
const comparedGroups = 20

/**
 * The error of an answer; undefined where the question could not be answered. A group that is missing counts as 1, as
 * does a value where the truth is 0. The distance of two sets of traces is the share of those in either that are not in
 * both.
 */
export function errorOf(question: Question, truth: Answer, answer: Answer): AnswerError | undefined {
  if (answer.kind === 'unanswerable') return undefined
  if (truth.kind === 'traces' && answer.kind === 'traces') return errorOfTraces(truth, answer)
  if (truth.kind === 'values' && answer.kind === 'values') return errorOfValues(question, truth, answer)
  throw new LabError('invalid', `question ${question.ask}: expected an answer of ${truth.kind}, got ${answer.kind}`)
}

type ValuesAnswer = Answer & { kind: 'values' }
type TracesAnswer = Answer & { kind: 'traces' }

function errorOfTraces(truth: TracesAnswer, answer: TracesAnswer): AnswerError {
  const missing = [...truth.traceIds].filter(traceId => !answer.traceIds.has(traceId)).length
  const invented = [...answer.traceIds].filter(traceId => !truth.traceIds.has(traceId)).length
  const either = truth.traceIds.size + invented
  const error = either === 0 ? 0 : (missing + invented) / either
  return { median: error, worst: error, outside: undefined, missing, invented, basis: answer.basis }
}

function errorOfValues(question: Question, truth: ValuesAnswer, answer: ValuesAnswer): AnswerError {
  const groups = groupsOf(question, truth)
  const errors = groups.map(([group, { value }]) => relativeError(value, answer.values.get(group)))
  const bounded = groups.filter(([group]) => isBounded(answer.values.get(group)))
  const outside = bounded.filter(([group, { value }]) => !holds(answer.values.get(group)!, value))
  return {
    median: medianOf(errors),
    worst: errors.reduce((worst, error) => Math.max(worst, error), 0),
    outside: bounded.length === 0 ? undefined : outside.length / bounded.length,
    missing: groups.filter(([group]) => !answer.values.has(group)).length,
    invented: question.ask === 'templates' ? 0 : [...answer.values.keys()].filter(key => !truth.values.has(key)).length,
    basis: answer.basis,
  }
}

/** What counts of a truth. */
function groupsOf(question: Question, { values }: ValuesAnswer): [group: string, truth: Estimate][] {
  const groups = [...values]
  if (question.ask !== 'compare') return groups
  return groups.sort(([, a], [, b]) => Math.abs(b.value) - Math.abs(a.value)).slice(0, comparedGroups)
}

function relativeError(truth: number, estimate: Estimate | undefined): number {
  if (estimate === undefined) return 1
  if (estimate.value === truth) return 0
  return truth === 0 ? 1 : Math.abs(estimate.value - truth) / Math.abs(truth)
}

function isBounded(estimate: Estimate | undefined): boolean {
  return estimate?.low !== undefined || estimate?.high !== undefined
}

function holds({ low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY }: Estimate, truth: number): boolean {
  return low <= truth && truth <= high
}
