import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, describe, expect, test } from 'vitest'
import { compressor } from '../../../../lib/codecs/compress.ts'
import { writeOtlpJson } from '../../../../lib/formats/otlp/json.ts'
import { OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { otlpServer, type Receiving, zipkinServer } from '../../../../lib/serve/receive/http.ts'
import { Refusal } from '../../../../lib/serve/refusal.ts'
import { rowTraces } from '../../../../lib/shred/row-traces.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { MemorySink } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { pieceOf, requestOf, traceIdOf } from '../../../support/store-spans.ts'
import { expectSameTraces } from '../../../support/traces.ts'

const maxRequestBytes = 1 << 21
const zstd = (bytes: Uint8Array) => Buffer.from(compressor('zstd', 3)(bytes))
const protobuf = 'application/x-protobuf'
const json = 'application/json'

/** Keeps what it is given, by tenant. */
class Sink implements Receiving {
  readonly maxRequestBytes = maxRequestBytes
  readonly pushed: { tenant: string; traces: Trace[] }[] = []
  rejected = new Map<string, number>()
  error: Error | undefined

  async push(tenant: string, request: Buffer) {
    if (this.error) throw this.error
    const rows = new SpanRows()
    new OtlpMessages(rows, () => {}).read(request, rows)
    this.pushed.push({ tenant, traces: Array.from(rowTraces(rows), trace => trace.object()) })
    return { spanCount: rows.length, rejected: this.rejected }
  }
}

const apps: FastifyInstance[] = []
afterAll(() => Promise.all(apps.map(app => app.close())))

function otlp() {
  const sink = new Sink()
  const app = otlpServer(sink)
  apps.push(app)
  const post = (payload: Buffer | string, headers: Record<string, string> = {}, more: InjectOptions = {}) =>
    app.inject({
      method: 'POST',
      url: '/v1/traces',
      payload,
      headers: { 'content-type': protobuf, ...headers },
      ...more,
    })
  return { sink, app, post }
}

const traces = generatedTraces('otel', 5)

async function jsonOf(of: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  await writeOtlpJson(streamOf([of]), sink)
  return sink.bytes()
}

describe('OTLP over HTTP', () => {
  test('takes protobuf and JSON, plain and compressed, and answers in the same', async () => {
    const { sink, post } = otlp()
    const bodies = {
      [protobuf]: requestOf([
        [1, 1],
        [1, 2],
      ]),
      [json]: await jsonOf(traces),
    }
    for (const [type, body] of Object.entries(bodies))
      for (const [encoding, compressed] of [
        ['', body],
        ['identity', body],
        ['gzip', gzipSync(body)],
        ['zstd', zstd(body)],
      ] as const) {
        const response = await post(compressed, {
          'content-type': `${type}; charset=utf-8`,
          ...(encoding && { 'content-encoding': encoding }),
        })
        expect(response.statusCode, `${type} ${encoding}: ${response.body}`).toBe(200)
        expect(response.headers['content-type']).toMatch(type)
        expect(response.body).toBe(type === json ? '{}' : '')
        const { tenant, traces: found } = sink.pushed.pop()!
        expect(tenant).toBe('single-tenant')
        if (type === json) expectSameTraces(traces, found)
        else expect(found.map(({ traceId, spans }) => [traceId, spans.length])).toEqual([[traceIdOf(1), 2]])
      }
  })

  test('tells what was rejected, as partial success', async () => {
    const { sink, post } = otlp()
    sink.rejected = new Map([
      ['span id of zeros', 2],
      ['trace id of zeros', 1],
    ])
    const response = await post(await jsonOf(traces), { 'content-type': json })
    const errorMessage = 'span id of zeros: 2 spans; trace id of zeros: 1 span'
    expect(response.json()).toEqual({ partialSuccess: { rejectedSpans: '3', errorMessage } })
    const { rawPayload } = await post(requestOf([[1, 1]]))
    expect(rawPayload.subarray(2).toString('latin1')).toBe(
      `\x08\x03\x12${String.fromCharCode(errorMessage.length)}${errorMessage}`,
    )
  })

  test('tells the sender whether to try again, and when', async () => {
    const { sink, post } = otlp()
    for (const [kind, status, code] of [
      ['invalid', 400, 3],
      ['limited', 429, 8],
      ['unavailable', 503, 14],
    ] as const) {
      sink.error = new Refusal(kind, 'why', { retryAfterSeconds: kind === 'invalid' ? 0 : 7 })
      const response = await post('{}', { 'content-type': json })
      expect([response.statusCode, response.json()]).toEqual([status, { code, message: 'why' }])
      expect(response.headers['retry-after']).toBe(kind === 'invalid' ? undefined : '7')
      const { rawPayload } = await post(Buffer.alloc(0))
      const retryInfo = '\x1a\x30\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x07'
      expect(rawPayload.toString('latin1')).toBe(
        `\x08${String.fromCharCode(code)}\x12\x03why${kind === 'invalid' ? '' : retryInfo}`,
      )
    }
    sink.error = new Error('a bug')
    expect((await post('{}', { 'content-type': json })).statusCode).toBe(500)
  })

  test('a request cut at every byte is refused or holds nothing more, in every encoding', async () => {
    const { sink, post } = otlp()
    const body = requestOf([
      [1, 1],
      [2, 2],
    ])
    const text = await jsonOf([pieceOf(1, 1)])
    for (const [type, encoding, whole] of [
      [protobuf, 'identity', body],
      [protobuf, 'gzip', gzipSync(body)],
      [protobuf, 'zstd', zstd(body)],
      [json, 'identity', Buffer.from(text.toString().trimEnd())],
    ] as const)
      for (let length = 1; length < whole.length; length++) {
        const response = await post(whole.subarray(0, length), { 'content-type': type, 'content-encoding': encoding })
        expect(response.statusCode, `${type} ${encoding} ${length}`).toBe(400)
      }
    expect(sink.pushed).toEqual([])
  })

  test('refuses bombs, bodies that are too large, other types, encodings, methods, and tenants that are no folder', async () => {
    const { sink, post, app } = otlp()
    const bomb = gzipSync(Buffer.alloc(32 << 20))
    const cases: [Promise<{ statusCode: number; body: string }>, number, RegExp][] = [
      [post(bomb, { 'content-encoding': 'gzip' }), 400, /holds more than/],
      [post(gzipSync(Buffer.alloc(2 << 20)), { 'content-encoding': 'gzip' }), 400, /holds more than/],
      [post(zstd(Buffer.alloc(32 << 20)), { 'content-encoding': 'zstd' }), 400, /holds more than/],
      [post(bomb, { 'content-encoding': 'gzip, gzip' }), 400, /expected gzip, zstd or identity/],
      [post(Buffer.alloc(maxRequestBytes + 1)), 413, /too large/i],
      [post('x', { 'content-length': String(2 ** 31) }), 413, /too large/i],
      [post('x', { 'content-type': 'text/plain' }), 415, /Unsupported Media Type/],
      [post('x', { 'content-type': '' }), 415, /Unsupported Media Type/],
      [post(requestOf([[1, 1]]), { 'x-scope-orgid': '../..' }), 400, /a tenant is 1 to 150/],
      [post(await jsonOf([pieceOf(1, 1, { name: '\ud800' })]), { 'content-type': json }), 400, /lone surrogate/],
      [app.inject({ method: 'GET', url: '/v1/traces' }), 405, /expected POST/],
      [
        app.inject({ method: 'POST', url: '/v1/logs', payload: '{}', headers: { 'content-type': json } }),
        404,
        /not found/i,
      ],
    ]
    for (const [response, status, message] of cases) {
      const { statusCode, body } = await response
      expect([statusCode, body]).toEqual([status, expect.stringMatching(message)])
    }
    expect(sink.pushed).toEqual([])
    expect((await post(requestOf([[1, 1]]), { 'x-scope-orgid': "a.b-c_d!*'()" })).statusCode).toBe(200)
  })

  test('a span with 10,000 attributes is a span', async () => {
    const { sink, post } = otlp()
    const attributes = Array.from({ length: 10_000 }, (_, i) => ({ key: `key ${i}`, value: `value ${i}` }))
    expect((await post(requestOf([[1, 1]], { attributes }))).statusCode).toBe(200)
    expect(sink.pushed[0]!.traces[0]!.spans[0]!.attributes).toEqual(attributes)
  })

  test('clients that send half a request, or headers of 10 MB, disturb no other', async () => {
    const { app, sink } = otlp()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as { port: number }
    const half = connect(port, '127.0.0.1')
    half.write(`POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: ${protobuf}\r\nContent-Length: 100\r\n\r\n1234`)
    const large = connect(port, '127.0.0.1')
    large.on('error', () => {})
    large.write('POST /v1/traces HTTP/1.1\r\nHost: x\r\n')
    for (let i = 0; i < 10; i++) large.write(`X-${i}: ${'x'.repeat(1 << 20)}\r\n`)
    const [answer] = (await once(large, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 431/)
    const body = requestOf([[1, 1]])
    const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      body,
      headers: { 'content-type': protobuf },
    })
    expect(response.status).toBe(200)
    expect(sink.pushed).toHaveLength(1)
    half.destroy()
    large.destroy()
  })
})

test('Zipkin v2 spans are taken, ids of 64 bits padded', async () => {
  const sink = new Sink()
  const app = zipkinServer(sink)
  apps.push(app)
  const payload = JSON.stringify([
    {
      traceId: '0af7651916cd43dd',
      id: 'b7ad6b7169203331',
      name: 'get',
      timestamp: 1_790_000_000_000_000,
      duration: 1_000,
    },
  ])
  const headers = { 'content-type': json, 'x-scope-orgid': 'z' }
  const response = await app.inject({ method: 'POST', url: '/api/v2/spans', payload, headers })
  expect(response.statusCode).toBe(202)
  expect(sink.pushed.map(({ tenant, traces }) => [tenant, traces[0]!.traceId, traces[0]!.spans[0]!.name])).toEqual([
    ['z', '00000000000000000af7651916cd43dd', 'get'],
  ])
  for (const body of ['{', '[{"traceId":"zz","id":"b7ad6b7169203331"}]', '[1]', 'null']) {
    const refused = await app.inject({ method: 'POST', url: '/api/v2/spans', payload: body, headers })
    expect(refused.statusCode, body).toBe(400)
  }
})
