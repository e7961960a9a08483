import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { newSpan } from '../../../../lib/model/draft.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'
import type { ApiConfig } from '../../../../lib/serve/api/answer.ts'
import { apiServer } from '../../../../lib/serve/api/server.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { describeReference, readTraces, referencePath } from '../../traceql/references.ts'

const second = 1_000_000_000n
const aSpan = (fields: Partial<Span>): Span => ({ ...newSpan(), ...fields })

const service = (name: string) => ({
  attributes: [{ key: 'service.name', value: name }],
  droppedAttributesCount: 0,
  schemaUrl: '',
})

const traces: Trace[] = [
  {
    traceId: '00000000000000000123456789abcdef',
    spans: [
      aSpan({
        spanId: '00000000000000a1',
        name: 'GET /',
        startNanos: 1000n * second,
        endNanos: 1002n * second,
        resource: service('front'),
      }),
      aSpan({
        spanId: '00000000000000a2',
        parentSpanId: '00000000000000a1',
        name: 'query',
        kind: 3,
        startNanos: 1001n * second,
        endNanos: 1002n * second,
        resource: service('shop'),
        status: { code: 2, message: 'lost' },
        attributes: [
          { key: 'db.system', value: 'sql "x" y' },
          { key: 'rows', value: 5n },
        ],
      }),
    ],
  },
]

const app = serverOf(traces)
afterAll(() => app.close())

function serverOf(held: readonly Trace[], config: Partial<ApiConfig> = {}) {
  const sources = new Map([['single-tenant', memorySource(held)]])
  return apiServer({
    source: async tenants => sources.get(tenants.join()) ?? memorySource([]),
    version: '1.2.3',
    revision: 'abc',
    timeoutMillis: 10_000,
    maxBytes: 1e9,
    ...config,
  })
}

async function ask(url: string, headers: Record<string, string> = {}) {
  const { statusCode, body, rawPayload, headers: given } = await app.inject({ url, headers })
  return { statusCode, body, bytes: rawPayload, headers: given }
}

async function askJson(path: string, parameters: Record<string, string> = {}): Promise<unknown> {
  const { statusCode, body } = await ask(`${path}?${new URLSearchParams(parameters)}`)
  expect(statusCode, body).toBe(200)
  return JSON.parse(body)
}

test('says what it is and that it is ready', async () => {
  expect((await ask('/api/echo')).body).toBe('echo')
  expect((await ask('/ready')).body).toBe('ready')
  expect(await askJson('/api/status/buildinfo')).toMatchObject({ version: '1.2.3', revision: 'abc' })
})

test('gives its page compressed to who takes that, with its policy', async () => {
  const page = { html: `<p>${'a'.repeat(2_000)}`, policy: "default-src 'none'" }
  const paged = serverOf([], { page })
  const { headers, rawPayload } = await paged.inject({ url: '/', headers: { 'accept-encoding': 'gzip' } })
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-security-policy': page.policy })
  expect(gunzipSync(rawPayload).toString()).toBe(page.html)
  expect((await paged.inject('/')).body).toBe(page.html)
  await paged.close()
})

test('says why it is not ready', async () => {
  const waiting = serverOf([], { notReady: () => 'the log is being read' })
  const { statusCode, body } = await waiting.inject('/ready')
  expect([statusCode, body]).toEqual([503, 'the log is being read'])
  await waiting.close()
})

test('a query that waits for the log ends when its time is over, and says what it waited for', async () => {
  const notReady = () => 'the log is being read'
  const waiting = serverOf([], { source: () => new Promise(() => {}), notReady, timeoutMillis: 5 })
  const { statusCode, body } = await waiting.inject('/api/search')
  expect([statusCode, body]).toEqual([504, 'the query took longer than 5 ms: the log is being read'])
  await waiting.close()
})

test('answers a search in the shape of Tempo: 64-bit numbers as text, zeros left out', async () => {
  expect(await askJson('/api/search', { q: '{ status = error }' })).toEqual({
    traces: [
      {
        traceID: '123456789abcdef',
        rootServiceName: 'front',
        rootTraceName: 'GET /',
        startTimeUnixNano: '1000000000000',
        durationMs: 2000,
        spanSet: expect.anything(),
        spanSets: [
          {
            spans: [
              {
                spanID: '00000000000000a2',
                startTimeUnixNano: '1001000000000',
                durationNanos: '1000000000',
                attributes: [{ key: 'status', value: { stringValue: 'error' } }],
              },
            ],
            matched: 1,
          },
        ],
        serviceStats: { front: { spanCount: 1 }, shop: { spanCount: 1, errorCount: 1 } },
      },
    ],
    metrics: { inspectedTraces: 1, inspectedSpans: '2', completedJobs: 1, totalJobs: 1 },
  })
})

test.each([
  ['tags', { tags: 'db.system="sql \\"x\\" y" rows=5' }, 1],
  ['a tag that no span has', { tags: 'db.system=other' }, 0],
  ['error', { tags: 'error=true' }, 1],
  ['a name, and durations', { tags: 'name="GET /"', minDuration: '1s', maxDuration: '3s' }, 1],
  ['a duration that is too short', { maxDuration: '100ms' }, 0],
  ['nothing at all', {}, 1],
])('searches as before TraceQL, by %s', async (_, parameters, count) => {
  const { traces: found } = (await askJson('/api/search', parameters as Record<string, string>)) as { traces: [] }
  expect(found).toHaveLength(count)
})

test('gives a trace by its id in both versions, in JSON with ids in base64 and names of enums', async () => {
  const [short, full] = ['123456789abcdef', '00000000000000000123456789ABCDEF']
  for (const id of [short, full]) {
    const { trace } = (await askJson(`/api/v2/traces/${id}`)) as { trace: { resourceSpans: unknown[] } }
    expect(trace.resourceSpans).toHaveLength(2)
    expect(trace.resourceSpans[1]).toEqual({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: {},
          spans: [
            {
              traceId: 'AAAAAAAAAAABI0VniavN7w==',
              spanId: 'AAAAAAAAAKI=',
              parentSpanId: 'AAAAAAAAAKE=',
              name: 'query',
              kind: 'SPAN_KIND_CLIENT',
              startTimeUnixNano: '1001000000000',
              endTimeUnixNano: '1002000000000',
              attributes: [
                { key: 'db.system', value: { stringValue: 'sql "x" y' } },
                { key: 'rows', value: { intValue: '5' } },
              ],
              status: { message: 'lost', code: 'STATUS_CODE_ERROR' },
            },
          ],
        },
      ],
    })
    expect(await askJson(`/api/traces/${id}`)).toEqual({ batches: trace.resourceSpans })
  }
})

test('gives a trace in protobuf where that is accepted: v2 wraps what v1 gives', async () => {
  const headers = { accept: 'application/protobuf' }
  const v1 = await ask('/api/traces/123456789abcdef', headers)
  const v2 = await ask('/api/v2/traces/123456789abcdef', headers)
  expect(v1.headers['content-type']).toBe('application/protobuf')
  expect(v2.bytes.includes(v1.bytes)).toBe(true)
  expect(v2.bytes[0]).toBe(0x0a)
})

test('a trace that is not there is empty in v2, and 404 without a body in v1', async () => {
  expect(await askJson('/api/v2/traces/ff')).toEqual({ trace: {}, metrics: {} })
  expect(await ask('/api/traces/ff')).toMatchObject({ statusCode: 404, body: '' })
})

test('lists names and values', async () => {
  expect(await askJson('/api/search/tags')).toEqual({ tagNames: ['db.system', 'rows', 'service.name'], metrics: {} })
  expect(await askJson('/api/v2/search/tags', { scope: 'span', q: '{ rows = 5 }' })).toEqual({
    scopes: [{ name: 'span', tags: ['db.system', 'rows'] }],
    metrics: {},
  })
  expect(await askJson('/api/search/tag/service.name/values')).toEqual({ tagValues: ['front', 'shop'], metrics: {} })
  expect(await askJson('/api/v2/search/tag/span.rows/values')).toEqual({
    tagValues: [{ type: 'int', value: '5' }],
    metrics: {},
  })
  expect(await askJson('/api/v2/search/tag/status/values')).toEqual({
    tagValues: [
      { type: 'keyword', value: 'error' },
      { type: 'keyword', value: 'unset' },
    ],
    metrics: {},
  })
})

test('a filter that somebody is still typing does not narrow', async () => {
  const whole = await askJson('/api/v2/search/tags', { scope: 'span' })
  expect(await askJson('/api/v2/search/tags', { scope: 'span', q: '{ resource.' })).toEqual(whole)
})

test('answers metrics over a range and as one value', async () => {
  const range = { q: '{ } | count_over_time()', start: '1000', end: '1002' }
  const { series } = (await askJson('/api/metrics/query_range', { ...range, step: '1' })) as { series: object[] }
  expect(series).toEqual([
    {
      labels: [{ key: '__name__', value: { stringValue: 'count_over_time' } }],
      samples: [{ timestampMs: '1000000', value: 1 }, { timestampMs: '1001000', value: 1 }, { timestampMs: '1002000' }],
    },
  ])
  expect(await askJson('/api/metrics/query', range)).toMatchObject({ series: [{ value: 2 }] })
  const rate = { ...range, q: '{ status = error } | rate()' }
  expect(await askJson('/api/metrics/query', rate)).toMatchObject({ series: [{ value: 0.5 }] })
})

test.each([
  ['/api/search?q={', 400, /traceql at line 1/],
  ['/api/search?q=%7B%7D&limit=x', 400, /limit="x": needs an integer/],
  ['/api/search?q=%7B%7D&start=5&end=4', 400, /the end is not after the start/],
  ['/api/search?q=%7B%7D%7Crate()', 400, /gives series/],
  ['/api/search?tags=%3D', 400, /tags: needs key=value/],
  ['/api/metrics/query_range', 400, /q: a TraceQL query is missing/],
  ['/api/metrics/query_range?q=%7B%7D', 400, /gives spans/],
  ['/api/metrics/query_range?q=%7B%7D%7Crate()&step=0', 400, /step="0"/],
  ['/api/traces/xyz', 400, /needs 1 to 32 hex digits/],
  [`/api/traces/${'a'.repeat(33)}`, 400, /needs 1 to 32 hex digits/],
  ['/api/v2/search/tags?scope=nope', 400, /scope="nope": needs one of/],
  ['/api/v2/search/tag/nope/values', 400, /traceql/i],
  [`/api/search?q=${encodeURIComponent(`{ name = "${'x'.repeat(131_072)}" }`)}`, 400, /131072/],
  ['/nope', 404, /no such route/],
  ['/api/traces/%E0%A4%A', 400, /./],
])('%s is refused in plain text', async (url, status, reason) => {
  const { statusCode, body, headers } = await ask(url)
  expect({ statusCode, body }).toEqual({ statusCode: status, body: expect.stringMatching(reason) })
  expect(headers['content-type']).toMatch(/^text\/plain/)
})

test('tenants are apart, and one that would leave its folder is refused', async () => {
  const other = { 'x-scope-orgid': 'other' }
  expect(JSON.parse((await ask('/api/search?q=%7B%7D', other)).body)).toMatchObject({ traces: [] })
  expect((await ask('/api/search?q=%7B%7D', { 'x-scope-orgid': '../..' })).statusCode).toBe(400)
  expect((await ask('/api/search?q=%7B%7D', { 'x-scope-orgid': '..' })).statusCode).toBe(400)
})

test.each([100, 2_000])('compresses long answers for clients that take it: of %i spans', async length => {
  const spans = Array.from({ length }, (_, i) => aSpan({ spanId: `${i}`.padStart(16, '0'), name: 'again' }))
  const large = serverOf([{ traceId: 'ab', spans }])
  const plain = await large.inject({ url: '/api/traces/ab' })
  const packed = await large.inject({ url: '/api/traces/ab', headers: { 'accept-encoding': 'br, gzip' } })
  expect(packed.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(packed.rawPayload).toString()).toBe(plain.body)
  const refused = await large.inject({ url: '/api/traces/ab', headers: { 'accept-encoding': 'gzip;q=0' } })
  expect(refused.body).toBe(plain.body)
  await large.close()
})

describeReference('beside Tempo', ['tempo-blocks/search/traces.otlp.jsonl.gz'], () => {
  test('a trace is that of the sample, but for the order of attributes and groups', async () => {
    const held = serverOf(await readTraces(referencePath('tempo-blocks/search/traces.otlp.jsonl.gz')))
    const { body } = await held.inject({ url: '/api/v2/traces/102030405060708090a0b0c0d0e0f10' })
    const sample = JSON.parse(readFileSync(referencePath('tempo-api-samples/vParquet4-trace-v2.json'), 'utf8'))
    expect(sorted(JSON.parse(body).trace)).toEqual(sorted(sample.trace))
    await held.close()
  })

  test('what is found is what the engine finds', async () => {
    const own = await readTraces(referencePath('tempo-blocks/search/traces.otlp.jsonl.gz'))
    const held = serverOf(own)
    const text = '{ .foo = "Bar" } | select(kind)'
    const { body } = await held.inject({ url: `/api/search?q=${encodeURIComponent(text)}` })
    const { traces: found } = await search(memorySource(own), parseQuery(text))
    expect(JSON.parse(body).traces).toEqual(JSON.parse(JSON.stringify(found)))
    await held.close()
  })
})

/** Lists of objects in an order of their own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sorted(item)]))
}
