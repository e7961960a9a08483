import { dirname } from 'node:path'
import { weightedSource } from '../sampling/weights.ts'
import { joinSources } from '../search/join-sources.ts'
import { WorkerPool } from '../workers/pool.ts'
import type { ApiConfig, QueryLimits } from './api/answer.ts'
import { listenForQueries } from './api/listen.ts'
import { openBlobs } from './bucket.ts'
import { lockFolder } from './lock.ts'
import { ServerMetrics } from './metrics.ts'
import { observedLog } from './observe.ts'
import type { Receiving } from './receive/http.ts'
import { listenToSenders, type ReceiverPorts } from './receivers.ts'
import type { ServerConfig, StorageConfig } from './server-config.ts'
import { namingPort, Started } from './started.ts'
import { StoreStatus, Warnings } from './status/store-status.ts'
import { Store } from './store.ts'
import { localLogFiles } from './wal/files.ts'

/** Smaller blocks are encoded where they are shredded. */
const minEncodedSpans = 20_000

/** Ports; a receiver that does not listen has none. */
export type Ports = { readonly query: number } & ReceiverPorts

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
  const notReady = () => store.pending
  const queries = await namingPort(listen.query, '--port', () =>
    listenForQueries({ ...parts, ...api, tenancy, metrics, source, status, notReady }, listen.query),
  )
  started.add(() => queries.close())
  const bound = { query: queries.port, ...(await listenToSenders(listen, receiving, started)) }
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
