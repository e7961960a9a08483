import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Pushed } from '../admission.ts'
import { refuseOthers } from '../methods.ts'
import type { ServerMetrics } from '../metrics.ts'
import { observeHttp } from '../observe.ts'
import { Refusal } from '../refusal.ts'
import { type Tenancy, tenantHeader, tenantOf } from '../tenant.ts'
import { decompressBody } from './body.ts'
import { encodeExportResponse, printExportResponse } from './export-response.ts'
import { otlpOfJson, otlpOfZipkin } from './json.ts'
import { encodeStatus, printStatus, statusOf } from './status.ts'

/** Where what is received goes. */
export interface Receiving {
  push(tenant: string, request: Buffer): Promise<Pushed>
  readonly maxRequestBytes: number
  readonly tenancy?: Tenancy | undefined
  readonly metrics?: ServerMetrics | undefined
  /** How long a request may take to arrive. */
  readonly maxRequestMillis?: number | undefined
}

const protobufType = 'application/x-protobuf'
const jsonType = 'application/json'
/** Bodies that are read at once may take so much; more has to wait at the sender. */
const maxBytesAtOnce = 256 * 2 ** 20
/** What a body counts as whose length is not known. */
const unknownBytes = 1 << 20
const retrySeconds = 1
const defaultRequestMillis = 60_000
/** How often it is looked which requests take too long. */
const checkMillis = 5_000

/** A server of OTLP over HTTP: `/v1/traces`. */
export function otlpServer(receiving: Receiving): FastifyInstance {
  const app = receiver(receiving, [protobufType, jsonType])
  app.post('/v1/traces', async (request, reply) => {
    const isJson = typeOf(request) === jsonType
    const body = await contentOf(request, receiving)
    const pushed = await receiving.push(tenantOfRequest(request, receiving), isJson ? await otlpOfJson(body) : body)
    return reply
      .type(isJson ? jsonType : protobufType)
      .send(isJson ? printExportResponse(pushed) : encodeExportResponse(pushed))
  })
  return app
}

/** A server of Zipkin: `/api/v2/spans`. */
export function zipkinServer(receiving: Receiving): FastifyInstance {
  const app = receiver(receiving, [jsonType])
  app.post('/api/v2/spans', async (request, reply) => {
    const body = await otlpOfZipkin(await contentOf(request, receiving))
    const pushed = await receiving.push(tenantOfRequest(request, receiving), body)
    return reply.code(202).type(jsonType).send(printExportResponse(pushed))
  })
  return app
}

function receiver(
  { maxRequestBytes, metrics, maxRequestMillis = defaultRequestMillis }: Receiving,
  types: string[],
): FastifyInstance {
  const app = fastify({
    bodyLimit: maxRequestBytes,
    requestTimeout: maxRequestMillis,
    http: { headersTimeout: maxRequestMillis, connectionsCheckingInterval: Math.min(checkMillis, maxRequestMillis) },
    forceCloseConnections: 'idle',
    frameworkErrors: refuse,
  })
  observeHttp(app, metrics)
  refuseOthers(app)
  let bytesAtOnce = 0
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(types, { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  app.addHook('onRequest', async (request, reply) => {
    const byteLength = Math.min(Number(request.headers['content-length'] ?? unknownBytes), maxRequestBytes)
    if (bytesAtOnce + byteLength > maxBytesAtOnce)
      throw new Refusal('unavailable', 'too much is received at once', { retryAfterSeconds: retrySeconds })
    bytesAtOnce += byteLength
    reply.raw.once('close', () => {
      bytesAtOnce -= byteLength
    })
  })
  app.setErrorHandler(refuse)
  return app
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const status = statusOf(error)
  const isJson = typeOf(request) !== protobufType
  if (status.retryAfterSeconds > 0) reply.header('retry-after', String(status.retryAfterSeconds))
  // Of a body that is too large the rest is read away: a sender that writes on would not see the answer of a closed connection.
  if (status.http === 413) reply.removeHeader('connection')
  reply.code(status.http).type(isJson ? jsonType : protobufType)
  reply.send(isJson ? printStatus(status) : encodeStatus(status))
}

function typeOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

function tenantOfRequest({ headers }: FastifyRequest, { tenancy }: Receiving): string {
  return tenantOf(headers[tenantHeader] as string | undefined, tenancy)
}

function contentOf({ body, headers }: FastifyRequest, { maxRequestBytes }: Receiving): Promise<Buffer> {
  return decompressBody((body as Buffer | undefined) ?? Buffer.alloc(0), headers['content-encoding'], maxRequestBytes)
}
