import { clip, LabError } from '../../error.ts'
import type { Limits } from '../../model/limits.ts'
import type { SpanSource } from '../../model/scan.ts'
import { mayBeSampled } from '../../sampling/weights.ts'
import type { AnyValue } from '../engine/answer-value.ts'
import type { Explain } from '../engine/explain.ts'
import { portionResults } from '../engine/scan.ts'
import { parseQuery } from '../engine/validate.ts'
import type { Compare, Field, MetricsPipeline } from '../language/ast.ts'
import { PointBudget } from '../language/limits.ts'
import {
  type Comparison,
  compareAll,
  comparedFields,
  planComparison,
  pointsOf,
  seriesOf,
  type Tally,
} from './compare.ts'
import type { Intervals } from './intervals.ts'
import type { MetricsRun, PipelineSeries } from './metrics-pipeline.ts'
import { pipelineKey } from './pipeline-key.ts'

/**
 * Counts by attribute and value the spans of the selection and, apart, all others: the `topN` values of each side, and
 * the spans that have the attribute at all, whose label value is the text nil.
 */
export async function gatherComparison(
  source: SpanSource,
  pipeline: MetricsPipeline,
  node: Compare,
  run: MetricsRun,
): Promise<PipelineSeries> {
  const fields = await comparedFields(source)
  const comparison = planComparison(source, pipeline, { node, fields, run })
  const parts = await comparedParts(source, comparison, pipeline, run.limits)
  if (parts === undefined) await compareAll(source, comparison, run.limits)
  else for (const part of parts) addPart(comparison, part)
  const { explainer, tallies } = comparison
  const isTruncated = tallies.some(side => side.some(tally => tally.isTruncated))
  return { name: 'compare', series: seriesOf(comparison), isTruncated, explain: explainer.finish() }
}

/** What others give for parts of the source; undefined where what these give cannot be put together exactly. */
async function comparedParts(
  source: SpanSource,
  { fields, intervals, plan }: Comparison,
  pipeline: MetricsPipeline,
  limits: Limits,
): Promise<ComparedPart[] | undefined> {
  // Sums of weights depend on their order.
  if (source.portions === undefined || (await mayBeSampled(source))) return undefined
  const content: ApartComparison = { query: pipelineKey(pipeline), fields, intervals }
  const parts: ComparedPart[] = []
  for await (const part of portionResults(source.portions, plan.request, limits, { name: 'compare', content })) {
    // Which of too many values are kept depends on what comes before.
    if ((part as ComparedPart).isTruncated) return undefined
    parts.push(part as ComparedPart)
  }
  return parts
}

/** A comparison over a part of a source, as data. */
export interface ApartComparison {
  /** One pipeline, whose metric is `compare`. */
  readonly query: string
  /** Those of the whole source. */
  readonly fields: readonly Field[]
  readonly intervals: Intervals
}

/** What a part gives. */
export interface ComparedPart {
  readonly explain: Explain
  /** True where some attribute has too many values: then others may lack. */
  readonly isTruncated: boolean
  /** By side and field. */
  readonly tallies: readonly (readonly PackedTally[])[]
}

interface PackedTally {
  readonly totals: PackedPoints
  readonly values: readonly { readonly value: AnyValue; readonly points: PackedPoints }[]
}

/** The points that are not 0, and their intervals. */
interface PackedPoints {
  readonly intervals: Uint32Array
  readonly counts: Float64Array
}

/** Compares a part of a source for who puts the parts together. */
export async function compareApart(
  source: SpanSource,
  { query, fields, intervals }: ApartComparison,
  limits: Limits,
): Promise<ComparedPart[]> {
  const parsed = parseQuery(query)
  const node = parsed.kind === 'metrics' ? parsed.expression : undefined
  if (node?.kind !== 'metrics-pipeline' || node.aggregate.kind !== 'compare')
    throw new LabError('invalid', `TraceQL: needs one pipeline with compare, found ${clip(query)}`)
  const run = { intervals, budget: new PointBudget() }
  const comparison = planComparison(source, node, { node: node.aggregate, fields, run })
  await compareAll(source, comparison, limits)
  const { tallies, explainer } = comparison
  return [
    {
      explain: explainer.finish(),
      isTruncated: tallies.some(side => side.some(tally => tally.isTruncated)),
      tallies: tallies.map(side => side.map(packTally)),
    },
  ]
}

function packTally({ totals, values }: Tally): PackedTally {
  return {
    totals: packPoints(totals),
    values: Array.from(values.values(), ({ value, points }) => ({ value, points: packPoints(points) })),
  }
}

function packPoints(points: Float64Array): PackedPoints {
  const intervals = Uint32Array.from([...points.keys()].filter(i => points[i] !== 0))
  return { intervals, counts: Float64Array.from(intervals, i => points[i]!) }
}

/** Adds what a part gave. Counts of spans are exact in any order. */
function addPart(comparison: Comparison, { explain, tallies }: ComparedPart): void {
  const { explainer, plan } = comparison
  explainer.addBatch(explain.spanCount)
  for (const [i, { spanCount }] of explain.stages.entries()) explainer.addStage(plan.pipeline.stages[i]!, spanCount)
  for (const [side, fields] of tallies.entries())
    for (const [i, { totals, values }] of fields.entries()) {
      const tally = comparison.tallies[side]![i]!
      addPoints(tally.totals, totals)
      for (const { value, points } of values) {
        const own = pointsOf(tally, value)
        if (own !== null) addPoints(own, points)
      }
    }
}

function addPoints(sums: Float64Array, { intervals, counts }: PackedPoints): void {
  for (const [i, interval] of intervals.entries()) sums[interval]! += counts[i]!
}
