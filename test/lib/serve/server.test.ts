import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startServer } from '../../../lib/serve/server.ts'
import { serverConfigIn } from '../../support/server.ts'
import { requestOf } from '../../support/store-spans.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'server-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const start = () => startServer(serverConfigIn(folder), { version: '1', revision: '', warn: () => {} })

/** How many spans there are, by an instant query. */
async function countOf(port: number): Promise<unknown> {
  const query = encodeURIComponent('{ } | count_over_time()')
  const response = await fetch(`http://127.0.0.1:${port}/api/metrics/query?q=${query}&start=0&end=4000000000`)
  const { series } = (await response.json()) as { series: { value?: number }[] }
  return series[0]?.value
}

test('spans that were sampled count for those that they represent, recent ones and those of blocks', async () => {
  const server = await start()
  const { store, ports } = server
  const sampled = { startNanos: 1_000_000_000n, endNanos: 2_000_000_000n, traceState: 'ot=th:8;rv:ffffffffffffff' }
  await store.push('single-tenant', requestOf([[1, 1]], sampled))
  await store.push('single-tenant', requestOf([[2, 2]], { ...sampled, traceState: '' }))
  expect(await countOf(ports.query)).toBe(3)
  await store.flush()
  expect(await countOf(ports.query)).toBe(3)
  await store.push('single-tenant', requestOf([[3, 3]], sampled))
  expect(await countOf(ports.query)).toBe(5)
  await server.close()
})

test('says that it is not ready while it reads its log, and takes spans meanwhile', async () => {
  const first = await start()
  const spans = Array.from({ length: 20_000 }, (_, i) => [i + 1, i + 1] as const)
  for (let i = 0; i < spans.length; i += 500)
    await first.store.push('single-tenant', requestOf(spans.slice(i, i + 500)))
  await first.close()
  const second = await start()
  const ready = () => fetch(`http://127.0.0.1:${second.ports.query}/ready`)
  const early = await ready()
  if (early.status !== 200) {
    expect(early.status).toBe(503)
    expect(await early.text()).toMatch(
      /^the (log of recent spans is being read: \d+ of \d+ MiB|list of blocks is being read)$/,
    )
  }
  await second.store.push('single-tenant', requestOf([[0xfffff, 0xfffff]]))
  expect(await countOf(second.ports.query)).toBe(20_001)
  expect((await ready()).status).toBe(200)
  await second.close()
})
