import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import { Distributor } from '../../../../lib/cluster/distribute/distributor.ts'
import { Gathered } from '../../../../lib/cluster/gathered.ts'
import { defaultLive } from '../../../../lib/cluster/live/config.ts'
import { LiveStore } from '../../../../lib/cluster/live/live-store.ts'
import { liveRoutes } from '../../../../lib/cluster/live/routes.ts'
import { MemoryLog, MemoryTopic } from '../../../../lib/cluster/log/memory.ts'
import { Ring } from '../../../../lib/cluster/ring/ring.ts'
import { defaultClusterConfig } from '../../../../lib/cluster/roles/config.ts'
import { querierRole } from '../../../../lib/cluster/roles/querier.ts'
import { queryFrontendRole } from '../../../../lib/cluster/roles/query-frontend.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { encodeTraces } from '../../../../lib/formats/otlp/proto-message.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import { writeBlock } from '../../../../lib/serve/blocks/write.ts'
import { ServerMetrics } from '../../../../lib/serve/metrics.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { drawCorpus } from '../../../phases/drawn-corpus.ts'
import { ask, inAnyOrder, serverOf } from '../../../support/api-questions.ts'
import { rooted } from '../../../support/cluster-stage.ts'
import { drawsOf } from '../../../support/draws.ts'

const servers: FastifyInstance[] = []
const stop = new AbortController()
afterAll(async () => {
  stop.abort()
  await Promise.all(servers.map(app => app.close()))
})

async function listening(
  addRoutes: (app: FastifyInstance) => void,
): Promise<{ app: FastifyInstance; address: string }> {
  const app = fastify({ forceCloseConnections: true })
  addRoutes(app)
  servers.push(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, address: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` }
}

const partitionCount = 2
const log = new MemoryLog(new MemoryTopic('spans', partitionCount), 1e6)
const store = memoryStore()
const warn = (message: string) => expect.fail(message)

/** Blocks of the next records of a partition. */
async function build(chain: Chain, partition: number, maxBytes: number): Promise<void> {
  const start = (await chain.refresh()).end(partition)
  const { records, next } = await log.read(partition, start, maxBytes, 0)
  const gathered = new Gathered()
  for (const record of records) gathered.add(record)
  const adds = []
  for (const [tenantID, part] of gathered.parts) {
    const place = { tenantID, blockID: randomUUID() }
    adds.push(await writeBlock(store, await part.view(), place, 1, { config: profiles['high-throughput'] }))
  }
  const section = { partition, start, end: next, poison: [] }
  expect(await chain.commit({ writer: 'w', log: [section], adds, removes: [], discards: [] })).toBeUndefined()
}

test('spans are found from their acknowledgement on, in live stores and in blocks, by queriers that come and go', async () => {
  const draw = drawsOf(1)
  const chain = await Chain.open(store)
  const ring = new Ring(store, warn)
  const limits = { maxRequestBytes: 1e6 }
  const distributor = new Distributor(log, { limits, format: 'tempo', maxWaitingBytes: 1e7, maxTraceLiveMillis: 1e4 })
  const live = await Promise.all(
    Array.from({ length: partitionCount }, async (_, partition) => {
      const places = { log, chain: await Chain.open(store), folder: memoryStore(), warn }
      const own = await LiveStore.open(partition, places, { ...defaultLive, cutMillis: 0 })
      void own.run(stop.signal)
      const { app, address } = await listening(routes => liveRoutes(routes, own))
      return {
        own,
        app,
        announced: ring.announce({ role: 'live-store', instance: `live-${partition}`, address, partition }),
      }
    }),
  )
  const context = async () => {
    const metrics = new ServerMetrics('1')
    return {
      store,
      log,
      ring: new Ring(store, warn),
      chain: await Chain.open(store),
      config: defaultClusterConfig,
      metrics,
      warn,
    }
  }
  const queriers = await Promise.all(
    [0, 1].map(async number => {
      const role = querierRole(await context())
      const { app, address } = await listening(routes => role.addRoutes!(routes))
      return { app, role, announced: ring.announce({ role: 'querier', instance: `querier-${number}`, address }) }
    }),
  )
  const frontend = queryFrontendRole(await context())
  const app = serverOf(frontend.source!)
  const traces = drawCorpus(draw, 2, 20).map(rooted)
  const urls = [
    '/api/search?q=%7B%7D&limit=1000&spss=1000',
    '/api/metrics/query_range?q=%7B%7D%7Crate()by(name)&start=1699999999&end=1700000080&step=10s',
    '/api/v2/search/tag/name/values',
    `/api/v2/traces/${traces[3]!.traceId}`,
  ]
  const sent = []
  for (let round = 0; round < 6; round++) {
    for (const trace of traces.splice(0, 7)) {
      sent.push(trace)
      await distributor.push('a', encodeTraces([trace]))
    }
    if (round % 2 === 1) await build(chain, round % partitionCount, 3_000)
    if (round === 4) await queriers[0]!.app.close()
    const one = serverOf(memorySource(sent))
    // The log is read soon, but not in the same turn.
    for (const { own } of live) {
      const end = await log.end(own.partition)
      await expect.poll(() => own.status().next, { timeout: 10_000 }).toBe(end)
    }
    for (const url of urls)
      expect(inAnyOrder(await ask(app, url, 'a')), `round ${round}, ${url}`).toEqual(
        inAnyOrder(await ask(one, url, 'a')),
      )
  }
  expect(queriers[1]!.role.facts()).toMatchObject({ failedJobs: 0, openJobs: 0 })
  expect(frontend.facts()).toMatchObject({ localJobs: 0 })

  await live[0]!.app.close()
  const { status, message } = JSON.parse(await ask(app, urls[0]!, 'a')) as { status: string; message: string }
  expect([status, message]).toEqual([
    'PARTIAL',
    expect.stringMatching(/^partition 0: .*, its live stores do not answer$/),
  ])
  await Promise.all([...live, ...queriers].map(({ announced }) => announced.end()))
}, 30_000)
