import { Client, credentials } from '@grpc/grpc-js'
import type { BuiltSet } from '../../lib/conformance/data/labels.ts'
import { sets } from '../../lib/conformance/data/sets.ts'
import { LabError, messageOf } from '../../lib/error.ts'
import { encodeTraces } from '../../lib/formats/otlp/proto-message.ts'
import type { Trace } from '../../lib/model/trace.ts'

const maxSpans = 500
const timeoutMillis = 30_000

/** Pushes the traces of sets to `http://…` or `grpc://…`; fails where a request is not taken. */
export async function pushSets(url: string, built: Iterable<BuiltSet>): Promise<void> {
  const pusher = url.startsWith('grpc:') ? grpcPusher(url) : httpPusher(url)
  try {
    for (const set of built) for (const request of requestsOf(set)) await pusher.send(encodeTraces(request))
  } catch (error) {
    throw new LabError('usage', `--push ${url}: ${messageOf((error as Error).cause ?? error)}`)
  } finally {
    pusher.close()
  }
}

/** The traces of a set by request: some spans together; of a set in pieces each span alone, twice. */
export function requestsOf({ name, traces }: BuiltSet): Trace[][] {
  if (sets[name]!.isInPieces)
    return traces.flatMap(({ traceId, spans }) =>
      spans.flatMap(span => [[{ traceId, spans: [span] }], [{ traceId, spans: [span] }]]),
    )
  const requests: Trace[][] = [[]]
  let spanCount = 0
  for (const trace of traces) {
    if (spanCount > maxSpans) {
      requests.push([])
      spanCount = 0
    }
    requests.at(-1)!.push(trace)
    spanCount += trace.spans.length
  }
  return requests
}

interface Pusher {
  send(body: Buffer): Promise<void>
  close(): void
}

function httpPusher(url: string): Pusher {
  const address = /\/v1\/traces$/.test(url) ? url : `${url.replace(/\/+$/, '')}/v1/traces`
  return {
    async send(body) {
      const headers = { 'content-type': 'application/x-protobuf' }
      const signal = AbortSignal.timeout(timeoutMillis)
      const response = await fetch(address, { method: 'POST', body: new Uint8Array(body), headers, signal })
      const text = await response.text()
      if (!response.ok) throw new Error(`spans are refused with ${response.status}: ${text.slice(0, 200)}`)
    },
    close() {},
  }
}

function grpcPusher(url: string): Pusher {
  const client = new Client(url.replace(/^grpc:\/\//, ''), credentials.createInsecure())
  const asBytes = (bytes: Buffer) => bytes
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
  return {
    send: body =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + timeoutMillis
        client.makeUnaryRequest(path, asBytes, asBytes, body, { deadline }, error =>
          error ? reject(error) : resolve(),
        )
      }),
    close: () => client.close(),
  }
}
