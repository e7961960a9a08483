import { StringCache } from '../../bytes/string-cache.ts'
import { readOtlpJson } from '../../formats/otlp/json.ts'
import { readOtlpProto } from '../../formats/otlp/proto.ts'
import { firstDifference, printDifference } from '../../model/difference.ts'
import type { Span, Trace } from '../../model/trace.ts'
import { traceKey } from '../../model/trace-id.ts'
import { WireReader } from '../../wire/protobuf/reader.ts'
import type { CheckMaker, Judged } from './check.ts'

/** The traces that an answer of the trace API holds, as JSON or protobuf. */
export async function tracesIn({ response, request }: Judged): Promise<Trace[]> {
  const { body, contentType } = response
  const isJson = contentType.includes('json')
  if (isJson && !/"(?:resourceSpans|batches)"/.test(body.toString())) return []
  const message = isJson || request.verb === 'trace-v1' ? body : firstField(body)
  if (message.length === 0) return []
  const read = isJson ? readOtlpJson : readOtlpProto
  const traces = new Map<string, Span[]>()
  for await (const batch of read(oneChunk(message)))
    for (const { traceId, spans } of batch)
      traces.set(traceKey(traceId), [...(traces.get(traceKey(traceId)) ?? []), ...spans])
  return Array.from(traces, ([traceId, spans]) => ({ traceId, spans }))
}

async function* oneChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

/** The trace of version 2's message, whose other fields say what was read. */
function firstField(body: Buffer): Uint8Array {
  const wire = new WireReader(body, 0, { strings: new StringCache(1), dropped: () => {} })
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) {
      const { start, end } = wire.range('trace')
      return body.subarray(start, end)
    }
    wire.drop(tag)
  }
  return new Uint8Array()
}

/** The trace as it was pushed, in everything but the order of its spans. */
export const wholeCheck: CheckMaker = label => async judged => {
  const expected = judged.set.byLabel.get(label)!
  const [found] = await tracesIn(judged)
  if (found === undefined) return 'an empty answer'
  const difference = firstDifference(ordered(expected), ordered(found))
  return difference && printDifference(difference)
}

function ordered({ traceId, spans }: Trace): Trace {
  const keyed = spans.map(span => ({ span, key: `${span.spanId} ${span.startNanos}` }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return { traceId: traceKey(traceId), spans: keyed.map(({ span }) => normal(span)) }
}

/** An empty scope or status and an absent one are the same to a store that keeps columns. */
function normal(span: Span): Span {
  const { scope, status } = span
  const hasScope = scope !== null && (scope.name !== '' || scope.version !== '' || scope.attributes.length > 0)
  return { ...span, scope: hasScope ? scope : null, status: status?.code || status?.message ? status : null }
}
