import type { AddressInfo, Socket } from 'node:net'
import { Connections, drainer, type Listening } from '../drain.ts'
import type { Endpoint } from '../server-config.ts'
import type { ApiConfig } from './answer.ts'
import { apiServer } from './server.ts'
import { streamingServer } from './streaming.ts'

/** What HTTP/2 begins with; no request of HTTP/1 does. */
const prefaceBegin = 'PRI '
/** A connection that does not begin within it is closed. */
const silentMillis = 30_000
const drainMillis = 5_000

/** Serves Tempo's API on one port: HTTP, and gRPC for streaming search. */
export async function listenForQueries(config: ApiConfig, { host, port }: Endpoint): Promise<Listening> {
  const app = apiServer(config)
  const streaming = streamingServer(config)
  const [speakHttp] = app.server.listeners('connection') as [(socket: Socket) => void]
  app.server.removeAllListeners('connection')
  /** Connections on which nothing came yet, of which neither protocol knows. */
  const silent = new Set<Socket>()
  app.server.on('connection', socket => {
    silent.add(socket)
    const forget = () => silent.delete(socket)
    socket.once('close', forget)
    decide(socket, speak => {
      forget()
      socket.off('close', forget)
      if (speak === 'grpc') streaming.injectConnection(socket)
      else speakHttp.call(app.server, socket)
    })
  })
  const drain = drainer(app)
  const connections = new Connections(app.server)
  await app.listen({ host, port })
  return {
    port: (app.server.address() as AddressInfo).port,
    close: async () => {
      streaming.drain(drainMillis)
      connections.closeWritten()
      const drained = drain()
      for (const socket of silent) socket.destroy()
      await drained
      streaming.destroy()
      connections.destroy()
    },
  }
}

/** Calls with the protocol of a connection, by its first bytes. */
function decide(socket: Socket, speak: (protocol: 'http' | 'grpc') => void): void {
  const end = () => socket.destroy()
  socket.setTimeout(silentMillis, end)
  socket.once('error', end)
  let bytes = Buffer.alloc(0)
  socket.on('readable', function begin() {
    const more = socket.read() as Buffer | null
    if (more === null) return
    bytes = Buffer.concat([bytes, more])
    const text = bytes.toString('latin1', 0, prefaceBegin.length)
    // Bytes go back only once it is decided: they would be readable again at once, and for ever.
    if (text.length < prefaceBegin.length && prefaceBegin.startsWith(text)) return
    socket.off('readable', begin)
    socket.unshift(bytes)
    socket.setTimeout(0, end)
    socket.off('timeout', end)
    socket.off('error', end)
    speak(text === prefaceBegin ? 'grpc' : 'http')
  })
}
