import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import type { ApiConfig } from '../../serve/api/answer.ts'
import { listenForQueries } from '../../serve/api/listen.ts'
import type { Page } from '../../serve/api/page.ts'
import { ownServer } from '../../serve/api/server.ts'
import { ServerMetrics } from '../../serve/metrics.ts'
import { listenHttp, listenToSenders, type ReceiverPorts } from '../../serve/receivers.ts'
import { addressOf, namingPort, Started } from '../../serve/started.ts'
import { Warnings } from '../../serve/status/store-status.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import { Chain } from '../commits/chain.ts'
import { Ring } from '../ring/ring.ts'
import { backendWorkerRole } from './backend-worker.ts'
import { blockBuilderRole } from './block-builder.ts'
import { type ClusterConfig, type RoleName, roleNames, type Target } from './config.ts'
import { distributorRole } from './distributor.ts'
import { Lag, lagRoles } from './lag.ts'
import { liveStoreRoles } from './live-store.ts'
import type { SharedPlaces } from './open-places.ts'
import { querierRole } from './querier.ts'
import { queryFrontendRole } from './query-frontend.ts'
import type { Role, RoleContext } from './role.ts'
import { addRoleStatus } from './status.ts'

/** What a process of roles needs besides its configuration. */
export interface TargetParts {
  readonly places: SharedPlaces
  readonly version: string
  readonly revision: string
  /** The configuration that holds, shown at `/status/config`. */
  readonly configText: string
  readonly workers?: WorkerPool | undefined
  /** Shown at `/` where questions are answered. */
  readonly page?: Page | undefined
  /** Called with what went wrong in the background, a line each. */
  readonly warn: (message: string) => void
}

/** Roles that are running in this process. */
export interface RunningRoles {
  readonly ports: { readonly query: number } & Partial<ReceiverPorts>
  /** Fails where one of them cannot go on; never ends otherwise. */
  readonly failed: Promise<never>
  /** Takes no more requests, answers those that have begun, and ends. What is in the log stays there. */
  close(): Promise<void>
}

const makers: Readonly<Record<RoleName, (context: RoleContext) => Role | Promise<readonly Role[]>>> = {
  distributor: distributorRole,
  'block-builder': blockBuilderRole,
  'live-store': liveStoreRoles,
  'backend-worker': backendWorkerRole,
  querier: querierRole,
  'query-frontend': queryFrontendRole,
}

/** Starts one role, or all of them in one process, over a log and an object store. They are closed with it. */
export async function startTarget(target: Target, config: ClusterConfig, parts: TargetParts): Promise<RunningRoles> {
  const started = new Started()
  started.add(() => parts.places.log.close())
  try {
    return await start(target === 'all' ? roleNames : [target], config, parts, started)
  } catch (error) {
    await started.close()
    throw error
  }
}

async function start(
  names: readonly RoleName[],
  config: ClusterConfig,
  { places, warn: report, workers, ...own }: TargetParts,
  started: Started,
): Promise<RunningRoles> {
  const warnings = new Warnings()
  const warn = (message: string) => {
    warnings.add(message)
    report(message)
  }
  const metrics = new ServerMetrics(own.version)
  metrics.lookUp(
    'trace_lab_store_requests_total',
    'Requests to the object store, each attempt counted.',
    ['operation', 'object', 'status_code'],
    () => places.requests?.values() ?? [],
    'counter',
  )
  const ring = new Ring(places.store, warn)
  const context = { ...places, config, chain: await Chain.open(places.store), ring, metrics, workers, warn }
  const roles: Role[] = []
  for (const name of names) roles.push(...[await makers[name](context)].flat())
  const lag = new Lag(context)
  if (names.some(name => lagRoles.includes(name))) lag.observe(metrics, config.log.group)
  const notReady = () =>
    roles
      .flatMap(role => {
        const reason = role.notReady?.()
        return reason === undefined ? [] : [`${role.name}: ${reason}`]
      })
      .join('; ') || undefined
  const addRoutes = (app: FastifyInstance) => {
    for (const { path: prefix = '', addRoutes: add } of roles)
      if (add) app.register(async inner => add(inner), { prefix })
    addRoleStatus(app, { roles, notReady, lag, warnings, context, version: own.version })
  }
  const about = { ...own, metrics, notReady }
  const port = await listen(
    roles,
    { ...about, ...config.api, tenancy: config.tenancy, workers, addRoutes },
    config,
    started,
  )
  const address = `http://${addressOf(hostOf(config), port)}`
  for (const { name: role, instance = config.instance, path = '', partition } of roles) {
    const announced = ring.announce({ role, instance, address: address + path, partition })
    started.add(() => announced.end())
  }
  const work = new AbortController()
  const running = roles.map(role => role.run?.(work.signal))
  started.add(async () => {
    work.abort()
    await Promise.allSettled(running)
  })
  const pushing = roles.find(({ push }) => push !== undefined)?.push
  const receiving = pushing && {
    push: pushing,
    maxRequestBytes: config.store.limits.maxRequestBytes,
    tenancy: config.tenancy,
    metrics,
  }
  const ports = { query: port, ...(receiving && (await listenToSenders(config.listen, receiving, started))) }
  const failed = new Promise<never>((_, reject) => {
    for (const one of running) one?.catch(reject)
  })
  failed.catch(() => {})
  return { ports, failed, close: () => started.close() }
}

type Serving = Omit<ApiConfig, 'source'> & { addRoutes(app: FastifyInstance): void }

/** Serves what roles answer, and where one of them answers questions, the API of Tempo; gives the port. */
function listen(roles: readonly Role[], serving: Serving, config: ClusterConfig, started: Started): Promise<number> {
  const { query } = config.listen
  const source = roles.find(role => role.source !== undefined)?.source
  return namingPort(query, '--port', async () => {
    if (source !== undefined) {
      const listening = await listenForQueries({ ...serving, source }, query)
      started.add(() => listening.close())
      return listening.port
    }
    const app = ownServer(serving)
    serving.addRoutes(app)
    return listenHttp(app, query, started)
  })
}

const anyHosts = ['0.0.0.0', '::']

/** Where others reach a process that listens on all addresses of its machine, by its name. */
function hostOf({ advertisedHost, listen: { query } }: ClusterConfig): string {
  return advertisedHost ?? (anyHosts.includes(query.host) ? hostname() : query.host)
}
