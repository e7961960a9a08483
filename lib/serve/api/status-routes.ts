import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { StatusPrinter, StatusSource } from '../status/status.ts'
import { tenantHeader } from '../tenant.ts'
import { addBlockBytesRoute } from './block-bytes-route.ts'

/** Adds the routes by which a server says how it is: text for people, JSON where it is accepted. */
export function addStatusRoutes(app: FastifyInstance, source: StatusSource, printer: StatusPrinter): void {
  app.get('/status', (request, reply) => answer(request, reply, source.status(), printer.status))
  app.get('/status/tenants', (request, reply) => {
    const { tenants } = source.status()
    return answer(request, reply, tenants ?? [], () => printer.tenants(tenants))
  })
  app.get('/status/blocks', (request, reply) => {
    const tenant = request.headers[tenantHeader]
    return answer(request, reply, source.blocks(tenant ? String(tenant) : undefined), printer.blocks)
  })
  app.get('/status/rates', (_, reply) => reply.send(source.rates()))
  if (source.stored !== undefined) addBlockBytesRoute(app, source.stored)
}

function answer<T>(request: FastifyRequest, reply: FastifyReply, value: T, print: (value: T) => string): FastifyReply {
  reply.header('vary', 'Accept')
  if (request.headers.accept?.includes('application/json')) return reply.send(value)
  return reply.type('text/plain; charset=utf-8').send(print(value))
}
