import type { AddressInfo, Socket } from 'node:net'
import type { ConnectionInjector } from '@grpc/grpc-js'
import { drainer } from '../drain.ts'
import type { ApiConfig } from './answer.ts'
import { apiServer } from './server.ts'
import { streamingServer } from './streaming.ts'

/** What HTTP/2 begins with; no request of HTTP/1 does. */
const prefaceBegin = 'PRI '
/** A connection that does not begin within it is closed. */
const silentMillis = 30_000
const drainMillis = 5_000

export interface Listening {
  readonly port: number
  /** Takes no more questions, and ends when those that were asked are answered. */
  close(): Promise<void>
}

/** Serves Tempo's API on one port: HTTP, and gRPC for streaming search. */
export async function listenForQueries(
  config: ApiConfig,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const app = apiServer(config)
  const streaming = streamingServer(config)
  const [speakHttp] = app.server.listeners('connection') as [(socket: Socket) => void]
  app.server.removeAllListeners('connection')
  app.server.on('connection', socket => decide(socket, speakHttp.bind(app.server), streaming))
  const drain = drainer(app)
  await app.listen({ host, port })
  return {
    port: (app.server.address() as AddressInfo).port,
    close: async () => {
      streaming.drain(drainMillis)
      await drain()
      streaming.destroy()
    },
  }
}

/** Hands a connection to who speaks its protocol, by its first bytes. */
function decide(socket: Socket, speakHttp: (socket: Socket) => void, streaming: ConnectionInjector): void {
  const end = () => socket.destroy()
  socket.setTimeout(silentMillis, end)
  socket.once('error', end)
  socket.once('readable', function begin() {
    const bytes = socket.read() as Buffer | null
    if (bytes === null) return
    socket.unshift(bytes)
    const text = bytes.toString('latin1', 0, prefaceBegin.length)
    if (text.length < prefaceBegin.length && prefaceBegin.startsWith(text)) return socket.once('readable', begin)
    socket.setTimeout(0, end)
    socket.off('timeout', end)
    socket.off('error', end)
    if (text === prefaceBegin) streaming.injectConnection(socket)
    else speakHttp(socket)
  })
}
