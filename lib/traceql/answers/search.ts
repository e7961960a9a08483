import { LabError } from '../../error.ts'
import type { Limits } from '../../model/limits.ts'
import type { ColumnName, PortionWork, SharedInput, SpanBatch, SpanSource } from '../../model/scan.ts'
import type { Shared, Task } from '../../workers/task.ts'
import { type Explain, Explainer } from '../engine/explain.ts'
import { collectHits } from '../engine/hits.ts'
import { type PipelinePlan, planPipeline, type TimeRange } from '../engine/plan.ts'
import { scanResults } from '../engine/scan.ts'
import { runPipeline } from '../engine/spansets.ts'
import { startsIn } from '../engine/time-extent.ts'
import { parseQuery } from '../engine/validate.ts'
import { Pool } from '../engine/vector.ts'
import { View } from '../engine/view.ts'
import type { Field, Hint, Query, SearchQuery } from '../language/ast.ts'
import { columnsOfField } from '../language/fields.ts'
import { print } from '../language/print.ts'
import { answerHits, summaryColumns, type TraceAnswer } from './search-answer.ts'
import { ServiceCounter } from './service-stats.ts'
import { Turns } from './turns.ts'

/** `limit` traces are answered, with `spss` spans a spanset. Traces count where a span starts in the time range. */
export interface SearchOptions extends TimeRange, Limits {
  readonly limit?: number | undefined
  readonly spss?: number | undefined
}

/** Matching traces as Tempo answers, newest first, and how they were found. */
export interface SearchAnswer {
  readonly traces: readonly TraceAnswer[]
  readonly metrics: { readonly inspectedTraces: number; readonly inspectedSpans: string }
  readonly explain: Explain
}

/**
 * Searches a source. It stops once `limit` traces match, whichever those are; with the hint `most_recent=true` it reads
 * on and gives those that start last. Fails with a LabError where the query is not a search.
 */
export async function search(source: SpanSource, query: Query, options: SearchOptions = {}): Promise<SearchAnswer> {
  if (query.kind !== 'search') throw new LabError('invalid', 'TraceQL: a metrics query gives series: ask for a range')
  return runSearch(source, query, options)
}

async function runSearch(source: SpanSource, query: SearchQuery, options: SearchOptions): Promise<SearchAnswer> {
  const run = planSearch(source, query, options)
  const { plan, limit, isLatest, isLimited } = run
  const explainer = new Explainer(source, plan.request, [...new Set([...summaryColumns, ...laterColumns(plan.shown)])])
  let traces: TraceAnswer[] = []
  for await (const { spanCount, traceCount, stages, answers } of searchResults(source, run, options)) {
    explainer.addBatch(spanCount)
    explainer.addTraces(traceCount)
    for (const [i, left] of stages.entries()) explainer.addStage(plan.pipeline.stages[i]!, left)
    // Others do not know how many are left.
    const count = isLimited ? limit - traces.length : answers.length
    for (const trace of answers.slice(0, count)) traces.push(trace)
    if (isLatest && traces.length > 2 * limit) traces = newestFirst(traces).slice(0, limit)
    if (!isLatest && traces.length >= limit) break
  }
  const explain = explainer.finish()
  return {
    traces: newestFirst(traces).slice(0, limit),
    metrics: { inspectedTraces: explain.traceCount ?? 0, inspectedSpans: String(explain.spanCount) },
    explain,
  }
}

/** How a source is searched. */
interface SearchRun {
  readonly query: SearchQuery
  readonly plan: PipelinePlan
  readonly range: TimeRange
  readonly limit: number
  readonly spss: number
  readonly isRanged: boolean
  readonly isLatest: boolean
  readonly isLimited: boolean
}

function planSearch(source: Pick<SpanSource, 'cost'>, query: SearchQuery, options: SearchOptions): SearchRun {
  const { limit = 20, spss = 3, startNanos, endNanos } = options
  const isRanged = startNanos !== undefined || endNanos !== undefined
  const range = { startNanos, endNanos }
  const plan = planPipeline(query.pipeline, range, isRanged ? ['span:start'] : [])
  const isLatest = isTrue(query.hints, 'most_recent')
  const isLimited = !isLatest && limit < source.cost(plan.request).spanCount
  return { query, plan, range, limit, spss, isRanged, isLatest, isLimited }
}

/** What the batches of a source give, in their order. */
function searchResults(source: SpanSource, run: SearchRun, limits: Limits): AsyncIterable<Searched> {
  const { plan, range, isRanged, spss, limit, isLimited } = run
  const input: SearchInput = { plan, range, isRanged, spss, limit: isLimited ? limit : undefined }
  const turns = new Turns(limit)
  const shared: Shared<SearchInput, Wanting, number> = {
    content: input,
    answer: async ({ turn, hitCount }) => ({ value: await turns.take(turn, hitCount) }),
  }
  const counter = new ServiceCounter()
  return scanResults(source, plan.request, limits, {
    isLimited,
    apart: { work: apartWork(run), received: result => result as Searched },
    here: batch =>
      turns.during(turn => searchBatch(batch, input, { counter, wanted: hitCount => turns.take(turn, hitCount) })),
    there: ({ inputs, file }, workers) =>
      turns.during(
        turn => workers.run(searchTask, { ...inputs, value: { batches: inputs.value, turn } }, file, shared),
        inputs.value.length,
      ),
  })
}

/** A search of a part of a source, as data. */
export interface ApartSearch extends TimeRange {
  readonly query: string
  readonly limit: number
  readonly spss: number
}

function apartWork({ query, range, limit, spss }: SearchRun): PortionWork & { readonly content: ApartSearch } {
  return { name: 'search', content: { query: print(query), ...range, limit, spss } }
}

/** Searches a part of a source for who puts the parts together: no more traces than may be wanted of it. */
export async function searchApart(source: SpanSource, asked: ApartSearch, limits: Limits): Promise<Searched[]> {
  const query = parseQuery(asked.query)
  if (query.kind !== 'search') throw new LabError('invalid', 'TraceQL: a metrics query gives series, not traces')
  const run = planSearch(source, query, asked)
  const { limit, isLatest } = run
  const all: Searched[] = []
  let traces: TraceAnswer[] = []
  for await (const searched of searchResults(source, run, limits)) {
    all.push(searched)
    for (const trace of searched.answers) traces.push(trace)
    if (isLatest && traces.length > 2 * limit) traces = newestFirst(traces).slice(0, limit)
    if (!isLatest && traces.length >= limit) break
  }
  if (!isLatest) return all
  const newest = new Set(newestFirst(traces).slice(0, limit))
  return all.map(searched => ({ ...searched, answers: searched.answers.filter(trace => newest.has(trace)) }))
}

function isTrue(hints: readonly Hint[], name: string): boolean {
  return hints.some(hint => hint.name === name && hint.value.value === true)
}

/** Of traces that start at once the one of the smaller id first, whatever the order that they are stored in. */
function newestFirst(traces: readonly TraceAnswer[]): TraceAnswer[] {
  const keyed = traces.map(trace => ({ trace, text: trace.startTimeUnixNano, number: Number(trace.startTimeUnixNano) }))
  keyed.sort(
    (a, b) => b.number - a.number || compareInts(b.text, a.text) || compareInts(a.trace.traceID, b.trace.traceID),
  )
  return keyed.map(({ trace }) => trace)
}

/** Digits of ints, to one base, that no sign and no zero leads. */
function compareInts(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** What shown fields need, beside what the answer needs of every span. */
function laterColumns(shown: readonly Field[]): ColumnName[] {
  return ['span:id', ...shown.flatMap(columnsOfField)]
}

/** What of a query batches are searched by. */
export interface SearchInput {
  readonly plan: PipelinePlan
  readonly range: TimeRange
  readonly isRanged: boolean
  readonly spss: number
  /** No more traces than this; all where undefined. */
  readonly limit: number | undefined
}

/** Who searches several batches: what they share, and how many of its hits a batch may answer. */
export interface Searcher {
  readonly counter: ServiceCounter
  wanted(hitCount: number): Promise<number>
}

/** What a batch gives. */
export interface Searched {
  readonly spanCount: number
  readonly traceCount: number
  /** By stage of the pipeline: the spans that it leaves. */
  readonly stages: readonly number[]
  readonly answers: readonly TraceAnswer[]
}

interface Wanting {
  readonly turn: number
  readonly hitCount: number
}

/** Searches batches in a worker, which asks how many of its hits each may answer, from a turn on. */
export const searchTask: Task<
  { readonly batches: readonly SharedInput[]; readonly turn: number },
  [Shared, Shared<SearchInput, Wanting, number>],
  readonly Searched[]
> = { name: 'search' }

/** The traces of a batch that match, as many as are wanted. */
export async function searchBatch(
  batch: SpanBatch,
  { plan, range, isRanged, spss, limit }: SearchInput,
  { counter, wanted }: Searcher,
): Promise<Searched> {
  const pool = new Pool()
  const view = new View(batch, await batch.read(plan.request.columns))
  const { spanCount, traceCount } = view
  const stages: number[] = []
  const spansets = runPipeline(plan.pipeline, view, pool, (_, left) => stages.push(left))
  const hits = collectHits(spansets, view, {
    limit: limit ?? Number.POSITIVE_INFINITY,
    spss,
    wanted: isRanged ? tracesInRange(view, range) : undefined,
  })
  const count = limit === undefined ? hits.length : await wanted(hits.length)
  const shown = hits.slice(0, count)
  const answers = count === 0 ? [] : await answerHits(shown, spansets, { view, pool, shown: plan.shown, counter })
  return { spanCount, traceCount, stages, answers }
}

/** 1 for the traces with a span that starts in the range. */
function tracesInRange(view: View, range: TimeRange): Uint8Array {
  const isIn = startsIn(view.columns.get('span:start'), view.spanCount, range)
  const wanted = new Uint8Array(view.traceCount)
  const traceOf = view.traceOf()
  for (let row = 0; row < isIn.length; row++) if (isIn[row] === 1) wanted[traceOf[row]!] = 1
  return wanted
}
