import { expect, test } from 'vitest'
import { objectKind } from '../../../../lib/cluster/commits/commit.ts'
import { RequestCounts } from '../../../../lib/storage/s3/requests.ts'
import { s3Store } from '../../../../lib/storage/s3/store.ts'
import { putBytes, readObject } from '../../../../lib/storage/store.ts'
import { startedCeph, withoutCeph } from '../../../support/ceph.ts'
import { startS3Proxy } from '../../../support/s3-proxy.ts'

test('each attempt of a request counts, by what the object is', async ({ skip }) => {
  skip(withoutCeph !== undefined, withoutCeph)
  const ceph = await startedCeph()
  const proxy = await startS3Proxy(ceph.endpoint)
  try {
    const config = { ...(await ceph.newBucket()), endpoint: proxy.endpoint, prefix: 'below' }
    const counts = new RequestCounts(objectKind)
    const store = await s3Store(config, { timeoutMillis: 10_000, maxAttempts: 3, delayMillis: 10 }, counts)
    const faults = [{ status: 503, code: 'SlowDown' }] as const
    let next = 0
    proxy.faultOf = request => (request.startsWith('PUT') ? faults[next++] : undefined)
    await putBytes(store, 'tenant/block/data.blockpack', Buffer.from('value'))
    await putBytes(store, 'cluster=1/commit/1.json', Buffer.from('{}'), { ifAbsent: true })
    await putBytes(store, 'cluster=1/commit/1.json', Buffer.from('{}'), { ifAbsent: true })
    await readObject(store, 'tenant/block/data.blockpack')
    for await (const _ of store.list(''));
    const found = Array.from(counts.values(), ([labels, count]) => [...Object.values(labels), count].join(' '))
    expect(found.sort()).toEqual([
      'GET data 206 1',
      'GET list 200 1',
      'PUT commit 200 1',
      'PUT commit 412 1',
      'PUT data 200 1',
      'PUT data 503 1',
    ])
    expect([counts.total(), counts.total('PUT')]).toEqual([6, 4])
  } finally {
    await proxy.close()
  }
})

test.each([
  ['', 'list'],
  ['cluster=1/identity.json', 'identity'],
  ['cluster=1/commit/000000000001.json', 'commit'],
  ['cluster=1/ring/querier/a.json', 'ring'],
  ['tenant/block/data.blockpack', 'data'],
  ['tenant/block/data.parquet', 'data'],
  ['tenant/block/meta.compacted.json', 'meta'],
  ['tenant/block/bloom-0', 'filter'],
  ['tenant/block/index', 'filter'],
])('%s is a %s', (key, kind) => expect(objectKind(key)).toBe(kind))
