import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { otlpServer } from '../../../lib/serve/receive/http.ts'
import { startServer } from '../../../lib/serve/server.ts'
import { sendOtlp } from '../../support/served.ts'
import { anyPort, serverConfigIn } from '../../support/server.ts'
import { requestOf } from '../../support/store-spans.ts'

const home = mkdtempSync(join(tmpdir(), 'bad-requests-'))
const server = await startServer(
  serverConfigIn(home, {
    listen: { otlpGrpc: anyPort, zipkin: anyPort },
    store: { sync: 'never', limits: { maxRequestBytes: 1 << 20 } },
  }),
  { version: '1', revision: '', warn: () => {} },
)
const { otlpHttp, zipkin, query } = server.ports
afterAll(async () => {
  await server.close()
  rmSync(home, { recursive: true })
})
const otlp = `http://127.0.0.1:${otlpHttp}/v1/traces`

/** What a server answers to bytes after which the sender is silent or hangs up. */
async function exchange(bytes: Buffer, isOver: boolean): Promise<string> {
  const socket = connect(otlpHttp!, '127.0.0.1').on('error', () => {})
  let answer = ''
  socket.on('data', chunk => {
    answer += chunk
  })
  await once(socket, 'connect')
  socket.write(bytes)
  if (isOver) socket.end()
  for (let i = 0; i < 100 && answer === '' && !socket.destroyed; i++) await sleep(isOver ? 1 : 10)
  socket.destroy()
  return answer
}

function headOf(byteLength: number): Buffer {
  return Buffer.from(
    `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${byteLength}\r\n\r\n`,
  )
}

test('a body that says it has 2 GB is refused with 413 before any of it comes', async () => {
  for (const byteLength of [2 ** 31 - 1, 2 ** 31, 2 ** 33])
    expect(await exchange(headOf(byteLength), false)).toMatch(/^HTTP\/1.1 413/)
  expect(await sendOtlp(otlp, requestOf([[1, 1]]))).toBe(200)
})

test('a request that is cut at any byte adds nothing, and others are answered', async () => {
  const before = server.store.recent().spansByTenant.get('single-tenant') ?? 0
  const body = requestOf([[9, 9]])
  const whole = Buffer.concat([headOf(body.length), body])
  for (let cut = 0; cut < whole.length; cut += cut < 120 ? 7 : 1)
    expect(await exchange(whole.subarray(0, cut), true)).not.toMatch(/^HTTP\/1.1 200/)
  expect(server.store.recent().spansByTenant.get('single-tenant') ?? 0).toBe(before)
  expect(await sendOtlp(otlp, requestOf([[9, 10]]))).toBe(200)
}, 60_000)

test('half a request and silence is ended by a time limit, in its head and in its body', async () => {
  const push = async () => ({ spanCount: 1, rejected: new Map() })
  const app = otlpServer({ push, maxRequestBytes: 1000, maxRequestMillis: 100 })
  await app.listen(anyPort)
  for (const part of ['POST /v1/traces HTTP/1.1\r\nHost: x\r\n', `${headOf(10)}half`]) {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.write(part)
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1.1 408/)
  }
  await app.close()
}, 10_000)

/** A protobuf message within a field. */
function within(tag: number, content: Buffer): Buffer {
  const length: number[] = []
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest >= 128 ? (rest % 128) | 128 : rest)
    if (rest < 128) break
  }
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

/** A span whose attribute is an array in an array, and so on. */
function nestedProtobuf(depth: number): Buffer {
  let value: Buffer = Buffer.from([0x10, 1])
  for (let i = 0; i < depth; i++) value = within(0x2a, within(0x0a, value))
  const attribute = within(0x4a, Buffer.concat([within(0x0a, Buffer.from('k')), within(0x12, value)]))
  const ids = Buffer.concat([within(0x0a, Buffer.alloc(16, 1)), within(0x12, Buffer.alloc(8, 1))])
  return within(0x0a, within(0x12, within(0x12, Buffer.concat([ids, attribute]))))
}

function nestedJson(depth: number): string {
  const value = `${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":"1"}${']}}'.repeat(depth)}`
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${'01'.repeat(16)}","spanId":"${'01'.repeat(8)}","attributes":[{"key":"k","value":${value}}]}]}]}]}`
}

function nestedZipkin(depth: number): string {
  return `[{"traceId":"${'01'.repeat(16)}","id":"${'01'.repeat(8)}","tags":{"k":${'['.repeat(depth)}1${']'.repeat(depth)}}}]`
}

test.each([101, 1_000, 5_000, 20_000])('values nested %i deep are refused with 400', async depth => {
  const json = { 'content-type': 'application/json' }
  const statusOf = (url: string, body: string) =>
    fetch(url, { method: 'POST', body, headers: json }).then(({ status }) => status)
  expect(await sendOtlp(otlp, nestedProtobuf(depth))).toBe(400)
  expect(await statusOf(otlp, nestedJson(depth))).toBe(400)
  expect(await statusOf(`http://127.0.0.1:${zipkin}/api/v2/spans`, nestedZipkin(depth))).toBe(400)
  expect(await sendOtlp(otlp, requestOf([[1, 1]]))).toBe(200)
})

test('a query of 128 KiB is answered, or refused with 400 at a position', async () => {
  const ask = async (q: string) => {
    const response = await fetch(`http://127.0.0.1:${query}/api/search?q=${encodeURIComponent(q)}`)
    return [response.status, await response.text()] as const
  }
  const long = 'x'.repeat(128 * 1024 - 20)
  expect((await ask(`{ .a = "${long}" }`))[0]).toBe(200)
  const [status, text] = await ask(`{ .a = "${long}" `)
  expect(status).toBe(400)
  expect(text).toMatch(/1310\d\d/)
})
