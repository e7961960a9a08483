import { getOrInsert } from '../maps.ts'
import { startsOf } from '../model/owners.ts'
import { type Span, type Trace, traceIdDigits } from '../model/trace.ts'
import { traceKey } from '../model/trace-id.ts'
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

/** The traces of rows: their ids, and where in `order`, the rows by trace, each begins. */
interface Grouped {
  readonly ids: readonly string[]
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

/**
 * Groups rows by trace: in the order of their first spans, with their spans in the order of the rows; spellings of one
 * id next to each other.
 */
function groupRows({ spans, length, traceIds }: SpanRows): Grouped {
  const counts = new Uint32Array(traceIds.size)
  const found: number[] = []
  const numbers = spans.view()
  for (let at = spanField.trace; at < numbers.length; at += spanWidth)
    if (counts[numbers[at]!]!++ === 0) found.push(numbers[at]!)
  const hex = traceIds.hex()
  const traces = joinSpellings(found, hex)
  const starts = startsOf(traces.map(trace => counts[trace]!))
  const next = new Uint32Array(counts.length)
  for (const [place, trace] of traces.entries()) next[trace] = starts[place]!
  const order = new Uint32Array(length)
  for (let row = 0; row < length; row++) order[next[numbers[row * spanWidth + spanField.trace]!]!++] = row
  return { ids: traces.map(trace => hex[trace]!), starts, order }
}

/** The traces, those whose ids are one number next to each other. */
function joinSpellings(traces: readonly number[], ids: readonly string[]): readonly number[] {
  if (traces.every(trace => ids[trace]!.length === traceIdDigits)) return traces
  const byKey = new Map<string, number[]>()
  for (const trace of traces) getOrInsert(byKey, traceKey(ids[trace]!), () => []).push(trace)
  return [...byKey.values()].flat()
}

/** The traces of rows, whole, which must stay as they are. */
export function* rowTraces(rows: SpanRows): Iterable<RowTrace> {
  const { ids, starts, order } = groupRows(rows)
  const shredder = shredderOf(rows)
  for (const [i, id] of ids.entries()) yield new RowTrace(id, rows, order.subarray(starts[i], starts[i + 1]), shredder)
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
  const { ids, starts, order } = groupRows(rows)
  for (const [i, traceId] of ids.entries())
    yield { traceId, spans: spansOf(rows, order.subarray(starts[i], starts[i + 1])) }
}

function spansOf(rows: SpanRows, order: Uint32Array): Span[] {
  return Array.from(order, row => spanAt(rows, row))
}
