import { addOffsets } from '../../encodings/exact-numbers.ts'
import { startsOf } from '../../model/owners.ts'
import type { Resource, Trace } from '../../model/trace.ts'
import { assembleTraces, type SpanColumns } from '../../shred/assemble.ts'
import type { Segment } from '../../shred/shred.ts'
import { type Table, valueAt } from '../../shred/table.ts'
import { parentKind } from '../../shred/tree.ts'
import { readEvents, readLinks, writeEvents, writeLinks } from './children.ts'
import { ColumnReader, ColumnWriter, type Parts } from './columns.ts'
import type { DerivedIds, LinkPositions, LinkTargets } from './derived-ids.ts'
import { readExact, writeExact } from './exact-columns.ts'
import { readSpanFields, writeSpanFields } from './fields.ts'
import { growForest } from './forest.ts'
import { readSpanIds, readTraceIds, writeDerivedIds, writeSpanIds, writeTraceIds } from './ids.ts'
import { readAttributeLists, writeAttributeLists } from './lists.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import { readParents, writeParents } from './parents.ts'
import { decodePool, encodePool } from './pool.ts'
import { plainPrediction } from './prediction.ts'
import { SpanContexts } from './spans.ts'
import type { Reference } from './strings.ts'
import { readTimes, writeTimes } from './times.ts'

/** What a file has beside the columns of version 1. */
export interface Layout<Ids> {
  readonly hasTemplates: boolean
  /** Where span ids are derived, what that takes. */
  readonly ids?: Ids | undefined
}

/** Of all segments of a file. */
export interface EncodedIds {
  readonly derived: DerivedIds
  readonly targets: LinkTargets
}

export interface DecodedIds {
  readonly derived: DerivedIds
  readonly links: LinkPositions
  /** Links of the segments before. */
  linkCount: number
}

/** Encodes a segment: one head and the blobs of its columns (FORMAT.md). */
export function encodeSegment(segment: Segment, level: number, { hasTemplates, ids }: Layout<EncodedIds>): Buffer {
  const writer = new ColumnWriter(level)
  const { trace, span } = segment
  writer.head.varint(trace.ids.length)
  writer.head.u64(segment.base)
  const spanCounts = trace.spanCounts.view()
  writeNumbers(writer, Float64Array.from(spanCounts), plainPrediction(trace.ids.length))
  const contexts = new SpanContexts(spanCounts, hasTemplates)
  writeSpanFields(writer, span, contexts)
  writeTraceIds(writer, trace.ids)
  writeParents(writer, segment, contexts)
  const parentRows = parentRowsOf(span)
  contexts.addShape(distancesOf(parentRows))
  const isDerived = writeOwnIds(writer, segment, contexts, ids)
  const forest = growForest(spanCounts, parentRows)
  writeExact(writer, trace.starts, contexts.forSpans().at(forest.firsts))
  writeTimes(writer, span, forest, contexts)
  const references = referencesOf(span.names.table(), span.resources.table())
  writeAttributeLists(writer, span.attributes, contexts.forSpans(), references)
  writeNumbers(writer, span.eventCounts.view(), contexts.forSpans())
  writeEvents(writer, segment, contexts, references)
  writeNumbers(writer, span.linkCounts.view(), contexts.forSpans())
  writeLinks(writer, segment, contexts, references, isDerived)
  const { byteLength, runCount } = writer.pool
  return writer.finish(
    segment.itemCount + runCount + writer.slotCount,
    byteLength > 0 ? encodePool(writer.pool.view(), level) : undefined,
  )
}

/** A segment's traces, the bytes of its columns, and which of these have their texts in the pool. */
export interface DecodedSegment {
  readonly traces: Trace[]
  readonly parts: Parts
  readonly pooled: readonly string[]
}

export function decodeSegment(
  bytes: Uint8Array,
  subject: string,
  offset: number,
  layout: Layout<DecodedIds>,
): DecodedSegment {
  const reader = new ColumnReader(bytes, subject, offset)
  if (reader.storedPool) reader.pool = decodePool(reader.storedPool, subject, offset)
  const traces = reader.naming(() => readTraces(reader, layout))
  return { traces, parts: reader.parts, pooled: reader.pooled }
}

function readTraces(reader: ColumnReader, { hasTemplates, ids }: Layout<DecodedIds>): Trace[] {
  const traceCount = reader.head.varint()
  reader.spend(traceCount)
  const base = reader.head.u64()
  const spanCounts = readNumbers(reader, 'trace.spans', traceCount, plainPrediction(traceCount))
  reader.spendAll(spanCounts, 1)
  const contexts = new SpanContexts(spanCounts, hasTemplates)
  const fields = readSpanFields(reader, contexts)
  const traceIds = readTraceIds(reader, traceCount)
  const parents = readParents(reader, traceIds, contexts)
  contexts.addShape(distancesOf(parents.rows))
  const idAt = ids && derivedIdAt(ids.derived, traceIds, contexts)
  const spanIds = readSpanIds(reader, 'span.id', contexts.rowCount, idRowsOf(traceIds, contexts), idAt)
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
  const links = readLinks(reader, linkCounts, contexts, references, (row, traceId) => {
    const position = ids?.links.get(ids.linkCount + row)
    return position === undefined ? undefined : ids!.derived.idAt(traceId, position)
  })
  if (ids) ids.linkCount += linkCounts.reduce((sum, count) => sum + count, 0)
  reader.end()
  const columns: SpanColumns = { ...fields, spanIds, parents, starts, ends, attributes, events, links }
  return assembleTraces(traceIds, spanCounts, columns)
}

/** Writes the ids of spans, or what is to be known of them where they are derived; true for the links that name such. */
function writeOwnIds(
  writer: ColumnWriter,
  { span, trace, link }: Segment,
  contexts: SpanContexts,
  ids: EncodedIds | undefined,
): (link: number) => boolean {
  const rows = idRowsOf(trace.ids, contexts)
  const own = span.ids.texts()
  if (!ids) {
    writeSpanIds(writer, own, rows)
    return () => false
  }
  const taken = new Set([...span.outsideParents, ...link.spanIds])
  const idAt = derivedIdAt(ids.derived, trace.ids, contexts)
  const isDerived = writeDerivedIds(writer, own, rows, { idAt, isTaken: id => taken.has(id) })
  const starts = startsOf(trace.spanCounts.view())
  for (const [i, traceId] of trace.ids.entries()) {
    const derived = own.slice(starts[i], starts[i + 1]).map((id, row) => (isDerived[starts[i]! + row] ? id : undefined))
    ids.targets.addTrace(traceId, derived)
  }
  const isFound = link.traceIds.map((traceId, row) => ids.targets.addLink(traceId, link.spanIds[row]!))
  return row => isFound[row]!
}

/** By row: the id that follows from its trace and its position there. */
function derivedIdAt(
  derived: DerivedIds,
  traceIds: readonly string[],
  contexts: SpanContexts,
): (row: number) => string {
  const { traceOf, positionOf } = contexts
  return row => derived.idAt(traceIds[traceOf[row]!]!, positionOf[row]!)
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

/** By span: how many rows before it its parent is, or 0. */
function distancesOf(parentRows: Int32Array): Int32Array {
  return parentRows.map((parent, row) => (parent < 0 ? 0 : row - parent))
}

/** What attribute values may repeat: the span's name, and the name of its service. */
function referencesOf(names: Table<string>, resources: Table<Resource | null>): Reference[] {
  const services = resources.values.map(resource => {
    const value = resource?.attributes.find(({ key }) => key === 'service.name')?.value
    return typeof value === 'string' ? value : ''
  })
  return [row => valueAt(names, row), row => services[resources.codes[row]!]!]
}
