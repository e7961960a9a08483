import { expect, test } from 'vitest'
import { parseSamples, totalOf } from '../../../../harness/bench/cluster/samples.ts'
import { ServerMetrics } from '../../../../lib/serve/metrics.ts'

test('what a role answers is read as it was counted', async () => {
  const metrics = new ServerMetrics('1.0')
  metrics.lookUp('requests_total', 'Help.', ['operation', 'object'], () => [
    [{ operation: 'GET', object: 'data' }, 3],
    [{ operation: 'GET', object: 'a "quoted", one\\' }, 4],
    [{ operation: 'PUT', object: 'data' }, 1.5e9],
  ])
  const samples = parseSamples((await metrics.print()).text)
  expect(totalOf(samples, 'requests_total')).toBe(1.5e9 + 7)
  expect(totalOf(samples, 'requests_total', { operation: 'GET' })).toBe(7)
  expect(totalOf(samples, 'requests_total', { operation: ['GET', 'PUT'], object: 'data' })).toBe(1.5e9 + 3)
  expect(totalOf(samples, 'requests_total', { object: 'a "quoted", one\\' })).toBe(4)
  expect(totalOf(samples, 'nothing')).toBe(0)
  expect(totalOf(samples, 'process_cpu_seconds_total')).toBeGreaterThan(0)
})
