import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { mayHold, shardOf, writeBlooms } from '../../../../lib/formats/vparquet/blooms.ts'
import type { DedicatedColumn } from '../../../../lib/formats/vparquet/meta.ts'
import { writeBlock } from '../../../../lib/formats/vparquet/writer/block.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { type BlobStore, readObject } from '../../../../lib/storage/store.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes, span } from '../../../support/nasty.ts'
import { describeReference, referencePath } from '../../traceql/references.ts'
import { differences } from './as-held.ts'
import { decode } from './blocks.ts'

const blockId = '11111111-2222-4333-8444-555555555555'
const folder = `single-tenant/${blockId}`

async function written(traces: readonly Trace[], options = {}): Promise<{ store: BlobStore; keys: string[] }> {
  const store = memoryStore()
  await writeBlock(streamOf([traces]), { store, tenantId: 'single-tenant', blockId }, options)
  return { store, keys: (await collect(store.list(''))).map(({ key }) => key) }
}

function readText(store: BlobStore, name: string): Promise<string> {
  return readObject(store, `${folder}/${name}`).then(bytes => Buffer.from(bytes).toString())
}

test('a block is data, filters, index and meta.json, which agree', async () => {
  const traces = [
    { traceId: '0a', spans: [span({ startNanos: 1_500_000_000n, endNanos: 2_000_000_001n })] },
    { traceId: `f${'0'.repeat(31)}`, spans: [span({ startNanos: 2_000_000_000n, endNanos: 2_000_000_000n })] },
  ]
  const { store, keys } = await written(traces, { rowGroupSpans: 1 })
  expect(keys.map(key => key.slice(folder.length + 1))).toEqual(['bloom-0', 'data.parquet', 'index', 'meta.json'])
  const data = await readObject(store, `${folder}/data.parquet`)
  const meta = JSON.parse(await readText(store, 'meta.json'))
  expect(meta).toMatchObject({
    ...{ format: 'vParquet4', blockID: blockId, tenantID: 'single-tenant', totalObjects: 2, size: data.length },
    ...{ startTime: '1970-01-01T00:00:01Z', endTime: '1970-01-01T00:00:03Z', totalRecords: 2, bloomShards: 1 },
  })
  await openVparquet(openMemory(data), JSON.stringify(meta))
  expect(JSON.parse(await readText(store, 'index')).rowGroups).toEqual([
    Buffer.from('0a'.padStart(32, '0'), 'hex').toString('base64'),
    Buffer.from(`f${'0'.repeat(31)}`, 'hex').toString('base64'),
  ])
})

test('ids that padding makes one are one trace, also across batches', async () => {
  const store = memoryStore()
  const batches = [
    [{ traceId: '', spans: [span({ name: 'none' })] }],
    [{ traceId: '00', spans: [span({ name: 'zero' })] }],
  ]
  await writeBlock(streamOf(batches), { store, tenantId: 'single-tenant', blockId })
  const { traces } = await decode(
    Buffer.from(await readObject(store, `${folder}/data.parquet`)),
    await readText(store, 'meta.json'),
  )
  expect(traces.map(({ traceId, spans }) => [traceId, spans.map(({ name }) => name)])).toEqual([
    ['0'.repeat(32), ['none', 'zero']],
  ])
})

const columns: DedicatedColumn[] = [
  { scope: 'resource', name: 'where', type: 'string' },
  { scope: 'span', name: 'words', type: 'string', isArray: true },
  { scope: 'span', name: 'count', type: 'int' },
  { scope: 'span', name: 'text', type: 'string', isBlob: true },
  { scope: 'event', name: 'what', type: 'string' },
]

const owners: Trace[] = [
  {
    traceId: '1'.repeat(32),
    spans: [
      span({
        spanId: '01'.repeat(8),
        attributes: attributes(
          ...[['words', ['a', 'b']] as const, ['words', 'later'] as const, ['count', 7n] as const],
          ...[['text', 'x'.repeat(500)] as const, ['other', true] as const],
        ),
        events: [{ timeNanos: 5n, name: 'e', attributes: attributes(['what', 'w']), droppedAttributesCount: 0 }],
        resource: { attributes: attributes(['where', 'here']), droppedAttributesCount: 0, schemaUrl: '' },
      }),
      span({ spanId: '02'.repeat(8), attributes: attributes(['words', ['one']], ['count', 'no int'], ['words', []]) }),
    ],
  },
]

test.each(['vParquet4', 'vParquet5'] as const)('dedicated columns of %s come back', async version => {
  const { store } = await written(owners, { version, dedicatedColumns: columns })
  const data = Buffer.from(await readObject(store, `${folder}/data.parquet`))
  const { traces } = await decode(data, await readText(store, 'meta.json'))
  expect(differences(owners, traces)).toEqual([])
  const { layout } = await openVparquet(openMemory(data), await readText(store, 'meta.json'))
  expect(layout.version).toBe(version)
  expect(layout.attributes.span.map(({ key }) => key).filter(key => columns.some(({ name }) => name === key))).toEqual(
    version === 'vParquet4' ? ['words', 'text'] : ['words', 'count', 'text'],
  )
})

test('more dedicated columns than a version has room for are refused', async () => {
  const dedicatedColumns = Array.from(
    { length: 11 },
    (_, i): DedicatedColumn => ({ scope: 'span', name: `a${i}`, type: 'string' }),
  )
  const { kind, message } = await labRejection(written(owners, { dedicatedColumns }))
  expect(kind).toBe('invalid')
  expect(message).toBe('11 dedicated columns of the type string in the scope span, vParquet4 has 10')
})

test.each(['data.parquet', 'bloom-0', 'index', 'meta.json'])(
  'a block whose %s cannot be written leaves nothing',
  async name => {
    const store = memoryStore()
    const failing: BlobStore = {
      ...store,
      put: (key, write, when) => (key.endsWith(name) ? Promise.reject(new Error('full')) : store.put(key, write, when)),
    }
    await expect(writeBlock(streamOf([owners]), { store: failing, tenantId: 't', blockId })).rejects.toThrow('full')
    expect(await collect(store.list(''))).toEqual([])
  },
)

test('a filter holds its ids, and few others', async () => {
  const idOf = (i: number) => Buffer.from((i * 7919).toString(16).padStart(32, '0'), 'hex')
  const ids = Array.from({ length: 2000 }, (_, i) => idOf(i))
  const shards = writeBlooms(ids, { rate: 0.01, shardBytes: 1024 })
  const has = (id: Uint8Array) => mayHold(openMemory(shards[shardOf(id, shards.length)]!), id)
  expect(await Promise.all(ids.map(has))).not.toContain(false)
  const others = await Promise.all(Array.from({ length: 2000 }, (_, i) => has(idOf(2000 + i))))
  expect(others.filter(held => held !== false).length).toBeLessThan(60)
})

test.each([0, 8, 23, 25, 1047])('a shard of %i bytes is none', async byteLength => {
  const [shard] = writeBlooms([Buffer.alloc(16, 7)], { rate: 0.01, shardBytes: 1024 })
  expect(await mayHold(openMemory(shard!.subarray(0, byteLength)), Buffer.alloc(16, 7))).toBe(undefined)
})

describeReference('beside Tempo', ['tempo-api-samples'], () => {
  test('filters are those of Tempo, bit for bit', () => {
    const vectors = JSON.parse(readFileSync(referencePath('tempo-api-samples/bloom-vectors.json'), 'utf8'))
    const ids = vectors.ids.map(({ ID }: { ID: string }) => Buffer.from(ID, 'hex'))
    // The size is that of the objects expected; ids that repeat set no other bits.
    const repeated = Array.from({ length: vectors.estimatedObjects }, (_, i) => ids[i % ids.length])
    const shards = writeBlooms(repeated, { rate: vectors.fp, shardBytes: vectors.shardSizeBytes })
    expect(shards.map(shard => shard.toString('hex'))).toEqual(vectors.shardFilesHex)
    for (const { ID, Shard } of vectors.ids) expect(shardOf(Buffer.from(ID, 'hex'), vectors.shards)).toBe(Shard)
  })
})
