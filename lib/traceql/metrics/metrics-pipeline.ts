import { clip, LabError } from '../../error.ts'
import { getOrInsert } from '../../maps.ts'
import type { Limits } from '../../model/limits.ts'
import type { SpanBatch, SpanSource } from '../../model/scan.ts'
import type { Shared } from '../../workers/task.ts'
import { type Explain, Explainer } from '../engine/explain.ts'
import { planPipeline } from '../engine/plan.ts'
import { type BatchWork, scanResults } from '../engine/scan.ts'
import { keepsAll } from '../engine/spansets.ts'
import { parseQuery } from '../engine/validate.ts'
import type { MetricsPipeline, Pipeline } from '../language/ast.ts'
import { columnsOfField, flavourOf } from '../language/fields.ts'
import type { PointBudget } from '../language/limits.ts'
import { Accumulator, type Gathering } from './accumulate.ts'
import { chooseExemplars, readExemplars, type Shown, showExemplar } from './exemplars.ts'
import {
  type Gathered,
  type GatherInput,
  gatherBatch,
  gatherTask,
  packGathered,
  type SharedGathered,
  unpackGathered,
} from './gather-batch.ts'
import { type CountingAggregate, nameLabels } from './group-labels.ts'
import type { Intervals } from './intervals.ts'
import type { KnownCells } from './known-cells.ts'
import { pipelineKey } from './pipeline-key.ts'
import type { SeriesSet } from './series.ts'

/** How series are gathered, beside what the text says. */
export interface MetricsRun {
  readonly intervals: Intervals
  readonly maxSeries: number
  readonly maxExemplars: number
  /** One for all pipelines of a query. */
  readonly budget: PointBudget
  readonly isExact: boolean
  readonly limits: Limits
  readonly knownCells?: KnownCells | undefined
}

/** The series of one pipeline, and whether some were left out for their number. */
export interface PipelineSeries extends SeriesSet {
  readonly isTruncated: boolean
  readonly explain: Explain
}

/** Gathers the series of a pipeline, batch by batch. */
export async function gatherSeries(
  source: SpanSource,
  node: MetricsPipeline,
  aggregate: CountingAggregate,
  run: MetricsRun,
): Promise<PipelineSeries> {
  const { pipeline } = node
  const input = gatherInput(pipeline, aggregate, run)
  const { plan, fields } = input
  const isAll = pipeline.stages.every(keepsAll)
  const explainer = new Explainer(source, plan.request, [
    'span:start',
    ...(isAll ? [] : fields.flatMap(columnsOfField)),
  ])
  const accumulator = accumulatorOf(aggregate, run)
  const { intervals, isExact, maxExemplars } = run
  const asked: ApartMetrics = { query: pipelineKey(node), intervals, isExact, maxExemplars }
  const shared: Shared<GatherInput> = { content: input }
  const work: BatchWork<Gathered> = {
    isLimited: false,
    apart: { work: { name: 'metrics', content: asked }, received: result => unpackGathered(result as SharedGathered) },
    known: knownOf(node, run),
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
    if (cells.exemplars !== undefined) accumulator.show(cells.exemplars, cells.groups)
    if (cells.counted === undefined) continue
    const choices = accumulator.choose(cells.counted.observations, cells.groups)
    const read = await readExemplars(cells.counted.batch, choices)
    for (const [i, { series, value }] of choices.entries()) showExemplar(series, { ...read[i]!, value })
  }
  return {
    name: aggregate.kind,
    series: accumulator.finish(),
    isTruncated: accumulator.isTruncated,
    explain: explainer.finish(),
  }
}

/** A pipeline over a part of a source, as data. */
export interface ApartMetrics {
  /** One pipeline, without the stages after it. */
  readonly query: string
  readonly intervals: Intervals
  readonly isExact: boolean
  readonly maxExemplars: number
}

/** Gathers a pipeline over a part of a source for who puts the parts together, batch by batch. */
export async function gatherApart(
  source: SpanSource,
  asked: ApartMetrics,
  limits: Limits,
  knownCells?: KnownCells,
): Promise<SharedGathered[]> {
  const query = parseQuery(asked.query)
  if (query.kind !== 'metrics' || query.expression.kind !== 'metrics-pipeline')
    throw new LabError('invalid', `TraceQL: needs one pipeline with a metric, found ${clip(asked.query)}`)
  const { pipeline, aggregate } = query.expression
  if (aggregate.kind === 'compare') throw new LabError('invalid', 'TraceQL: compare is not gathered by batch')
  const input = gatherInput(pipeline, aggregate, asked)
  const shared: Shared<GatherInput> = { content: input }
  // The first of a part may be in the interval that the part before it ends with.
  const maxExemplars = asked.maxExemplars === 0 ? 0 : asked.maxExemplars + 1
  const series = new Map<string, Shown>()
  const here = async (batch: SpanBatch) => {
    const gathered = await gatherBatch(batch, input)
    const { counted, groups } = gathered.cells ?? {}
    if (counted === undefined || groups === undefined || maxExemplars === 0) return packGathered(gathered)
    const choices = chooseExemplars(counted.observations, maxExemplars, code =>
      getOrInsert(series, groups.key(code), () => ({ exemplarCount: 0, exemplarInterval: -1 })),
    )
    const read = await readExemplars(batch, choices)
    const chosen = choices.map(({ code, interval, value }, i) => ({ code, interval, value, ...read[i]! }))
    return packGathered(gathered, chosen)
  }
  const work: BatchWork<SharedGathered> = {
    isLimited: false,
    known: isKnowable(asked) ? knownCells?.packed(asked.query, asked.intervals) : undefined,
    here,
    there: maxExemplars > 0 ? undefined : ({ inputs, file }, workers) => workers.run(gatherTask, inputs, file, shared),
  }
  const all: SharedGathered[] = []
  for await (const gathered of scanResults(source, input.plan.request, limits, work)) all.push(gathered)
  return all
}

/** What batches gave before. */
function knownOf(node: MetricsPipeline, run: MetricsRun) {
  return isKnowable(run) ? run.knownCells?.of(pipelineKey(node), run.intervals) : undefined
}

/** Exemplars and exact quantiles are of the spans themselves. */
function isKnowable({ maxExemplars, isExact }: Pick<MetricsRun, 'maxExemplars' | 'isExact'>): boolean {
  return maxExemplars === 0 && !isExact
}

/** What batches are gathered by. */
export function gatherInput(
  pipeline: Pipeline,
  aggregate: CountingAggregate,
  { intervals, isExact }: Pick<MetricsRun, 'intervals' | 'isExact'>,
): GatherInput {
  const argument = 'argument' in aggregate ? aggregate.argument : undefined
  const fields = [...aggregate.by, ...(argument === undefined ? [] : [argument])]
  const range = { startNanos: intervals.fromNanos, endNanos: intervals.untilNanos }
  // What every batch is read for is read with the next ones; else some may have nothing left to be read for.
  const plan = planPipeline(pipeline, range, pipeline.stages.every(keepsAll) ? fields.flatMap(columnsOfField) : [])
  return { plan, aggregate, argument, fields, intervals, isExact }
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
