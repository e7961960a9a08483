import fc from 'fast-check'
import type {
  Aggregate,
  BinaryOperator,
  ComparisonOperator,
  Field,
  FieldExpression,
  IntrinsicName,
  MetricsAggregate,
  MetricsExpression,
  NumberStatic,
  Pipeline,
  Query,
  ScalarExpression,
  ScalarFilter,
  SecondStage,
  SpansetOperator,
  Stage,
  Static,
} from '../../../../lib/traceql/language/ast.ts'
import { anyCharacter } from '../../../support/arbitrary.ts'

/** Queries of every shape that `parse` can give, valid or not; all places are 0. */
const place = { start: 0, end: 0 } as const
const word = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 8 })
const names = fc.oneof(
  fc.constantFrom('a', 'http.status-code', 'my attr', 'duration', 'span.x', '0', '"', '\\', 'a"'),
  word,
)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const double = fc.double({ noNaN: true, noDefaultInfinity: true })

const numbers: fc.Arbitrary<NumberStatic> = fc.oneof(
  fc
    .oneof(fc.bigInt({ min: -3n, max: 3n }), int64, fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n))
    .map(value => ({ kind: 'static', type: 'int', value, ...place }) as const),
  double.map(value => ({ kind: 'static', type: 'float', value, ...place }) as const),
)
const durations = int64
  .filter(value => value !== -(2n ** 63n))
  .map(value => ({ kind: 'static', type: 'duration', value, ...place }) as const)
const statics: fc.Arbitrary<Static> = fc.oneof(
  numbers,
  durations,
  word.map(value => ({ kind: 'static', type: 'string', value, ...place }) as const),
  fc.boolean().map(value => ({ kind: 'static', type: 'bool', value, ...place }) as const),
  fc.constantFrom('ok', 'error', 'unset').map(value => ({ kind: 'static', type: 'status', value, ...place }) as const),
  fc.constantFrom('server', 'client').map(value => ({ kind: 'static', type: 'kind', value, ...place }) as const),
  fc.constant({ kind: 'static', type: 'nil', value: null, ...place } as const),
)

const unscoped: readonly IntrinsicName[] = ['span:duration', 'span:name', 'trace:rootService', 'nestedSetLeft']
const scoped: readonly IntrinsicName[] = ['span:id', 'event:timeSinceStart', 'link:spanID', 'instrumentation:version']
const fields: fc.Arbitrary<Field> = fc.oneof(
  fc.record({
    kind: fc.constant('attribute' as const),
    scope: fc.constantFrom('any', 'span', 'resource', 'event', 'link', 'instrumentation'),
    name: names,
    ofParent: fc.constant(false),
    start: fc.constant(0),
    end: fc.constant(0),
  }),
  fc.record({
    kind: fc.constant('attribute' as const),
    scope: fc.constantFrom('any', 'span', 'resource'),
    name: names,
    ofParent: fc.constant(true),
    start: fc.constant(0),
    end: fc.constant(0),
  }),
  fc
    .constantFrom(...unscoped, ...scoped)
    .map(name => ({ kind: 'intrinsic' as const, name, ofParent: false, ...place })),
  fc.constantFrom(...unscoped).map(name => ({ kind: 'intrinsic' as const, name, ofParent: true, ...place })),
)

const binaryOperators: readonly BinaryOperator[] = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '=',
  '!=',
  '<',
  '=~',
  '!~',
  '&&',
  '||',
]
const arithmetic = fc.constantFrom(...(['+', '-', '*', '/', '%', '^'] as const))
const comparisons = fc.constantFrom<ComparisonOperator>('=', '!=', '<', '<=', '>', '>=')
const relations = ['>', '>>', '<', '<<', '~'] as const
const spansetOperators: readonly SpansetOperator[] = [
  '&&',
  '||',
  ...relations,
  ...relations.map(relation => `!${relation}` as const),
  ...relations.map(relation => `&${relation}` as const),
]

const { expression } = fc.letrec<{ expression: FieldExpression }>(tie => ({
  expression: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    statics,
    fields,
    fc.tuple(fc.constantFrom('-', '!'), tie('expression')).map(([operator, operand]) => {
      return { kind: 'unary', operator, operand, ...place } as const
    }),
    fc
      .tuple(fc.constantFrom(...binaryOperators), tie('expression'), tie('expression'))
      .map(([operator, left, right]) => {
        return { kind: 'binary', operator, left, right, ...place } as const
      }),
    fc
      .tuple(
        fc.constantFrom('in', 'not in', 'match any', 'match none'),
        tie('expression'),
        fc.array(statics, { minLength: 1, maxLength: 3 }),
      )
      .map(([operator, operand, values]) => ({ kind: 'membership', operator, operand, values, ...place }) as const),
  ),
}))

const filters = expression.map(condition => ({ kind: 'filter' as const, condition, ...place }))
const fieldLists = fc.array(fields, { minLength: 1, maxLength: 3 })
const coalesce = { kind: 'coalesce', ...place } as const
const aggregates: fc.Arbitrary<Aggregate> = fc.oneof(
  fc.constant({ kind: 'aggregate', name: 'count', argument: undefined, ...place } as const),
  fc.tuple(fc.constantFrom('min', 'max', 'avg', 'sum'), expression).map(([name, argument]) => {
    return { kind: 'aggregate', name, argument, ...place } as const
  }),
)

type Recursive = { stage: Stage; pipeline: Pipeline; scalar: ScalarExpression }

const { stage, pipeline } = fc.letrec<Recursive>(tie => ({
  stage: fc.oneof(
    { maxDepth: 3 },
    filters,
    fc.oneof(expression.map(node => ({ kind: 'by', expression: node, ...place }) as const)),
    fieldLists.map(list => ({ kind: 'select', fields: list, ...place }) as const),
    fc.tuple(comparisons, tie('scalar'), tie('scalar')).map(scalarFilter),
    fc.tuple(fc.constantFrom(...spansetOperators), tie('stage'), tie('pipeline')).map(spansetOperation),
    fc.tuple(fc.constantFrom(...spansetOperators), tie('pipeline'), tie('stage')).map(spansetOperation),
  ),
  pipeline: fc
    .tuple(tie('stage'), fc.array(fc.oneof(tie('stage'), fc.constant(coalesce)), { maxLength: 2 }))
    .map(([first, rest]) => ({ kind: 'pipeline', stages: [first, ...rest], ...place })),
  scalar: fc.oneof(
    { maxDepth: 3 },
    aggregates,
    fc.oneof(numbers, durations),
    fc.tuple(arithmetic, tie('scalar'), tie('scalar')).map(([operator, left, right]) => {
      const constant = left.kind === 'static' && right.kind === 'static'
      return constant ? left : ({ kind: 'scalar-operation', operator, left, right, ...place } as const)
    }),
    fc.tuple(tie('pipeline'), tie('scalar')).map(([before, scalar]) => {
      return { kind: 'scalar-pipeline', pipeline: before, scalar, ...place } as const
    }),
  ),
}))

function scalarFilter([operator, a, b]: [ComparisonOperator, ScalarExpression, ScalarExpression]): ScalarFilter {
  const folded = a.kind === 'scalar-pipeline' && b.kind === 'static'
  const [left, right] = folded ? [b, a] : [a, b]
  return { kind: 'scalar-filter', operator, left, right, ...place }
}

function spansetOperation([operator, left, right]: [SpansetOperator, Stage | Pipeline, Stage | Pipeline]): Stage {
  return { kind: 'spanset-operation', operator, left: operandOf(left), right: operandOf(right), ...place }
}

function operandOf(side: Stage | Pipeline) {
  const only = side.kind === 'pipeline' && side.stages.length === 1 ? side.stages[0]! : side
  if (only.kind === 'filter' || only.kind === 'spanset-operation' || only.kind === 'pipeline') return only
  return { kind: 'pipeline', stages: [only], ...place } as const
}

const by = fc.array(fields, { maxLength: 2 })
const metricsAggregates: fc.Arbitrary<MetricsAggregate> = fc.oneof(
  fc.record({ kind: fc.constantFrom('rate', 'count_over_time'), by }).map(node => ({ ...node, ...place })),
  fc
    .record({ kind: fc.constantFrom('min_over_time', 'sum_over_time', 'histogram_over_time'), argument: fields, by })
    .map(node => ({ ...node, ...place })),
  fc
    .record({ argument: fields, by, quantiles: fc.array(double, { minLength: 1, maxLength: 3 }) })
    .map(node => ({ kind: 'quantile_over_time', ...node, ...place }) as const),
  fc.tuple(filters, int64, fc.option(fc.tuple(int64, int64))).map(([selection, topN, times]) => {
    const [startNanos, endNanos] = times ?? [undefined, undefined]
    return { kind: 'compare', selection, topN, startNanos, endNanos, ...place } as const
  }),
)
const secondStages: fc.Arbitrary<SecondStage> = fc.oneof(
  fc
    .record({ kind: fc.constantFrom('topk', 'bottomk'), limit: fc.bigInt(0n, 2n ** 63n - 1n) })
    .map(node => ({ ...node, ...place })),
  fc
    .record({ operator: comparisons, value: fc.oneof(numbers, durations) })
    .map(node => ({ kind: 'metrics-filter', ...node, ...place }) as const),
)
const stages = fc.array(secondStages, { maxLength: 2 })
const { metrics } = fc.letrec<{ metrics: MetricsExpression }>(tie => ({
  metrics: fc.oneof(
    { maxDepth: 3 },
    fc.record({ pipeline, aggregate: metricsAggregates, stages }).map(node => {
      return { kind: 'metrics-pipeline', ...node, ...place } as const
    }),
    fc
      .tuple(
        fc.constantFrom('+', '-', '*', '/'),
        tie('metrics'),
        fc.oneof(tie('metrics'), numbers),
        fc.boolean(),
        stages,
      )
      .map(([operator, a, b, swapped, after]) => {
        const sides = swapped ? { left: b, right: a } : { left: a, right: b }
        return { kind: 'metrics-math', operator, ...sides, stages: after, ...place } as const
      }),
  ),
}))

const hints = fc.array(
  fc.record({ name: fc.constantFrom('sample', 'exact', 'most_recent'), value: statics }).map(hint => {
    return { kind: 'hint', ...hint, ...place } as const
  }),
  { maxLength: 2 },
)

export const arbitraryExpression = expression
export const arbitraryStage = stage
export const arbitraryQuery: fc.Arbitrary<Query> = fc.oneof(
  fc.record({ pipeline, hints }).map(node => ({ kind: 'search', ...node, ...place }) as const),
  fc.record({ expression: metrics, hints }).map(node => ({ kind: 'metrics', ...node, ...place }) as const),
)
