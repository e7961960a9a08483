import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSpan } from '../../../../lib/model/draft.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import { listenForQueries } from '../../../../lib/serve/api/listen.ts'
import { encodeMessage, list, map, one, schemaOf } from '../../../../lib/serve/api/message.ts'
import type { Listening } from '../../../../lib/serve/drain.ts'

const spans = [{ ...newSpan(), spanId: '0a', name: 'GET /', startNanos: 10n ** 12n, endNanos: 10n ** 12n + 5n }]
const full = memorySource([{ traceId: 'ab', spans }])

let server: Listening
let client: Client

beforeAll(async () => {
  const source = async ([tenant]: readonly string[]) => (tenant === 'other' ? memorySource([]) : full)
  const config = { source, version: '1', revision: '', timeoutMillis: 10_000, maxBytes: 1e9 }
  server = await listenForQueries(config, { host: '127.0.0.1', port: 0 })
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
})

afterAll(async () => {
  client.close()
  await server.close()
})

const searchRequest = schemaOf({ tags: map(1, 'text'), limit: one(4, 'varint'), query: one(8, 'text') })
const rangeRequest = schemaOf({
  query: one(1, 'text'),
  start: one(2, 'varint'),
  end: one(3, 'varint'),
  step: one(4, 'varint'),
})
const valuesRequest = schemaOf({ tagName: one(1, 'text') })

async function stream(method: string, request: Uint8Array, tenant?: string): Promise<Buffer> {
  const metadata = new Metadata()
  if (tenant !== undefined) metadata.set('x-scope-orgid', tenant)
  const same = (bytes: Buffer) => bytes
  const path = `/tempopb.StreamingQuerier/${method}`
  const call = client.makeServerStreamRequest(path, same, same, Buffer.from(request), metadata)
  const parts: Buffer[] = []
  for await (const part of call) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** The same question over HTTP, on the same port. */
async function ask(path: string, parameters: Record<string, string> = {}): Promise<Buffer> {
  const url = `http://127.0.0.1:${server.port}${path}?${new URLSearchParams(parameters)}`
  const response = await fetch(url, { headers: { accept: 'application/protobuf' } })
  return Buffer.from(await response.arrayBuffer())
}

test('streams what HTTP answers on the same port', async () => {
  const query = '{ name = "GET /" }'
  const found = await stream('Search', encodeMessage(searchRequest, { query, limit: 5 }))
  expect(found.length).toBeGreaterThan(50)
  expect(found).toEqual(await ask('/api/search', { q: query, limit: '5' }))
  const tagged = await stream('Search', encodeMessage(searchRequest, { tags: { name: 'GET /' } }))
  expect(tagged).toEqual(await ask('/api/search', { tags: 'name="GET /"' }))
  const range = { query: '{ } | rate()', start: `${10n ** 12n}`, end: `${2n * 10n ** 12n}`, step: `${10n ** 11n}` }
  expect(await stream('MetricsQueryRange', encodeMessage(rangeRequest, range))).toEqual(
    await ask('/api/metrics/query_range', { q: range.query, start: '1000', end: '2000', step: '100' }),
  )
  expect(await stream('SearchTagsV2', new Uint8Array())).toEqual(await ask('/api/v2/search/tags'))
  expect(await stream('SearchTagValuesV2', encodeMessage(valuesRequest, { tagName: 'name' }))).toEqual(
    await ask('/api/v2/search/tag/name/values'),
  )
})

test('tenants are apart', async () => {
  const request = encodeMessage(searchRequest, { query: '{ }' })
  expect((await stream('Search', request, 'other')).length).toBeLessThan(20)
})

test.each([
  ['a query that is none', 'Search', encodeMessage(searchRequest, { query: '{' }), status.INVALID_ARGUMENT],
  ['a request that is cut', 'Search', Uint8Array.of(0x42, 9, 1), status.INTERNAL],
  ['another method', 'Nope', new Uint8Array(), status.UNIMPLEMENTED],
])('%s is refused with its code', async (_, method, request, code) => {
  await expect(stream(method, request)).rejects.toMatchObject({ code })
})

test('a request that comes byte by byte is answered, garbage is refused and harms nobody', async () => {
  const slow = connect(server.port, '127.0.0.1')
  for (const byte of 'PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n') {
    slow.write(byte)
    await new Promise(resolve => setImmediate(resolve))
  }
  const [answer] = (await once(slow, 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1.1 404/)
  slow.destroy()
  const garbage = connect(server.port, '127.0.0.1')
  garbage.write(Buffer.from([0x16, 3, 1, 2, 0, 1]))
  const [refusal] = (await once(garbage, 'data')) as [Buffer]
  expect(refusal.toString()).toMatch(/^HTTP\/1.1 400/)
  garbage.destroy()
  expect((await ask('/api/echo')).toString()).toBe('echo')
})

test('a client that hangs up stops its query, and one that takes too long is told', async () => {
  const ended = new EventEmitter()
  const never = memorySource([])
  never.scan = async function* (_, limits) {
    ended.emit('begin')
    await once(limits!.signal!, 'abort')
    ended.emit('end')
    limits!.signal!.throwIfAborted()
    yield* []
  }
  const config = { version: '1', revision: '', maxBytes: 1e9, source: async () => never }
  const patient = await listenForQueries({ ...config, timeoutMillis: 60_000 }, { host: '127.0.0.1', port: 0 })
  const url = (port: number) => `http://127.0.0.1:${port}/api/search?q=%7B%7D`
  const [begun, stopped] = [once(ended, 'begin'), once(ended, 'end')]
  const client = new AbortController()
  const answer = fetch(url(patient.port), { signal: client.signal })
  await begun
  client.abort()
  await expect(answer).rejects.toThrow()
  await stopped
  await patient.close()
  const hasty = await listenForQueries({ ...config, timeoutMillis: 5 }, { host: '127.0.0.1', port: 0 })
  const late = await fetch(url(hasty.port))
  expect([late.status, await late.text()]).toEqual([504, 'the query took longer than 5 ms'])
  await hasty.close()
})

test('lists are kept whole in a message of many', () => {
  const schema = schemaOf({ names: list(1, 'text') })
  expect([...encodeMessage(schema, { names: ['a', ''] })]).toEqual([0x0a, 1, 0x61, 0x0a, 0])
})
