import type { AddressInfo, Socket } from 'node:net'
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
  await app.listen({ host, port })
  return {
    port: (app.server.address() as AddressInfo).port,
    close: async () => {
      streaming.drain(drainMillis)
      const drained = drain()
      for (const socket of silent) socket.destroy()
      await drained
      streaming.destroy()
    },
  }
}

/** Calls with the protocol of a connection, by its first bytes. */
function decide(socket: Socket, speak: (protocol: 'http' | 'grpc') => void): void {
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
    speak(text === prefaceBegin ? 'grpc' : 'http')
  })
}
