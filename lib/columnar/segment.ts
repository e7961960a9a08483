import type { Resource, Span, Status, Trace } from '../model/trace.ts'
import { readEvents, readLinks, writeEvents, writeLinks } from './children.ts'
import { ColumnReader, ColumnWriter, type Parts } from './columns.ts'
import { growForest } from './forest.ts'
import { readSpanIds, readTraceIds, writeSpanIds, writeTraceIds } from './ids.ts'
import { readAttributeLists, writeAttributeLists } from './lists.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readParents, writeParents } from './parents.ts'
import { Prediction } from './prediction.ts'
import { type ReadNumbers, readExact, writeExact } from './safe-numbers.ts'
import type { Segment } from './shred.ts'
import { SpanContexts } from './spans.ts'
import type { Reference } from './strings.ts'
import {
  type Read,
  readNumberTable,
  readResources,
  readScopes,
  readTextTable,
  writeNumberTable,
  writeResources,
  writeScopes,
  writeTextTable,
} from './tables.ts'
import { readTimes, writeTimes } from './times.ts'
import { parentKind } from './tree.ts'

/** Encodes a segment: one head and the blobs of its columns (FORMAT.md). */
export function encodeSegment(segment: Segment, level: number): Buffer {
  const writer = new ColumnWriter(level)
  const { trace, span } = segment
  const { head } = writer
  head.varint(trace.ids.length)
  head.u64(BigInt.asUintN(64, segment.base))
  writeNumbers(writer, Float64Array.from(trace.spanCounts), plain(trace.ids.length))
  const contexts = new SpanContexts(trace.spanCounts, segment.spanCount)
  contexts.setNames(writeTextTable(writer, span.names, contexts.forNames()))
  contexts.setResources(writeResources(writer, span.resources, contexts.forSpans()))
  writeScopes(writer, span.scopes, contexts.forSpans())
  writeNumberTable(writer, span.kinds, contexts.forSpans())
  contexts.setStatuses(writeTextTable(writer, span.statuses, contexts.forSpans()))
  writeTextTable(writer, span.traceStates, contexts.forSpans())
  writeNumberTable(writer, span.flags, contexts.forSpans())
  writeTextTable(writer, span.droppedCounts, contexts.forSpans())
  writeTraceIds(writer, trace.ids)
  writeParents(writer, segment, contexts)
  const ofTrace = (row: number) => trace.ids[contexts.traceOf[row]!]!
  writeSpanIds(writer, span.ids, { traceIds: ofTrace, prediction: contexts.forSpans(), groups: contexts.traceOf })
  const forest = growForest(trace.spanCounts, parentRowsOf(span))
  writeExact(writer, trace.starts, contexts.forSpans().at(forest.firsts))
  writeTimes(writer, span, forest, contexts)
  const references = referencesOf(columnOf(span.names), columnOf(span.resources))
  writeAttributeLists(writer, span.attributes, contexts.forSpans(), references)
  writeNumbers(writer, Float64Array.from(span.eventCounts), contexts.forSpans())
  writeEvents(writer, segment, contexts, references)
  writeNumbers(writer, Float64Array.from(span.linkCounts), contexts.forSpans())
  writeLinks(writer, segment, contexts, references)
  return writer.finish()
}

/** Decodes a segment to its traces, and tells the bytes of its columns. */
export function decodeSegment(bytes: Uint8Array, subject: string, offset: number): { traces: Trace[]; parts: Parts } {
  const reader = new ColumnReader(bytes, subject, offset)
  const { head } = reader
  const traceCount = head.varint()
  reader.spend(traceCount)
  const base = head.u64()
  const spanCounts = readNumbers(reader, 'trace.spans', traceCount, plain(traceCount))
  const spanCount = sumOf(reader, spanCounts)
  const contexts = new SpanContexts(spanCounts, spanCount)
  const names = readTextTable(reader, 'span.name', spanCount, contexts.forNames())
  contexts.setNames(names.codes)
  const resources = readResources(reader, spanCount, contexts.forSpans())
  contexts.setResources(resources.codes)
  const scopes = readScopes(reader, spanCount, contexts.forSpans())
  const kinds = readNumberTable(reader, 'span.kind', spanCount, contexts.forSpans())
  const statuses = readTextTable(reader, 'span.status', spanCount, contexts.forSpans())
  contexts.setStatuses(statuses.codes)
  const traceStates = readTextTable(reader, 'span.traceState', spanCount, contexts.forSpans())
  const flags = readNumberTable(reader, 'span.flags', spanCount, contexts.forSpans())
  const droppedCounts = readTextTable(reader, 'span.dropped', spanCount, contexts.forSpans())
  const traceIds = readTraceIds(reader, traceCount)
  const parents = readParents(reader, traceIds, contexts)
  const ofTrace = (row: number) => traceIds[contexts.traceOf[row]!]!
  const idRows = { traceIds: ofTrace, prediction: contexts.forSpans(), groups: contexts.traceOf }
  const spanIds = readSpanIds(reader, 'span.id', spanCount, idRows)
  const forest = growForest(spanCounts, parents.rows)
  const bases = readBases(reader, base, traceCount, contexts.forSpans().at(forest.firsts))
  const times = readTimes(reader, forest, contexts)
  const starts = toTimes(reader, times.starts, row => bases[contexts.traceOf[row]!]!)
  const ends = toTimes(reader, times.durations, row => starts[row]!)
  const references = referencesOf(names, resources)
  const assembler = readAttributeLists(reader, 'span', spanCount, contexts.forSpans(), references)
  const eventCounts = readNumbers(reader, 'span.events', spanCount, contexts.forSpans())
  const events = readEvents(reader, eventCounts, { starts, durations: times.durations.values }, contexts, references)
  const linkCounts = readNumbers(reader, 'span.links', spanCount, contexts.forSpans())
  const links = readLinks(reader, linkCounts, contexts, references)
  reader.end()
  const parsed = { statuses: statuses.values.map(parseStatus), dropped: droppedCounts.values.map(parseDropped) }
  let row = 0
  const readSpan = (): Span => {
    const dropped = parsed.dropped[droppedCounts.codes[row]!]!
    const span: Span = {
      spanId: spanIds[row]!,
      parentSpanId: parents.rows[row]! >= 0 ? spanIds[parents.rows[row]!]! : parents.ids[row]!,
      traceState: traceStates.values[traceStates.codes[row]!]!,
      flags: flags.values[flags.codes[row]!]!,
      name: names.values[names.codes[row]!]!,
      kind: kinds.values[kinds.codes[row]!]!,
      startNanos: starts[row]!,
      endNanos: ends[row]!,
      attributes: assembler.take(),
      droppedAttributesCount: dropped[0],
      events: events[row]!,
      droppedEventsCount: dropped[1],
      links: links[row]!,
      droppedLinksCount: dropped[2],
      status: parsed.statuses[statuses.codes[row]!]!,
      resource: resources.values[resources.codes[row]!]!,
      scope: scopes.values[scopes.codes[row]!]!,
    }
    row++
    return span
  }
  const traces = traceIds.map((traceId, trace) => ({
    traceId,
    spans: Array.from({ length: spanCounts[trace]! }, readSpan),
  }))
  return { traces, parts: reader.parts }
}

/** A prediction from nothing but the rows before. */
function plain(rowCount: number): Prediction {
  const known = new Uint32Array(rowCount)
  const chain = [
    { known, history: 2 },
    { known, history: 1 },
  ]
  return new Prediction({ chains: [chain], known: [known] })
}

function sumOf(reader: ColumnReader, spanCounts: Float64Array): number {
  let sum = 0
  for (const count of spanCounts) {
    if (count < 1) reader.head.fail('corrupt', `a trace of ${count} spans`)
    reader.spend(count)
    sum += count
  }
  return sum
}

/** By span: the row of its parent, or -1. */
function parentRowsOf({ parentKinds, parentValues }: Segment['span']): Int32Array {
  return Int32Array.from(parentKinds, (kind, row) => (kind === parentKind.inside ? row - parentValues[row]! : -1))
}

/** The starts of the traces' first roots, nanoseconds since the epoch. */
function readBases(reader: ColumnReader, base: bigint, count: number, prediction: Prediction): bigint[] {
  const { values, exceptions } = readExact(reader, 'trace.start', count, prediction)
  const exact = new Map(exceptions.map(({ row, value }) => [row, value]))
  let last = base
  return Array.from(values, (gap, trace) => {
    last += exact.get(trace) ?? BigInt(gap)
    return last
  })
}

/** The times of offsets from what `originOf` gives for the row. */
function toTimes(reader: ColumnReader, offsets: ReadNumbers, originOf: (row: number) => bigint): bigint[] {
  const check = (nanos: bigint) =>
    BigInt.asUintN(64, nanos) === nanos ? nanos : reader.head.fail('corrupt', `a time of ${nanos} ns`)
  const exact = new Map(offsets.exceptions.map(({ row, value }) => [row, value]))
  return Array.from(offsets.values, (offset, row) => check(originOf(row) + (exact.get(row) ?? BigInt(offset))))
}

function columnOf<T>({ dictionary, codes }: { dictionary: { values: T[] }; codes: number[] }): Read<T> {
  return { values: dictionary.values, codes: Uint32Array.from(codes) }
}

/** What attribute values may repeat: the span's name, and the name of its service. */
function referencesOf(names: Read<string>, resources: Read<Resource | null>): Reference[] {
  const services = resources.values.map(resource => {
    const value = resource?.attributes.find(({ key }) => key === 'service.name')?.value
    return typeof value === 'string' ? value : ''
  })
  return [row => names.values[names.codes[row]!]!, row => services[resources.codes[row]!]!]
}

function parseStatus(text: string): Status | null {
  if (text === '') return null
  const end = text.indexOf(' ')
  return { code: Number(text.slice(0, end)), message: text.slice(end + 1) }
}

function parseDropped(text: string): [number, number, number] {
  return text === '' ? [0, 0, 0] : (text.split(' ').map(Number) as [number, number, number])
}
