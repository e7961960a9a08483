import type { ByteSink } from '../../bytes/range.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import type { Trace } from '../../model/trace.ts'
import { strictUnits, type Units } from '../../model/units.ts'
import { RowUnpacker } from '../../shred/packed-rows.ts'
import { objectBatches } from '../../shred/row-traces.ts'
import { SpanRows } from '../../shred/rows.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import { newReadContext, readResourceSpans } from './proto-read.ts'
import { type Groups, splitTraces } from './proto-split.ts'
import { type Part, readPartsOn } from './proto-workers.ts'
import { TracesWriter } from './proto-write.ts'
import { type Dropped, readParts } from './signals.ts'

/**
 * The traces of OTLP protobuf, as pieces in the order of the input. The input is one TracesData or
 * ExportTraceServiceRequest, or a stream of them that each have their length in front (32 bits, big-endian); a
 * ResourceSpans is held whole. Fields may come in any order and are merged as protobuf says. `dropped` is told of every
 * unknown field: its path, the number last. What the JSON's reader normalises is normalised here too (see
 * lib/formats/otlp/json.ts). Errors begin with `byte N: ` and the path of fields; `units` decides about bad spans,
 * ResourceSpans and messages.
 */
export function readOtlpProto(
  chunks: AsyncIterable<Uint8Array>,
  dropped?: Dropped,
  units?: Units,
): AsyncIterable<readonly Trace[]> {
  return objectBatches(readOtlpRows(chunks, new SpanRows(), { dropped, units }))
}

export interface RowOptions {
  readonly dropped?: Dropped | undefined
  readonly units?: Units | undefined
  /** They read what is large, but where bad units are left out. */
  readonly workers?: WorkerPool | undefined
}

/** The same as rows: gives them whenever some have come. They may be cleared then. */
export function readOtlpRows(
  chunks: AsyncIterable<Uint8Array>,
  rows: SpanRows,
  { dropped = () => {}, units = strictUnits, workers }: RowOptions = {},
): AsyncIterable<SpanRows> {
  const context = newReadContext({ strings: new StringCache(), dropped }, units, rows)
  const readGroups = (groups: Groups) => readResourceSpans(groups, context)
  if (!workers || workers.count === 1 || units.skipsBad)
    return readParts(report => splitTraces(chunks, report, units), growing(rows, readGroups), dropped)
  const unpacker = new RowUnpacker(rows)
  const readPart = ({ drops, groups, read }: Part) => {
    for (const field of drops) dropped(field)
    for (const one of groups) readGroups(one)
    if (!read) return
    unpacker.add(read.thread, read.rows)
    for (const [field, count] of read.drops) dropped(field, count)
  }
  return readParts(report => readPartsOn(workers, chunks, report), growing(rows, readPart), dropped)
}

/** Gives rows to which `read` has added some. */
function growing<Part>(rows: SpanRows, read: (part: Part) => void): (part: Part) => Iterable<SpanRows> {
  return function* (part) {
    const before = rows.length
    read(part)
    if (rows.length > before) yield rows
  }
}

/**
 * One TracesData message in chunks. It keeps the order of the spans: neighbours with an equal resource and scope share
 * a group (see Groups). Strings with a lone surrogate have no UTF-8: they are refused with their path.
 */
export async function* encodeOtlpProto(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<Uint8Array> {
  const writer = new TracesWriter()
  for await (const traces of batches)
    for (const trace of traces) {
      writer.add(trace)
      if (writer.hasChunks) yield* writer.take()
    }
  writer.end()
  yield* writer.take()
}

/** As encodeOtlpProto, to a sink. */
export async function writeOtlpProto(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  for await (const chunk of encodeOtlpProto(batches)) await sink.write(chunk)
}
