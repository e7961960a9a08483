import { LabError } from '../../error.ts'
import type { Limits } from '../../model/limits.ts'
import type { SpanSource } from '../../model/scan.ts'
import type { KeyedValue } from '../engine/answer-value.ts'
import type { Explain } from '../engine/explain.ts'
import type { Hint, MetricsExpression, MetricsOperand, MetricsPipeline, MetricsQuery, Query } from '../language/ast.ts'
import { PointBudget } from '../language/limits.ts'
import { gatherBounds, type Pipelines, type PointBounds, pipelinesOf } from './bounds.ts'
import { gatherComparison } from './gather-comparison.ts'
import { type Intervals, intervalsOf, labelsMs, wholeInterval } from './intervals.ts'
import type { KnownCells } from './known-cells.ts'
import { combineNumber, combineSeries, runStages } from './metrics-math.ts'
import { gatherSeries, type MetricsRun, type PipelineSeries } from './metrics-pipeline.ts'
import { pipelineKey } from './pipeline-key.ts'
import type { Series, SeriesSet } from './series.ts'

/** Spans count that start in `[startNanos, endNanos)`. */
export interface InstantOptions extends Limits {
  readonly startNanos: bigint
  readonly endNanos: bigint
  /** No more series a pipeline than this, 1,000 by default. */
  readonly maxSeries?: number | undefined
  /** No more exemplars a series than this, none by default. */
  readonly exemplars?: number | undefined
  /** After each series two that bound it, named `…__lower` and `…__upper`, where spans were sampled. */
  readonly withBounds?: boolean | undefined
  /** Of earlier questions, to answer this one with less reading. */
  readonly knownCells?: KnownCells | undefined
}

/** Intervals end at multiples of the step and hold their end. */
export interface RangeOptions extends InstantOptions {
  readonly stepNanos: bigint
}

/** Series in the shape of Tempo's answers. */
export interface MetricsAnswer {
  readonly series: readonly SeriesAnswer[]
  readonly metrics: { readonly inspectedSpans: string }
  /** `PARTIAL` where series were left out, with the reason. */
  readonly status?: 'PARTIAL'
  readonly message?: string
  /** Where bounds were asked for: how sure they are, and the aggregates that have none. */
  readonly bounds?: {
    readonly confidence: number
    /** False where no span stands for others: bounds are the points themselves. */
    readonly isSampled: boolean
    readonly unbounded: readonly string[]
  }
  /** One a pipeline, in the order in which they ran. */
  readonly explain: readonly Explain[]
}

export interface SeriesAnswer {
  readonly labels: readonly KeyedValue[]
  /** The points that there are; a value of 0 is left out. */
  readonly samples: readonly { readonly timestampMs: string; readonly value?: number }[]
  readonly exemplars?: readonly ExemplarAnswer[]
}

/** A span that was counted. What JSON has no number for, as the value of a span that is only counted, is text. */
export interface ExemplarAnswer {
  readonly labels: readonly KeyedValue[]
  readonly value: number | 'NaN'
  readonly timestampMs: string
}

/**
 * Answers a metrics query over a range. With the hint `exact=true` quantiles are those of the values, not of
 * power-of-two buckets as in Tempo; nothing is ever sampled. Fails with a LabError where the query is a search.
 */
export async function queryRange(source: SpanSource, query: Query, options: RangeOptions): Promise<MetricsAnswer> {
  const { startNanos, endNanos, stepNanos } = options
  const intervals = intervalsOf(startNanos, endNanos, stepNanos)
  return answerFrom(source, metricsQuery(query), { ...options, intervals })
}

/** The same with one interval, which is the range. */
export async function queryInstant(source: SpanSource, query: Query, options: InstantOptions): Promise<MetricsAnswer> {
  const intervals = wholeInterval(options.startNanos, options.endNanos)
  return answerFrom(source, metricsQuery(query), { ...options, intervals })
}

type Asked = InstantOptions & { readonly intervals: Intervals }

function answerFrom(source: SpanSource, query: MetricsQuery, asked: Asked): Promise<MetricsAnswer> {
  return answerSeries(query, asked, {
    gather: (node, run) => gatherPipeline(source, node, run),
    bound: (pipelines, run) => gatherBounds(source, query.expression, pipelines, run),
  })
}

function metricsQuery(query: Query): MetricsQuery {
  if (query.kind === 'metrics') return query
  throw new LabError('invalid', 'TraceQL: a search gives spans: search, or add | rate()')
}

/** How what a query asks of is gathered. */
export interface Gathering {
  /** The series of one pipeline, before its stages. */
  gather(node: MetricsPipeline, run: MetricsRun): Promise<PipelineSeries>
  /** Of the points that the pipelines of the query give; absent where none are asked for. */
  bound?(pipelines: Pipelines, run: MetricsRun): Promise<PointBounds>
}

/** The answer to a query whose pipelines are gathered somehow. */
export async function answerSeries(
  query: MetricsQuery,
  options: Asked,
  { gather, bound }: Gathering,
): Promise<MetricsAnswer> {
  const { intervals } = options
  const maxSeries = options.maxSeries ?? 1000
  const run: MetricsRun = {
    intervals,
    maxSeries,
    maxExemplars: options.exemplars ?? 0,
    budget: new PointBudget(),
    isExact: isTrue(query.hints, 'exact'),
    limits: options,
    knownCells: options.knownCells,
  }
  const pipelines = new Map<string, PipelineSeries>()
  const found = await evaluate(query.expression, { gather, run, pipelines })
  const bounds = options.withBounds ? await bound?.(pipelines, run) : undefined
  const times = labelsMs(intervals)
  const parts = [...pipelines.values()]
  const truncated = parts.some(part => part.isTruncated)
  return {
    series: (bounds ? withBounds(found, bounds) : found.series).map(own => seriesAnswer(own, times)),
    metrics: { inspectedSpans: String(parts.reduce((sum, { explain }) => sum + explain.spanCount, 0)) },
    ...(truncated ? { status: 'PARTIAL', message: `more than ${maxSeries} series: only the first are answered` } : {}),
    ...(bounds
      ? { bounds: { confidence: 0.95, isSampled: bounds.isSampled, unbounded: unbounded(query, bounds) } }
      : {}),
    explain: parts.map(part => part.explain),
  }
}

function isTrue(hints: readonly Hint[], name: string): boolean {
  return hints.some(hint => hint.name === name && hint.value.value === true)
}

interface Evaluation {
  readonly gather: Gathering['gather']
  readonly run: MetricsRun
  /** By text, so that a repeated pipeline runs once. */
  readonly pipelines: Map<string, PipelineSeries>
}

async function evaluate(node: MetricsExpression, evaluation: Evaluation): Promise<SeriesSet> {
  if (node.kind === 'metrics-pipeline') return runStages(node.stages, await pipelineSeries(node, evaluation))
  const left = await evaluateOperand(node.left, evaluation)
  const right = await evaluateOperand(node.right, evaluation)
  const combined =
    typeof left === 'number' || typeof right === 'number'
      ? combineNumber(node.operator, left, right)
      : combineSeries(node.operator, left, right)
  return runStages(node.stages, { ...combined, series: combined.series.filter(hasPoint) })
}

function hasPoint({ points }: Series): boolean {
  return points.some(point => !Number.isNaN(point))
}

async function evaluateOperand(node: MetricsOperand, evaluation: Evaluation): Promise<SeriesSet | number> {
  return node.kind === 'static' ? Number(node.value) : evaluate(node, evaluation)
}

async function pipelineSeries(node: MetricsPipeline, { gather, run, pipelines }: Evaluation): Promise<PipelineSeries> {
  const key = pipelineKey(node)
  let series = pipelines.get(key)
  if (series === undefined) {
    series = await gather(node, run)
    pipelines.set(key, series)
  }
  return series
}

function gatherPipeline(source: SpanSource, node: MetricsPipeline, run: MetricsRun): Promise<PipelineSeries> {
  const { aggregate } = node
  return aggregate.kind === 'compare'
    ? gatherComparison(source, node, aggregate, run)
    : gatherSeries(source, node, aggregate, run)
}

/** After each series its bounds, as series of its labels whose name tells which they are. */
function withBounds({ name, series }: SeriesSet, bounds: PointBounds): Series[] {
  return series.flatMap(own => {
    const { lower, upper } = bounds.of(own)
    return [
      own,
      { labels: suffixed(own.labels, name, '__lower'), points: lower },
      { labels: suffixed(own.labels, name, '__upper'), points: upper },
    ].filter(hasPoint)
  })
}

function suffixed(labels: readonly KeyedValue[], name: string, suffix: string): KeyedValue[] {
  const value = { stringValue: `${name}${suffix}` }
  return [{ key: '__name__', value }, ...labels.filter(({ key }) => key !== '__name__')]
}

/** Nothing tells how far what was left out lies beyond the least and the greatest that was kept. */
function unbounded({ expression }: MetricsQuery, { isSampled }: PointBounds): string[] {
  const kinds = pipelinesOf(expression).map(({ aggregate }) => aggregate.kind)
  return isSampled ? [...new Set(kinds.filter(kind => kind === 'min_over_time' || kind === 'max_over_time'))] : []
}

function seriesAnswer({ labels, points, exemplars = [] }: Series, times: readonly string[]): SeriesAnswer {
  const samples: { timestampMs: string; value?: number }[] = []
  for (let i = 0; i < points.length; i++) {
    const value = points[i]!
    if (Number.isNaN(value)) continue
    samples.push(value === 0 ? { timestampMs: times[i]! } : { timestampMs: times[i]!, value })
  }
  if (exemplars.length === 0) return { labels, samples }
  return {
    labels,
    samples,
    exemplars: exemplars.map(own => ({ ...own, value: Number.isNaN(own.value) ? 'NaN' : own.value })),
  }
}
