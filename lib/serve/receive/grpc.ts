import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { Connections, type Listening } from '../drain.ts'
import { observeCall } from '../observe.ts'
import type { Endpoint } from '../server-config.ts'
import { tenantHeader, tenantOf } from '../tenant.ts'
import { encodeExportResponse } from './export-response.ts'
import type { Receiving } from './http.ts'
import { encodeStatus, statusOf } from './status.ts'

/** Calls that have begun are waited for so long. */
const drainMillis = 5_000

const asIs = (bytes: Buffer) => bytes

const service = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const

/** Serves OTLP over gRPC, whose messages are bytes: one reader of OTLP is enough. */
export async function listenGrpc(receiving: Receiving, { host, port }: Endpoint): Promise<Listening> {
  const calls = grpcServer(receiving)
  const { injectConnection } = calls.createConnectionInjector(ServerCredentials.createInsecure())
  const listener = createServer(socket => injectConnection(socket))
  const connections = new Connections(listener)
  listener.listen({ host, port })
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      listener.close()
      connections.closeWritten()
      const late = setTimeout(() => connections.destroy(), drainMillis)
      await new Promise(resolve => calls.tryShutdown(resolve))
      clearTimeout(late)
      connections.destroy()
    },
  }
}

function grpcServer(receiving: Receiving): Server {
  const server = new Server({ 'grpc.max_receive_message_length': receiving.maxRequestBytes })
  server.addService(service, {
    Export: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      observeCall(receiving.metrics, service.Export.path, () =>
        exportSpans(call, receiving).then(
          bytes => {
            answer(null, bytes)
            return true
          },
          error => {
            answer(failureOf(error))
            return false
          },
        ),
      )
    },
  })
  return server
}

async function exportSpans(
  { metadata, request }: ServerUnaryCall<Buffer, Buffer>,
  receiving: Receiving,
): Promise<Buffer> {
  const tenant = tenantOf(metadata.get(tenantHeader)[0]?.toString(), receiving.tenancy)
  return encodeExportResponse(await receiving.push(tenant, request))
}

function failureOf(error: unknown) {
  const status = statusOf(error)
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', encodeStatus(status))
  return { code: status.code, details: status.message, metadata }
}
