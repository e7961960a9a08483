import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { drainer } from './drain.ts'
import { listenGrpc } from './receive/grpc.ts'
import { otlpServer, type Receiving, zipkinServer } from './receive/http.ts'
import type { Endpoint, Endpoints, Listener } from './server-config.ts'
import { namingPort, type Started } from './started.ts'

/** Ports of receivers; one that does not listen has none. */
export type ReceiverPorts = Readonly<Record<Exclude<Listener, 'query'>, number | undefined>>

/** Listens to those who send spans. */
export async function listenToSenders(
  listen: Omit<Endpoints, 'query'>,
  receiving: Receiving,
  started: Started,
): Promise<ReceiverPorts> {
  const receive = (endpoint: Endpoint | undefined, flag: string, begin: (at: Endpoint) => Promise<number>) =>
    endpoint && namingPort(endpoint, flag, () => begin(endpoint))
  const receiveHttp = (app: FastifyInstance) => (at: Endpoint) => listenHttp(app, at, started)
  return {
    otlpHttp: await receive(listen.otlpHttp, '--otlp-http-port', receiveHttp(otlpServer(receiving))),
    otlpGrpc: await receive(listen.otlpGrpc, '--otlp-grpc-port', async at => {
      const grpc = await listenGrpc(receiving, at)
      started.add(() => grpc.close())
      return grpc.port
    }),
    zipkin: await receive(listen.zipkin, '--zipkin-port', receiveHttp(zipkinServer(receiving))),
  }
}

/** Lets a server listen, and gives its port. */
export async function listenHttp(app: FastifyInstance, at: Endpoint, started: Started): Promise<number> {
  started.add(drainer(app))
  await app.listen(at)
  return (app.server.address() as AddressInfo).port
}
