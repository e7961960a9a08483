import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify'
import { clip } from '../error.ts'

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']

/** Lets a server answer 405 to other methods than those of its routes, which are added later, and 404 to other paths. */
export function refuseOthers(app: FastifyInstance): void {
  const known = new Set<string>()
  app.addHook('onRoute', ({ url, method }) => {
    if (known.has(url)) return
    known.add(url)
    const allowed = method === 'GET' ? ['GET', 'HEAD'] : [method].flat()
    const allow = allowed.join(', ')
    app.route({
      url,
      method: methods.filter(name => !allowed.includes(name)),
      // Before a body is read.
      onRequest: (request, reply) => {
        reply.header('allow', allow)
        plain(reply, 405, `${request.method} ${clip(request.url)}: expected ${allow}`)
      },
      handler: () => {},
    })
  })
  app.setNotFoundHandler((request, reply) =>
    plain(reply, 404, `${request.method} ${clip(request.url)}: not found, no such route`),
  )
}

export function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text)
}
