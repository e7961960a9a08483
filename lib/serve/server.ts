import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { LabError, messageOf } from '../error.ts'
import { joinSources } from '../search/join-sources.ts'
import { folderStore } from '../storage/folder-store.ts'
import type { ApiConfig } from './api/answer.ts'
import { listenForQueries } from './api/listen.ts'
import type { StoreConfig } from './config.ts'
import { drainer } from './drain.ts'
import { lockFolder } from './lock.ts'
import { closeGrpc, grpcServer, listenGrpc } from './receive/grpc.ts'
import { otlpServer, type Receiving, zipkinServer } from './receive/http.ts'
import { Store } from './store.ts'
import { localLogFiles } from './wal/files.ts'

/** The ports of a server; 0 is any that is free. */
export interface Ports {
  readonly query: number
  readonly otlpHttp: number
  readonly otlpGrpc: number
  readonly zipkin: number
}

export const defaultPorts: Ports = { query: 3200, otlpHttp: 4318, otlpGrpc: 4317, zipkin: 9411 }

export interface ServerConfig {
  /** The log and the blocks are in it. */
  readonly folder: string
  readonly host: string
  readonly ports: Ports
  readonly store: StoreConfig
  readonly api: Omit<ApiConfig, 'source'>
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
export async function startServer(config: ServerConfig): Promise<Running> {
  const started = new Started()
  try {
    return await start(config, started)
  } catch (error) {
    await started.close()
    throw error
  }
}

async function start(
  { folder, host, ports, store: storeConfig, api, warn }: ServerConfig,
  started: Started,
): Promise<Running> {
  const lock = await lockFolder(folder)
  started.add(() => lock.release())
  const places = { log: localLogFiles(join(folder, 'wal')), blocks: folderStore(join(folder, 'blocks')), warn }
  const store = await Store.open(places, storeConfig)
  started.add(() => store.close())
  const { maxRequestBytes } = storeConfig.limits
  const receiving: Receiving = { push: (tenant, request) => store.push(tenant, request), maxRequestBytes }
  const listenHttp = async (app: FastifyInstance, port: number, flag: string) => {
    started.add(drainer(app))
    await namingPort(host, port, flag, () => app.listen({ host, port }))
    return (app.server.address() as AddressInfo).port
  }
  const grpc = grpcServer(receiving)
  started.add(() => closeGrpc(grpc))
  const source = async (tenants: readonly string[]) =>
    joinSources(await Promise.all(tenants.map(tenant => store.source(tenant))))
  const queries = await namingPort(host, ports.query, '--port', () =>
    listenForQueries({ ...api, source }, { host, port: ports.query }),
  )
  started.add(() => queries.close())
  const bound = {
    query: queries.port,
    otlpHttp: await listenHttp(otlpServer(receiving), ports.otlpHttp, '--otlp-http-port'),
    otlpGrpc: await namingPort(host, ports.otlpGrpc, '--otlp-grpc-port', () => listenGrpc(grpc, host, ports.otlpGrpc)),
    zipkin: await listenHttp(zipkinServer(receiving), ports.zipkin, '--zipkin-port'),
  }
  return { ports: bound, store, close: () => started.close() }
}

/** What listening gives; where the port is taken, says so, and by which flag another one is chosen. */
async function namingPort<T>(host: string, port: number, flag: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (error) {
    const isTaken = String(error).includes('EADDRINUSE')
    const reason = isTaken ? `another program listens there; choose another port with ${flag}` : messageOf(error)
    throw new LabError('invalid', `${host}:${port}: ${reason}`, { cause: error })
  }
}
