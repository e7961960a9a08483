import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { workloads } from '../../../../generator/workload.ts'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { parquetParts } from '../../../../lib/parquet/read/parts.ts'
import { RowGroupColumns } from '../../../../lib/parquet/read/row-group-columns.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { streamOf } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { describeReference } from '../../traceql/references.ts'
import { differences } from './as-held.ts'
import { decode, readBlockFiles } from './blocks.ts'

async function blockOf(traces: readonly Trace[], rowGroupSpans?: number): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeVparquet(streamOf([traces]), sink, rowGroupSpans === undefined ? {} : { rowGroupSpans })
  return sink.bytes()
}

/** The same with U+FFFD for each lone surrogate. */
function wellFormed<T>(value: T): T {
  const text = JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'string'
      ? item.toWellFormed()
      : typeof item === 'bigint'
        ? { bigint: `${item}` }
        : item instanceof Uint8Array
          ? { bytes: [...item] }
          : typeof item === 'number' && (!Number.isFinite(item) || Object.is(item, -0))
            ? { double: Object.is(item, -0) ? '-0' : `${item}` }
            : item,
  )
  return JSON.parse(text, (_, item: unknown) => {
    const own = item as { bigint?: string; bytes?: number[]; double?: string } | null
    if (typeof own?.bigint === 'string') return BigInt(own.bigint)
    if (typeof own?.double === 'string') return Number(own.double)
    return Array.isArray(own?.bytes) ? Uint8Array.from(own.bytes) : item
  }) as T
}

async function expectKept(traces: readonly Trace[], rowGroupSpans?: number): Promise<Buffer> {
  const bytes = await blockOf(traces, rowGroupSpans)
  const { traces: back, dropped } = await decode(bytes)
  expect(back.map(({ traceId }) => traceId)).toEqual(traces.map(({ traceId }) => traceId))
  expect(differences(traces, back)).toEqual([])
  expect(dropped).toEqual({})
  return bytes
}

describe('what a block holds comes back', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) => {
    await expectKept(wellFormed(traces))
    await expectKept(wellFormed(traces), 2)
  })

  test.each(workloads.map(({ name }) => name))('generated: %s', async name => {
    await expectKept(generatedTraces(name, 200), 700)
  })

  test('arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        await expectKept(wellFormed(traces))
      }),
      seeded(150),
    )
  })
})

test('a string without UTF-8 is refused with its trace, span and column: traces are sorted, so no index names them', async () => {
  const bad = span({ spanId: '0b', attributes: attributes(['k', '\ud800']) })
  const traces = [{ traceId: '01', spans: [span({ spanId: '0a' }), bad] }]
  const { kind, message } = await labRejection(blockOf(traces))
  expect(kind).toBe('unsupported')
  expect(message).toMatch(
    /^trace 01, span 0b: rs\.list\.element\.ss\..*\.Attrs\.list\.element\.Value\.list\.element: a string with a lone/,
  )
})

test('what Tempo derives of a trace: nested sets, root, services, times', async () => {
  const resource = { attributes: attributes(['service.name', 'a']), droppedAttributesCount: 0, schemaUrl: '' }
  const of = (spanId: string, parentSpanId: string, name: string) =>
    span({ spanId, parentSpanId, name, resource, startNanos: 5n, endNanos: 9n, status: { code: 2, message: '' } })
  const spans = [of('02', '01', 'child'), of('01', '', 'root'), of('03', '02', 'grandchild'), of('04', '0f', 'orphan')]
  const bytes = await blockOf([{ traceId: '00ab', spans }])
  const file = { byteLength: bytes.length, slice: (start: number, end?: number) => slice(bytes, start, end) }
  const [row] = await parquetReadObjects({ file, utf8: false })
  expect(row).toMatchObject({
    TraceID: Uint8Array.from([0, 0xab]),
    TraceIDText: 'ab',
    StartTimeUnixNano: 5n,
    EndTimeUnixNano: 9n,
    DurationNano: 4n,
    RootServiceName: 'a',
    RootSpanName: 'root',
    ServiceStats: { a: { SpanCount: 4, ErrorCount: 4 } },
  })
  const found = row!.rs[0].ss[0].Spans.map((one: Record<string, unknown>) => [
    one.Name,
    one.NestedSetLeft,
    one.NestedSetRight,
    one.ParentID,
  ])
  expect(found).toEqual([
    ['child', 2, 5, 1],
    ['root', 1, 6, -1],
    ['grandchild', 3, 4, 2],
    ['orphan', 0, 0, 0],
  ])
})

test('all columns of spans tell of the same spans, also those in which no attribute stands', async () => {
  const spans = Array.from({ length: 200 }, (_, i) => span({ spanId: i.toString(16).padStart(16, '0') }))
  const bytes = await blockOf([{ traceId: '01', spans }])
  const block = await openVparquet(openMemory(bytes))
  const columns = new RowGroupColumns(block, 0)
  await columns.load([...block.footer.leaves.keys()])
  for (const [name, { depths }] of block.footer.leaves)
    if (depths.length >= 3 && name.startsWith('rs.ss.Spans.'))
      expect(columns.get(name).starts(3), name).toEqual(Uint32Array.of(0, 200))
})

function slice(bytes: Buffer, start: number, end = bytes.length): ArrayBuffer {
  return Uint8Array.from(bytes.subarray(start, end)).buffer
}

test('the parts of a block sum to its size', async () => {
  const bytes = await blockOf([{ traceId: '01', spans: [span({})] }])
  const parts = await parquetParts(openMemory(bytes))
  expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(bytes.length)
})

describeReference('beside a block of Tempo', ['tempo-blocks/demo-blob'], () => {
  test('the schema, encodings and codecs of all 103 columns are those of Tempo', async () => {
    const { data, meta } = readBlockFiles('demo-blob', 'vParquet4')
    const { traces } = await decode(data, meta)
    const [theirs, ours] = [data, await blockOf(traces)].map(bytes => parquetMetadata(Uint8Array.from(bytes)))
    const elements = (schema: NonNullable<typeof ours>['schema']) => schema.map(({ type_length, ...rest }) => rest)
    expect(elements(ours!.schema)).toEqual(elements(theirs!.schema))
    const columns = (file: typeof ours) =>
      file!.row_groups[0]!.columns.map(({ meta_data }) => [
        meta_data!.path_in_schema.join('.'),
        meta_data!.codec,
        meta_data!.encodings.filter(encoding => encoding !== 'RLE').sort(),
      ])
    expect(columns(ours)).toEqual(columns(theirs))
  })

  test('the same traces take about as many bytes, without dedicated columns', async () => {
    const { data, meta } = readBlockFiles('demo-blob', 'vParquet4')
    const { traces } = await decode(data, meta)
    const bytes = await expectKept(traces)
    const pages = async (file: Buffer) => {
      const { footer } = await openVparquet(openMemory(file))
      return footer.rowGroups.flatMap(({ chunks }) => [...chunks.values()]).reduce((sum, c) => sum + c.end - c.start, 0)
    }
    const share = (await pages(bytes)) / (await pages(data))
    expect(share).toBeGreaterThan(0.8)
    expect(share).toBeLessThan(1.05)
  })
})
