import type { ByteSink, Located } from '../../bytes/range.ts'
import { StringCache } from '../../bytes/string-cache.ts'
import { inBatches } from '../../model/batches.ts'
import type { Trace } from '../../model/trace.ts'
import { strictUnits, type Units } from '../../model/units.ts'
import { newReadContext, readResourceSpans } from './proto-read.ts'
import { splitTraces } from './proto-split.ts'
import { TracesWriter } from './proto-write.ts'
import { type Dropped, readParts } from './signals.ts'

/**
 * The traces of OTLP protobuf, as pieces in the order of the input: one for each trace id within a ResourceSpans, which
 * is held whole. The input is one TracesData or ExportTraceServiceRequest, or a stream of them that each have their
 * length in front (32 bits, big-endian). Fields may come in any order and are merged as protobuf says. `dropped` is
 * told of every unknown field: its path, the number last. What the JSON's reader normalises is normalised here too (see
 * lib/formats/otlp/json.ts). Errors begin with `byte N: ` and the path of fields; `units` decides about bad spans,
 * ResourceSpans and messages.
 */
export function readOtlpProto(
  chunks: AsyncIterable<Uint8Array>,
  dropped: Dropped = () => {},
  units: Units = strictUnits,
): AsyncIterable<readonly Trace[]> {
  const context = newReadContext({ strings: new StringCache(), dropped }, units)
  const read = ({ bytes, offset }: Located) => [
    units.attempt('ResourceSpans', () => readResourceSpans(bytes, offset, context)) ?? [],
  ]
  return inBatches(readParts(report => splitTraces(chunks, report, units), read, dropped))
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
      yield* writer.take()
    }
  writer.end()
  yield* writer.take()
}

/** As encodeOtlpProto, to a sink. */
export async function writeOtlpProto(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  for await (const chunk of encodeOtlpProto(batches)) await sink.write(chunk)
}
