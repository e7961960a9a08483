import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { requestsOf } from '../../../harness/conformance/push.ts'
import { newRun, setsOf } from '../../../harness/conformance/run.ts'
import { BlockBuilder } from '../../../lib/cluster/build/builder.ts'
import { Chain } from '../../../lib/cluster/commits/chain.ts'
import { Distributor } from '../../../lib/cluster/distribute/distributor.ts'
import { defaultLive } from '../../../lib/cluster/live/config.ts'
import { LiveStore } from '../../../lib/cluster/live/live-store.ts'
import { liveRoutes } from '../../../lib/cluster/live/routes.ts'
import { MemoryLog, MemoryTopic } from '../../../lib/cluster/log/memory.ts'
import { BackendWorker } from '../../../lib/cluster/maintain/worker.ts'
import { Ring } from '../../../lib/cluster/ring/ring.ts'
import { defaultClusterConfig } from '../../../lib/cluster/roles/config.ts'
import { querierRole } from '../../../lib/cluster/roles/querier.ts'
import { queryFrontendRole } from '../../../lib/cluster/roles/query-frontend.ts'
import { readCases } from '../../../lib/conformance/cases.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeTraces } from '../../../lib/formats/otlp/proto-message.ts'
import { defaultCompaction } from '../../../lib/serve/blocks/plan.ts'
import { ServerMetrics } from '../../../lib/serve/metrics.ts'
import { singleTenant } from '../../../lib/serve/tenant.ts'
import { memoryStore } from '../../../lib/storage/memory-store.ts'
import { serverOf } from '../../support/api-questions.ts'
import { asked, problemsOf, urlOf } from './served.ts'

const servers: FastifyInstance[] = []
const stop = new AbortController()
afterAll(async () => {
  stop.abort()
  await Promise.all(servers.map(app => app.close()))
})

async function listening(app: FastifyInstance): Promise<string> {
  servers.push(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return urlOf((app.server.address() as AddressInfo).port)
}

function appOf(addRoutes: (app: FastifyInstance) => void): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  addRoutes(app)
  return app
}

test('a cluster answers the cases right, of live stores, of new blocks and of compacted ones', async () => {
  // Every fifth case, each at one time: the roles share their engine with serve, which is asked all of them.
  const cases = readCases().filter((_, i) => i % 5 === 0)
  const casesAt = (time: number) => cases.filter((_, i) => i % 3 === time)
  const [log, store] = [new MemoryLog(new MemoryTopic('spans', 2), 1e6), memoryStore()]
  const warn = (message: string) => expect.fail(message)
  const ring = new Ring(store, warn)
  const announced = []
  for (const partition of [0, 1]) {
    const places = { log, chain: await Chain.open(store), folder: memoryStore(), warn }
    const own = await LiveStore.open(partition, places, { ...defaultLive, cutMillis: 0 })
    void own.run(stop.signal)
    const address = await listening(appOf(app => liveRoutes(app, own)))
    announced.push(ring.announce({ role: 'live-store', instance: `live-${partition}`, address, partition }))
  }
  const context = async () => {
    const shared = { store, log, ring: new Ring(store, warn), chain: await Chain.open(store), warn }
    return { ...shared, config: defaultClusterConfig, metrics: new ServerMetrics('1') }
  }
  const encoding = { config: profiles['high-throughput'] }
  /** Makes some blocks a partition of all that is in the log. */
  const build = async () => {
    const places = { log, store, chain: await Chain.open(store), warn }
    const most = { cycleMillis: 1, maxBytes: 2 ** 28, maxBlockBytes: 50_000 }
    const builder = new BlockBuilder(places, { instance: 'b', group: 'b', encoding, acceptsLoss: false, ...most })
    for (const partition of [0, 1])
      while (places.chain.state.end(partition) < (await log.end(partition))) await builder.build(partition, stop.signal)
    return places.chain.state.blocks.size
  }
  const compact = async () => {
    const places = { store, chain: await Chain.open(store), warn }
    const worker = new BackendWorker(places, {
      instance: 'w',
      encoding,
      compaction: { ...defaultCompaction, maxInputs: 4 },
    })
    while (await worker.pass(stop.signal));
    return worker.counters.compactions
  }
  const querier = querierRole(await context())
  const address = await listening(appOf(app => querier.addRoutes!(app)))
  announced.push(ring.announce({ role: 'querier', instance: 'querier', address }))
  const query = await listening(serverOf(queryFrontendRole(await context()).source!))

  const run = newRun()
  const sets = setsOf(cases, run)
  const limits = { maxRequestBytes: 1e8 }
  const distributor = new Distributor(log, { limits, format: 'tempo', maxWaitingBytes: 1e8, maxTraceLiveMillis: 1e4 })
  for (const set of sets.values())
    for (const request of requestsOf(set)) await distributor.push(singleTenant, encodeTraces(request))
  const ask = async (time: number) => problemsOf(await asked(casesAt(time), { run, sets, query }))
  expect(await ask(0)).toEqual([])
  expect(await build()).toBeGreaterThan(3)
  expect(await ask(1)).toEqual([])
  expect(await compact()).toBeGreaterThan(0)
  expect(await ask(2)).toEqual([])
  await Promise.all(announced.map(one => one.end()))
})
