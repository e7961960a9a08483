import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { eventually } from '../../../../harness/stack/eventually.ts'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import type { RunningRoles } from '../../../../lib/cluster/roles/start.ts'
import { MemoryCluster, roleConfig, textOf } from '../../../support/roles.ts'
import { sendOtlp } from '../../../support/served.ts'
import { requestOf } from '../../../support/store-spans.ts'

const folder = mkdtempSync(join(tmpdir(), 'roles-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { storage, builder } = roleConfig()
const quick = {
  storage: { ...storage, log: folder },
  builder: { ...builder, cycleMillis: 200 },
}

interface Found {
  readonly traces: readonly { readonly traceID: string; readonly spanSet: { readonly matched: number } }[]
}

/** How many spans a search of all of them finds, in how many traces. */
async function found(port: number): Promise<[spans: number, traces: number]> {
  const { traces } = JSON.parse(await textOf(port, '/api/search?q=%7B%7D&limit=10000&spss=1')) as Found
  return [traces.reduce((sum, { spanSet }) => sum + spanSet.matched, 0), traces.length]
}

/** Requests of which each has spans of the same traces. */
async function sendAll(port: number | undefined, requests: number): Promise<void> {
  for (let i = 0; i < requests; i++) {
    const spans = Array.from({ length: 20 }, (_, j) => [j + 1, i * 20 + j + 1] as const)
    expect(await sendOtlp(`http://127.0.0.1:${port}/v1/traces`, requestOf(spans))).toBe(200)
  }
}

test('each role in its own process: two builders, a live store for each partition and replica, two queriers', async () => {
  const cluster = new MemoryCluster(2)
  const start = (target: Parameters<typeof cluster.start>[0], instance: string, partition?: number) =>
    cluster.start(target, { ...quick, target, instance, partition })
  const distributor = await start('distributor', 'd')
  const frontend = await start('query-frontend', 'f')
  const others: RunningRoles[] = [
    await start('block-builder', 'b-1'),
    await start('block-builder', 'b-2'),
    await start('live-store', 'a-0'),
    await start('live-store', 'a-1'),
    await start('live-store', 'c-0'),
    await start('live-store', 'left', 1),
    await start('querier', 'q-1'),
    await start('querier', 'q-2'),
    await start('backend-worker', 'w'),
  ]
  await sendAll(distributor.ports.otlpHttp, 10)
  await eventually(async () => expect(await found(frontend.ports.query)).toEqual([200, 20]))
  await eventually(async () => {
    const { state } = await Chain.open(cluster.store)
    expect([...state.blocks.values()].reduce((sum, { totalSpans }) => sum + totalSpans, 0)).toBe(200)
  })
  expect(await found(frontend.ports.query)).toEqual([200, 20])
  const [, , firstLive] = others
  await firstLive!.close()
  await sendAll(distributor.ports.otlpHttp, 11)
  await eventually(async () => expect(await found(frontend.ports.query)).toEqual([220, 20]))
  for (const running of [...others, frontend, distributor]) await running.close()
}, 60_000)
