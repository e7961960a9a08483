import type { ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Requests that were asked to end are waited for so long. */
const maxDrainMillis = 10_000
/** What was written at last reaches the peer within it. */
const partingMillis = 500

/** A server that listens. */
export interface Listening {
  readonly port: number
  /** Takes no more requests, and ends when those that have begun are answered. */
  close(): Promise<void>
}

/** The connections of a server, whatever they speak: a peer that does not close its end would keep the process alive. */
export class Connections {
  readonly #sockets = new Set<Socket>()

  constructor(server: Server) {
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** From now on, cuts connections off soon after all was written to them. */
  closeWritten(): void {
    for (const socket of this.#sockets) {
      const part = () => setTimeout(() => socket.destroy(), partingMillis)
      if (socket.writableFinished) part()
      else socket.once('finish', part)
    }
  }

  /** Cuts all off. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

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
