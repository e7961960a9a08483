import { promisify } from 'node:util'
import { constants, gzip, gzipSync } from 'node:zlib'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type ErrorKind, LabError, messageOf } from '../../error.ts'
import { plain, refuseOthers } from '../methods.ts'
import type { ServerMetrics } from '../metrics.ts'
import { observeHttp } from '../observe.ts'
import { tenantHeader, tenantsOf } from '../tenant.ts'
import { type ApiConfig, answerRoute, LateError } from './answer.ts'
import type { Page } from './page.ts'
import type { Route } from './route.ts'
import { routes } from './routes.ts'
import { addStatusRoutes } from './status-routes.ts'

const statusOf: Record<ErrorKind, number> = {
  invalid: 400,
  usage: 400,
  unsupported: 400,
  missing: 404,
  limit: 422,
  truncated: 500,
  corrupt: 500,
}

/** 499 is what proxies log for a client that went away: nobody reads it. */
const [timedOut, clientGone] = [504, 499]

const protobufType = 'application/protobuf'
/** Answers below it are as long when they are compressed. */
const minCompressed = 1024
/** A search of 20 traces, 15 KB, takes 0.09 ms at once; in another thread and at the default level 0.26 ms, for 17% fewer bytes. */
const maxCompressedHere = 1 << 16
const compression = { level: constants.Z_BEST_SPEED }
/** Of the line and headers of a request: queries of 128 KiB are percent-encoded. */
const maxHeaderSize = 1 << 19
const compress = promisify(gzip)

/** What every server says of itself. */
export type OwnConfig = Pick<ApiConfig, 'version' | 'revision' | 'notReady' | 'metrics' | 'configText'>

/** A server that only says how it is: `/ready`, `/metrics`, `/status/config`. It does not listen yet. */
export function ownServer(config: OwnConfig): FastifyInstance {
  const app = fastify({
    http: { maxHeaderSize },
    routerOptions: { maxParamLength: maxHeaderSize },
    forceCloseConnections: 'idle',
    frameworkErrors: refuse,
  })
  const { configText, metrics } = config
  observeHttp(app, metrics)
  refuseOthers(app)
  app.get('/ready', (_, reply) => {
    const reason = config.notReady?.()
    return plain(reply, reason === undefined ? 200 : 503, reason ?? 'ready')
  })
  app.get('/api/status/buildinfo', (_, reply) => reply.send(buildInfo(config)))
  if (metrics !== undefined) app.get('/metrics', (_, reply) => showMetrics(metrics, reply))
  if (configText !== undefined) app.get('/status/config', (_, reply) => plain(reply, 200, configText))
  app.setErrorHandler(refuse)
  return app
}

/** A server of Tempo's HTTP API, as Grafana's data source asks it. It does not listen yet. */
export function apiServer(config: ApiConfig): FastifyInstance {
  const app = ownServer(config)
  app.get('/api/echo', (_, reply) => plain(reply, 200, 'echo'))
  const { page, status, statusPrinter } = config
  if (status !== undefined && statusPrinter !== undefined) addStatusRoutes(app, status, statusPrinter)
  if (page !== undefined) app.get('/', (request, reply) => showPage(page, request, reply))
  for (const route of routes) app.get(route.path, (request, reply) => serve(route, config, request, reply))
  config.addRoutes?.(app)
  return app
}

async function showMetrics(metrics: ServerMetrics, reply: FastifyReply): Promise<FastifyReply> {
  const { type, text } = await metrics.print()
  return reply.type(type).send(text)
}

function showPage({ html, policy }: Page, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.header('content-security-policy', policy).header('x-content-type-options', 'nosniff')
  return send(Buffer.from(html), request, reply.type('text/html; charset=utf-8'))
}

/** What fastify or one of the routes has thrown. */
function refuse(error: unknown, _: FastifyRequest, reply: FastifyReply): void {
  const { statusCode = 500 } = error as { statusCode?: number }
  plain(reply, error instanceof LabError ? statusOf[error.kind] : statusCode, messageOf(error))
}

function buildInfo({ version, revision }: OwnConfig) {
  return { version, revision, branch: 'main', buildUser: '', buildDate: '', goVersion: '' }
}

async function serve(route: Route, config: ApiConfig, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  try {
    const answer = await answerRoute(route, config, {
      tenants: tenantsOf(request.headers[tenantHeader] as string | undefined, config.tenancy),
      path: request.params as Record<string, string>,
      parameters: new URL(request.url, 'http://localhost').searchParams,
      gone: gone.signal,
    })
    const isProtobuf = request.headers.accept?.includes(protobufType) === true
    const body = Buffer.from(isProtobuf ? answer.protobuf() : answer.json())
    reply.type(isProtobuf ? protobufType : 'application/json')
    return await send(body, request, reply)
  } catch (error) {
    if (gone.signal.aborted) return plain(reply, clientGone, '')
    if (error instanceof LateError) return plain(reply, timedOut, error.message)
    throw error
  }
}

async function send(body: Buffer, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.header('vary', 'Accept, Accept-Encoding')
  const accepted = request.headers['accept-encoding'] ?? ''
  if (body.length < minCompressed || !/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(String(accepted)))
    return reply.send(body)
  const isShort = body.length <= maxCompressedHere
  const compressed = isShort ? gzipSync(body, compression) : await compress(body, compression)
  return reply.header('content-encoding', 'gzip').send(compressed)
}
