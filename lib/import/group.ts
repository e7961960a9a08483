import { getOrInsert } from '../maps.ts'
import { inBatches } from '../model/batches.ts'
import { type Attributes, isKeyValueList, type Span, type Trace, type Value } from '../model/trace.ts'
import { groupNeighbours, joinSpellings, traceKey } from '../model/trace-id.ts'
import { objectTraces, RowTrace, rowTraces } from '../shred/row-traces.ts'
import { SpanRows } from '../shred/rows.ts'
import { makeWorkFolder, removeWorkFolder } from '../storage/work-folder.ts'
import { Spill } from './spill.ts'

export interface GroupOptions {
  /** Bytes of spans held in memory, estimated, above which the pieces go to disk. */
  maxBytes: number
  /** Where they go: a folder of its own is made in it and removed at the end. */
  directory?: string
  /** Other threads of the process, which take memory too. */
  threadCount?: number
}

/** With what waits to be collected, a process that holds this much takes up to five times as much. */
export const defaultMaxBytes: number = 192 * 2 ** 20
/** In a process that is this large, as where one document of the input is, the pieces go to disk from `minSpilledBytes` on. */
const largeProcessBytes = 400 * 2 ** 20
const minSpilledBytes = 16 * 2 ** 20
/** What a thread takes that reads or encodes: a conversion of 109 MB takes 253 MB in one, and 472 with three more. */
const threadBytes = 96 * 2 ** 20
/** A trace's share of the heap without its spans: its id, its list, its place in the map. */
const traceBytes = 300
/** A span's share where it is a row. */
const rowBytes = 250

/**
 * Brings the spans of each trace together: traces come out whole, once each, in the order in which their first spans
 * came in, with their spans in the order of the input. Above `maxBytes`, or less in a process that is large already, the
 * pieces are spilled to disk by hash of the trace id, so memory is bounded by that and one partition. Spellings of one id
 * come next to each other (lib/model/trace-id.ts). Rows stay rows, of which spans are made when they are asked for, as
 * long as nothing else comes and memory lasts: rows take a fifth of what their spans would.
 */
export async function* groupByTrace(
  pieces: AsyncIterable<readonly Trace[] | SpanRows>,
  { maxBytes, directory, threadCount = 0 }: GroupOptions,
): AsyncIterable<readonly Trace[]> {
  const held = new Pieces()
  /** What came after all that is held. */
  let rows: SpanRows | undefined
  let spill: Spill | undefined
  let folder: string | undefined
  const takeRows = () => {
    for (const trace of rows ? objectTraces(rows) : []) held.add(trace)
    rows?.clear()
  }
  try {
    for await (const batch of pieces) {
      if (batch instanceof SpanRows) rows = batch
      else {
        takeRows()
        for (const piece of batch) held.add(piece)
      }
      if (!isTooMuch(held.byteLength + (rows?.byteLength ?? 0), maxBytes, threadCount)) continue
      folder ??= makeWorkFolder(directory)
      spill ??= new Spill(folder)
      await spill.write(held.take())
      if (rows) await spill.write(objectTraces(rows))
      rows?.clear()
    }
    if (rows && held.byteLength === 0 && !spill) return yield* inBatches([rowTraces(rows)])
    takeRows()
    if (!spill) return yield* inBatches([held.take()])
    await spill.write(held.take())
    yield* inBatches(spill.traces())
  } finally {
    await spill?.close()
    if (folder) await removeWorkFolder(folder)
  }
}

function isTooMuch(byteLength: number, maxBytes: number, threadCount: number): boolean {
  if (byteLength >= maxBytes) return true
  return byteLength >= minSpilledBytes && process.memoryUsage.rss() >= largeProcessBytes + threadCount * threadBytes
}

/** Joins pieces of one trace that follow one another, for formats that keep traces apart but cut them. */
export async function* joinNeighbours(pieces: AsyncIterable<readonly Trace[]>): AsyncIterable<readonly Trace[]> {
  let open: { traceId: string; spans: Span[] } | undefined
  for await (const batch of pieces) {
    const whole: Trace[] = []
    for (const { traceId, spans } of batch) {
      if (open?.traceId === traceId) {
        for (const span of spans) open.spans.push(span)
        continue
      }
      if (open) whole.push(open)
      open = { traceId, spans: [...spans] }
    }
    if (whole.length > 0) yield whole
  }
  if (open) yield [open]
}

/** Joins neighbours whose ids are one number, for formats that keep one spelling: the first. */
export async function* joinSpelled(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<readonly Trace[]> {
  let open: Trace[] = []
  for await (const batch of batches) {
    const groups = groupNeighbours([...open, ...batch])
    open = groups.pop() ?? []
    if (groups.length > 0) yield groups.map(joinSpellings)
  }
  if (open.length > 0) yield [joinSpellings(open)]
}

/** Pieces of traces, joined by trace id in the order of first sight, spellings of one id next to each other. */
class Pieces {
  /** By trace, by spelling: spans, or the only piece where it is of rows. */
  readonly #pieces = new Map<string, Map<string, Span[] | RowTrace>>()
  /** What the spans take in memory, estimated. */
  byteLength = 0

  add(piece: Trace): void {
    const spellings = getOrInsert(this.#pieces, traceKey(piece.traceId), () => new Map<string, Span[] | RowTrace>())
    const held = spellings.get(piece.traceId)
    if (held === undefined) this.byteLength += traceBytes
    if (held === undefined && piece instanceof RowTrace) {
      this.byteLength += piece.spanCount * rowBytes
      spellings.set(piece.traceId, piece)
      return
    }
    const spans = held instanceof RowTrace ? [...held.spans] : (held ?? [])
    if (spans !== held) spellings.set(piece.traceId, spans)
    for (const span of piece.spans) {
      spans.push(span)
      this.byteLength += estimateBytes(span)
    }
  }

  /** The traces so far; nothing is held afterwards. */
  take(): Trace[] {
    const traces: Trace[] = []
    for (const spellings of this.#pieces.values())
      for (const [traceId, held] of spellings) traces.push(held instanceof RowTrace ? held : { traceId, spans: held })
    this.#pieces.clear()
    this.byteLength = 0
    return traces
  }
}

/** A span's share of the heap, without its resource and scope, which are shared. */
function estimateBytes(span: Span): number {
  let byteLength = 400 + attributeBytes(span.attributes)
  for (const event of span.events) byteLength += 120 + attributeBytes(event.attributes)
  for (const link of span.links) byteLength += 200 + attributeBytes(link.attributes)
  return byteLength
}

function attributeBytes(attributes: Attributes): number {
  let byteLength = 0
  for (const { value } of attributes) byteLength += 60 + valueBytes(value)
  return byteLength
}

function valueBytes(value: Value): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 24
  if (value instanceof Uint8Array) return 100 + value.length
  if (isKeyValueList(value)) return 40 + attributeBytes(value.entries)
  return value.reduce<number>((sum, item) => sum + 16 + valueBytes(item), 40)
}
