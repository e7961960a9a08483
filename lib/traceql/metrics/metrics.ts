import { LabError } from '../../error.ts'
import type { Limits } from '../../model/limits.ts'
import type { SpanSource } from '../../model/scan.ts'
import type { KeyedValue } from '../engine/answer-value.ts'
import type { Explain } from '../engine/explain.ts'
import type { Hint, MetricsExpression, MetricsOperand, MetricsPipeline, MetricsQuery, Query } from '../language/ast.ts'
import { PointBudget } from '../language/limits.ts'
import { printMetrics } from '../language/print.ts'
import { gatherComparison } from './compare.ts'
import { type Intervals, intervalsOf, labelsMs, wholeInterval } from './intervals.ts'
import { combineNumber, combineSeries, runStages } from './metrics-math.ts'
import { gatherSeries, type MetricsRun, type PipelineSeries } from './metrics-pipeline.ts'
import type { Series, SeriesSet } from './series.ts'

/** Spans count that start in `[startNanos, endNanos)`. */
export interface InstantOptions extends Limits {
  readonly startNanos: bigint
  readonly endNanos: bigint
  /** No more series a pipeline than this, 1,000 by default. */
  readonly maxSeries?: number | undefined
  /** No more exemplars a series than this, none by default. */
  readonly exemplars?: number | undefined
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
  return answerSeries(metricsQuery(query), { ...options, intervals }, (node, run) => gatherPipeline(source, node, run))
}

/** The same with one interval, which is the range. */
export async function queryInstant(source: SpanSource, query: Query, options: InstantOptions): Promise<MetricsAnswer> {
  const intervals = wholeInterval(options.startNanos, options.endNanos)
  return answerSeries(metricsQuery(query), { ...options, intervals }, (node, run) => gatherPipeline(source, node, run))
}

function metricsQuery(query: Query): MetricsQuery {
  if (query.kind === 'metrics') return query
  throw new LabError('invalid', 'TraceQL: a search gives spans: search, or add | rate()')
}

/** Gathers the series of one pipeline, before its stages. */
export type GatherPipeline = (node: MetricsPipeline, run: MetricsRun) => Promise<PipelineSeries>

/** The answer to a query whose pipelines are gathered somehow. */
export async function answerSeries(
  query: MetricsQuery,
  options: InstantOptions & { readonly intervals: Intervals },
  gather: GatherPipeline,
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
  }
  const pipelines = new Map<string, PipelineSeries>()
  const { series } = await evaluate(query.expression, { gather, run, pipelines })
  const times = labelsMs(intervals)
  const parts = [...pipelines.values()]
  const truncated = parts.some(part => part.isTruncated)
  return {
    series: series.map(own => seriesAnswer(own, times)),
    metrics: { inspectedSpans: String(parts.reduce((sum, { explain }) => sum + explain.spanCount, 0)) },
    ...(truncated ? { status: 'PARTIAL', message: `more than ${maxSeries} series: only the first are answered` } : {}),
    explain: parts.map(part => part.explain),
  }
}

function isTrue(hints: readonly Hint[], name: string): boolean {
  return hints.some(hint => hint.name === name && hint.value.value === true)
}

interface Evaluation {
  readonly gather: GatherPipeline
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
  const key = printMetrics({ ...node, stages: [] })
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
