import type { ColumnName, ColumnSet, SharedInput, SpanBatch } from '../../model/scan.ts'
import type { Shared, Task } from '../../workers/task.ts'
import type { KeyedValue } from '../engine/answer-value.ts'
import type { PipelinePlan } from '../engine/plan.ts'
import { keepsAll, runPipeline } from '../engine/spansets.ts'
import { Pool } from '../engine/vector.ts'
import { noColumns, View } from '../engine/view.ts'
import type { Field } from '../language/ast.ts'
import { columnsOfField, isDerived } from '../language/fields.ts'
import type { Groups } from './accumulate.ts'
import type { Observations } from './cell-places.ts'
import { type CellSums, sumCells } from './cell-sums.ts'
import type { ChosenExemplar } from './exemplars.ts'
import { groupCodes } from './group-codes.ts'
import { type CountingAggregate, labelsOf } from './group-labels.ts'
import { type Intervals, intervalRange, readIntervals } from './intervals.ts'
import { spanValues } from './span-values.ts'

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
export interface Gathered {
  readonly spanCount: number
  /** By stage of the pipeline: the spans that it leaves. */
  readonly stages: readonly number[]
  /** Absent where none are left. */
  readonly cells?: {
    readonly sums: CellSums
    readonly groups: Groups
    /** Of others: the spans that they would show. */
    readonly exemplars?: readonly ChosenExemplar[] | undefined
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
    readonly exemplars?: readonly ChosenExemplar[] | undefined
  }
}

/** The spans that a pipeline leaves, as rows; undefined means all. */
interface Matched {
  readonly rows: Uint32Array | undefined
  readonly rowCount: number
}

/** Gathers the spans of a batch. */
export async function gatherBatch(batch: SpanBatch, input: GatherInput): Promise<Gathered> {
  const { plan, aggregate, argument, fields, isExact } = input
  const { spanCount } = batch
  const stages: number[] = []
  const range = intervalRange(batch, input.intervals)
  if (range.count === 0) return { spanCount, stages }
  const pool = new Pool()
  const matched = plan.pipeline.stages.every(keepsAll)
    ? matchAll(batch, plan, stages)
    : await matchSome(batch, plan, pool, stages)
  if (matched.rowCount === 0) return { spanCount, stages }
  const columns = new Set<ColumnName>(fields.flatMap(columnsOfField))
  const few = matched.rowCount < spanCount / 2 ? matched.rows : undefined
  const read = await readColumns(batch, [...columns], fields.some(isDerived) ? undefined : few)
  const isOne = range.count === 1 && range.isWhole
  const byRow = isOne ? undefined : await readIntervals(batch, range, input.intervals, few)
  const view = new View(batch, read)
  const groups = groupCodes(view, aggregate.by, pool)
  const observations: Observations = {
    ...matched,
    intervals: { first: range.first, count: range.count, byRow },
    codes: groups.codes,
    weights: batch.weights,
    values: argument === undefined ? undefined : spanValues(view, argument, pool),
  }
  const sums = sumCells(aggregate.kind, observations, groups.count, isExact)
  return {
    spanCount,
    stages,
    cells: { sums, groups: labelsOf(aggregate, groups, pool), counted: { batch, observations } },
  }
}

/** What a batch gave, for another thread or process. */
export function packGathered(
  { spanCount, stages, cells }: Gathered,
  exemplars?: readonly ChosenExemplar[],
): SharedGathered {
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
      exemplars: exemplars?.map(own => ({ ...own, code: newCodes.get(own.code)! })),
    },
  }
}

export function unpackGathered({ cells, ...counts }: SharedGathered): Gathered {
  if (cells === undefined) return counts
  const { sums, keys, labels, exemplars } = cells
  const groups: Groups = { count: keys.length, key: code => keys[code]!, labels: code => labels[code]! }
  return { ...counts, cells: { sums, groups, exemplars } }
}

/** Notes that each stage leaves all. */
function matchAll({ spanCount }: SpanBatch, { pipeline }: PipelinePlan, stages: number[]): Matched {
  for (const _ of pipeline.stages) stages.push(spanCount)
  return { rows: undefined, rowCount: spanCount }
}

/** Notes what each stage leaves. */
async function matchSome(batch: SpanBatch, plan: PipelinePlan, pool: Pool, stages: number[]): Promise<Matched> {
  const { columns } = plan.request
  // A read of no columns gives where traces start.
  const view = new View(batch, plan.joinsSpans ? await batch.read(columns) : await readColumns(batch, columns))
  let rowCount = batch.spanCount
  const { mask } = runPipeline(plan.pipeline, view, pool, (_, spanCount) => {
    rowCount = spanCount
    stages.push(spanCount)
  })
  return { rows: rowCount === batch.spanCount ? undefined : rowsOf(mask, rowCount), rowCount }
}

async function readColumns(batch: SpanBatch, columns: readonly ColumnName[], rows?: Uint32Array): Promise<ColumnSet> {
  return columns.length === 0 ? noColumns : batch.read(columns, rows)
}

/** The rows that a mask holds for. */
function rowsOf(mask: Uint8Array, rowCount: number): Uint32Array {
  const rows = new Uint32Array(rowCount)
  let next = 0
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows[next++] = row
  return rows
}
