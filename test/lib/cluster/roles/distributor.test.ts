import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../../harness/stack/eventually.ts'
import type { RunningRoles } from '../../../../lib/cluster/roles/start.ts'
import { MemoryCluster, textOf } from '../../../support/roles.ts'
import { sendOtlp } from '../../../support/served.ts'
import { requestOf } from '../../../support/store-spans.ts'

describe('a distributor', () => {
  const cluster = new MemoryCluster(2)
  let distributor: RunningRoles
  let url: string
  beforeAll(async () => {
    distributor = await cluster.start('distributor')
    url = `http://127.0.0.1:${distributor.ports.otlpHttp}/v1/traces`
  })
  afterAll(() => distributor.close())

  test('takes spans in, and tells of it under the names of Tempo', async () => {
    expect(await sendOtlp(url, requestOf(Array.from({ length: 50 }, (_, i) => [i + 1, i + 1] as const)))).toBe(200)
    const log = cluster.places().log
    expect([await log.end(0), await log.end(1)]).toEqual([1, 1])
    const metrics = await textOf(distributor.ports.query, '/metrics')
    for (const line of [
      /^tempo_distributor_spans_received_total\{tenant="single-tenant"\} 50$/m,
      /^tempo_distributor_produce_records_total 2$/m,
      /^tempo_distributor_produce_failures_total 0$/m,
      /^tempo_distributor_kafka_write_bytes_total [1-9]\d+$/m,
      /^tempo_distributor_kafka_write_latency_seconds_count 1$/m,
    ])
      expect(metrics).toMatch(line)
  })

  test('says how it is', async () => {
    expect(await textOf(distributor.ports.query, '/ready')).toBe('ready')
    expect(await textOf(distributor.ports.query, '/status/config')).toBe('target: test\n')
    const status = await textOf(distributor.ports.query, '/status')
    expect(status).toMatch(/^instance: one$/m)
    expect(status).toMatch(/^ {2}topic: spans$/m)
    expect(status).toMatch(/^ {2}distributor:$/m)
    expect(status).toMatch(/^ {4}spans: 50$/m)
  })

  test('while the log is away it says so to senders and to those who ask whether it is ready', async () => {
    cluster.topic.isDown = true
    expect(await sendOtlp(url, requestOf([[1, 1]]))).toBe(503)
    const ready = await fetch(`http://127.0.0.1:${distributor.ports.query}/ready`)
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringMatching(/^distributor: the log does not take spans: .*the log is down$/),
    ])
    cluster.topic.isDown = false
    // Nobody sends to one that is not ready: it finds out by itself.
    expect(await eventually(() => textOf(distributor.ports.query, '/ready'))).toBe('ready')
    expect(await sendOtlp(url, requestOf([[1, 1]]))).toBe(200)
  })
})
