import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What becomes of a request: its answer is lost after the store has done it, breaks off in the middle or stops there, the
 * connection ends before, or there is another answer in its place.
 */
export type S3Fault = 'lose' | 'cut' | 'stall' | 'refuse' | { readonly status: number; readonly code: string }

/** Passes requests on to a store, notes them, and spoils some. */
export interface S3Proxy {
  readonly endpoint: string
  /** As `PUT /bucket/key?partNumber=1`. */
  readonly requests: string[]
  faultOf: (request: string) => S3Fault | undefined
  close(): Promise<void>
}

/** In front of the store at an endpoint, or of none, where every request must have a fault. */
export async function startS3Proxy(store?: string): Promise<S3Proxy> {
  const requests: string[] = []
  const server = createServer((incoming, answer) => {
    const name = `${incoming.method} ${incoming.url}`
    requests.push(name)
    const fault = proxy.faultOf(name)
    if (fault === 'refuse') incoming.socket.destroy()
    else if (typeof fault === 'object') refuse(incoming, answer, fault)
    else pass(store!, incoming, answer, fault)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faultOf: () => undefined,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return proxy
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, { status, code }: { status: number; code: string }) {
  incoming.resume().on('end', () => {
    answer.writeHead(status, { 'content-type': 'application/xml' })
    const error = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`
    answer.end(status === 200 ? '' : error)
  })
}

function pass(store: string, incoming: IncomingMessage, answer: ServerResponse, fault: S3Fault | undefined): void {
  const { method, url = '/', headers } = incoming
  // The host is part of the signature.
  const outgoing = request(store, { method, path: url, headers }, found => {
    const chunks: Buffer[] = []
    found.on('data', chunk => chunks.push(chunk))
    found.on('end', () => {
      const bytes = Buffer.concat(chunks)
      if (fault === 'lose') return incoming.socket.destroy()
      answer.writeHead(found.statusCode!, found.headers)
      if (fault === undefined) return answer.end(bytes)
      return answer.write(bytes.subarray(0, bytes.length >> 1), () => {
        if (fault === 'cut') incoming.socket.destroy()
      })
    })
  })
  outgoing.on('error', () => incoming.socket.destroy())
  incoming.pipe(outgoing)
}
