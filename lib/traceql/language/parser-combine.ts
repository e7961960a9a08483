import { mirroredRelations } from '../../model/relation.ts'
import type {
  ArithmeticOperator,
  ComparisonOperator,
  MathOperator,
  MetricsExpression,
  MetricsFilter,
  MetricsOperand,
  Pipeline,
  ScalarExpression,
  ScalarFilter,
  SecondStage,
  SpansetOperand,
  SpansetOperator,
  Stage,
} from './ast.ts'
import { type Cursor, maxHeight } from './parser-cursor.ts'
import { precedences } from './parser-fields.ts'
import { isPlainNumber, scalarOperation } from './parser-scalars.ts'

/** What occurs outside `{ }`: stages of spansets, numbers of one, or series. */
export type Term = Stage | Pipeline | ScalarExpression | MetricsExpression

const spansetOperators: ReadonlySet<string> = new Set<SpansetOperator>([
  ...(['&&', '||'] as const),
  ...(['>', '>>', '<', '<<', '~'] as const).flatMap(operator => [operator, `!${operator}`, `&${operator}`] as const),
])
const comparisons: ReadonlySet<string> = new Set<ComparisonOperator>(['=', '!=', '<', '<=', '>', '>='])
const mathOperators: ReadonlySet<string> = new Set<MathOperator>(['+', '-', '*', '/'])

/** How tightly an operator outside `{ }` binds; 0 for anything else. */
export const termPrecedences: ReadonlyMap<string, number> = new Map([
  ...[...spansetOperators, ...comparisons].map(operator => [operator, precedences.comparison] as const),
  ...['&&', '||'].map(operator => [operator, precedences.logical] as const),
  ...['+', '-'].map(operator => [operator, precedences.additive] as const),
  ...['*', '/', '%'].map(operator => [operator, precedences.multiplicative] as const),
  ['^', precedences.power],
])

/** `left operator right`, by what the sides are; an error at the operator where they do not go together. */
export function combine(cursor: Cursor, operator: string, at: number, left: Term, right: Term): Term {
  if (isScalar(left) && isScalar(right)) {
    if (comparisons.has(operator)) return compareScalars(cursor, operator as ComparisonOperator, left, right)
    if (!spansetOperators.has(operator)) return scalarOperation(cursor, operator as ArithmeticOperator, left, right)
  }
  if (isSpansetOperand(left) && isSpansetOperand(right) && spansetOperators.has(operator))
    return spansetOperation(cursor, operator as SpansetOperator, left, right)
  if (comparisons.has(operator)) {
    const comparison = operator as ComparisonOperator
    if (isMetrics(left) && isSeriesValue(right)) return compareSeries(cursor, left, comparison, right, at)
    if (isSeriesValue(left) && isMetrics(right))
      return compareSeries(cursor, right, mirroredRelations[comparison], left, left.start)
  }
  if (isMathOperand(left) && isMathOperand(right) && mathOperators.has(operator))
    return metricsMath(cursor, operator as MathOperator, left, right)
  const message = `${operator} does not go between ${inWords(left)} and ${inWords(right)}`
  return cursor.fail(message, { start: at, end: at + operator.length })
}

/** Series whose points are compared; a value on their left has been moved to the right. */
function compareSeries(
  cursor: Cursor,
  metrics: MetricsExpression,
  operator: ComparisonOperator,
  value: MetricsFilter['value'],
  start: number,
): MetricsExpression {
  return withStage(cursor, metrics, { kind: 'metrics-filter', operator, value, start, end: cursor.lastEnd })
}

/** A comparison of `(pipeline | scalar)` with a constant is that pipeline with one more stage. */
function compareScalars(
  cursor: Cursor,
  operator: ComparisonOperator,
  left: ScalarExpression,
  right: ScalarExpression,
): ScalarFilter | Pipeline {
  const place = { start: left.start, end: cursor.lastEnd }
  if (left.kind !== 'scalar-pipeline' || right.kind !== 'static')
    return cursor.grown({ kind: 'scalar-filter', operator, left, right, ...place }, left, right)
  const filter = compareScalars(cursor, operator, left.scalar, right)
  return pipelineOf(cursor, [...left.pipeline.stages, ...stagesOf(filter)], place)
}

function spansetOperation(
  cursor: Cursor,
  operator: SpansetOperator,
  left: SpansetOperand,
  right: SpansetOperand,
): Term {
  const place = { start: left.start, end: cursor.lastEnd }
  return cursor.grown({ kind: 'spanset-operation', operator, left, right, ...place }, left, right)
}

/** Spansets that an operator can join: `{ … }`, and anything in parentheses. */
function isSpansetOperand(term: Term): term is SpansetOperand {
  return term.kind === 'filter' || term.kind === 'spanset-operation' || term.kind === 'pipeline'
}

/** A query in parentheses: one stage alone becomes a pipeline, which operators can join. */
export function inParentheses(cursor: Cursor, term: Term): Term {
  return isSpansets(term) && !isSpansetOperand(term) ? pipelineOf(cursor, [term], term) : term
}

function metricsMath(cursor: Cursor, operator: MathOperator, left: MetricsOperand, right: MetricsOperand): Term {
  const place = { start: left.start, end: cursor.lastEnd }
  return cursor.grown({ kind: 'metrics-math', operator, left, right, stages: [], ...place }, left, right)
}

/** The same series, followed by one more stage. */
export function withStage(cursor: Cursor, metrics: MetricsExpression, stage: SecondStage): MetricsExpression {
  const place = { start: Math.min(metrics.start, stage.start), end: stage.end }
  return cursor.grown({ ...metrics, stages: [...metrics.stages, stage], ...place }, metrics)
}

export function pipelineOf(cursor: Cursor, stages: readonly Stage[], place: { start: number; end: number }): Pipeline {
  const { start, end } = place
  if (stages.length > maxHeight) cursor.fail(`more than ${maxHeight} stages`, place)
  return cursor.grown({ kind: 'pipeline', stages, start, end }, ...stages)
}

/** The stages of a term of spansets. */
export function stagesOf(term: Stage | Pipeline): readonly Stage[] {
  return term.kind === 'pipeline' ? term.stages : [term]
}

export function isScalar(term: Term): term is ScalarExpression {
  const { kind } = term
  return kind === 'aggregate' || kind === 'static' || kind === 'scalar-operation' || kind === 'scalar-pipeline'
}

export function isMetrics(term: Term): term is MetricsExpression {
  return term.kind === 'metrics-pipeline' || term.kind === 'metrics-math'
}

export function isSpansets(term: Term): term is Stage | Pipeline {
  return !isScalar(term) && !isMetrics(term)
}

/** What series are compared with: numbers, and durations, since series of durations are in seconds. */
function isSeriesValue(term: Term): term is MetricsFilter['value'] {
  return term.kind === 'static' && (isPlainNumber(term) || term.type === 'duration')
}

function isMathOperand(term: Term): term is MetricsOperand {
  return isMetrics(term) || isPlainNumber(term)
}

function inWords(term: Term): string {
  if (isMetrics(term)) return 'series'
  if (term.kind === 'scalar-filter') return 'a comparison of spans, which needs parentheses'
  if (isSpansets(term)) return 'spans'
  if (term.kind !== 'static') return 'a number of spans'
  if (isPlainNumber(term)) return 'a number'
  return 'a duration'
}
