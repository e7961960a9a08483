import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** Requests that were asked to end are waited for so long. */
const maxDrainMillis = 10_000

/**
 * What ends a server: it takes no more requests, answers those under way, and then closes all connections, also those on
 * which no request has come yet, which Node takes for busy ones.
 */
export function drainer(app: FastifyInstance): () => Promise<void> {
  let underWay = 0
  let isClosing = false
  const closeIfDone = () => {
    if (isClosing && underWay === 0) app.server.closeAllConnections()
  }
  app.server.on('request', (_, response: ServerResponse) => {
    underWay++
    response.once('close', () => {
      underWay--
      closeIfDone()
    })
  })
  return async () => {
    const closed = app.close()
    isClosing = true
    // Fastify stops listening before connections are closed.
    setImmediate(closeIfDone)
    const late = setTimeout(() => app.server.closeAllConnections(), maxDrainMillis)
    await closed
    clearTimeout(late)
  }
}
