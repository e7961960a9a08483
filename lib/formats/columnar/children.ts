import { checkNanos, type Numbers } from '../../encodings/exact-numbers.ts'
import { checkIds } from '../../encodings/ids.ts'
import { ownersOf, startsOf } from '../../model/owners.ts'
import { type Link, type SpanEvent, spanIdDigits, traceIdDigits } from '../../model/trace.ts'
import { childrenBySpan } from '../../shred/assemble.ts'
import type { Segment } from '../../shred/shred.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { mixColumns } from './contexts.ts'
import { readExact, writeExact } from './exact-columns.ts'
import { readAttributeLists, writeAttributeLists } from './lists.ts'
import { Prediction } from './prediction.ts'
import type { SpanContexts } from './spans.ts'
import { type Reference, readStrings, writeStrings } from './strings.ts'
import { readNumberTable, readTextTable, uint32, writeNumberTable, writeTextTable } from './tables.ts'
import { chooseOrigin } from './times.ts'

/** Events and links: the children of spans, in tables of their own. */

/** What an event's time is encoded relative to, by the code in the head: the span's start, its middle, its end. */
const origins: readonly ((duration: number) => number)[] = [
  () => 0,
  duration => Math.floor(duration / 2),
  duration => duration,
]

/** What children are predicted from: the names of their spans and, where they are known, their own. */
function predict(contexts: SpanContexts, spanRows: ArrayLike<number>, names?: Uint32Array): Prediction {
  const groups = Uint32Array.from(spanRows)
  const nothing = new Uint32Array(groups.length)
  const spanNames = groups.map(row => contexts.names[row]!)
  const traces = contexts.traces && groups.map(row => contexts.traceOf[row]!)
  if (!names) {
    const chain = [
      { known: spanNames, history: 2 },
      { known: spanNames, history: 1 },
      { known: nothing, history: 1 },
    ]
    return new Prediction({ chains: [chain], known: [nothing, spanNames], groups, traces })
  }
  const own = mixColumns(groups.length, [names])
  const both = mixColumns(groups.length, [names, spanNames])
  const chains = [
    [
      { known: both, history: 1 },
      { known: both, history: 0 },
      { known: own, history: 0 },
    ],
    [
      { known: own, history: 2 },
      { known: own, history: 1 },
    ],
  ]
  return new Prediction({ chains, known: [nothing, own, both], groups, traces })
}

/** Strings of the spans, by the rows of their children. */
function ofSpans(references: readonly Reference[], spanRows: ArrayLike<number>): Reference[] {
  return references.map(stringAt => row => stringAt(spanRows[row]!))
}

export function writeEvents(
  writer: ColumnWriter,
  { event, span }: Pick<Segment, 'event' | 'span'>,
  contexts: SpanContexts,
  references: readonly Reference[],
): void {
  const spanRows = event.spanRows.view()
  const names = writeTextTable(writer, event.names.table(), predict(contexts, spanRows))
  const prediction = predict(contexts, spanRows, names)
  const times = origins.map(originOf => shifted(event.times, spanRows, span.durations.values, originOf))
  const { origin, estimate } = chooseOrigin(times, () => prediction)
  writer.head.u8(origin)
  writeExact(writer, { values: times[origin]!, exceptions: event.times.exceptions }, prediction, estimate)
  writeNumberTable(writer, event.droppedCounts.view(), prediction)
  writeAttributeLists(writer, event.attributes, prediction, ofSpans(references, spanRows))
}

function shifted(
  times: Numbers,
  spanRows: Uint32Array,
  durations: Float64Array,
  originOf: (duration: number) => number,
): Float64Array {
  return times.values.map((time, row) => time - originOf(durations[spanRows[row]!]!))
}

/** Reads the events of all spans, given their number, and the starts and durations of the spans. */
export function readEvents(
  reader: ColumnReader,
  counts: Float64Array,
  spans: { starts: readonly bigint[]; durations: Float64Array },
  contexts: SpanContexts,
  references: readonly Reference[],
): SpanEvent[][] {
  reader.spendAll(counts, 0)
  const spanRows = ownersOf(startsOf(counts))
  const names = readTextTable(reader, 'event.name', spanRows.length, predict(contexts, spanRows))
  const prediction = predict(contexts, spanRows, names.codes)
  reader.column = 'event.time'
  const originOf = origins[reader.head.u8()] ?? reader.head.fail('unsupported', 'event.time: an origin')
  const times = readExact(reader, 'event.time', spanRows.length, prediction)
  const dropped = readNumberTable(reader, 'event.dropped', spanRows.length, prediction, uint32)
  const own = ofSpans(references, spanRows)
  const assembler = readAttributeLists(reader, 'event', spanRows.length, prediction, own)
  const fail = reader.failing('event.time')
  const exact = new Map(times.exceptions.map(({ row, value }) => [row, value]))
  const read = (row: number): SpanEvent => {
    const span = spanRows[row]!
    const offset = exact.get(row) ?? BigInt(times.values[row]! + originOf(spans.durations[span]!))
    return {
      timeNanos: checkNanos(spans.starts[span]! + offset, fail),
      name: names.values[names.codes[row]!]!,
      attributes: assembler.take(),
      droppedAttributesCount: dropped[row]!,
    }
  }
  return childrenBySpan(counts, read)
}

export function writeLinks(
  writer: ColumnWriter,
  { link }: Pick<Segment, 'link'>,
  contexts: SpanContexts,
  references: readonly Reference[],
  isDerived: (row: number) => boolean,
): void {
  const spanRows = link.spanRows.view()
  const prediction = predict(contexts, spanRows)
  writeStrings(writer, link.traceIds, prediction)
  const spanIds = link.spanIds.map((id, row) => (isDerived(row) ? '' : id))
  writeStrings(writer, spanIds, prediction)
  writeTextTable(writer, link.traceStates.table(), prediction)
  writeNumberTable(writer, link.flags.view(), prediction)
  writeNumberTable(writer, link.droppedCounts.view(), prediction)
  writeAttributeLists(writer, link.attributes, prediction, ofSpans(references, spanRows))
}

export function readLinks(
  reader: ColumnReader,
  counts: Float64Array,
  contexts: SpanContexts,
  references: readonly Reference[],
  derivedId: (row: number, traceId: string) => string | undefined,
): Link[][] {
  reader.spendAll(counts, 0)
  const spanRows = ownersOf(startsOf(counts))
  const count = spanRows.length
  const prediction = predict(contexts, spanRows)
  const traceIds = readStrings(reader, 'link.traceId', count, prediction).values
  const spanIds = readStrings(reader, 'link.spanId', count, prediction).values
  checkIds(traceIds, traceIdDigits, reader.failing('link.traceId'))
  checkIds(spanIds, spanIdDigits, reader.failing('link.spanId'))
  const traceStates = readTextTable(reader, 'link.traceState', count, prediction)
  const flags = readNumberTable(reader, 'link.flags', count, prediction, uint32)
  const dropped = readNumberTable(reader, 'link.dropped', count, prediction, uint32)
  const own = ofSpans(references, spanRows)
  const assembler = readAttributeLists(reader, 'link', count, prediction, own)
  return childrenBySpan(counts, row => ({
    traceId: traceIds[row]!,
    spanId: derivedId(row, traceIds[row]!) ?? spanIds[row]!,
    traceState: traceStates.values[traceStates.codes[row]!]!,
    flags: flags[row]!,
    attributes: assembler.take(),
    droppedAttributesCount: dropped[row]!,
  }))
}
