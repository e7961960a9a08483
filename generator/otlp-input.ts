import { TracesWriter } from '../lib/formats/otlp/proto-write.ts'
import type { Trace } from '../lib/model/trace.ts'

/**
 * The bytes of a trace as one OTLP protobuf message: what a collector would receive, so what counts as the input of a
 * run, and about half of the JSON that `generate` writes.
 */
export function otlpByteLength(trace: Trace): number {
  const writer = new TracesWriter()
  writer.add(trace)
  writer.end()
  return writer.take().reduce((sum, chunk) => sum + chunk.length, 0)
}
