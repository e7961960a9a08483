import { addOffsets } from '../../encodings/exact-numbers.ts'
import type { Resource, Trace } from '../../model/trace.ts'
import { assembleTraces, type SpanColumns } from '../../shred/assemble.ts'
import type { Segment } from '../../shred/shred.ts'
import { type Table, valueAt } from '../../shred/table.ts'
import { parentKind } from '../../shred/tree.ts'
import { readEvents, readLinks, writeEvents, writeLinks } from './children.ts'
import { ColumnReader, ColumnWriter, type Parts } from './columns.ts'
import { readExact, writeExact } from './exact-columns.ts'
import { readSpanFields, writeSpanFields } from './fields.ts'
import { growForest } from './forest.ts'
import { readSpanIds, readTraceIds, writeSpanIds, writeTraceIds } from './ids.ts'
import { readAttributeLists, writeAttributeLists } from './lists.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readParents, writeParents } from './parents.ts'
import { decodePool, encodePool } from './pool.ts'
import { plainPrediction } from './prediction.ts'
import { SpanContexts } from './spans.ts'
import type { Reference } from './strings.ts'
import { readTimes, writeTimes } from './times.ts'

/** Encodes a segment: one head and the blobs of its columns (FORMAT.md). */
export function encodeSegment(segment: Segment, level: number): Buffer {
  const writer = new ColumnWriter(level)
  const { trace, span } = segment
  writer.head.varint(trace.ids.length)
  writer.head.u64(segment.base)
  const spanCounts = trace.spanCounts.view()
  writeNumbers(writer, Float64Array.from(spanCounts), plainPrediction(trace.ids.length))
  const contexts = new SpanContexts(spanCounts)
  writeSpanFields(writer, span, contexts)
  writeTraceIds(writer, trace.ids)
  writeParents(writer, segment, contexts)
  writeSpanIds(writer, span.ids.texts(), idRowsOf(trace.ids, contexts))
  const forest = growForest(spanCounts, parentRowsOf(span))
  writeExact(writer, trace.starts, contexts.forSpans().at(forest.firsts))
  writeTimes(writer, span, forest, contexts)
  const references = referencesOf(span.names.table(), span.resources.table())
  writeAttributeLists(writer, span.attributes, contexts.forSpans(), references)
  writeNumbers(writer, span.eventCounts.view(), contexts.forSpans())
  writeEvents(writer, segment, contexts, references)
  writeNumbers(writer, span.linkCounts.view(), contexts.forSpans())
  writeLinks(writer, segment, contexts, references)
  const { byteLength, runCount } = writer.pool
  return writer.finish(segment.itemCount + runCount, byteLength > 0 ? encodePool(writer.pool.view(), level) : undefined)
}

/** A segment's traces, the bytes of its columns, and which of these have their texts in the pool. */
export interface DecodedSegment {
  readonly traces: Trace[]
  readonly parts: Parts
  readonly pooled: readonly string[]
}

export function decodeSegment(bytes: Uint8Array, subject: string, offset: number): DecodedSegment {
  const reader = new ColumnReader(bytes, subject, offset)
  if (reader.storedPool) reader.pool = decodePool(reader.storedPool, subject, offset)
  const traces = reader.naming(() => readTraces(reader))
  return { traces, parts: reader.parts, pooled: reader.pooled }
}

function readTraces(reader: ColumnReader): Trace[] {
  const traceCount = reader.head.varint()
  reader.spend(traceCount)
  const base = reader.head.u64()
  const spanCounts = readNumbers(reader, 'trace.spans', traceCount, plainPrediction(traceCount))
  reader.spendAll(spanCounts, 1)
  const contexts = new SpanContexts(spanCounts)
  const fields = readSpanFields(reader, contexts)
  const traceIds = readTraceIds(reader, traceCount)
  const parents = readParents(reader, traceIds, contexts)
  const spanIds = readSpanIds(reader, 'span.id', contexts.rowCount, idRowsOf(traceIds, contexts))
  const forest = growForest(spanCounts, parents.rows)
  const fail = reader.failing('times')
  const gaps = readExact(reader, 'trace.start', traceCount, contexts.forSpans().at(forest.firsts))
  const bases = addOffsets(gaps, (trace, before) => (trace === 0 ? base : before), fail)
  const times = readTimes(reader, forest, contexts)
  const starts = addOffsets(times.starts, row => bases[contexts.traceOf[row]!]!, fail)
  const ends = addOffsets(times.durations, row => starts[row]!, fail)
  const references = referencesOf(fields.names, fields.resources)
  const attributes = readAttributeLists(reader, 'span', contexts.rowCount, contexts.forSpans(), references)
  const eventCounts = readNumbers(reader, 'span.events', contexts.rowCount, contexts.forSpans())
  const events = readEvents(reader, eventCounts, { starts, durations: times.durations.values }, contexts, references)
  const linkCounts = readNumbers(reader, 'span.links', contexts.rowCount, contexts.forSpans())
  const links = readLinks(reader, linkCounts, contexts, references)
  reader.end()
  const columns: SpanColumns = { ...fields, spanIds, parents, starts, ends, attributes, events, links }
  return assembleTraces(traceIds, spanCounts, columns)
}

function idRowsOf(traceIds: readonly string[], contexts: SpanContexts): Parameters<typeof writeSpanIds>[2] {
  const { traceOf } = contexts
  return { traceIds: row => traceIds[traceOf[row]!]!, prediction: contexts.forSpans(), groups: traceOf }
}

/** By span: the row of its parent, or -1. */
function parentRowsOf({ parentKinds, parentValues }: Segment['span']): Int32Array {
  const values = parentValues.view()
  return Int32Array.from(parentKinds.view(), (kind, row) => (kind === parentKind.inside ? row - values[row]! : -1))
}

/** What attribute values may repeat: the span's name, and the name of its service. */
function referencesOf(names: Table<string>, resources: Table<Resource | null>): Reference[] {
  const services = resources.values.map(resource => {
    const value = resource?.attributes.find(({ key }) => key === 'service.name')?.value
    return typeof value === 'string' ? value : ''
  })
  return [row => valueAt(names, row), row => services[resources.codes[row]!]!]
}
