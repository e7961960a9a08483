import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer on its way through. */
export interface Passing {
  readonly path: string
  /** The query of the request, empty where it has none. */
  readonly query: string
  status: number
  type: string
  body: string
}

/** Changes an answer, or answers in its own way and gives false. */
export type Tamper = (passing: Passing, response: ServerResponse) => boolean | undefined | Promise<boolean | undefined>

/** Asks a server through one that tampers with its answers. */
export async function throughProxy<T>(target: string, tamper: Tamper, work: (url: string) => Promise<T>): Promise<T> {
  const proxy = createServer(async (request, response) => {
    const url = new URL(request.url!, target)
    const answer = await fetch(url, { headers: { accept: request.headers.accept ?? '' } })
    const type = answer.headers.get('content-type') ?? ''
    if (type.includes('protobuf')) {
      response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()))
      return
    }
    const query = url.searchParams.get('q') ?? ''
    const passing = { path: url.pathname, query, status: answer.status, type, body: await answer.text() }
    if ((await tamper(passing, response)) === false) return
    response.writeHead(passing.status, { 'content-type': passing.type }).end(passing.body)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  try {
    return await work(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  } finally {
    proxy.closeAllConnections()
    await new Promise(resolve => proxy.close(resolve))
  }
}
