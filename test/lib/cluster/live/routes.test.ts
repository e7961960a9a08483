import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LiveClient } from '../../../../lib/cluster/live/client.ts'
import { liveRoutes } from '../../../../lib/cluster/live/routes.ts'
import { ownServer } from '../../../../lib/serve/api/server.ts'
import { readObject } from '../../../../lib/storage/store.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { idsIn, LiveStage } from '../../../support/live-stage.ts'
import { spanIdOf } from '../../../support/store-spans.ts'

let stage: LiveStage
let app: FastifyInstance
let client: LiveClient

beforeAll(async () => {
  stage = await LiveStage.open(drawsOf(1))
  for (let i = 0; i < 40; i++)
    await stage.append(
      'a',
      Array.from({ length: 100 }, (_, j) => i * 100 + j + 1),
    )
  await stage.append('b', [9_999])
  while (stage.live.segments.next < 41) await stage.live.read(0)
  app = ownServer({ version: '1', revision: '' })
  app.register(async inner => liveRoutes(inner, stage.live), { prefix: '/partition/1' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  client = new LiveClient(1, `${addressOf(app.server.address())}/partition/1`)
})

afterAll(() => app.close())

function addressOf(address: ReturnType<FastifyInstance['server']['address']>): string {
  return `http://127.0.0.1:${(address as AddressInfo).port}`
}

const { signal } = new AbortController()
const path = (rest: string) => `/partition/1/live/${rest}`

test('a client lists pieces, and reads them by ranges as they are', async () => {
  const { pieces, ...place } = await client.pieces('a', 0, signal)
  expect(place).toEqual({
    first: 0,
    next: 41,
    end: 41,
    endAgeMillis: expect.any(Number),
    readMillis: expect.any(Number),
  })
  expect(pieces.length).toBe(1)
  const whole = Buffer.from(await readObject({ open: () => stage.live.openPiece(pieces[0]!.id) }, ''))
  const file = await client.open(pieces[0]!)
  expect(file.byteLength).toBe(whole.length)
  const draw = drawsOf(2)
  for (let i = 0; i < 30; i++) {
    const ranges = Array.from({ length: 3 }, () => {
      const [a, b] = [Math.floor(draw() * whole.length), Math.floor(draw() * (whole.length + 1))]
      return { start: Math.min(a, b), end: Math.max(a, b) }
    })
    const read = await file.read(ranges)
    expect(read.map(bytes => Buffer.from(bytes))).toEqual(ranges.map(({ start, end }) => whole.subarray(start, end)))
  }
  expect((await labRejection(file.read([{ start: 0, end: whole.length + 1 }]))).kind).toBe('truncated')
  expect((await idsIn(file)).length).toBe(4_000)
  expect(await idsIn(await client.open((await client.pieces('b', 40, signal)).pieces[0]!))).toEqual([spanIdOf(9_999)])
  expect((await client.pieces('nobody', 0, signal)).pieces).toEqual([])
  expect((await client.pieces('a', 41, signal)).pieces).toEqual([])
  expect(await client.status(signal)).toEqual({ ...stage.live.status(), endAgeMillis: expect.any(Number) })
})

test('ranges of a piece are those of HTTP, one at a time', async () => {
  const { id, meta } = (await client.pieces('a', 0, signal)).pieces[0]!
  const ask = (range: string) => app.inject({ url: path(`pieces/${id}`), headers: { range } })
  const { size } = meta
  const good: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=5-9', 5, 10],
    [`bytes=${size - 1}-`, size - 1, size],
    ['bytes=-7', size - 7, size],
    [`bytes=-${size * 2}`, 0, size],
    [`bytes=3-${size * 2}`, 3, size],
  ]
  const whole = (await app.inject({ url: path(`pieces/${id}`) })).rawPayload
  expect(whole.length).toBe(size)
  for (const [range, start, end] of good) {
    const { statusCode, headers, rawPayload } = await ask(range)
    expect([statusCode, headers['content-range']]).toEqual([206, `bytes ${start}-${end - 1}/${size}`])
    expect(rawPayload.equals(whole.subarray(start, end))).toBe(true)
  }
  for (const range of [`bytes=${size}-`, 'bytes=9-3', 'bytes=-0', 'bytes=999999999999999-']) {
    const { statusCode, headers, body } = await ask(range)
    expect([statusCode, headers['content-range'], body]).toEqual([
      416,
      `bytes */${size}`,
      `range ${range}: the piece has ${size} bytes`,
    ])
  }
  for (const range of [
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=0-1,4-5',
    'lines=0-1',
    'bytes=0x1-2',
    `bytes=${'9'.repeat(99)}-`,
  ])
    expect(await ask(range)).toMatchObject({
      statusCode: 400,
      body: expect.stringMatching(/^range "[^\n]*": expected one range, bytes=FIRST-LAST$/),
    })
  const head = await app.inject({ method: 'HEAD', url: path(`pieces/${id}`) })
  expect([head.statusCode, head.body, head.headers['accept-ranges']]).toEqual([200, '', 'bytes'])
})

test('what is asked wrongly is refused in one line that says what was expected', async () => {
  const bad: [string, number, RegExp][] = [
    ['pieces', 400, /a tenant is 1 to 150/],
    ['pieces?tenant=..%2Fa&from=0', 400, /a tenant is/],
    [`pieces?tenant=${'a'.repeat(2_000)}&from=0`, 400, /a tenant is/],
    ['pieces?tenant=a%00&from=0', 400, /a tenant is/],
    ...['', '-1', '1.5', '1e3', '0x10', 'NaN', '9007199254740992', '9'.repeat(400), '%00', ' 1'].map(
      (from): [string, number, RegExp] => [`pieces?tenant=a&from=${from}`, 400, /^from ".*": expected an offset/],
    ),
    ['pieces/', 404, /no such piece|it is in others/],
    ['pieces/00000000-0000-4000-8000-000000000000', 404, /^piece "0{8}-.*ask for the list again$/],
    [`pieces/${'x'.repeat(5_000)}`, 404, /^piece "x{40}": /],
    ['pieces/..%2F..%2Fetc%2Fpasswd', 404, /^piece "/],
    ['pieces/constructor', 404, /^piece "constructor": /],
    ['other', 404, /not found/],
  ]
  for (const [rest, status, message] of bad) {
    const { statusCode, body } = await app.inject({ url: path(rest) })
    expect([rest, statusCode]).toEqual([rest, status])
    expect(body).toMatch(message)
    expect(body).toMatch(/^[^\n]{1,400}$/)
  }
  for (const method of ['POST', 'PUT', 'DELETE'] as const)
    expect((await app.inject({ method, url: path('pieces') })).statusCode).toBe(405)
})

test('a client counts the spans of tenants from an offset on, in memory and in the folder', async () => {
  const tenants = async (from: number) => {
    const { next, tenants: found } = await client.tenants(from, signal)
    expect(next).toBe(41)
    return Object.fromEntries(found.map(({ tenant, spans }) => [tenant, spans]))
  }
  expect(await tenants(0)).toEqual({ a: 4_000, b: 1 })
  expect(await tenants(30)).toEqual({ a: 1_000, b: 1 })
  expect(await tenants(40)).toEqual({ b: 1 })
  expect(await tenants(41)).toEqual({})
  const own = await LiveStage.open(drawsOf(3))
  await own.append('a', [1, 2, 3])
  while (own.live.segments.next < 1) await own.live.read(0)
  await own.live.close()
  await own.append('a', [4])
  while (own.live.segments.next < 2) await own.live.read(0)
  expect(own.live.tenants(0).tenants).toEqual([{ tenant: 'a', spans: 4 }])
  expect(own.live.tenants(1).tenants).toEqual([{ tenant: 'a', spans: 1 }])
})

test('a client that goes away in the midst of an answer harms nobody', async () => {
  const { id } = (await client.pieces('a', 0, signal)).pieces[0]!
  const { port } = app.server.address() as AddressInfo
  for (let i = 0; i < 20; i++) {
    const socket = connect(port, '127.0.0.1')
    const rest = i % 2 === 0 ? `pieces/${id}` : 'pieces?tenant=a&from=0'
    socket.write(`GET ${path(rest)} HTTP/1.1\r\nHost: a\r\n\r\n`)
    if (i % 4 < 2) await new Promise(resolve => socket.once('data', resolve))
    socket.destroy()
  }
  const gone = new AbortController()
  const asking = client.pieces('a', 0, gone.signal)
  gone.abort()
  expect((await labRejection(asking)).message).toMatch(/does not answer: /)
  expect((await client.pieces('a', 0, signal)).pieces).toHaveLength(1)
})

test('a piece that is gone, a live store that is not there or answers nonsense are told apart', async () => {
  const { id, meta, ...rest } = (await client.pieces('a', 0, signal)).pieces[0]!
  const other = { ...rest, meta, id: '00000000-0000-4000-8000-000000000000' }
  const gone = await labRejection(client.open(other))
  expect(gone.kind).toBe('missing')
  expect(gone.message).toMatch(/^http:\/\/127.0.0.1:\d+\/partition\/1\/live\/pieces\/.*: 404: piece "0{8}/)
  expect(await labRejection(client.pieces('..', 0, signal))).toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining(': 400: '),
  })
  const down = await labRejection(new LiveClient(1, 'http://127.0.0.1:1').pieces('a', 0, signal))
  expect(down.kind).toBe('missing')
  expect(down.message).toMatch(/^http:\/\/127.0.0.1:1\/live\/pieces\S*: does not answer: /)
  const nonsense: [RequestListener, RegExp][] = [
    [(_, answer) => answer.end('<html>'), /is not JSON$/],
    [
      (_, answer) => answer.end('{"first":0,"next":-1,"end":0,"endAgeMillis":0,"readMillis":0,"pieces":[]}'),
      /: next: /,
    ],
    [(_, answer) => answer.writeHead(500).end('broken\nline'), /: 500: broken$/],
    [({ socket }) => socket.destroy(), /does not answer: /],
  ]
  for (const [listener, message] of nonsense) {
    const server = createServer(listener)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const asked = new LiveClient(1, addressOf(server.address())).pieces('a', 0, signal)
    expect((await labRejection(asked)).message).toMatch(message)
    server.closeAllConnections()
    server.close()
  }
  const short = createServer((_, answer) => answer.writeHead(206).end('short'))
  await new Promise<void>(resolve => short.listen(0, '127.0.0.1', resolve))
  const cut = await labRejection(new LiveClient(1, addressOf(short.address())).open({ id, meta, ...rest }))
  expect(cut).toMatchObject({ kind: 'truncated', message: expect.stringMatching(/were asked for, found 5$/) })
  short.closeAllConnections()
  short.close()
})
