import { Losses } from '../../formats/losses.ts'
import { readOtlpJson } from '../../formats/otlp/json.ts'
import { encodeTraces } from '../../formats/otlp/proto-message.ts'
import { zipkin } from '../../formats/zipkin/format.ts'
import { type Trace, traceIdDigits } from '../../model/trace.ts'
import { oneChunk } from './body.ts'

/** OTLP JSON as OTLP protobuf. */
export async function otlpOfJson(body: Buffer): Promise<Buffer> {
  return encodeTraces(await allOf(readOtlpJson(oneChunk(body))))
}

/** Zipkin v2 JSON as OTLP protobuf; trace ids of 64 bits are padded, as OpenTelemetry does. */
export async function otlpOfZipkin(body: Buffer): Promise<Buffer> {
  const traces = await allOf(zipkin.read(oneChunk(body), new Losses()))
  return encodeTraces(traces.map(({ traceId, spans }) => ({ traceId: traceId.padStart(traceIdDigits, '0'), spans })))
}

async function allOf(batches: AsyncIterable<readonly Trace[]>): Promise<Trace[]> {
  const traces: Trace[] = []
  for await (const batch of batches) traces.push(...batch)
  return traces
}
