/**
 * What a TraceQL text says, as plain immutable objects. The parser makes them, the printer writes them, validation and
 * the engine read them. Every node has its place in the text: `start` and `end` are offsets in the text (UTF-16 units,
 * `[start, end)`), parentheses not included. `kind` distinguishes nodes.
 *
 * The parser normalises: `{ }` is `{ true }`; an intrinsic has one name, whichever spelling was used; `-` before a
 * literal is part of the literal; parentheses are gone; a pipeline in parentheses that is followed by `|` is one
 * pipeline with what follows; constant arithmetic is folded where only a constant is allowed (beside aggregates and in
 * math between series), and kept as written inside `{ }`.
 */
export interface Node {
  readonly start: number
  readonly end: number
}

/** A whole text: a search, which answers with spans, or a metrics query, which answers with series. */
export type Query = SearchQuery | MetricsQuery

export interface SearchQuery extends Node {
  readonly kind: 'search'
  readonly pipeline: Pipeline
  readonly hints: readonly Hint[]
}

export interface MetricsQuery extends Node {
  readonly kind: 'metrics'
  readonly expression: MetricsExpression
  readonly hints: readonly Hint[]
}

/** One of `with(name=value, …)`. Unknown names are kept: they are advice. */
export interface Hint extends Node {
  readonly kind: 'hint'
  readonly name: string
  readonly value: Static
}

/** Stages from left to right, at least one; the first one reads all spans of a trace. `coalesce` is never first. */
export interface Pipeline extends Node {
  readonly kind: 'pipeline'
  readonly stages: readonly Stage[]
}

export type Stage = SpansetExpression | ScalarFilter | GroupBy | Coalesce | Select

/** What gives a spanset out of a spanset. A pipeline is an operand where it is more than one such expression. */
export type SpansetExpression = SpansetFilter | SpansetOperation
export type SpansetOperand = SpansetExpression | Pipeline

/** `{ condition }` */
export interface SpansetFilter extends Node {
  readonly kind: 'filter'
  readonly condition: FieldExpression
}

/** `left operator right` */
export interface SpansetOperation extends Node {
  readonly kind: 'spanset-operation'
  readonly operator: SpansetOperator
  readonly left: SpansetOperand
  readonly right: SpansetOperand
}

export type SpansetOperator = LogicalOperator | StructuralOperator
export type LogicalOperator = '&&' | '||'
/** Child `>`, descendant `>>`, parent `<`, ancestor `<<`, sibling `~`: of the right spans those so related to a left one. */
export type Relationship = '>' | '>>' | '<' | '<<' | '~'
/** With `!` the right spans that are related to no left one; with `&` the related ones of both sides. */
export type StructuralOperator = Relationship | `!${Relationship}` | `&${Relationship}`

/** `by(expression)` */
export interface GroupBy extends Node {
  readonly kind: 'by'
  readonly expression: FieldExpression
}

export interface Coalesce extends Node {
  readonly kind: 'coalesce'
}

/** `select(field, …)`, at least one. */
export interface Select extends Node {
  readonly kind: 'select'
  readonly fields: readonly Field[]
}

/** `left operator right` on values of a spanset. A valid one compares one aggregate with one number, on either side. */
export interface ScalarFilter extends Node {
  readonly kind: 'scalar-filter'
  readonly operator: ComparisonOperator
  readonly left: ScalarExpression
  readonly right: ScalarExpression
}

/** Operations and pipelines parse, and are unsupported; of statics there are numbers and durations only. */
export type ScalarExpression = Aggregate | Static | ScalarOperation | ScalarPipeline

/** `count()` or `min(argument)`; `argument` is undefined for `count` alone. */
export interface Aggregate extends Node {
  readonly kind: 'aggregate'
  readonly name: AggregateName
  readonly argument: FieldExpression | undefined
}

export type AggregateName = 'count' | 'min' | 'max' | 'avg' | 'sum'

/** `left operator right`, at least one side not constant. */
export interface ScalarOperation extends Node {
  readonly kind: 'scalar-operation'
  readonly operator: ArithmeticOperator
  readonly left: ScalarExpression
  readonly right: ScalarExpression
}

/** `(pipeline | scalar)` */
export interface ScalarPipeline extends Node {
  readonly kind: 'scalar-pipeline'
  readonly pipeline: Pipeline
  readonly scalar: ScalarExpression
}

/** What gives series. `stages` run on them from left to right. */
export type MetricsExpression = MetricsPipeline | MetricsMath

/** `pipeline | aggregate stages` */
export interface MetricsPipeline extends Node {
  readonly kind: 'metrics-pipeline'
  readonly pipeline: Pipeline
  readonly aggregate: MetricsAggregate
  readonly stages: readonly SecondStage[]
}

/** `(left) operator (right) stages`; at most one side is a number. */
export interface MetricsMath extends Node {
  readonly kind: 'metrics-math'
  readonly operator: MathOperator
  readonly left: MetricsOperand
  readonly right: MetricsOperand
  readonly stages: readonly SecondStage[]
}

export type MathOperator = '+' | '-' | '*' | '/'
export type MetricsOperand = MetricsExpression | NumberStatic

export type MetricsAggregate = CountOverTime | OverTime | QuantileOverTime | Compare

/** `rate()` and `count_over_time()`; `by` is empty where nothing groups. */
export interface CountOverTime extends Node {
  readonly kind: 'rate' | 'count_over_time'
  readonly by: readonly Field[]
}

/** `min_over_time(argument)` and its like. */
export interface OverTime extends Node {
  readonly kind: 'min_over_time' | 'max_over_time' | 'avg_over_time' | 'sum_over_time' | 'histogram_over_time'
  readonly argument: Field
  readonly by: readonly Field[]
}

/** `quantile_over_time(argument, quantile, …)`, at least one quantile. */
export interface QuantileOverTime extends Node {
  readonly kind: 'quantile_over_time'
  readonly argument: Field
  readonly quantiles: readonly number[]
  readonly by: readonly Field[]
}

/** `compare(selection[, topN[, start, end]])`; `topN` is 10 where it is not written. Times are ns since the epoch. */
export interface Compare extends Node {
  readonly kind: 'compare'
  readonly selection: SpansetFilter
  readonly topN: bigint
  readonly startNanos: bigint | undefined
  readonly endNanos: bigint | undefined
}

export type SecondStage = Top | MetricsFilter

/** `| topk(limit)` and `| bottomk(limit)` */
export interface Top extends Node {
  readonly kind: 'topk' | 'bottomk'
  readonly limit: bigint
}

/** `operator value`: the points that meet it stay. */
export interface MetricsFilter extends Node {
  readonly kind: 'metrics-filter'
  readonly operator: ComparisonOperator
  /** A duration counts as its seconds, the unit of series of durations. */
  readonly value: NumberStatic | DurationStatic
}

/** What has a value by span (of an event or link: by each of them). */
export type FieldExpression = Static | Field | Unary | Binary | Membership

/** `operator operand` */
export interface Unary extends Node {
  readonly kind: 'unary'
  readonly operator: '-' | '!'
  readonly operand: FieldExpression
}

/** `left operator right`; the right side of a regex operator is a string static once validated. */
export interface Binary extends Node {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: FieldExpression
  readonly right: FieldExpression
}

/**
 * `operand IN [values]` and its like: of an array operand, `in` and `match any` hold where an item does, `not in` and
 * `match none` where none does. Values are of one type, strings for the match forms. Tempo prints these forms of its
 * rewritten conditions; here they can be written as well.
 */
export interface Membership extends Node {
  readonly kind: 'membership'
  readonly operator: MembershipOperator
  readonly operand: FieldExpression
  readonly values: readonly Static[]
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^'
export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>='
export type RegexOperator = '=~' | '!~'
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | RegexOperator | LogicalOperator
export type MembershipOperator = 'in' | 'not in' | 'match any' | 'match none'

/** A name that is looked up. */
export type Field = Attribute | Intrinsic

/** An attribute: `any` scope (`.name`) is the span's, else the resource's. `ofParent` (`parent.name`) is unsupported. */
export interface Attribute extends Node {
  readonly kind: 'attribute'
  readonly scope: Scope
  /** Never quoted; any text but the empty one. */
  readonly name: string
  readonly ofParent: boolean
}

export type Scope = 'any' | 'span' | 'resource' | 'event' | 'link' | 'instrumentation'

export interface Intrinsic extends Node {
  readonly kind: 'intrinsic'
  readonly name: IntrinsicName
  readonly ofParent: boolean
}

/** `span:duration` is the same as `duration`, `trace:duration` for `traceDuration`, and so on. */
export type IntrinsicName =
  | 'span:id'
  | 'span:parentID'
  | 'span:name'
  | 'span:kind'
  | 'span:status'
  | 'span:statusMessage'
  | 'span:duration'
  | 'span:childCount'
  | 'trace:id'
  | 'trace:duration'
  | 'trace:rootName'
  | 'trace:rootService'
  | 'event:name'
  | 'event:timeSinceStart'
  | 'link:traceID'
  | 'link:spanID'
  | 'instrumentation:name'
  | 'instrumentation:version'
  | 'nestedSetLeft'
  | 'nestedSetRight'
  | 'nestedSetParent'

export type Static = StringStatic | NumberStatic | BoolStatic | DurationStatic | StatusStatic | KindStatic | NilStatic
export type NumberStatic = IntStatic | FloatStatic
export type StaticType = Static['type']

interface StaticOf<Type extends string, Value> extends Node {
  readonly kind: 'static'
  readonly type: Type
  readonly value: Value
}

export type StringStatic = StaticOf<'string', string>
/** Signed 64 bit. */
export type IntStatic = StaticOf<'int', bigint>
/** Finite. */
export type FloatStatic = StaticOf<'float', number>
export type BoolStatic = StaticOf<'bool', boolean>
/** Nanoseconds, signed 64 bit. */
export type DurationStatic = StaticOf<'duration', bigint>
export type StatusStatic = StaticOf<'status', StatusName>
export type KindStatic = StaticOf<'kind', KindName>
export type NilStatic = StaticOf<'nil', null>

export type StatusName = 'unset' | 'ok' | 'error'
export type KindName = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'
