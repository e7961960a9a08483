import { getOrInsert } from '../../maps.ts'
import type { Limits } from '../../model/limits.ts'
import type { ColumnName, SpanBatch, SpanSource } from '../../model/scan.ts'
import { type AnyValue, answerValue, type KeyedValue } from '../engine/answer-value.ts'
import { holds } from '../engine/evaluate.ts'
import { Explainer } from '../engine/explain.ts'
import { fold } from '../engine/fold.ts'
import { planPipeline } from '../engine/plan.ts'
import { scanBatches } from '../engine/scan.ts'
import { runPipeline } from '../engine/spansets.ts'
import { startsIn } from '../engine/time-extent.ts'
import { type Cell, Pool, Tag } from '../engine/vector.ts'
import { View } from '../engine/view.ts'
import type { Compare, Field, IntrinsicName, MetricsPipeline, Scope } from '../language/ast.ts'
import { columnsOfField, fieldsOf } from '../language/fields.ts'
import type { PointBudget } from '../language/limits.ts'
import { printField } from '../language/print-expression.ts'
import { groupCodes } from './group-codes.ts'
import { type Intervals, spanIntervals } from './intervals.ts'
import type { MetricsRun } from './metrics-pipeline.ts'
import { type Series, valueKey } from './series.ts'
import type { Contribution, SeriesMoments } from './trace-moments.ts'

/** The most distinct values kept per attribute; further ones are left out, and reported. */
const maxValues = 10_000

const comparedIntrinsics: readonly IntrinsicName[] = [
  'span:name',
  'span:kind',
  'span:status',
  'span:statusMessage',
  'trace:rootName',
  'trace:rootService',
  'instrumentation:name',
  'instrumentation:version',
]

/** The two sides: spans of the selection, and all others. */
const sides = ['selection', 'baseline'] as const

/** How often the values of one attribute occur on one side, by interval. */
export interface Tally {
  readonly budget: PointBudget
  readonly values: Map<string, { readonly value: AnyValue; readonly points: Float64Array }>
  readonly totals: Float64Array
  isTruncated: boolean
}

export interface Comparison {
  readonly node: Compare
  readonly plan: ReturnType<typeof planPipeline>
  readonly fields: readonly Field[]
  readonly columns: readonly ColumnName[]
  readonly intervals: Intervals
  readonly explainer: Explainer
  /** By side and field. */
  readonly tallies: readonly (readonly Tally[])[]
}

/** Compares all batches of a source. */
export async function compareAll(source: SpanSource, comparison: Comparison, limits: Limits): Promise<void> {
  for await (const batch of scanBatches(source, comparison.plan.request, limits)) await compareBatch(batch, comparison)
}

/** What is compared: the fields, and by which selection. */
export interface ComparisonRun {
  readonly node: Compare
  readonly fields: readonly Field[]
  readonly run: Pick<MetricsRun, 'intervals' | 'budget'>
}

/** What batches are compared by. */
export function planComparison(
  source: SpanSource,
  { pipeline }: MetricsPipeline,
  { node, fields, run: { intervals, budget } }: ComparisonRun,
): Comparison {
  const condition = fold(node.selection.condition)
  const selection: Compare = { ...node, selection: { ...node.selection, condition } }
  const columns = new Set<ColumnName>(['span:start', ...fields.flatMap(columnsOfField)])
  for (const field of fieldsOf(condition)) for (const column of columnsOfField(field)) columns.add(column)
  const plan = planPipeline(pipeline, { startNanos: intervals.fromNanos, endNanos: intervals.untilNanos }, [...columns])
  const explainer = new Explainer(source, plan.request)
  const tallies = sides.map(() => fields.map(() => newTally(intervals.count, budget)))
  return { node: selection, plan, fields, columns: [...columns], intervals, explainer, tallies }
}

function newTally(intervalCount: number, budget: PointBudget): Tally {
  return { budget, values: new Map(), totals: budget.points(intervalCount, 0), isTruncated: false }
}

export async function comparedFields(source: SpanSource): Promise<Field[]> {
  const place = { start: 0, end: 0, ofParent: false } as const
  const fields: Field[] = comparedIntrinsics.map(name => ({ kind: 'intrinsic', name, ...place }))
  for (const { scope, key } of await source.attributeNames())
    if (scope !== 'event' && scope !== 'link')
      fields.push({ kind: 'attribute', scope: scope satisfies Scope, name: key, ...place })
  return fields
}

async function compareBatch(batch: SpanBatch, comparison: Comparison): Promise<void> {
  const { fields, tallies } = comparison
  const { view, pool, spans } = await partSides(batch, comparison)
  fields.forEach((field, i) => {
    tallyField(view, field, spans, [tallies[0]![i]!, tallies[1]![i]!], pool)
  })
}

/** What the spans of a batch add to the series of a comparison, each by the labels of its series. */
export async function comparedContributions(
  batch: SpanBatch,
  comparison: Comparison,
  component: number,
  find: (labels: readonly KeyedValue[]) => SeriesMoments | undefined,
): Promise<Contribution[]> {
  const { view, pool, spans } = await partSides(batch, comparison)
  const { mask, selected, intervals } = spans
  const own = {
    ...{ component, rows: undefined, rowCount: view.spanCount, amountOf: () => 1 },
    intervalOf: (row: number) => (mask[row] === 0 ? -1 : intervals[row]!),
  }
  return comparison.fields.flatMap(field => {
    const { codes, cells } = groupCodes(view, [field], pool)
    const key = printField(field)
    const ofValues = (isTotal: boolean) => {
      const known = new Map<number, SeriesMoments | undefined>()
      return (row: number) =>
        getOrInsert(known, codes[row]! * 2 + selected[row]!, () => {
          const [cell] = cells(codes[row]!)
          const side = sides[selected[row]! ^ 1]!
          if (cell!.tag === Tag.nil) return undefined
          return find(isTotal ? totalLabels(side, key) : labels(side, key, answerValue(cell!, pool)))
        })
    }
    return [false, true].map(isTotal => ({ ...own, seriesOf: ofValues(isTotal) }))
  })
}

/** The spans of a batch, parted into those of the selection and all others. */
async function partSides(batch: SpanBatch, { node, plan, intervals, explainer }: Comparison) {
  const pool = new Pool()
  const view = new View(batch, await batch.read(plan.request.columns))
  explainer.addBatch(view.spanCount)
  const { mask } = runPipeline(plan.pipeline, view, pool, (stage, spanCount) => explainer.addStage(stage, spanCount))
  const selected = holds(node.selection.condition, view, pool)
  restrict(selected, view, node)
  const spans: Spans = {
    mask,
    selected,
    intervals: spanIntervals(view.columns.get('span:start'), view.spanCount, intervals),
    weights: batch.weights,
  }
  return { view, pool, spans }
}

/** Only spans that start in `(startNanos, endNanos]` count as selected. */
function restrict(selected: Uint8Array, view: View, { startNanos, endNanos }: Compare): void {
  if (startNanos === undefined || endNanos === undefined) return
  const range = { startNanos: startNanos + 1n, endNanos: endNanos + 1n }
  const isIn = startsIn(view.columns.get('span:start'), view.spanCount, range)
  for (let row = 0; row < selected.length; row++) selected[row]! &= isIn[row]!
}

interface Spans {
  readonly mask: Uint8Array
  readonly selected: Uint8Array
  readonly intervals: Int32Array
  readonly weights: Float64Array | undefined
}

function tallyField(view: View, field: Field, spans: Spans, tallies: readonly [Tally, Tally], pool: Pool): void {
  const { codes, count, cells } = groupCodes(view, [field], pool)
  const points: (Float64Array | null | undefined)[] = new Array(count * 2).fill(undefined)
  // By code its cell, once it occurred.
  const known: (Cell | undefined)[] = new Array(count).fill(undefined)
  for (let row = 0; row < codes.length; row++) {
    const interval = spans.intervals[row]!
    const code = codes[row]!
    if (spans.mask[row] === 0 || interval < 0) continue
    known[code] ??= cells(code)[0]!
    const cell = known[code]
    if (cell.tag === Tag.nil) continue
    const side = spans.selected[row]! ^ 1
    const weight = spans.weights === undefined ? 1 : spans.weights[row]!
    const tally = tallies[side]!
    tally.totals[interval]! += weight
    let own = points[code * 2 + side]
    if (own === undefined) {
      own = pointsOf(tally, answerValue(cell, pool))
      points[code * 2 + side] = own
    }
    if (own !== null) own[interval]! += weight
  }
}

export function pointsOf(tally: Tally, value: AnyValue): Float64Array | null {
  const key = valueKey(value)
  let known = tally.values.get(key)
  if (known === undefined) {
    if (tally.values.size >= maxValues) {
      tally.isTruncated = true
      return null
    }
    known = { value, points: tally.budget.points(tally.totals.length, 0) }
    tally.values.set(key, known)
  }
  return known.points
}

/** The series of what was compared: the `topN` values of each side, and all spans that have the attribute. */
export function seriesOf({ fields, tallies, node }: Comparison): Series[] {
  return sides.flatMap((side, i) =>
    fields.flatMap((field, j) => {
      const tally = tallies[i]![j]!
      if (tally.values.size === 0) return []
      const key = printField(field)
      const total = { labels: totalLabels(side, key), points: tally.totals }
      return [
        ...topValues(tally, Number(node.topN)).map(({ value, points }) => ({
          labels: labels(side, key, value),
          points,
        })),
        total,
      ]
    }),
  )
}

function totalLabels(side: string, key: string): KeyedValue[] {
  return labels(`${side}_total`, key, { stringValue: 'nil' })
}

function labels(side: string, key: string, value: AnyValue): KeyedValue[] {
  return [
    { key: '__meta_type', value: { stringValue: side } },
    { key, value },
  ]
}

/** The values that occur most, and of equal ones the first by text. */
function topValues({ values }: Tally, limit: number): { value: AnyValue; points: Float64Array }[] {
  const ranked = [...values].map(([key, { value, points }]) => {
    return { key, value, points, total: points.reduce((sum, point) => sum + point, 0) }
  })
  ranked.sort((a, b) => b.total - a.total || (a.key < b.key ? -1 : 1))
  return ranked.slice(0, limit)
}
