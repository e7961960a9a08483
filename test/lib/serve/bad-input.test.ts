import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { startServer } from '../../../lib/serve/server.ts'
import { sendOtlp } from '../../support/served.ts'
import { anyPort, serverConfigIn } from '../../support/server.ts'
import { requestOf } from '../../support/store-spans.ts'

const home = mkdtempSync(join(tmpdir(), 'bad-input-'))
const server = await startServer(
  serverConfigIn(home, {
    listen: { otlpGrpc: anyPort, zipkin: anyPort },
    store: { limits: { maxRequestBytes: 1 << 20 } },
  }),
  { version: '1', revision: '', warn: () => {} },
)
const { otlpHttp, otlpGrpc, query } = server.ports
const sockets: Socket[] = []
let isClosed = false
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  if (!isClosed) await server.close()
  rmSync(home, { recursive: true })
})

async function open(port: number | undefined): Promise<Socket> {
  const socket = connect(port!, '127.0.0.1').on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

const otlp = `http://127.0.0.1:${otlpHttp}/v1/traces`
let spanNumber = 0
/** Other clients are served, whatever one does. */
async function expectServed(): Promise<void> {
  expect(await sendOtlp(otlp, requestOf([[1, ++spanNumber]]))).toBe(200)
  expect((await fetch(`http://127.0.0.1:${query}/api/search?q=%7B%7D`)).status).toBe(200)
}

test('a sender of a body in chunks that has no end is told 413, though it writes on', async () => {
  const socket = await open(otlpHttp)
  let answer = ''
  socket.on('data', chunk => {
    answer += chunk
  })
  socket.write(
    'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1 << 20), Buffer.from('\r\n')])
  for (let i = 0; i < 64; i++) if (!socket.write(chunk)) await once(socket, 'drain')
  await sleep(50)
  expect(answer).toMatch(/^HTTP\/1.1 413/)
  await expectServed()
})

test.each([
  ['snappy', Buffer.from([1, 0, 0, 0, 1, 65]), '12'],
  ['gzip', Buffer.from([1, 0, 0, 0, 4, 1, 2, 3, 4]), '13'],
  ['gzip', Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]), '8'],
])('gRPC whose message is no %s, or has another length, has a status', async (encoding, body, code) => {
  const session = connectHttp2(`http://127.0.0.1:${otlpGrpc}`).on('error', () => {})
  const stream = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    'grpc-encoding': encoding,
    te: 'trailers',
  })
  const headers: Record<string, unknown>[] = []
  stream
    .on('response', one => headers.push(one))
    .on('trailers', one => headers.push(one))
    .on('error', () => {})
  stream.resume()
  stream.end(body)
  await once(stream, 'close')
  session.destroy()
  expect(headers.map(one => one['grpc-status']).find(one => one !== undefined)).toBe(code)
  await expectServed()
})

test.each([131_073, 600_000])('a query of %i bytes has a status', async length => {
  const url = `http://127.0.0.1:${query}/api/search?q=${'x'.repeat(length)}`
  expect([400, 431]).toContain((await fetch(url)).status)
  await expectServed()
})

test('a connection to the API that stops within the first word of HTTP/2 does not keep the server busy', async () => {
  for (const word of ['P', 'PR', 'PRI']) (await open(query)).write(word)
  await sleep(20)
  await expectServed()
  const slow = await open(query)
  const answer = once(slow, 'data')
  for (const piece of ['P', 'A', 'TCH / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n']) {
    slow.write(piece)
    await sleep(5)
  }
  expect(String(await answer)).toMatch(/^HTTP\/1.1 404/)
})

test('1,000 connections that are silent or send half a request disturb nobody, also where the server closes', async () => {
  const idle = await Promise.all(Array.from({ length: 1_000 }, (_, i) => open([query, otlpHttp, otlpGrpc][i % 3])))
  for (const [i, socket] of idle.entries()) if (i % 2 === 0) socket.write('POST /v1/traces HTTP/1.1\r\nHost: x\r\n')
  await expectServed()
  const startMillis = performance.now()
  isClosed = true
  await server.close()
  expect(performance.now() - startMillis).toBeLessThan(8_000)
}, 30_000)
