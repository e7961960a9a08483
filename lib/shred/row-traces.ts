import type { Range } from '../bytes/range.ts'
import { getOrInsert } from '../maps.ts'
import { startsOf } from '../model/owners.ts'
import { type Span, type Trace, traceIdDigits } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
import { nextTurn } from '../turns.ts'
import type { IdTable } from './id-table.ts'
import { RowShredder } from './row-shredder.ts'
import { spanAt } from './row-spans.ts'
import { SpanRows, spanField, spanWidth } from './rows.ts'
import type { Segment } from './shred.ts'

/** A trace among rows; its spans are made when they are asked for. */
export class RowTrace implements Trace {
  readonly traceId: string
  declare readonly spans: readonly Span[]
  readonly #rows: SpanRows
  readonly #order: Uint32Array
  readonly #shredder: () => RowShredder
  #spans: readonly Span[] | undefined

  /** `order` has the rows of its spans; see `shredderOf`. */
  constructor(traceId: string, rows: SpanRows, order: Uint32Array, shredder: () => RowShredder) {
    this.traceId = traceId
    this.#rows = rows
    this.#order = order
    this.#shredder = shredder
    Object.defineProperty(this, 'spans', madeSpans)
  }

  get rows(): SpanRows {
    return this.#rows
  }

  /** The rows of its spans. */
  get order(): Uint32Array {
    return this.#order
  }

  get spanCount(): number {
    return this.#order.length
  }

  makeSpans(): readonly Span[] {
    this.#spans ??= spansOf(this.#rows, this.#order)
    return this.#spans
  }

  /** The same with spans that it does not keep. */
  object(): Trace {
    return { traceId: this.traceId, spans: spansOf(this.#rows, this.#order) }
  }

  /** Adds it to a segment without making them. */
  shred(segment: Segment): void {
    this.#shredder().shred(segment, this.traceId, this.#order)
  }
}

/** The traces of rows: the codes of their ids, and where in `order`, the rows by trace, each begins. */
export interface TraceGroups {
  readonly traces: readonly number[]
  readonly starts: Uint32Array
  readonly order: Uint32Array
}

/** A field of the trace itself, as in all others: what goes over the fields of objects finds it. */
const madeSpans = {
  enumerable: true,
  get(this: RowTrace) {
    return this.makeSpans()
  },
}

/** True for a row that is none of those that are grouped. */
type IsLeftOut = (row: number, trace: number) => boolean

/**
 * Groups the first `length` rows by trace: in the order of their first spans, with their spans in the order of the rows;
 * spellings of one id next to each other.
 */
export function groupRows(rows: SpanRows, length: number = rows.length): TraceGroups {
  const steps = grouping(rows, { start: 0, end: length })
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/**
 * The same of a range of rows, without some of them, while other work has its turn. Whether a row is left out must not
 * change meanwhile.
 */
export async function groupRowsInTurns(rows: SpanRows, range: Range, isLeftOut?: IsLeftOut): Promise<TraceGroups> {
  const steps = grouping(rows, range, isLeftOut)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await nextTurn()
  }
}

/** Rows that are grouped before other work has its turn: 2 ms, and 5 while that code is not compiled. */
const rowsAtOnce = 1 << 13

function* grouping(rows: SpanRows, { start, end }: Range, isLeftOut?: IsLeftOut): Generator<void, TraceGroups> {
  const { spans, traceIds } = rows
  const counts = new Uint32Array(traceIds.size)
  const found: number[] = []
  // Rows that are there do not change, whatever comes after them.
  const numbers = spans.array
  const traceOf = (row: number) => numbers[row * spanWidth + spanField.trace]!
  for (let row = start; row < end; row++) {
    if (row % rowsAtOnce === rowsAtOnce - 1) yield
    const trace = traceOf(row)
    if (!isLeftOut?.(row, trace) && counts[trace]!++ === 0) found.push(trace)
  }
  const traces = joinSpellings(found, traceIds)
  const starts = startsOf(traces.map(trace => counts[trace]!))
  const next = new Uint32Array(counts.length)
  for (const [place, trace] of traces.entries()) next[trace] = starts[place]!
  const order = new Uint32Array(starts.at(-1)!)
  for (let row = start; row < end; row++) {
    if (row % rowsAtOnce === rowsAtOnce - 1) yield
    const trace = traceOf(row)
    if (!isLeftOut?.(row, trace)) order[next[trace]!++] = row
  }
  return { traces, starts, order }
}

/** The traces, those whose ids are one number next to each other. */
function joinSpellings(traces: readonly number[], ids: IdTable): readonly number[] {
  if (traces.every(trace => ids.byteLengthOf(trace) * 2 === traceIdDigits)) return traces
  const byKey = new Map<string, number[]>()
  for (const trace of traces) getOrInsert(byKey, traceKey(ids.hexOf(trace)), () => []).push(trace)
  return [...byKey.values()].flat()
}

/** The traces of rows, whole, which must stay as they are; only those of some groups where they are given. */
export function* rowTraces(rows: SpanRows, groups: TraceGroups = groupRows(rows)): Iterable<RowTrace> {
  const { traces, starts, order } = groups
  const shredder = shredderOf(rows)
  for (const [i, trace] of traces.entries())
    yield new RowTrace(rows.traceIds.hexOf(trace), rows, order.subarray(starts[i], starts[i + 1]), shredder)
}

/** What shreds the traces of rows: made once, where any is shredded. */
export function shredderOf(rows: SpanRows): () => RowShredder {
  let shredder: RowShredder | undefined
  return () => {
    shredder ??= new RowShredder(rows)
    return shredder
  }
}

/** Spans of a batch of objects. */
const minSpans = 1000
/** What the tables of rows may take from one batch to the next. */
const maxTableBytes = 1 << 25

/** Pieces of traces as objects, some of which come as rows. */
export async function* objectBatches(
  pieces: AsyncIterable<readonly Trace[] | SpanRows>,
): AsyncIterable<readonly Trace[]> {
  let rows: SpanRows | undefined
  for await (const batch of pieces) {
    if (batch instanceof SpanRows) {
      rows = batch
      if (rows.length >= minSpans) yield takeObjects(rows)
      continue
    }
    if (rows && rows.length > 0) yield takeObjects(rows)
    yield batch.map(objectOf)
  }
  if (rows && rows.length > 0) yield takeObjects(rows)
}

/** A trace whose spans are made. */
export function objectOf(trace: Trace): Trace {
  return trace instanceof RowTrace ? trace.object() : trace
}

function takeObjects(rows: SpanRows): Trace[] {
  const traces = [...objectTraces(rows)]
  rows.clear(maxTableBytes)
  return traces
}

/** The traces of rows as objects, one after the other, of which none is kept. */
export function* objectTraces(rows: SpanRows): Iterable<Trace> {
  const { traces, starts, order } = groupRows(rows)
  for (const [i, trace] of traces.entries())
    yield { traceId: rows.traceIds.hexOf(trace), spans: spansOf(rows, order.subarray(starts[i], starts[i + 1])) }
}

function spansOf(rows: SpanRows, order: Uint32Array): Span[] {
  return Array.from(order, row => spanAt(rows, row))
}
