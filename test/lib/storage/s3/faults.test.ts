import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startCeph } from '../../../../harness/stack/ceph.ts'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import { probeConditionalWrites } from '../../../../lib/storage/probe.ts'
import type { Patience } from '../../../../lib/storage/s3/bucket.ts'
import type { S3Config } from '../../../../lib/storage/s3/config.ts'
import { s3Store } from '../../../../lib/storage/s3/store.ts'
import { wholeBytes } from '../../../../lib/storage/s3/upload.ts'
import { type BlobStore, putBytes, readObject } from '../../../../lib/storage/store.ts'
import { startedCeph, withoutCeph } from '../../../support/ceph.ts'
import { isThorough } from '../../../support/effort.ts'
import { labRejection } from '../../../support/errors.ts'
import { type S3Fault, type S3Proxy, startS3Proxy } from '../../../support/s3-proxy.ts'

const patience: Patience = { timeoutMillis: 400, maxAttempts: 4, delayMillis: 10 }
/** For what takes a while to send where others use the machine. */
const slow: Patience = { ...patience, timeoutMillis: 10_000 }
const [slowDown, internal] = [
  { status: 503, code: 'SlowDown' },
  { status: 500, code: 'InternalError' },
]

let proxy: S3Proxy
let config: S3Config
let store: BlobStore

/** The first requests that match get faults, in turn. */
function spoil(pattern: RegExp, ...faults: S3Fault[]): void {
  proxy.faultOf = request => (pattern.test(request) ? faults.shift() : undefined)
}

const textOf = async (key: string) => Buffer.from(await readObject(store, key)).toString()
const large = Buffer.alloc(2 * wholeBytes + 5, 'large')

async function keysIn(): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}

describe('a store whose answers fail now and then', () => {
  beforeEach(async ({ skip }) => {
    skip(withoutCeph !== undefined, withoutCeph)
    const ceph = await startedCeph()
    proxy = await startS3Proxy(ceph.endpoint)
    config = { ...(await ceph.newBucket()), endpoint: proxy.endpoint }
    store = await s3Store(config, patience)
  })
  afterEach(() => proxy?.close())

  test.each<[string, S3Fault[]]>([
    ['500 and 503', [internal, slowDown, { status: 502, code: 'BadGateway' }]],
    ['connections that end', ['refuse', 'lose', 'refuse']],
    ['bodies that are cut', ['cut', 'cut', 'cut']],
    ['bodies that stop', ['stall', 'stall']],
  ])('%s are asked again for', async (_, faults) => {
    await putBytes(store, 'key', Buffer.from('value'))
    for (const pattern of [/^GET .*key/, /^GET .*list-type/, /^DELETE/]) {
      const isAnswered = faults.some(fault => fault === 'cut' || fault === 'stall')
      if (isAnswered && /DELETE/.test(pattern.source)) continue
      spoil(pattern, ...faults)
      if (/DELETE/.test(pattern.source)) await store.delete('key')
      else if (/list/.test(pattern.source)) expect(await keysIn()).toEqual(['key'])
      else expect(await textOf('key')).toBe('value')
    }
    expect(await keysIn()).toEqual(faults.some(fault => fault === 'cut' || fault === 'stall') ? ['key'] : [])
  })

  test('a fault in every request about a large object, and it is there once and whole', async () => {
    const asked = new Set<string>()
    proxy.faultOf = request => {
      const faults: S3Fault[] = ['lose', internal, 'refuse']
      if (asked.has(request)) return undefined
      asked.add(request)
      return faults[asked.size % faults.length]
    }
    const patient = await s3Store(config, slow)
    await patient.put('large', async sink => sink.write(large))
    expect(Buffer.compare(await readObject(patient, 'large'), large)).toBe(0)
    expect(await keysIn()).toEqual(['large'])
  })

  test('a conditional put whose answer was lost knows its own object, also of two that write the same bytes', async () => {
    spoil(/^PUT/, 'lose')
    expect(await putBytes(store, 'once', Buffer.from('same'), { ifAbsent: true })).toBe('stored')
    spoil(/^PUT/, 'lose', 'lose')
    expect(await putBytes(store, 'once', Buffer.from('same'), { ifAbsent: true })).toBe('exists')
    for (let round = 0; round < 10; round++) {
      const lost = new Set<string>()
      let number = 0
      proxy.faultOf = request => {
        if (!request.startsWith('PUT') || number++ >= 8) return undefined
        lost.add(request)
        return 'lose'
      }
      const puts = Array.from({ length: 8 }, () =>
        putBytes(store, `race/${round}`, Buffer.from('same'), { ifAbsent: true }),
      )
      expect((await Promise.all(puts)).sort()).toEqual([...Array(7).fill('exists'), 'stored'])
    }
  })

  test('a block takes six requests to write with its commit and its meta, however large it is', async () => {
    const patient = await s3Store(config, slow)
    const chain = await Chain.open(patient)
    for (const mebibytes of isThorough ? [1, 17, 70, 150] : [1, 17, 40]) {
      proxy.requests.length = 0
      await patient.put('a/data', async sink => {
        for (let i = 0; i < mebibytes; i++) await sink.write(Buffer.alloc(1 << 20, i))
      })
      await chain.commit({ writer: 'w', log: [], adds: [], removes: [], discards: [] })
      await putBytes(patient, 'a/meta', Buffer.from('{}'))
      expect(proxy.requests.length).toBeLessThanOrEqual(mebibytes > 16 ? 6 : 3)
      const data = await readObject(patient, 'a/data')
      expect(data.length).toBe(mebibytes << 20)
      for (let i = 0; i < mebibytes; i++) expect([data[i << 20], data[((i + 1) << 20) - 1]]).toEqual([i, i])
    }
  }, 60_000)

  test('what must be stored once and is large is refused before anything is sent', async () => {
    const put = putBytes(store, 'large', large, { ifAbsent: true })
    expect((await labRejection(put)).message).toBe(
      `large: what is to be stored once has over ${wholeBytes} bytes, the most in S3`,
    )
    expect(proxy.requests).toEqual([])
  })

  test('a large object that cannot be sent is withdrawn', async () => {
    proxy.faultOf = request => (request.includes('partNumber=2') ? internal : undefined)
    const patient = await s3Store(config, slow)
    const error = await labRejection(patient.put('large', async sink => sink.write(large)))
    expect(error.message).toMatch(/^s3:\/\/\S+\/large at http:\S+: the request failed \(.* 500 InternalError\)$/)
    expect(proxy.requests.filter(request => request.startsWith('DELETE'))).toHaveLength(1)
    expect(await keysIn()).toEqual([])
  })

  test('the gateway killed while an object is written, and started again: the object is whole', async () => {
    const ceph = await startCeph()
    const patient = await s3Store(await ceph.newBucket(), { ...patience, maxAttempts: 12 })
    let restarted: Promise<unknown> | undefined
    await patient.put('large', async sink => {
      await sink.write(large)
      // Parts are sent from now on.
      restarted = ceph.killGateway().then(() => ceph.startGateway())
    })
    await restarted
    expect(Buffer.compare(await readObject(patient, 'large'), large)).toBe(0)
    await ceph.end()
  })

  test('two who write one new object: exactly one may, or the store is refused', async () => {
    await probeConditionalWrites(store, 's3://bucket')
    expect(await keysIn()).toEqual([])
  })

  const cases: [string, Partial<S3Config>, S3Fault | undefined, RegExp][] = [
    [
      'an unknown key',
      { accessKey: 'nobody' },
      undefined,
      /does not know the access key: check.*InvalidAccessKeyId\)$/,
    ],
    ['a wrong secret', { secretKey: 'wrong' }, undefined, /secret key is not that of the access key.*SignatureDoes/],
    ['no bucket', { bucket: 'no-such-bucket' }, undefined, /^s3:\/\/no-such-bucket.*: no such bucket: create it/],
    [
      'a wrong clock',
      {},
      { status: 403, code: 'RequestTimeTooSkewed' },
      /clock of this machine and the store's differ/,
    ],
    ['another region', {}, { status: 301, code: 'PermanentRedirect' }, /in another region: set .*AWS_REGION/],
    ['no rights', {}, { status: 403, code: 'AccessDenied' }, /access denied: the key may not/],
    ['haste', {}, slowDown, /asks for fewer requests.*503 SlowDown\)$/],
    ['nobody there', { endpoint: 'http://127.0.0.1:1' }, undefined, /nothing listens there: check the endpoint/],
    ['no such host', { endpoint: 'http://nowhere.invalid' }, undefined, /no such host|name server does not answer/],
    ['silence', {}, 'stall', /no answer in time|broke off|aborted/],
  ]
  test.each(cases)('%s is one line that says what to do', async (_, change, fault, message) => {
    proxy.faultOf = () => fault
    store = await s3Store({ ...config, ...change }, patience)
    const calls: (() => Promise<unknown>)[] = [
      keysIn,
      () => store.open('key'),
      () => putBytes(store, 'key', Buffer.from('x')),
      () => store.delete('key'),
    ]
    for (const call of fault === 'stall' ? calls.slice(0, 1) : calls) {
      const text = (await labRejection(call())).message
      expect(text).toMatch(message)
      expect(text).toMatch(/^s3:\/\/\S+( at http:\S+)?: [^\n]+$/)
    }
  })
})

test.each<[string, S3Fault, RegExp]>([
  ['heeds no condition', { status: 200, code: '' }, /without conditional writes \(of two .* both .*"stored"\)/],
  ['knows no condition', { status: 501, code: 'NotImplemented' }, /without conditional writes \(.*NotImplemented/],
])('a store that %s is refused by name', async (_, fault, message) => {
  const own = await startS3Proxy()
  own.faultOf = request => (request.startsWith('DELETE') ? { status: 200, code: '' } : fault)
  const keys = { accessKey: 'a', secretKey: 'b' }
  const asked = await s3Store({ endpoint: own.endpoint, bucket: 'bucket', ...keys }, patience)
  const error = await labRejection(probeConditionalWrites(asked, 's3://bucket'))
  expect([error.kind, error.message]).toEqual(['unsupported', expect.stringMatching(message)])
  await own.close()
})
