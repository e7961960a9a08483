import { LabError } from '../../../error.ts'
import { printTempoTrace } from '../../../formats/otlp/json.ts'
import { TracesWriter } from '../../../formats/otlp/proto-write.ts'
import { mergeSpellings } from '../../../model/merge.ts'
import type { Trace } from '../../../model/trace.ts'
import { joinSpellings, traceIdOf } from '../../../model/trace-id.ts'
import { answerMessage, bytesRead, type Question, type Route } from '../route.ts'
import { traceResponse } from '../tempopb.ts'

/** One trace by its id; one that is not there is an error of kind `missing`. */
export const traceV1: Route = {
  path: '/api/traces/:id',
  async answer(question) {
    const trace = await find(question)
    if (trace === undefined) throw new LabError('missing', question.source.missing ?? '')
    return { json: () => `{"batches":${printTempoTrace(trace)}}`, protobuf: () => encode(trace) }
  },
}

/** One trace by its id; one that is not there is an empty one. */
export const traceV2: Route = {
  path: '/api/v2/traces/:id',
  async answer(question) {
    const trace = await find(question)
    const metrics = { inspectedBytes: bytesRead(question) }
    const print = () => (trace === undefined ? '{}' : `{"resourceSpans":${printTempoTrace(trace)}}`)
    const withTrace = (bytes: Uint8Array) => answerMessage(traceResponse, { trace: bytes, metrics }, question)
    return {
      json: () => `{"trace":${print()},${answerMessage(traceResponse, { metrics }, question).json().slice(1)}`,
      protobuf: () => withTrace(trace === undefined ? new Uint8Array() : encode(trace)).protobuf(),
    }
  },
}

/** The trace in all spellings of its id. */
async function find({ path, source, limits }: Question): Promise<Trace | undefined> {
  const pieces: Trace[] = []
  for await (const piece of source.findTraces([traceIdOf(path.id!)], limits)) pieces.push(piece)
  return pieces.length === 0 ? undefined : joinSpellings(mergeSpellings(pieces))
}

/** The trace as a `TracesData`. */
function encode(trace: Trace): Uint8Array {
  const writer = new TracesWriter()
  writer.add(trace)
  writer.end()
  return Buffer.concat(writer.take())
}
