import type { Limits } from '../../model/limits.ts'
import type { ColumnName, ColumnSet, SharedInput, SpanBatch, SpanSource } from '../../model/scan.ts'
import type { Shared, Task } from '../../workers/task.ts'
import { answerValue, type KeyedValue } from '../engine/answer-value.ts'
import { firstNumber } from '../engine/arithmetic.ts'
import { type Explain, Explainer } from '../engine/explain.ts'
import { numbersOf } from '../engine/numbers.ts'
import { type PipelinePlan, planPipeline } from '../engine/plan.ts'
import { type BatchWork, scanResults } from '../engine/scan.ts'
import { keepsAll, runPipeline } from '../engine/spansets.ts'
import { type Cell, fieldVector, Pool, Tag } from '../engine/vector.ts'
import { noColumns, openView, type Part, type View } from '../engine/view.ts'
import type { Field, MetricsAggregate, MetricsPipeline } from '../language/ast.ts'
import { columnsOfField, flavourOf, isDerived } from '../language/fields.ts'
import type { PointBudget } from '../language/limits.ts'
import { printField } from '../language/print-expression.ts'
import { Accumulator, type Gathering, type Groups } from './accumulate.ts'
import type { Observations } from './cell-places.ts'
import { type CellSums, sumCells } from './cell-sums.ts'
import { readExemplars } from './exemplars.ts'
import { type GroupCodes, groupCodes } from './group-codes.ts'
import { commonInterval, type Intervals, readIntervals } from './intervals.ts'
import { type SeriesSet, valueKey } from './series.ts'

/** How series are gathered, beside what the text says. */
export interface MetricsRun {
  readonly intervals: Intervals
  readonly maxSeries: number
  readonly maxExemplars: number
  /** One for all pipelines of a query. */
  readonly budget: PointBudget
  readonly isExact: boolean
  readonly limits: Limits
}

/** The series of one pipeline, and whether some were left out for their number. */
export interface PipelineSeries extends SeriesSet {
  readonly isTruncated: boolean
  readonly explain: Explain
}

export type CountingAggregate = Exclude<MetricsAggregate, { kind: 'compare' }>

/** What of a query batches are gathered by. */
export interface GatherInput {
  readonly plan: PipelinePlan
  readonly aggregate: CountingAggregate
  readonly argument: Field | undefined
  readonly fields: readonly Field[]
  readonly intervals: Intervals
  readonly isExact: boolean
}

/** What a batch gives. */
interface Gathered {
  readonly spanCount: number
  /** By stage of the pipeline: the spans that it leaves. */
  readonly stages: readonly number[]
  /** Absent where none are left. */
  readonly cells?: {
    readonly sums: CellSums
    readonly groups: Groups
    /** Here, the spans themselves. */
    readonly counted?: { readonly batch: SpanBatch; readonly observations: Observations }
  }
}

/** Gathers batches in a worker. */
export const gatherTask: Task<readonly SharedInput[], [Shared, Shared<GatherInput>], readonly SharedGathered[]> = {
  name: 'metrics',
}

/** What a batch gives, as data: the groups that occur, by new codes. */
export interface SharedGathered extends Omit<Gathered, 'cells'> {
  readonly cells?: {
    readonly sums: CellSums
    readonly keys: readonly string[]
    readonly labels: readonly (readonly KeyedValue[])[]
  }
}

/** Gathers the series of a pipeline, batch by batch. */
export async function gatherSeries(
  source: SpanSource,
  { pipeline }: MetricsPipeline,
  aggregate: CountingAggregate,
  run: MetricsRun,
): Promise<PipelineSeries> {
  const { intervals, isExact } = run
  const plan = planPipeline(pipeline, { startNanos: intervals.fromNanos, endNanos: intervals.untilNanos })
  const argument = 'argument' in aggregate ? aggregate.argument : undefined
  const fields = [...aggregate.by, ...(argument === undefined ? [] : [argument])]
  const explainer = new Explainer(source, plan.request, ['span:start', ...fields.flatMap(columnsOfField)])
  const accumulator = accumulatorOf(aggregate, run)
  const input: GatherInput = { plan, aggregate, argument, fields, intervals, isExact }
  const shared: Shared<GatherInput> = { content: input }
  const work: BatchWork<Gathered> = {
    isLimited: false,
    here: batch => gatherBatch(batch, input),
    // Which spans are shown depends on those of batches before.
    there:
      run.maxExemplars > 0
        ? undefined
        : async ({ inputs, file }, workers) =>
            (await workers.run(gatherTask, inputs, file, shared)).map(unpackGathered),
  }
  for await (const { spanCount, stages, cells } of scanResults(source, plan.request, run.limits, work)) {
    explainer.addBatch(spanCount)
    for (const [i, left] of stages.entries()) explainer.addStage(plan.pipeline.stages[i]!, left)
    if (cells === undefined) continue
    accumulator.add(cells.sums, cells.groups)
    if (cells.counted !== undefined)
      await readExemplars(cells.counted.batch, accumulator.choose(cells.counted.observations, cells.groups))
  }
  return {
    name: aggregate.kind,
    series: accumulator.finish(),
    isTruncated: accumulator.isTruncated,
    explain: explainer.finish(),
  }
}

/** What gathers the series of an aggregate; without groups, counts always have one. */
export function accumulatorOf(aggregate: CountingAggregate, run: MetricsRun): Accumulator {
  const accumulator = new Accumulator(gatheringOf(aggregate, run))
  const isCount = aggregate.kind === 'rate' || aggregate.kind === 'count_over_time'
  if (isCount && aggregate.by.length === 0) accumulator.open(nameLabels(aggregate.kind))
  return accumulator
}

function gatheringOf(
  aggregate: CountingAggregate,
  { intervals, maxSeries, maxExemplars, budget, isExact }: MetricsRun,
): Gathering {
  return {
    kind: aggregate.kind,
    intervalCount: intervals.count,
    budget,
    stepSeconds: Number(intervals.stepNanos) / 1e9,
    maxSeries,
    maxExemplars,
    quantiles: aggregate.kind === 'quantile_over_time' ? aggregate.quantiles : [],
    isExact,
    isDuration: 'argument' in aggregate && flavourOf(aggregate.argument) === 'duration',
  }
}

/** The spans that a pipeline leaves, as rows; undefined means all. */
interface Matched {
  readonly rows: Uint32Array | undefined
  readonly rowCount: number
}

/** Gathers the spans of a batch. */
export async function gatherBatch(batch: SpanBatch, input: GatherInput): Promise<Gathered> {
  const { aggregate, argument, fields, intervals } = input
  const { spanCount } = batch
  const stages: number[] = []
  const common = commonInterval(batch, intervals)
  if (common === -1) return { spanCount, stages }
  const pool = new Pool()
  const matched = await matchBatch(batch, input, pool, stages)
  if (matched.rowCount === 0) return { spanCount, stages }
  const columns: readonly ColumnName[] = fields.flatMap(columnsOfField)
  const few = matched.rowCount < batch.spanCount / 2 ? matched.rows : undefined
  const read = readColumns(batch, [...new Set(columns)], fields.some(isDerived) ? undefined : few)
  const [columnSet, spansOf] = await Promise.all([read, common ?? readIntervals(batch, intervals, few)])
  const view = openView(batch, columnSet)
  const groups = groupCodes(view, aggregate.by, pool)
  const observations: Observations = {
    ...matched,
    intervals: spansOf,
    codes: groups.codes,
    weights: batch.weights,
    values: argument === undefined ? undefined : valuesOf(view, argument, pool),
  }
  const shape = { groupCount: groups.count, intervalCount: intervals.count, isExact: input.isExact }
  const sums = sumCells(aggregate.kind, observations, shape)
  return {
    spanCount,
    stages,
    cells: { sums, groups: labelsOf(aggregate, groups, pool), counted: { batch, observations } },
  }
}

/** What a batch gave, for another thread. */
export function packGathered({ spanCount, stages, cells }: Gathered): SharedGathered {
  if (cells === undefined) return { spanCount, stages }
  const { sums, groups } = cells
  const present = [...new Set(sums.codes)]
  const newCodes = new Map(present.map((code, i) => [code, i]))
  return {
    spanCount,
    stages,
    cells: {
      sums: { ...sums, codes: sums.codes.map(code => newCodes.get(code)!) },
      keys: present.map(groups.key),
      labels: present.map(groups.labels),
    },
  }
}

function unpackGathered({ cells, ...counts }: SharedGathered): Gathered {
  if (cells === undefined) return counts
  const { sums, keys, labels } = cells
  const groups: Groups = { count: keys.length, key: code => keys[code]!, labels: code => labels[code]! }
  return { ...counts, cells: { sums, groups } }
}

async function readColumns(batch: SpanBatch, columns: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
  return columns.length === 0 ? noColumns : batch.read(columns, rows)
}

/** Notes what each stage leaves. */
async function matchBatch(batch: SpanBatch, { plan }: GatherInput, pool: Pool, stages: number[]): Promise<Matched> {
  const { columns } = plan.request
  if (plan.pipeline.stages.every(keepsAll)) {
    for (const _ of plan.pipeline.stages) stages.push(batch.spanCount)
    return { rows: undefined, rowCount: batch.spanCount }
  }
  // A read of no columns gives where traces start.
  const read = plan.joinsSpans ? batch.read(columns) : readColumns(batch, columns)
  const view = openView(batch, await read)
  let rowCount = batch.spanCount
  const { mask } = runPipeline(plan.pipeline, view, pool, (_, spanCount) => {
    rowCount = spanCount
    stages.push(spanCount)
  })
  if (rowCount === batch.spanCount) return { rows: undefined, rowCount }
  return { rows: rowsOf(mask, rowCount), rowCount }
}

/** The rows that a mask holds for. */
export function rowsOf(mask: Uint8Array, rowCount: number): Uint32Array {
  const rows = new Uint32Array(rowCount)
  let next = 0
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows[next++] = row
  return rows
}

/** By span the number that a field holds, NaN where it holds none; of several events or links the first. */
function valuesOf(view: View, field: Field, pool: Pool): Float64Array {
  const parts = view.parts(field)
  const [only] = parts
  if (parts.length === 1 && isPlain(only!)) return numbersOf(only!.data)
  const values = new Float64Array(view.spanCount).fill(Number.NaN)
  if (parts.length > 1) {
    const { tags, numbers } = fieldVector(view, field, pool)
    for (let row = 0; row < values.length; row++) {
      const { tag, number } = firstNumber({ tag: tags[row]!, number: numbers[row]! }, pool)
      if (tag !== Tag.nil) values[row] = number
    }
    return values
  }
  for (const { data, owner, unless } of parts) {
    if (data.type !== 'int' && data.type !== 'double') continue
    fillValues(view, { owner, rows: data.rows, numbers: numbersOf(data), unless }, values)
  }
  return values
}

/** Whether a part has a number for every span. */
function isPlain({ data, owner, unless }: Part): boolean {
  return (
    owner === 'span' &&
    unless === undefined &&
    data.rows === undefined &&
    (data.type === 'int' || data.type === 'double')
  )
}

interface NumberPart {
  readonly owner: 'span' | 'event' | 'link' | 'trace'
  readonly rows: Uint32Array | undefined
  readonly numbers: Float64Array
  readonly unless: Uint8Array | undefined
}

function fillValues(view: View, { owner, rows, numbers, unless }: NumberPart, values: Float64Array): void {
  const spans = owner === 'event' ? view.columns.eventSpans : owner === 'link' ? view.columns.linkSpans : undefined
  for (let i = 0; i < numbers.length; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (owner === 'trace') values.fill(numbers[i]!, view.traceStarts[row]!, view.traceStarts[row + 1]!)
    else {
      const span = spans === undefined ? row : spans[row]!
      if (Number.isNaN(values[span]!) && unless?.[span] !== 1) values[span] = numbers[i]!
    }
  }
}

/** The labels of each group: its fields as they are written, or the name of the aggregate where nothing groups. */
function labelsOf({ by, kind }: CountingAggregate, { count, cells }: GroupCodes, pool: Pool): Groups {
  if (by.length === 0) return { count, key: () => '', labels: () => nameLabels(kind) }
  const names = by.map(printField)
  return {
    count,
    key: code =>
      by.length === 1
        ? textKey(cells(code)[0]!, pool)
        : cells(code)
            .map(cell => cellKey(cell, pool))
            .join(),
    labels: code => cells(code).map((cell, i): KeyedValue => ({ key: names[i]!, value: answerValue(cell, pool) })),
  }
}

/** A text for equal cells of any batch: the text of the cell itself where it is one, which is cheap to look up. */
function textKey(cell: Cell, pool: Pool): string {
  const text = cell.tag === Tag.text ? pool.text(cell.number) : '\0'
  return text.startsWith('\0') ? `\0${cellKey(cell, pool)}` : text
}

/** One text for equal cells of any batch, from which no other cell's text differs by a comma alone. */
function cellKey({ tag, number }: Cell, pool: Pool): string {
  if (tag < Tag.text) return `${tag}:${number}`
  if (tag > Tag.id) return valueKey(answerValue({ tag, number }, pool))
  const text = pool.text(number)
  return `${tag}:${text.length}:${text}`
}

/** Quantiles and buckets have labels of their own. */
export function nameLabels(kind: CountingAggregate['kind']): KeyedValue[] {
  const isNamed = kind !== 'quantile_over_time' && kind !== 'histogram_over_time'
  return isNamed ? [{ key: '__name__', value: { stringValue: kind } }] : []
}
