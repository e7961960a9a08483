import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../../harness/stack/eventually.ts'
import { defaultClusterConfig, roleNames } from '../../../../lib/cluster/roles/config.ts'
import type { RunningRoles } from '../../../../lib/cluster/roles/start.ts'
import { MemoryCluster, textOf } from '../../../support/roles.ts'
import { sendOtlp } from '../../../support/served.ts'
import { requestOf } from '../../../support/store-spans.ts'

const cluster = new MemoryCluster(2)
const builder = { ...defaultClusterConfig.builder, cycleMillis: 400 }
let running: RunningRoles
beforeAll(async () => {
  running = await cluster.start('all', { builder })
}, 60_000)
afterAll(() => running?.close())

const spans = Array.from({ length: 50 }, (_, i) => [i + 1, i + 1] as const)
/** Of all times that spans of tests have. */
const question = `/api/search?${new URLSearchParams({ q: '{ }', limit: '1000' })}`

async function found(): Promise<number> {
  return JSON.parse(await textOf(running.ports.query, question)).traces.length
}

async function jsonOf(path: string, headers: Record<string, string> = {}): Promise<unknown> {
  const url = `http://127.0.0.1:${running.ports.query}${path}`
  return (await fetch(url, { headers: { accept: 'application/json', ...headers } })).json()
}

test('all roles in one process: what is acknowledged is found, before and after it is in blocks', async () => {
  expect(await eventually(() => textOf(running.ports.query, '/ready'))).toBe('ready')
  expect(await sendOtlp(`http://127.0.0.1:${running.ports.otlpHttp}/v1/traces`, requestOf(spans))).toBe(200)
  await eventually(async () => expect(await found()).toBe(50))
  // Whatever of them is in blocks yet.
  await eventually(async () => {
    const [only] = (await jsonOf('/status/tenants')) as { recentSpans: number; blockSpans: number }[]
    expect(only!.recentSpans + only!.blockSpans).toBe(50)
  })
  await eventually(async () => {
    const lag = await textOf(running.ports.query, '/status/lag')
    expect([...lag.matchAll(/^ {2}records: 0$/gm)]).toHaveLength(2)
  })
  expect(await found()).toBe(50)
  const status = await textOf(running.ports.query, '/status')
  for (const name of roleNames) expect(status).toMatch(new RegExp(`^ {2}${name}:$`, 'm'))
  expect(await jsonOf('/status/tenants')).toEqual([
    { tenant: 'single-tenant', recentSpans: 0, blocks: 2, blockSpans: 50, blockBytes: expect.any(Number) },
  ])
  const { blocks, backlog } = (await jsonOf('/status/blocks')) as { blocks: object[]; backlog: string }
  expect(blocks).toHaveLength(2)
  expect(blocks[0]).toMatchObject({ tenant: 'single-tenant', level: 0, why: expect.stringMatching(/./) })
  expect(backlog).toBe('no compaction is due')
  expect(await jsonOf('/status/blocks', { 'x-scope-orgid': 'other' })).toMatchObject({ blocks: [] })
  const metrics = await textOf(running.ports.query, '/metrics')
  for (const line of [
    /^tempo_ingest_group_partition_lag\{group="block-builder",partition="1"\} 0$/m,
    /^tempo_ingest_group_partition_lag_seconds\{group="block-builder",partition="0"\} 0$/m,
    /^tempo_live_store_records_processed_total 2$/m,
    /^tempo_live_store_ready 2$/m,
    /^tempodb_blocklist_length\{tenant="single-tenant"\} 2$/m,
    /^tempo_backend_worker_jobs_total\{type="compaction",status="success"\} 0$/m,
    /^tempo_query_frontend_queries_total\{op="search",tenant="single-tenant",result="completed"\} [1-9]/m,
  ])
    expect(metrics).toMatch(line)
  expect(cluster.warnings).toEqual([])
}, 60_000)

test('a partition that loses its log says so in the lag, and its gauges have no old value', async () => {
  cluster.topic.isDown = true
  await eventually(async () => {
    const metrics = await textOf(running.ports.query, '/metrics')
    expect(metrics).not.toMatch(/^tempo_ingest_group_partition_lag\{/m)
  })
  cluster.topic.isDown = false
  await eventually(async () =>
    expect(await textOf(running.ports.query, '/metrics')).toMatch(/^tempo_ingest_group_partition_lag\{.*\} 0$/m),
  )
})
