import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { LabError, messageOf } from '../error.ts'
import { weightedSource } from '../sampling/weights.ts'
import { joinSources } from '../search/join-sources.ts'
import { WorkerPool } from '../workers/pool.ts'
import type { ApiConfig, QueryLimits } from './api/answer.ts'
import { listenForQueries } from './api/listen.ts'
import { openBlobs } from './bucket.ts'
import { drainer } from './drain.ts'
import { lockFolder } from './lock.ts'
import { ServerMetrics } from './metrics.ts'
import { observedLog } from './observe.ts'
import { listenGrpc } from './receive/grpc.ts'
import { otlpServer, type Receiving, zipkinServer } from './receive/http.ts'
import type { Endpoint, Listener, ServerConfig, StorageConfig } from './server-config.ts'
import { StoreStatus, Warnings } from './status/store-status.ts'
import { Store } from './store.ts'
import { localLogFiles } from './wal/files.ts'

/** Smaller blocks are encoded where they are shredded. */
const minEncodedSpans = 20_000

/** Ports; a receiver that does not listen has none. */
export type Ports = { readonly query: number } & Readonly<Record<Exclude<Listener, 'query'>, number | undefined>>

/** What a server needs besides its configuration. */
export interface ServerParts extends Omit<ApiConfig, 'source' | 'tenancy' | 'status' | 'metrics' | keyof QueryLimits> {
  /** Called with what went wrong in the background, a line each. */
  readonly warn: (message: string) => void
}

/** A server that is running. */
export interface Running {
  readonly ports: Ports
  readonly store: Store
  /** Takes no more requests, and ends when those that have begun are answered and what they brought is safe. */
  close(): Promise<void>
}

/** What was started, to be ended in the opposite order. */
class Started {
  readonly #ends: (() => Promise<unknown>)[] = []

  add(end: () => Promise<unknown>): void {
    this.#ends.push(end)
  }

  async close(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end()
  }
}

/** Starts a store and all its servers. Where one of them cannot be, none is. */
export async function startServer(config: ServerConfig, parts: ServerParts): Promise<Running> {
  const started = new Started()
  try {
    return await start(config, parts, started)
  } catch (error) {
    await started.close()
    throw error
  }
}

async function start(
  { storage, listen, tenancy, store: storeConfig, api }: ServerConfig,
  { warn: report, ...parts }: ServerParts,
  started: Started,
): Promise<Running> {
  const warnings = new Warnings()
  const warn = (message: string) => {
    warnings.add(message)
    report(message)
  }
  for (const folder of lockedFolders(storage)) {
    const lock = await lockFolder(folder)
    started.add(() => lock.release())
  }
  const blocks = await openBlobs(storage)
  const metrics = new ServerMetrics(parts.version)
  const encoders = new WorkerPool(2, minEncodedSpans)
  started.add(() => encoders.close())
  const log = observedLog(localLogFiles(storage.log), metrics)
  const store = await Store.open({ log, blocks, workers: encoders, warn }, storeConfig)
  started.add(() => store.close())
  metrics.observe(store, storeConfig.compaction)
  store.counters.onBlock = seconds => metrics.blockWritten(seconds)
  const { maxRequestBytes } = storeConfig.limits
  const receiving: Receiving = {
    push: (tenant, request) => store.push(tenant, request),
    maxRequestBytes,
    tenancy,
    metrics,
  }
  const ports: { -readonly [name in keyof Ports]?: Ports[name] } = {}
  const { compaction } = storeConfig
  const status = new StoreStatus(store, { version: parts.version, compaction, warnings, ports: () => given(ports) })
  started.add(async () => status.close())
  const source = async (tenants: readonly string[]) =>
    weightedSource(joinSources(await Promise.all(tenants.map(tenant => store.source(tenant)))))
  const notReady = () => (store.isReady ? undefined : 'the log of recent spans is being read')
  const queries = await namingPort(listen.query, '--port', () =>
    listenForQueries({ ...parts, ...api, tenancy, metrics, source, status, notReady }, listen.query),
  )
  started.add(() => queries.close())
  const receive = (endpoint: Endpoint | undefined, flag: string, begin: (at: Endpoint) => Promise<number>) =>
    endpoint && namingPort(endpoint, flag, () => begin(endpoint))
  const receiveHttp = (app: FastifyInstance) => async (at: Endpoint) => {
    started.add(drainer(app))
    await app.listen(at)
    return (app.server.address() as AddressInfo).port
  }
  const bound = {
    query: queries.port,
    otlpHttp: await receive(listen.otlpHttp, '--otlp-http-port', receiveHttp(otlpServer(receiving))),
    otlpGrpc: await receive(listen.otlpGrpc, '--otlp-grpc-port', async at => {
      const grpc = await listenGrpc(receiving, at)
      started.add(() => grpc.close())
      return grpc.port
    }),
    zipkin: await receive(listen.zipkin, '--zipkin-port', receiveHttp(zipkinServer(receiving))),
  }
  Object.assign(ports, bound)
  return { ports: bound, store, close: () => started.close() }
}

/** The ports of those that listen. */
function given(ports: Partial<Ports>): Record<string, number> {
  const listening = Object.entries(ports).filter((entry): entry is [string, number] => entry[1] !== undefined)
  return Object.fromEntries(listening)
}

/** The folders that are this process's alone. */
function lockedFolders({ home, backend, folder }: StorageConfig): string[] {
  return backend === 's3' || dirname(folder) === home ? [home] : [home, folder]
}

/** What listening gives; where the port is taken, says so, and by which flag another one is chosen. */
async function namingPort<T>({ host, port }: Endpoint, flag: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (error) {
    const isTaken = String(error).includes('EADDRINUSE')
    const reason = isTaken ? `another program listens there; choose another port with ${flag}` : messageOf(error)
    throw new LabError('invalid', `${host}:${port}: ${reason}`, { cause: error })
  }
}
