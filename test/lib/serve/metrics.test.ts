import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { LivePart } from '../../../lib/serve/live/part.ts'
import { type Running, startServer } from '../../../lib/serve/server.ts'
import { defaultServerConfig, type ServerConfig } from '../../../lib/serve/server-config.ts'
import { sendOtlp } from '../../support/served.ts'
import { serverConfigIn } from '../../support/server.ts'
import { requestOf } from '../../support/store-spans.ts'

const folder = mkdtempSync(join(tmpdir(), 'metrics-'))
const servers: Running[] = []
afterAll(async () => {
  for (const server of servers) await server.close()
  rmSync(folder, { recursive: true })
})

async function start(name: string, limits: Partial<ServerConfig['store']['limits']> = {}) {
  const home = join(folder, name)
  const { limits: usual } = defaultServerConfig.store
  const server = await startServer(serverConfigIn(home, { store: { limits: { ...usual, ...limits } } }), {
    version: '1.2.3',
    revision: '',
    warn: () => {},
  })
  servers.push(server)
  const otlp = `http://127.0.0.1:${server.ports.otlpHttp}/v1/traces`
  const api = `http://127.0.0.1:${server.ports.query}`
  return { server, otlp, api, metrics: async () => parse(await (await fetch(`${api}/metrics`)).text()) }
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const sampleLine = new RegExp(`^(${name})(?:\\{((?:${name}="(?:[^"\\\\\\n]|\\\\["\\\\n])*",?)+)\\})? (\\S+)$`)
const typeLine = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram|summary)$`)
const helpLine = new RegExp(`^# HELP (${name}) \\S.*$`)

/** The samples of an exposition by name and labels, held to the text format: each name once, with help and type before. */
function parse(text: string): Map<string, number> {
  expect(text.endsWith('\n')).toBe(true)
  const samples = new Map<string, number>()
  const types = new Map<string, string>()
  const helped = new Set<string>()
  for (const line of text.split('\n').filter(one => one !== '')) {
    const [, helpName] = helpLine.exec(line) ?? []
    const [, typeName, type] = typeLine.exec(line) ?? []
    const [, sample, labels, value] = sampleLine.exec(line) ?? []
    if (helpName !== undefined) {
      expect(helped.has(helpName), line).toBe(false)
      helped.add(helpName)
    } else if (typeName !== undefined) {
      expect(types.has(typeName), line).toBe(false)
      types.set(typeName, type!)
    } else {
      expect(sample, line).toBeDefined()
      const base = sample!.replace(/_(?:bucket|sum|count)$/, '')
      expect(types.get(sample!) ?? types.get(base), line).toBeDefined()
      expect(types.get(sample!) !== 'counter' || Number(value) >= 0, line).toBe(true)
      // Of an event loop that was not measured yet the lag is printed as Nan, which Go reads.
      expect(!Number.isNaN(Number(value)) || /^(?:[+-]Inf|nan)$/i.test(value!), line).toBe(true)
      const key = labels === undefined ? sample! : `${sample}{${labels}}`
      expect(samples.has(key), line).toBe(false)
      samples.set(key, Number(value))
    }
  }
  expect([...helped].sort()).toEqual([...types.keys()].sort())
  return samples
}

test('values move as requests are sent, under the names of Tempo, and servers of one process do not mix', async () => {
  const [one, other] = [await start('one', { maxTraceBytes: 300 }), await start('other')]
  const before = await one.metrics()
  expect(before.get('tempo_build_info{version="1.2.3"}')).toBe(1)
  expect(before.get('tempo_live_store_ready')).toBe(1)
  const request = requestOf([
    [1, 1],
    [2, 2],
  ])
  expect(await sendOtlp(one.otlp, request, { 'x-scope-orgid': 'a' })).toBe(200)
  expect(await sendOtlp(one.otlp, Buffer.from('no'), { 'x-scope-orgid': 'a' })).toBe(400)
  expect(await sendOtlp(one.otlp, requestOf([[0, 1]]), { 'x-scope-orgid': 'a' })).toBe(200)
  expect(await sendOtlp(one.otlp, requestOf(Array.from({ length: 20 }, (_, i) => [3, 10 + i])))).toBe(200)
  expect((await fetch(`${one.api}/api/search?q=%7B%7D`, { headers: { 'x-scope-orgid': 'a' } })).status).toBe(200)
  expect((await fetch(`${one.api}/api/search?q=%7B`, { headers: { 'x-scope-orgid': 'a' } })).status).toBe(400)
  const after = await one.metrics()
  const expected = {
    'tempo_distributor_spans_received_total{tenant="a"}': 2,
    'tempo_distributor_bytes_received_total{tenant="a"}': request.length + requestOf([[0, 1]]).length,
    'tempo_discarded_spans_total{reason="invalid_trace_id",tenant="a"}': 1,
    'trace_lab_refused_requests_total{reason="invalid",tenant="a"}': 1,
    'tempo_live_store_live_traces{tenant="a"}': 2,
    'tempo_request_duration_seconds_count{method="POST",route="v1_traces",status_code="200"}': 3,
    'tempo_request_duration_seconds_count{method="POST",route="v1_traces",status_code="400"}': 1,
    'tempo_request_duration_seconds_count{method="GET",route="api_search",status_code="200"}': 1,
    'tempo_query_frontend_queries_total{op="search",tenant="a",result="completed"}': 1,
    'tempo_query_frontend_queries_total{op="search",tenant="a",result="failed"}': 1,
  }
  expect(Object.fromEntries(Object.keys(expected).map(key => [key, after.get(key)]))).toEqual(expected)
  expect(after.get('tempo_discarded_spans_total{reason="trace_too_large",tenant="single-tenant"}')).toBeGreaterThan(0)
  for (const key of ['trace_lab_log_sync_seconds_count', 'trace_lab_log_bytes_total', 'process_resident_memory_bytes'])
    expect(after.get(key), key).toBeGreaterThan(0)
  expect([...(await other.metrics()).keys()].filter(key => key.includes('tenant='))).toEqual([])
  await one.server.store.flush()
  const flushed = await one.metrics()
  expect(flushed.get('tempodb_blocklist_length{tenant="a"}')).toBe(1)
  expect(flushed.get('tempo_live_store_blocks_cut_total')).toBe(2)
  expect(flushed.get('tempo_live_store_completion_duration_seconds_count')).toBe(2)
  expect(flushed.get('tempo_live_store_live_traces{tenant="a"}')).toBeUndefined()
})

test('spans of requests that come too fast are discarded ones, and no request for metrics groups recent spans', async () => {
  const { otlp, metrics, server } = await start('fast', { maxSpansPerSecond: 1 })
  const request = requestOf(Array.from({ length: 500 }, (_, i) => [1 + (i % 7), 1 + i]))
  expect(await sendOtlp(otlp, request)).toBe(200)
  expect(await sendOtlp(otlp, request)).toBe(429)
  const part = vi.spyOn(LivePart.prototype, 'view')
  const samples = await metrics()
  expect(part).not.toHaveBeenCalled()
  part.mockRestore()
  expect(samples.get('tempo_live_store_live_traces{tenant="single-tenant"}')).toBe(7)
  expect(samples.get('tempo_discarded_spans_total{reason="rate_limited",tenant="single-tenant"}')).toBe(500)
  expect(server.store.counters.of('single-tenant').spans).toBe(500)
})

test('names that clients choose do not make it grow: 200 tenants have labels, the others are one', async () => {
  const { otlp, api, metrics } = await start('tenants')
  for (let i = 0; i < 230; i++) await sendOtlp(otlp, requestOf([[1, 1]]), { 'x-scope-orgid': `t${i}` })
  for (let i = 0; i < 30; i++) await fetch(`${api}/nothing/${i}`, { method: 'GET' })
  const samples = await metrics()
  const received = [...samples].filter(([key]) => key.startsWith('tempo_distributor_spans_received_total'))
  expect(received).toHaveLength(201)
  expect(samples.get('tempo_distributor_spans_received_total{tenant="other"}')).toBe(30)
  expect(samples.get('tempo_request_duration_seconds_count{method="GET",route="other",status_code="404"}')).toBe(30)
})
