import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, expect, test } from 'vitest'
import { listenGrpc } from '../../../../lib/serve/receive/grpc.ts'
import { Refusal } from '../../../../lib/serve/refusal.ts'
import { requestOf } from '../../../support/store-spans.ts'

const maxRequestBytes = 1 << 20
const state: { error?: Error; rejected: Map<string, number>; pushed: [tenant: string, request: Buffer][] } = {
  rejected: new Map(),
  pushed: [],
}
const server = await listenGrpc(
  {
    maxRequestBytes,
    push: async (tenant, request) => {
      if (state.error) throw state.error
      state.pushed.push([tenant, request])
      return { spanCount: 1, rejected: state.rejected }
    },
  },
  { host: '127.0.0.1', port: 0 },
)
const { port } = server
const clients = [0, 2].map(
  algorithm =>
    new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.default_compression_algorithm': algorithm }),
)
afterAll(async () => {
  for (const client of clients) client.close()
  await server.close()
})

function send(client: Client, request: Buffer, tenant?: string): Promise<Buffer> {
  const metadata = new Metadata()
  if (tenant !== undefined) metadata.set('x-scope-orgid', tenant)
  const asIs = (bytes: Buffer) => bytes
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(path, asIs, asIs, request, metadata, (error, answer) =>
      error ? reject(error) : resolve(answer!),
    ),
  )
}

test('requests are taken, plain and as gzip, with their tenant', async () => {
  const request = requestOf([[1, 1]])
  for (const client of clients) {
    expect(await send(client, request, 'a')).toHaveLength(0)
    expect(state.pushed.pop()).toEqual(['a', request])
    await send(client, request)
    expect(state.pushed.pop()).toEqual(['single-tenant', request])
  }
  state.rejected.set('why', 2)
  expect((await send(clients[0]!, request)).toString('latin1')).toBe('\x0a\x10\x08\x02\x12\x0cwhy: 2 spans')
  state.rejected.clear()
})

test('refusals say whether to try again, with RetryInfo', async () => {
  for (const [kind, code] of [
    ['invalid', status.INVALID_ARGUMENT],
    ['limited', status.RESOURCE_EXHAUSTED],
    ['unavailable', status.UNAVAILABLE],
  ] as const) {
    state.error = new Refusal(kind, 'why', { retryAfterSeconds: kind === 'invalid' ? 0 : 3 })
    const error = (await send(clients[0]!, requestOf([[1, 1]])).catch(reason => reason)) as ServiceError
    expect([error.code, error.details]).toEqual([code, 'why'])
    const details = error.metadata.get('grpc-status-details-bin')[0] as Buffer
    expect(details.includes('google.rpc.RetryInfo')).toBe(kind !== 'invalid')
  }
  delete state.error
})

test('tenants that are no folder, messages that are too large, and bombs are refused', async () => {
  state.pushed.length = 0
  const codeOf = (result: Promise<Buffer>) =>
    result.then(
      () => status.OK,
      (error: ServiceError) => error.code,
    )
  expect(await codeOf(send(clients[0]!, requestOf([[1, 1]]), '../..'))).toBe(status.INVALID_ARGUMENT)
  for (const client of clients)
    expect(await codeOf(send(client, Buffer.alloc(64 << 20)))).toBe(status.RESOURCE_EXHAUSTED)
  expect(state.pushed).toEqual([])
  expect(await codeOf(send(clients[0]!, requestOf([[1, 1]])))).toBe(status.OK)
})
