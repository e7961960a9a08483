import type {
  Aggregate,
  Compare,
  Field,
  FieldExpression,
  MetricsAggregate,
  MetricsExpression,
  MetricsMath,
  MetricsOperand,
  Pipeline,
  Query,
  ScalarExpression,
  ScalarFilter,
  SpansetFilter,
  SpansetOperand,
  SpansetOperation,
  Stage,
} from '../language/ast.ts'
import {
  maxCompareTop,
  maxGroupFields,
  maxGroupStages,
  maxPipelines,
  maxQuantiles,
  maxSeriesStages,
} from '../language/limits.ts'
import { parse, parseField } from '../language/parser.ts'
import { failAt, type Place } from '../language/parser-error.ts'
import { inWords, isNumeric, TypeCheck } from './validate-types.ts'

/** What a text says, checked: the query of a text that can be executed. */
export function parseQuery(text: string): Query {
  const query = parse(text)
  validate(query, text)
  return query
}

/** The attribute or intrinsic of a text that is nothing but its name. */
export function parseFieldName(text: string): Field {
  const field = parseField(text)
  const check = new Check(text)
  check.field(field)
  check.finish()
  return field
}

/**
 * Returns where a query makes sense and can be executed. Else fails with a LabError that names line and column: of kind
 * `invalid` where types or numbers are wrong, else of kind `unsupported`, with the feature named.
 */
export function validate(query: Query, text: string): void {
  const check = new Check(text)
  if (query.kind === 'search') check.pipeline(query.pipeline)
  else check.metrics(query.expression)
  check.finish()
}

class Check {
  readonly #text: string
  readonly #types: TypeCheck
  /** Whether spansets are grouped by value where the check has got to. */
  #isGrouped = false
  #groupStageCount = 0
  #pipelineCount = 0
  #seriesStageCount = 0

  constructor(text: string) {
    this.#text = text
    this.#types = new TypeCheck(text)
  }

  finish(): void {
    const [first] = this.#types.unsupported
    if (first !== undefined) failAt(this.#text, first.place, `unsupported: ${first.feature}`, 'unsupported')
  }

  #fail(place: Place, message: string): never {
    return failAt(this.#text, place, message)
  }

  pipeline({ stages }: Pipeline): void {
    const before = this.#isGrouped
    for (const stage of stages) this.#stage(stage)
    this.#isGrouped = before
  }

  #stage(stage: Stage): void {
    switch (stage.kind) {
      case 'filter':
        return this.#filter(stage)
      case 'spanset-operation':
        return this.#operation(stage)
      case 'scalar-filter':
        return this.#scalarFilter(stage)
      case 'by':
        this.#isGrouped = true
        if (++this.#groupStageCount === maxGroupStages + 1)
          this.#types.unsupport(stage, `more than ${maxGroupStages} stages by() in one query`)
        this.#types.typeOf(stage.expression)
        return this.#checkReads(stage.expression, 'by')
      case 'select':
        return this.#fields(stage.fields)
      case 'coalesce':
        this.#isGrouped = false
        return
    }
  }

  #operation(operation: SpansetOperation): void {
    const { operator, left, right } = operation
    if (this.#isGrouped && operator !== '&&' && operator !== '||')
      this.#types.unsupport(operation, `${operator} after by(): put coalesce() between`)
    this.#operand(left)
    this.#operand(right)
  }

  #operand(side: SpansetOperand): void {
    if (side.kind === 'pipeline') this.pipeline(side)
    else this.#stage(side)
  }

  #filter({ condition }: SpansetFilter): void {
    const type = this.#types.typeOf(condition)
    if (type !== 'bool' && type !== 'any') this.#fail(condition, `{ } needs a condition, this is ${inWords(type)}`)
  }

  #fields(fields: readonly Field[]): void {
    for (const field of fields) this.field(field)
  }

  field(field: Field): void {
    this.#types.fieldType(field)
  }

  #scalarFilter(filter: ScalarFilter): void {
    const { left, right } = filter
    this.#scalar(left)
    this.#scalar(right)
    if (left.kind === 'static' && right.kind === 'static') this.#fail(filter, 'a comparison of two constants')
    const simple = [left, right].some(side => side.kind === 'aggregate') && [left, right].some(isStatic)
    if (!simple) this.#types.unsupport(filter, 'a comparison other than of one aggregate with one number')
  }

  #scalar(scalar: ScalarExpression): void {
    switch (scalar.kind) {
      case 'static':
        return
      case 'aggregate':
        return this.#aggregate(scalar)
      case 'scalar-pipeline':
        this.pipeline(scalar.pipeline)
        return this.#scalar(scalar.scalar)
      case 'scalar-operation':
        this.#scalar(scalar.left)
        return this.#scalar(scalar.right)
    }
  }

  #aggregate({ name, argument }: Aggregate): void {
    if (argument === undefined) return
    const type = this.#types.typeOf(argument)
    if (!isNumeric(type)) this.#fail(argument, `${name} needs numbers or durations, this is ${inWords(type)}`)
    this.#checkReads(argument, name)
  }

  #checkReads(expression: FieldExpression, name: string): void {
    if (!readsField(expression)) this.#fail(expression, `${name} of a constant: it needs an attribute or intrinsic`)
  }

  metrics(metrics: MetricsExpression): void {
    if (metrics.kind === 'metrics-math') return this.#math(metrics)
    if (++this.#pipelineCount === maxPipelines + 1)
      this.#types.unsupport(metrics, `more than ${maxPipelines} pipelines of series in one query`)
    this.pipeline(metrics.pipeline)
    this.#metricsAggregate(metrics.aggregate)
    const [stage] = metrics.stages
    if (stage !== undefined && metrics.aggregate.kind === 'compare') this.#fail(stage, 'nothing can follow compare')
    this.#stages(metrics)
  }

  #math(math: MetricsMath): void {
    this.#mathSide(math.left)
    this.#mathSide(math.right)
    this.#stages(math)
  }

  #mathSide(side: MetricsOperand): void {
    if (side.kind === 'static') return
    if (side.kind === 'metrics-pipeline' && side.aggregate.kind === 'compare')
      this.#fail(side, 'the series of compare take part in no math')
    this.metrics(side)
  }

  #stages({ stages }: MetricsExpression): void {
    for (const stage of stages) {
      if (stage.kind !== 'metrics-filter' && stage.limit < 1) this.#fail(stage, `${stage.kind} of less than one series`)
      if (++this.#seriesStageCount === maxSeriesStages + 1)
        this.#types.unsupport(
          stage,
          `more than ${maxSeriesStages} comparisons, topk and bottomk of series in one query`,
        )
    }
  }

  #metricsAggregate(aggregate: MetricsAggregate): void {
    if (aggregate.kind === 'compare') return this.#compare(aggregate)
    if ('argument' in aggregate) {
      const type = this.#types.fieldType(aggregate.argument)
      if (!isNumeric(type)) this.#fail(aggregate.argument, `${aggregate.kind} needs numbers, this is ${inWords(type)}`)
    }
    if (aggregate.kind === 'quantile_over_time') this.#quantiles(aggregate)
    this.#fields(aggregate.by)
    if (aggregate.by.length > maxGroupFields)
      this.#types.unsupport(aggregate.by[maxGroupFields]!, `grouping by more than ${maxGroupFields} fields`)
  }

  #quantiles(aggregate: MetricsAggregate & { kind: 'quantile_over_time' }): void {
    const { quantiles } = aggregate
    if (quantiles.some(quantile => quantile < 0 || quantile > 1))
      this.#fail(aggregate, 'a quantile must be between 0 and 1')
    if (quantiles.length > maxQuantiles)
      this.#types.unsupport(aggregate, `${quantiles.length} quantiles, at most ${maxQuantiles} are answered`)
  }

  #compare(compare: Compare): void {
    this.#filter(compare.selection)
    const { topN, startNanos, endNanos } = compare
    if (topN < 1 || topN > maxCompareTop) this.#fail(compare, `compare shows 1 to ${maxCompareTop} values, not ${topN}`)
    if (startNanos !== undefined && endNanos !== undefined && endNanos <= startNanos)
      this.#fail(compare, 'the end of compare is not after its start')
  }
}

function isStatic(scalar: ScalarExpression): boolean {
  return scalar.kind === 'static'
}

function readsField(node: FieldExpression): boolean {
  if (node.kind === 'binary') return readsField(node.left) || readsField(node.right)
  if (node.kind === 'unary' || node.kind === 'membership') return readsField(node.operand)
  return node.kind !== 'static'
}
