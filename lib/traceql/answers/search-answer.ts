import type { ColumnName, NumberValues } from '../../model/scan.ts'
import { traceKey } from '../../model/trace-id.ts'
import { answerKey, answerValue, type KeyedValue } from '../engine/answer-value.ts'
import { type TraceExtent, traceExtents } from '../engine/extents.ts'
import type { Hit, HitSet } from '../engine/hits.ts'
import { intTexts, overOneBase } from '../engine/numbers.ts'
import { aggregateOf } from '../engine/plan.ts'
import type { Spansets, SpansetValue } from '../engine/spanset.ts'
import { type Texts, textColumn } from '../engine/texts.ts'
import { fieldVector, type Pool, Tag, type Vector } from '../engine/vector.ts'
import { View } from '../engine/view.ts'
import type { Field } from '../language/ast.ts'
import { columnsOfField, isDerived } from '../language/fields.ts'
import { printExpression } from '../language/print-expression.ts'
import type { ServiceCounter, ServiceStats } from './service-stats.ts'

/** A matching trace in the shape of Tempo's answers; fields that are 0 or empty are left out. */
export interface TraceAnswer {
  /** Hex without leading zeros. */
  readonly traceID: string
  readonly rootServiceName: string
  readonly rootTraceName: string
  readonly startTimeUnixNano: string
  readonly durationMs?: number
  readonly spanSet: SpanSetAnswer
  readonly spanSets: readonly SpanSetAnswer[]
  readonly serviceStats: ServiceStats
}

export interface SpanSetAnswer {
  readonly spans: readonly SpanAnswer[]
  /** Of all spans, answered or not. */
  readonly matched: number
  readonly attributes?: readonly KeyedValue[]
}

export interface SpanAnswer {
  /** Hex, at least 16 digits. */
  readonly spanID: string
  readonly name?: string
  readonly startTimeUnixNano: string
  readonly durationNanos: string
  readonly attributes?: readonly KeyedValue[]
}

const rootMissing = '<root span not yet received>'

/** What is read of all spans of a matching trace. */
export const summaryColumns: readonly ColumnName[] = [
  'trace:id',
  'span:start',
  'span:duration',
  'trace:root',
  'span:name',
  'span:status',
  'resource.service.name',
]

export interface AnswerInput {
  readonly view: View
  readonly pool: Pool
  readonly shown: readonly Field[]
  /** One for all batches. */
  readonly counter: ServiceCounter
}

/** Reads what the answer shows, of the spans of the answer only. */
export async function answerHits(hits: readonly Hit[], spansets: Spansets, input: AnswerInput): Promise<TraceAnswer[]> {
  const { view, pool, shown, counter } = input
  const { batch } = view
  const traceRows = rowsOfTraces(hits, view)
  const spanRows = rowsOfSpans(hits)
  const later: ColumnName[] = ['span:id', ...shown.flatMap(columnsOfField)]
  const [summary, detail] = await Promise.all([
    batch.read(summaryColumns, traceRows),
    batch.read([...new Set(later)], shown.some(isDerived) ? traceRows : spanRows),
  ])
  const summaryView = new View(batch, summary)
  const detailView = new View(batch, detail)
  const starts = overOneBase(summary.get('span:start'), view.spanCount)
  const durations = overOneBase(summary.get('span:duration'), view.spanCount)
  const services = textColumn(summary.get('resource.service.name'))
  const context: Context = {
    spansets,
    pool,
    view: summaryView,
    names: textColumn(summaryView.columns.get('span:name')),
    services,
    traceIds: textColumn(summaryView.columns.get('trace:id')),
    spanIds: textColumn(detailView.columns.get('span:id')),
    statuses: overOneBase(summary.get('span:status'), view.spanCount),
    counter,
    extentOf: traceExtents(summary, view.traceStarts),
    shown: shown.filter(field => !isName(field)).map(field => shownColumn(field, detailView, pool, spanRows)),
    showsName: shown.some(isName),
    startText: intTexts(summary.get('span:start'), starts),
    durationText: intTexts(summary.get('span:duration'), durations),
  }
  return hits.map(hit => traceAnswer(hit, context))
}

function isName(field: Field): boolean {
  return field.kind === 'intrinsic' && field.name === 'span:name'
}

function rowsOfTraces(hits: readonly Hit[], { traceStarts }: View): Uint32Array {
  let count = 0
  for (const { trace } of hits) count += traceStarts[trace + 1]! - traceStarts[trace]!
  const rows = new Uint32Array(count)
  let next = 0
  for (const { trace } of hits)
    for (let row = traceStarts[trace]!; row < traceStarts[trace + 1]!; row++) rows[next++] = row
  return rows
}

/** The rows of all sets, ascending. */
function rowsOfSpans(hits: readonly Hit[]): Uint32Array {
  let count = 0
  for (const { sets } of hits) for (const { rows } of sets) count += rows.length
  const all = new Uint32Array(count)
  let next = 0
  for (const { sets } of hits)
    for (const { rows } of sets) {
      all.set(rows, next)
      next += rows.length
    }
  return hits.every(({ sets }) => sets.length === 1) ? all : all.sort()
}

interface ShownColumn extends Vector {
  /** The value of a cell with the key of the field as a list of one; one object for equal cells. */
  keyed(tag: number, number: number): readonly KeyedValue[]
}

/** What a field is at some rows. */
function shownColumn(field: Field, view: View, pool: Pool, rows: Uint32Array): ShownColumn {
  const key = answerKey(field)
  const byTag = new Map<number, Map<number, readonly KeyedValue[]>>()
  const keyed = (tag: number, number: number): readonly KeyedValue[] => {
    let known = byTag.get(tag)
    if (known === undefined) {
      known = new Map()
      byTag.set(tag, known)
    }
    let value = known.get(number)
    if (value === undefined) {
      value = [{ key, value: answerValue({ tag, number }, pool) }]
      known.set(number, value)
    }
    return value
  }
  return { ...fieldVector(view, field, pool, rows), keyed }
}

interface Context {
  readonly spansets: Spansets
  readonly pool: Pool
  readonly view: View
  readonly names: Texts
  readonly services: Texts
  readonly traceIds: Texts
  readonly spanIds: Texts
  readonly statuses: NumberValues
  readonly counter: ServiceCounter
  readonly extentOf: (trace: number) => TraceExtent
  readonly shown: readonly ShownColumn[]
  readonly showsName: boolean
  readonly startText: (row: number) => string
  readonly durationText: (row: number) => string
}

function traceAnswer({ trace, sets }: Hit, context: Context): TraceAnswer {
  const { view, names, services, statuses } = context
  const root = view.roots()[trace]!
  const spanSets = sets.map(set => spanSetAnswer(set, context))
  const { startRow, duration } = context.extentOf(trace)
  const answer: Draft<TraceAnswer> = {
    traceID: traceKey(context.traceIds(trace) ?? ''),
    rootServiceName: root < 0 ? rootMissing : (services(root) ?? ''),
    rootTraceName: root < 0 ? rootMissing : (names(root) ?? ''),
    startTimeUnixNano: context.startText(startRow),
    spanSet: spanSets[0]!,
    spanSets,
    serviceStats: context.counter.count(services, statuses, view.traceStarts[trace]!, view.traceStarts[trace + 1]!),
  }
  const durationMs = Math.floor(duration / 1e6)
  if (durationMs !== 0) answer.durationMs = durationMs
  return answer
}

/** An answer that is being made: fields that may be left out come last. */
type Draft<T> = { -readonly [K in keyof T]: T[K] }

function spanSetAnswer({ rows, matchedCount, group }: HitSet, context: Context): SpanSetAnswer {
  const spans = rows.map(row => spanAnswer(row, context))
  const { values } = context.spansets
  if (values.length === 0) return { spans, matched: matchedCount }
  return { spans, matched: matchedCount, attributes: values.map(value => spansetAttribute(value, group, context)) }
}

function spansetAttribute({ stage, cells }: SpansetValue, group: number, { pool }: Context): KeyedValue {
  return { key: stageKey(stage), value: answerValue(cells[group]!, pool) }
}

function stageKey(stage: SpansetValue['stage']): string {
  if (stage.kind === 'by') return `by(${printExpression(stage.expression)})`
  const aggregate = stage.kind === 'scalar-filter' ? aggregateOf(stage) : undefined
  if (aggregate === undefined) return stage.kind
  return `${aggregate.name}(${aggregate.argument === undefined ? '' : printExpression(aggregate.argument)})`
}

function spanAnswer(row: number, context: Context): SpanAnswer {
  const span: Draft<SpanAnswer> = {
    spanID: (context.spanIds(row) ?? '').padStart(16, '0'),
    startTimeUnixNano: context.startText(row),
    durationNanos: context.durationText(row),
  }
  if (context.showsName) span.name = context.names(row) ?? ''
  let attributes: readonly KeyedValue[] | undefined
  for (const column of context.shown) {
    const tag = column.tags[row]!
    if (tag === Tag.nil) continue
    const own = column.keyed(tag, column.numbers[row]!)
    attributes = attributes ? [...attributes, ...own] : own
  }
  if (attributes !== undefined) span.attributes = attributes
  return span
}
