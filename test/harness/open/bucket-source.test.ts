import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withSearchSource } from '../../../harness/open/search-source.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { MemorySink } from '../../../lib/storage/memory.ts'
import type { S3Config } from '../../../lib/storage/s3/config.ts'
import { s3Store } from '../../../lib/storage/s3/store.ts'
import { type BlobStore, putBytes } from '../../../lib/storage/store.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { startedCeph, withoutCeph } from '../../support/ceph.ts'
import { streamOf } from '../../support/chunks.ts'
import { generatedTraces } from '../../support/generated.ts'

const tempoBlocks = join(import.meta.dirname, '../../../../shared/reference/tempo-blocks')
const ids = ['8a3c0bb1-54e9-4fbb-96fc-5f7f4d6bd2a0', 'e2a3c0bb-54e9-4fbb-96fc-5f7f4d6bd2a1']
const traces = generatedTraces('otel', 60)

async function blockOf(from: number, to: number): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces.slice(from, to)]), sink, profiles.default)
  return sink.bytes()
}

const countTraces = (path: string) =>
  withSearchSource([path], async ({ source, files }) => ({
    traceCount: (await search(source, parseQuery('{ }'), { limit: 1e6 })).traces.length,
    fileCount: files.length,
  }))

describe('a folder laid out as a bucket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bucket-source-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is its blocks: what lies beside their data is no capture, and one that was replaced is left out', async () => {
    for (const [i, id] of ids.entries()) {
      mkdirSync(join(folder, 'tenant', id), { recursive: true })
      writeFileSync(join(folder, 'tenant', id, 'data.blockpack'), await blockOf(30 * i, 30 * i + 30))
      writeFileSync(join(folder, 'tenant', id, 'meta.json'), '{"format":"blockpack"}')
    }
    expect(await countTraces(folder)).toEqual({ traceCount: 60, fileCount: 2 })
    expect(await countTraces(join(folder, 'tenant', ids[0]!))).toEqual({ traceCount: 30, fileCount: 1 })
    rmSync(join(folder, 'tenant', ids[1]!, 'meta.json'))
    writeFileSync(join(folder, 'tenant', ids[1]!, 'meta.compacted.json'), '{"format":"blockpack"}')
    expect(await countTraces(folder)).toEqual({ traceCount: 30, fileCount: 1 })
  })
})

describe('blocks in a bucket', () => {
  let bucket: S3Config
  let store: BlobStore
  const before = { ...process.env }
  beforeAll(async () => {
    if (withoutCeph !== undefined) return
    const ceph = await startedCeph()
    bucket = await ceph.newBucket()
    store = await s3Store(bucket)
    process.env.AWS_ENDPOINT_URL = ceph.endpoint
    process.env.AWS_ACCESS_KEY_ID = bucket.accessKey
    process.env.AWS_SECRET_ACCESS_KEY = bucket.secretKey
    process.env.AWS_REGION = 'us-east-1'
  })
  afterAll(() => {
    for (const name of Object.keys(process.env).filter(key => key.startsWith('AWS_'))) delete process.env[name]
    Object.assign(process.env, before)
  })

  test('are searched as they lie, less those that were replaced and what belongs to no block', async ({ skip }) => {
    skip(withoutCeph !== undefined, withoutCeph)
    for (const [i, id] of ids.entries()) {
      await putBytes(store, `ours/tenant/${id}/data.blockpack`, await blockOf(30 * i, 30 * i + 30))
      await putBytes(store, `ours/tenant/${id}/meta.json`, Buffer.from('{}'))
    }
    await putBytes(store, 'ours/owner.json', Buffer.from('{}'))
    await putBytes(store, `ours/tenant/${ids[0]!.replace('8', '9')}/data.blockpack`, await blockOf(0, 30))
    await putBytes(store, `ours/tenant/${ids[0]!.replace('8', '9')}/meta.compacted.json`, Buffer.from('{}'))
    const address = `s3://${bucket.bucket}/ours`
    expect(await countTraces(address)).toEqual({ traceCount: 60, fileCount: 2 })
    expect(await countTraces(`${address}/tenant/${ids[1]}`)).toEqual({ traceCount: 30, fileCount: 1 })
    expect(await countTraces(`${address}/tenant/${ids[1]}/data.blockpack`)).toEqual({ traceCount: 30, fileCount: 1 })
    await expect(countTraces(`${address}/nothing`)).rejects.toThrow(
      /^s3:\/\/[^:]+\/nothing: no such object, and none below it$/,
    )
    await putBytes(store, 'other/some.ndjson', Buffer.from('{}\n'))
    await expect(countTraces(`s3://${bucket.bucket}/other`)).rejects.toThrow('some.ndjson: is another format')
  })

  test('that Tempo wrote are searched with their metas and filters', async ({ skip }) => {
    skip(withoutCeph !== undefined, withoutCeph)
    skip(!existsSync(tempoBlocks), 'skipped, the blocks of Tempo are not here')
    const local = join(tempoBlocks, 'search')
    const folder = readdirSync(local, { recursive: true, encoding: 'utf8' }).find(path =>
      path.endsWith('data.parquet'),
    )!
    const [source] = [join(local, folder, '..')]
    const id = JSON.parse(readFileSync(join(source, 'meta.json'), 'utf8')).blockID as string
    for (const name of readdirSync(source)) {
      if (/\.(json|parquet)$|^bloom-\d+$|^index$/.test(name))
        await putBytes(store, `tempo/single-tenant/${id}/${name}`, readFileSync(join(source, name)))
    }
    const expected = await countTraces(source)
    expect(expected.traceCount).toBeGreaterThan(0)
    expect(await countTraces(`s3://${bucket.bucket}/tempo`)).toEqual(expected)
  })
})
