import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clusterIdentityKey, openBlobs } from '../../../lib/serve/bucket.ts'
import { defaultConfig } from '../../../lib/serve/config.ts'
import { Store } from '../../../lib/serve/store.ts'
import { localLogFiles } from '../../../lib/serve/wal/files.ts'
import type { S3Config } from '../../../lib/storage/s3/config.ts'
import { s3Store } from '../../../lib/storage/s3/store.ts'
import { putBytes } from '../../../lib/storage/store.ts'
import { startedCeph, withoutCeph } from '../../support/ceph.ts'
import { labRejection } from '../../support/errors.ts'
import { type S3Proxy, startS3Proxy } from '../../support/s3-proxy.ts'
import { countSpanIds, requestOf, spanIdOf } from '../../support/store-spans.ts'

const folder = mkdtempSync(join(tmpdir(), 'serve-bucket-'))
afterAll(() => rmSync(folder, { recursive: true }))

let folderCount = 0
function newFolder(): string {
  const path = join(folder, String(folderCount++))
  mkdirSync(path)
  return path
}

function blobsOf(home: string, s3: S3Config | undefined) {
  const places = { home, log: join(home, 'wal'), folder: join(home, 'blocks') }
  return openBlobs({ ...places, backend: s3 ? 's3' : 'local', s3: s3 ?? { bucket: '' } })
}

async function openStore(data: string, bucket: S3Config): Promise<Store> {
  const places = { log: localLogFiles(join(data, 'wal')), blocks: await blobsOf(data, bucket), warn: () => {} }
  return Store.open(places, defaultConfig)
}

describe('a store whose blocks are in S3', () => {
  let proxy: S3Proxy
  let bucket: S3Config
  beforeEach(async ({ skip }) => {
    skip(withoutCeph !== undefined, withoutCeph)
    const ceph = await startedCeph()
    proxy = await startS3Proxy(ceph.endpoint)
    bucket = { ...(await ceph.newBucket()), endpoint: proxy.endpoint, prefix: 'traces' }
  })
  afterEach(() => proxy?.close())

  const requestsOf = async (work: () => Promise<unknown>) => {
    proxy.requests.length = 0
    await work()
    return proxy.requests.length
  }

  test('writes a block with at most six requests, opens it with at most two, and answers after a restart', async () => {
    const data = newFolder()
    const store = await openStore(data, bucket)
    const spans = Array.from({ length: 20_000 }, (_, i) => [(i >> 3) + 1, i + 1] as const)
    await store.push('a', requestOf(spans))
    expect(await requestsOf(() => store.flush())).toBeLessThanOrEqual(6)
    const [block] = store.blocks.list('a')
    expect(await requestsOf(() => block!.source())).toBeLessThanOrEqual(2)
    expect(await countSpanIds(await store.source('a'))).toHaveProperty('size', spans.length)
    await store.close()
    const again = await openStore(data, bucket)
    expect((await countSpanIds(await again.source('a'))).get(spanIdOf(20_000))).toBe(1)
    for (const number of [20_001, 20_002, 20_003]) {
      await again.push('a', requestOf([[number, number]]))
      await again.flush()
    }
    await again.maintain(Date.now() + 2 * 3_600_000)
    expect(again.blocks.list('a').map(({ meta }) => [meta.totalSpans, meta.compactionLevel])).toEqual([[20_003, 1]])
    expect(await countSpanIds(await again.source('a'))).toHaveProperty('size', 20_003)
    await again.close()
  })

  test('while the store does not answer, spans are taken; their block is written once it does', async () => {
    const store = await openStore(newFolder(), bucket)
    await store.push('a', requestOf([[1, 1]]))
    proxy.faultOf = request => (request.startsWith('PUT') ? { status: 403, code: 'AccessDenied' } : undefined)
    await store.flush().catch(() => {})
    await store.push('a', requestOf([[2, 2]]))
    expect(await countSpanIds(await store.source('a'))).toHaveProperty('size', 2)
    expect(store.blocks.list('a')).toEqual([])
    proxy.faultOf = () => undefined
    await store.flush()
    expect(await countSpanIds(await store.source('a'))).toHaveProperty('size', 2)
    expect(store.blocks.list('a')).toHaveLength(2)
    await store.close()
  })

  test('belongs to one store: another one is refused, and a store keeps to its bucket', async () => {
    const [first, second] = [newFolder(), newFolder()]
    await blobsOf(first, bucket)
    await blobsOf(first, bucket)
    expect((await labRejection(blobsOf(second, bucket))).message).toMatch(
      /^s3:\/\/.*\/traces: has the blocks of the store in .*\/\d+ on .*; name another prefix, or delete .*owner\.json/,
    )
    expect((await labRejection(blobsOf(first, undefined))).message).toMatch(/its blocks are in s3:.*--bucket$/)
    const other = { ...bucket, prefix: 'other' }
    expect((await labRejection(blobsOf(first, other))).message).toMatch(/its blocks are in s3:\S+\/traces; name/)
    const local = newFolder()
    mkdirSync(join(local, 'blocks/a'), { recursive: true })
    expect((await labRejection(blobsOf(local, other))).message).toMatch(/blocks: has blocks, which would not be/)
    writeFileSync(join(first, 'bucket.json'), '{"bucket":')
    expect((await labRejection(blobsOf(first, bucket))).message).toMatch(/bucket\.json: does not say whose/)
  })

  test("is not kept where a cluster's blocks are, which it would compact and delete", async () => {
    await putBytes(await s3Store(bucket), clusterIdentityKey, Buffer.from('{}'))
    expect((await labRejection(blobsOf(newFolder(), bucket))).message).toMatch(
      /^s3:\/\/.*\/traces: has the blocks of a cluster; name another prefix, or delete .*cluster=1\/identity\.json if/,
    )
  })

  test('two stores that begin in one bucket at once: one of them has it', async () => {
    const results = await Promise.allSettled([newFolder(), newFolder()].map(data => blobsOf(data, bucket)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const keys: string[] = []
    for await (const { key } of (await s3Store(bucket)).list('')) keys.push(key)
    expect(keys).toEqual(['owner.json'])
  })
})
