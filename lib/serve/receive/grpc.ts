import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { observeCall } from '../observe.ts'
import { tenantHeader, tenantOf } from '../tenant.ts'
import { encodeExportResponse } from './export-response.ts'
import type { Receiving } from './http.ts'
import { encodeStatus, statusOf } from './status.ts'

/** Calls that were asked to end are waited for so long. */
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

/** A server of OTLP over gRPC, whose messages are bytes: one reader of OTLP is enough. */
export function grpcServer(receiving: Receiving): Server {
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

/** Listens, and gives the port. */
export function listenGrpc(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new Promise((resolve, reject) =>
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
}

/** Ends when the calls that have begun are answered; connections that do not close then are cut off. */
export function closeGrpc(server: Server): Promise<void> {
  return new Promise(resolve => {
    const late = setTimeout(() => {
      server.forceShutdown()
      // It waits for connections on which nothing came, too.
      resolve()
    }, drainMillis)
    server.tryShutdown(() => {
      clearTimeout(late)
      resolve()
    })
  })
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
