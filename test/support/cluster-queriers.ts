import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll } from 'vitest'
import { ClusterSources, defaultSources } from '../../lib/cluster/query/cluster-sources.ts'
import { Dispatcher } from '../../lib/cluster/query/dispatcher.ts'
import { OpenedFiles } from '../../lib/cluster/query/opened.ts'
import { Querier } from '../../lib/cluster/query/querier.ts'
import { httpQuerier, type RemoteQuerier } from '../../lib/cluster/query/remote-querier.ts'
import { addQuerierRoutes } from '../../lib/cluster/query/routes.ts'
import { defaultSplit, SplitSources } from '../../lib/cluster/query/split-sources.ts'
import { serverOf } from './api-questions.ts'
import type { Stage } from './cluster-stage.ts'

const servers: FastifyInstance[] = []
afterAll(() => Promise.all(servers.map(app => app.close())))

/** A querier over HTTP. */
export async function startQuerier(stage: Stage) {
  const querier = new Querier(new OpenedFiles(await stage.places(), 2 ** 30), { maxJobs: 2 })
  const app = fastify({ forceCloseConnections: true })
  addQuerierRoutes(app, querier)
  servers.push(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return { app, querier, remote: httpQuerier(address, address) }
}

/** A frontend over some queriers; `sources` are those of its own. */
export async function frontendOf(
  stage: Stage,
  queriers: () => readonly RemoteQuerier[],
  hedgeMillis = 60_000,
  { targetJobBytes = 1, ...limits }: { targetJobBytes?: number; maxBytes?: number } = {},
) {
  const sources = new ClusterSources(await stage.places(), { ...defaultSources, maxStateMillis: 0 })
  const dispatcher = new Dispatcher(new Querier(sources.opened, { maxJobs: 2 }), { hedgeMillis })
  const split = new SplitSources(
    { sources, dispatcher, queriers: async () => queriers() },
    { ...defaultSplit, targetJobBytes },
  )
  return { app: serverOf((tenants, asking) => split.source(tenants, asking), limits), dispatcher, sources }
}
