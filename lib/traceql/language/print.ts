import type {
  Compare,
  Field,
  Hint,
  MetricsAggregate,
  MetricsExpression,
  MetricsOperand,
  Pipeline,
  Query,
  ScalarExpression,
  SecondStage,
  SpansetOperand,
  SpansetOperation,
  Stage,
} from './ast.ts'
import { termPrecedences } from './parser-combine.ts'
import { printExpression, printField, printFloat, printInt, printStatic } from './print-expression.ts'

/** A query as canonical text: `parse` reads the same query out of it, places aside. */
export function print(query: Query): string {
  const text = query.kind === 'search' ? printPipeline(query.pipeline) : printMetrics(query.expression)
  return query.hints.length === 0 ? text : `${text} with(${query.hints.map(printHint).join(', ')})`
}

function printHint({ name, value }: Hint): string {
  return `${name}=${printStatic(value)}`
}

export function printPipeline({ stages }: Pipeline): string {
  return stages.map(printStage).join(' | ')
}

export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'filter':
      return `{ ${printExpression(stage.condition)} }`
    case 'spanset-operation':
      return printSpansets(stage)
    case 'scalar-filter':
      return `${printScalar(stage.left)} ${stage.operator} ${printScalar(stage.right)}`
    case 'by':
      return `by(${printExpression(stage.expression)})`
    case 'coalesce':
      return 'coalesce()'
    case 'select':
      return `select(${printFields(stage.fields)})`
  }
}

function printFields(fields: readonly Field[]): string {
  return fields.map(printField).join(', ')
}

function printSpansets({ operator, left, right }: SpansetOperation): string {
  const precedence = termPrecedences.get(operator)!
  return `${printSide(left, precedence)} ${operator} ${printSide(right, precedence + 1)}`
}

function printSide(side: SpansetOperand, least: number): string {
  if (side.kind === 'pipeline') return `(${printPipeline(side)})`
  const enclosed = side.kind === 'spanset-operation' && termPrecedences.get(side.operator)! < least
  return enclosed ? `(${printStage(side)})` : printStage(side)
}

function printScalar(scalar: ScalarExpression, least = 0): string {
  if (scalar.kind === 'static') return printStatic(scalar)
  if (scalar.kind === 'scalar-pipeline') return `(${printPipeline(scalar.pipeline)} | ${printScalar(scalar.scalar)})`
  if (scalar.kind === 'aggregate')
    return `${scalar.name}(${scalar.argument === undefined ? '' : printExpression(scalar.argument)})`
  const precedence = termPrecedences.get(scalar.operator)!
  const rightward = scalar.operator === '^' ? 1 : 0
  const left = printScalar(scalar.left, precedence + rightward)
  const text = `${left} ${scalar.operator} ${printScalar(scalar.right, precedence + 1 - rightward)}`
  return precedence < least ? `(${text})` : text
}

export function printMetrics(metrics: MetricsExpression): string {
  return printSeries(metrics) + metrics.stages.map(printSecondStage).join('')
}

function printSeries(metrics: MetricsExpression): string {
  if (metrics.kind === 'metrics-pipeline')
    return `${printPipeline(metrics.pipeline)} | ${printAggregate(metrics.aggregate)}`
  const precedence = termPrecedences.get(metrics.operator)!
  const { left, right } = metrics
  return `${printMathSide(left, precedence)} ${metrics.operator} ${printMathSide(right, precedence + 1)}`
}

function printMathSide(side: MetricsOperand, least: number): string {
  if (side.kind === 'static') return printStatic(side)
  const bare = side.kind === 'metrics-math' && side.stages.length === 0 && termPrecedences.get(side.operator)! >= least
  return bare ? printSeries(side) : `(${printMetrics(side)})`
}

function printAggregate(aggregate: MetricsAggregate): string {
  if (aggregate.kind === 'compare') return printCompare(aggregate)
  const by = aggregate.by.length === 0 ? '' : ` by(${printFields(aggregate.by)})`
  const field = 'argument' in aggregate ? printField(aggregate.argument) : ''
  const quantiles =
    aggregate.kind === 'quantile_over_time' ? aggregate.quantiles.map(number => `, ${printQuantile(number)}`) : []
  return `${aggregate.kind}(${field}${quantiles.join('')})${by}`
}

function printQuantile(quantile: number): string {
  return quantile === 1 || Object.is(quantile, 0) ? String(quantile) : printFloat(quantile)
}

function printCompare({ selection, topN, startNanos, endNanos }: Compare): string {
  const times =
    startNanos === undefined || endNanos === undefined ? '' : `, ${printInt(startNanos)}, ${printInt(endNanos)}`
  const numbers = topN === defaultTopN && times === '' ? '' : `, ${printInt(topN)}${times}`
  return `compare(${printStage(selection)}${numbers})`
}

const defaultTopN = 10n

function printSecondStage(stage: SecondStage): string {
  if (stage.kind === 'metrics-filter') return ` ${stage.operator} ${printStatic(stage.value)}`
  return ` | ${stage.kind}(${stage.limit})`
}
