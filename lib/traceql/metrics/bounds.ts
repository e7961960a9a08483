import type { SpanBatch, SpanSource } from '../../model/scan.ts'
import { isSampled } from '../../sampling/weights.ts'
import { scanBatches } from '../engine/scan.ts'
import type { MetricsExpression, MetricsOperand, MetricsPipeline } from '../language/ast.ts'
import { flavourOf } from '../language/fields.ts'
import { comparedContributions, comparedFields, planComparison } from './compare.ts'
import { contributionsOf } from './contributions.ts'
import { type Estimate, Estimator, withNumber } from './estimates.ts'
import { gatherInput, type MetricsRun, type PipelineSeries } from './metrics-pipeline.ts'
import { pipelineKey } from './pipeline-key.ts'
import { labelsKey, type Series } from './series.ts'
import { type Contribution, type Pair, TraceMoments } from './trace-moments.ts'

/** Bounds of points that a sample estimates, between which the truth lies with a confidence of 95 %. */
export interface PointBounds {
  /** False where no span stands for others: then bounds are the points themselves. */
  readonly isSampled: boolean
  /** NaN where a point has no bound. */
  of(series: Series): { readonly lower: Float64Array; readonly upper: Float64Array }
}

/** The series that the pipelines of a query gave, by `pipelineKey`. */
export type Pipelines = ReadonlyMap<string, PipelineSeries>

/**
 * Reads the spans of a query once more, trace by trace: how far its points may be off follows from how much they vary
 * from trace to trace, and, where points are combined, from how much these vary together.
 */
export async function gatherBounds(
  source: SpanSource,
  expression: MetricsExpression,
  pipelines: Pipelines,
  run: MetricsRun,
): Promise<PointBounds> {
  if (!(await isSampled(source))) return { isSampled: false, of: ({ points }) => ({ lower: points, upper: points }) }
  const parts = await planParts(source, expression, { pipelines, run })
  const moments = await gatherMoments(source, parts, run)
  return { isSampled: true, of: series => boundsOf(series, expression, { parts, moments }) }
}

/** How the points of a pipeline are made of components. */
interface Part {
  readonly request: SpanRequest
  readonly found: PipelineSeries
  readonly componentCount: number
  readonly first: number
  add(batch: SpanBatch, moments: TraceMoments): Promise<Contribution[]>
  estimate(cell: Cell): Estimate | undefined
}

type SpanRequest = Parameters<SpanSource['scan']>[0]

/** A point of a series. */
interface Cell {
  readonly estimator: Estimator
  readonly key: string
  readonly interval: number
}

/** By pipeline of a query; those that gather the same have one. */
type Parts = ReadonlyMap<MetricsPipeline, Part>

interface Planning {
  readonly pipelines: Pipelines
  readonly run: MetricsRun
}

async function planParts(source: SpanSource, expression: MetricsExpression, planning: Planning): Promise<Parts> {
  const byKey = new Map<string, Part>()
  const parts = new Map<MetricsPipeline, Part>()
  let first = 0
  for (const node of pipelinesOf(expression)) {
    const known = byKey.get(pipelineKey(node))
    const part = known ?? (await planPart(source, node, { ...planning, first }))
    byKey.set(pipelineKey(node), part)
    parts.set(node, part)
    if (known === undefined) first += part.componentCount
  }
  return parts
}

/** All pipelines of an expression, from left to right. */
export function pipelinesOf(node: MetricsOperand): MetricsPipeline[] {
  if (node.kind === 'static') return []
  return node.kind === 'metrics-pipeline' ? [node] : [...pipelinesOf(node.left), ...pipelinesOf(node.right)]
}

async function planPart(
  source: SpanSource,
  node: MetricsPipeline,
  { pipelines, run, first }: Planning & { readonly first: number },
): Promise<Part> {
  const { aggregate } = node
  const found = pipelines.get(pipelineKey(node))!
  if (aggregate.kind === 'compare') {
    const fields = await comparedFields(source)
    const comparison = planComparison(source, node, { node: aggregate, fields, run })
    return {
      ...{ request: comparison.plan.request, found, componentCount: 1, first },
      add: (batch, moments) =>
        comparedContributions(batch, comparison, first, labels => moments.get(labelsKey(labels))),
      estimate: ({ estimator, interval }) => estimator.total(first, 1, interval),
    }
  }
  const input = gatherInput(node.pipeline, aggregate, run)
  const unit = 'argument' in aggregate && flavourOf(aggregate.argument) === 'duration' ? 1e9 : 1
  const own = new Map(found.series.map(series => [labelsKey(series.labels), series]))
  return {
    ...{ request: input.plan.request, found, first },
    componentCount: componentCounts[aggregate.kind],
    add: (batch, moments) =>
      contributionsOf(batch, {
        ...{ input, first, unit },
        find: key => moments.get(key),
        distributionOf: key => own.get(key)?.distribution,
      }),
    estimate: cell => estimateOf(aggregate, { ...cell, first, unit, series: own.get(cell.key)!, run }),
  }
}

const componentCounts = {
  rate: 1,
  count_over_time: 1,
  sum_over_time: 1,
  avg_over_time: 2,
  histogram_over_time: 1,
  quantile_over_time: 2,
  min_over_time: 0,
  max_over_time: 0,
} as const

interface Estimated extends Cell {
  readonly first: number
  readonly unit: number
  readonly series: Series
  readonly run: MetricsRun
}

function estimateOf(
  { kind }: { readonly kind: keyof typeof componentCounts },
  { estimator, interval, first, unit, series, run }: Estimated,
): Estimate | undefined {
  switch (kind) {
    case 'rate':
      return estimator.total(first, Number(run.intervals.stepNanos) / 1e9, interval)
    case 'count_over_time':
    case 'histogram_over_time':
      return estimator.total(first, 1, interval)
    case 'sum_over_time':
      return estimator.total(first, unit, interval)
    case 'avg_over_time': {
      const [sum, count] = [estimator.total(first, unit, interval), estimator.total(first + 1, 1, interval)]
      return estimator.combine('/', sum, count, interval)
    }
    case 'quantile_over_time': {
      const { value } = series.labels.at(-1)!
      const share = (value as { readonly doubleValue: number }).doubleValue
      return estimator.quantile(share, first, interval, other => series.distribution!.quantile(other, interval))
    }
    case 'min_over_time':
    case 'max_over_time':
      return undefined
  }
}

async function gatherMoments(source: SpanSource, parts: Parts, run: MetricsRun): Promise<TraceMoments> {
  const { intervals, budget, limits } = run
  const all = [...new Set(parts.values())]
  const componentCount = all.reduce((sum, part) => sum + part.componentCount, 0)
  const moments = new TraceMoments(componentCount, pairsOf(all), intervals.count, budget)
  for (const { found } of all) for (const { labels } of found.series) moments.open(labelsKey(labels))
  for await (const batch of scanBatches(source, requestOf(all, run), limits)) {
    const contributions: Contribution[] = []
    for (const part of all) contributions.push(...(await part.add(batch, moments)))
    if (contributions.length > 0) moments.add(batch.weights, (await batch.read([])).traceStarts, contributions)
  }
  return moments
}

/** Each component varies by itself, and with all that it may be combined with. */
function pairsOf(parts: readonly Part[]): Pair[] {
  const components = parts.flatMap(({ first, componentCount }) =>
    Array.from({ length: componentCount }, (_, i) => first + i),
  )
  return components.flatMap((a, i) => components.slice(i).map((b): Pair => [a, b]))
}

/** What one scan asks for all pipelines: all traces in time where there are several. */
function requestOf(parts: readonly Part[], { intervals }: MetricsRun): SpanRequest {
  if (parts.length === 1) return parts[0]!.request
  const columns = [...new Set(parts.flatMap(({ request }) => request.columns))]
  return { needs: [], columns, startNanos: intervals.fromNanos, endNanos: intervals.untilNanos }
}

interface Sums {
  readonly parts: Parts
  readonly moments: TraceMoments
}

function boundsOf({ labels, points }: Series, expression: MetricsExpression, { parts, moments }: Sums) {
  const [lower, upper] = [
    new Float64Array(points.length).fill(Number.NaN),
    new Float64Array(points.length).fill(Number.NaN),
  ]
  const key = labelsKey(labels)
  const own = moments.get(key)
  if (own === undefined) return { lower, upper }
  const estimator = new Estimator(moments, own)
  for (let interval = 0; interval < points.length; interval++) {
    if (Number.isNaN(points[interval])) continue
    const estimate = evaluate(expression, { estimator, key, interval }, parts)
    lower[interval] = finite(estimate?.low)
    upper[interval] = finite(estimate?.high)
  }
  return { lower, upper }
}

function finite(bound: number | undefined): number {
  return bound !== undefined && Number.isFinite(bound) ? bound : Number.NaN
}

function evaluate(node: MetricsExpression, cell: Cell, parts: Parts): Estimate | undefined {
  if (node.kind === 'metrics-pipeline') return parts.get(node)!.estimate(cell)
  const { left, right, operator } = node
  if (left.kind === 'static') {
    const estimate = evaluate(right as MetricsExpression, cell, parts)
    return estimate && withNumber(operator, estimate, Number(left.value), true)
  }
  const first = evaluate(left, cell, parts)
  if (right.kind === 'static') return first && withNumber(operator, first, Number(right.value), false)
  const second = evaluate(right, cell, parts)
  return first && second && cell.estimator.combine(operator, first, second, cell.interval)
}
