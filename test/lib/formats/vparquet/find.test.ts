import { describe, expect, test } from 'vitest'
import { type BlockParts, openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { findTraces } from '../../../../lib/formats/vparquet/find.ts'
import { decodeVparquet } from '../../../../lib/formats/vparquet/reader.ts'
import { vparquetSource } from '../../../../lib/formats/vparquet/source.ts'
import { writeBlock } from '../../../../lib/formats/vparquet/writer/block.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { countReads } from '../../../../lib/storage/counting.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { readObject } from '../../../../lib/storage/store.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { span } from '../../../support/nasty.ts'
import { describeReference } from '../../traceql/references.ts'
import { readBlockFiles } from './blocks.ts'

interface Written {
  data: Buffer
  meta: string
  parts: Map<string, Uint8Array>
}

async function written(traces: readonly Trace[], rowGroupSpans: number): Promise<Written> {
  const store = memoryStore()
  const key = await writeBlock(joinById(streamOf([traces])), { store, tenantId: 't' }, { rowGroupSpans })
  const parts = new Map<string, Uint8Array>()
  for await (const { key: name } of store.list(`${key}/`))
    parts.set(name.slice(key.length + 1), await readObject(store, name))
  const [data, meta] = ['data.parquet', 'meta.json'].map(name => Buffer.from(parts.get(name)!))
  return { data: data!, meta: meta!.toString(), parts }
}

async function openedOf({ data, meta, parts }: Written, warnings: string[] = []) {
  const beside: BlockParts = {
    withPart: async (name, use) => (parts.has(name) ? use(openMemory(parts.get(name)!)) : undefined),
    warn: message => warnings.push(message),
  }
  const file = countReads(openMemory(data))
  return { file, block: await openVparquet(file, meta, beside) }
}

const traces = generatedTraces('otel', 150)
const block = await written(traces, 700)

test('each trace is found, as the whole block has it', async () => {
  const { block: opened } = await openedOf(block)
  const all = (await collect(decodeVparquet(opened))).flat()
  expect(opened.footer.rowGroups.length).toBeGreaterThan(2)
  for (const trace of all) expect(await collect(findTraces(opened, [trace.traceId]))).toEqual([trace])
  const some = all.filter((_, i) => i % 7 === 3)
  expect(
    await collect(
      findTraces(
        opened,
        some.map(({ traceId }) => traceId),
      ),
    ),
  ).toEqual(some)
})

test('many traces are found by the ids of all: row groups with many of them are read once', async () => {
  const { file, block: opened } = await openedOf(block)
  const source = vparquetSource(opened)
  const all = (await collect(decodeVparquet(opened))).flat()
  const idsOf = (found: readonly Trace[]) => [...found.map(({ traceId }) => traceId), '12345678'.repeat(4)]
  const sparse = all.filter((_, i) => i % 20 === 3)
  expect(await collect(source.findTraces(idsOf(sparse)))).toEqual(sparse)
  file.reset()
  expect(await collect(source.findTraces(idsOf(all)))).toEqual(all)
  expect(file.roundTrips).toBe(opened.footer.rowGroups.length)
})

test('of an id that is not there only an index of pages is read', async () => {
  const { file, block: opened } = await openedOf(block)
  file.reset()
  expect(await collect(findTraces(opened, ['12345678'.repeat(4)]))).toEqual([])
  expect(file.roundTrips).toBe(1)
  expect(file.reads.bytes).toBeLessThan(6000)
})

test('a trace is found in four round trips, that of the footer among them', async () => {
  const { file, block: opened } = await openedOf(block)
  expect((await collect(findTraces(opened, [traces[5]!.traceId]))).length).toBe(1)
  expect(file.roundTrips).toBe(4)
})

test.each([
  ['missing', undefined, 'bloom-0: is missing: ids are looked for without it'],
  ['damaged', Buffer.from('no filter'), 'bloom-0: is damaged: ids are looked for without it'],
])('where the filter is %s, it is told, and nothing is lost', async (_, shard, warning) => {
  const parts = new Map(block.parts)
  if (shard) parts.set('bloom-0', shard)
  else parts.delete('bloom-0')
  const warnings: string[] = []
  const { block: opened } = await openedOf({ ...block, parts }, warnings)
  const { traceId } = traces[0]!
  expect((await collect(findTraces(opened, [traceId]))).map(found => found.traceId)).toEqual([traceId])
  expect(warnings).toEqual([warning])
})

test('short spellings and the last row of a group are found, and traces longer than a page', async () => {
  const many = Array.from({ length: 6000 }, (_, i) => span({ spanId: i.toString(16).padStart(16, '0') }))
  const odd = [
    { traceId: '0a', spans: [span({ name: 'short' })] },
    { traceId: '0b'.padStart(32, '0'), spans: many },
    { traceId: 'ff'.repeat(16), spans: [span({ name: 'last' })] },
  ]
  const { block: opened } = await openedOf(await written(odd, 1e6))
  for (const [i, id] of ['a', '0b', 'ff'.repeat(16)].entries()) {
    const [found] = await collect(findTraces(opened, [id]))
    expect(found!.spans.map(({ name, spanId }) => [name, spanId])).toEqual(
      odd[i]!.spans.map(({ name, spanId }) => [name, spanId]),
    )
  }
})

describe('indexes that lie', () => {
  test('an offset index of other pages is refused, with its column', async () => {
    const { block: opened } = await openedOf(block)
    const { offsetIndex } = opened.footer.rowGroups[0]!.chunks.get('TraceID')!
    const data = Buffer.from(block.data)
    data.fill(0xff, offsetIndex!.start, offsetIndex!.end)
    const { block: broken } = await openedOf({ ...block, data })
    const ids = (await collect(decodeVparquet(opened))).flat()
    const { kind, message } = await labRejection(collect(findTraces(broken, [ids[0]!.traceId])))
    expect(kind).toBe('corrupt')
    expect(message).toMatch(/^TraceID: offset index: /)
  })
})

describeReference('in a block of Tempo', ['tempo-blocks/search'], () => {
  test.each(['vParquet4', 'vParquet5'])('%s: each trace is found', async version => {
    const { data, meta } = readBlockFiles('search', version)
    const opened = await openVparquet(openMemory(data), meta)
    const all = (await collect(decodeVparquet(opened))).flat()
    for (const trace of all) expect(await collect(findTraces(opened, [trace.traceId]))).toEqual([trace])
  })
})
