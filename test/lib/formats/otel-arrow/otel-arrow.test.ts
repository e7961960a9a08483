import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { zstdDecompressor } from '../../../../lib/codecs/compress.ts'
import { printSpan } from '../../../../lib/formats/ndjson/print.ts'
import { delta, quasiDelta, undelta, unquasiDelta } from '../../../../lib/formats/otel-arrow/ids.ts'
import { otelArrowParts } from '../../../../lib/formats/otel-arrow/parts.ts'
import { decodeOtelArrow } from '../../../../lib/formats/otel-arrow/reader.ts'
import { encodeOtelArrow } from '../../../../lib/formats/otel-arrow/writer.ts'
import type { Attributes, Span, Trace, Value } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { openPack, PackWriter } from '../../../../lib/storage/pack.ts'
import { surrogateRefusal } from '../../../../lib/wire/protobuf/surrogate.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { expectPrefixesRefused, expectRefusal } from '../../../support/corruption.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'

async function write(traces: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeOtelArrow(streamOf([traces]), sink, 1)
  return sink.bytes()
}

async function read(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(decodeOtelArrow(openMemory(bytes)))).flat()
}

/** Spans as the tables hold them, sorted, so that only what is declared to be lost may differ. */
function heldOf(traces: readonly Trace[]): string[] {
  return traces
    .flatMap(({ traceId, spans }) => spans.map(one => printSpan(traceId.padStart(32, '0'), held(one))))
    .sort()
}

function held(one: Span): Span {
  return {
    ...one,
    spanId: one.spanId.padStart(16, '0'),
    parentSpanId: padded(one.parentSpanId, 16),
    flags: 0,
    attributes: sorted(one.attributes),
    resource: one.resource && { ...one.resource, attributes: sorted(one.resource.attributes) },
    scope: one.scope && { ...one.scope, attributes: sorted(one.scope.attributes) },
    events: byText(one.events.map(event => ({ ...event, attributes: sorted(event.attributes) }))),
    links: byText(
      one.links.map(link => ({
        ...link,
        ...{ traceId: padded(link.traceId, 32), spanId: padded(link.spanId, 16), flags: 0 },
        attributes: sorted(link.attributes),
      })),
    ),
  }
}

function padded(id: string, digits: number): string {
  return id === '' ? '' : id.padStart(digits, '0')
}

function sorted(list: Attributes): Attributes {
  return byText(list)
}

function byText<T>(items: readonly T[]): T[] {
  const printed = (item: T) =>
    JSON.stringify(item, (_, value) => {
      if (typeof value === 'bigint') return `${value}n`
      return typeof value === 'number' && Object.is(value, -0) ? '-0' : value
    })
  return [...items].sort((a, b) => (printed(a) < printed(b) ? -1 : 1))
}

test.each(['otel', 'agent', 'classic'])('%s: all comes back but what is declared to be lost', async workload => {
  const traces = generatedTraces(workload, 60)
  expect(heldOf(await read(await write(traces)))).toEqual(heldOf(traces))
})

test.each(nastyCorpora)('nasty: $name', async ({ traces }) => {
  const whole = traces.filter(({ spans }) => spans.every(one => !surrogateRefusal(one)))
  expect(heldOf(await read(await write(whole)))).toEqual(heldOf(whole))
})

test('a batch has as many spans as ids of 16 bits name, and every batch its own ids', async () => {
  const one = generatedTraces('otel', 10).flatMap(({ spans }) => spans)
  const spans = Array.from({ length: 65_537 }, (_, i) => one[i % one.length]!)
  const bytes = await write([{ traceId: 'ab'.repeat(16), spans }])
  const names = [...(await openPack(openMemory(bytes))).keys()].filter(name => name.endsWith('/spans.parquet'))
  expect(names).toEqual(['0/spans.parquet', '1/spans.parquet'])
  const back = await read(bytes)
  expect(back.length).toBe(65_537)
  expect(back.at(-1)!.spans[0]!.attributes.length).toBe(spans.at(-1)!.attributes.length)
})

/** Every row of a table, by another reader. */
async function rowsOf(bytes: Uint8Array, table: string): Promise<Record<string, unknown>[]> {
  const object = (await openPack(openMemory(bytes))).get(`0/${table}.parquet`)!
  const [whole] = await object.read([{ start: 0, end: object.byteLength }])
  const file = Uint8Array.from(whole!).buffer
  expect(parquetMetadata(file).row_groups.length).toBe(1)
  return parquetReadObjects({ file, compressors: { ZSTD: zstdDecompressor() } })
}

test('ids are differences, parents of attributes that repeat too', async () => {
  const owner = { droppedAttributesCount: 0, schemaUrl: '' }
  const resource = { attributes: attributes(['service.name', 'shop']), ...owner }
  const make = (name: string, ...pairs: readonly (readonly [string, Value])[]) =>
    span({ name, resource, attributes: attributes(...pairs) })
  const spans = [
    make('a', ['k', 'x'], ['n', 5n]),
    make('b'),
    make('c', ['k', 'x'], ['list', ['v']]),
    make('d', ['k', 'y']),
    make('e', ['k', 'x'], ['list', ['v']]),
  ]
  const bytes = await write([{ traceId: '01'.repeat(16), spans }])
  const ids = (await rowsOf(bytes, 'spans')).map(row => row.id)
  expect(ids).toEqual([0, null, 1, 1, 1])
  expect((await rowsOf(bytes, 'spans')).map(row => row.resource)).toEqual(
    [0, 0, 0, 0, 0].map(id => ({ id, schema_url: null, dropped_attributes_count: null })),
  )
  const rows = await rowsOf(bytes, 'span_attrs')
  expect(rows.map(({ key, type, str, int, parent_id }) => [key, type, str ?? int, parent_id])).toEqual([
    ['k', 1, 'x', 0],
    ['k', 1, 'x', 1],
    ['k', 1, 'x', 2],
    ['k', 1, 'y', 2],
    ['n', 3, 5n, 0],
    ['list', 6, null, 1],
    // Values that are serialized are never the same.
    ['list', 6, null, 3],
  ])
})

test('differences are undone', () => {
  const ids = [3, 3, 4, 9, 9, 12]
  const isSame = (row: number) => row % 3 !== 0
  expect(delta(ids)).toEqual([3, 0, 1, 5, 0, 3])
  expect(undelta(delta(ids))).toEqual(ids)
  expect(unquasiDelta(quasiDelta([7, 8, 8, 2, 5, 6], isSame), isSame)).toEqual([7, 8, 8, 2, 5, 6])
})

test('parts sum to the file', async () => {
  for (const traces of [[], generatedTraces('otel', 20)]) {
    const bytes = await write(traces)
    const parts = await otelArrowParts(openMemory(bytes))
    expect(Object.values(parts).reduce((sum, byteLength) => sum + byteLength, 0)).toBe(bytes.length)
  }
})

test('a file that ends too early, or whose tables are others, is refused', async () => {
  const bytes = await write([{ traceId: '01'.repeat(16), spans: [span({ attributes: attributes(['k', 'x']) })] }])
  await expectPrefixesRefused(bytes, decodeOtelArrow)
  const objects = await openPack(openMemory(bytes))
  const pack = async (rename: (name: string) => string | undefined) => {
    const sink = new MemorySink()
    const writer = new PackWriter(sink)
    for (const [name, object] of objects) {
      const to = rename(name)
      const [whole] = await object.read([{ start: 0, end: object.byteLength }])
      if (to !== undefined) await writer.put(to, out => out.write(whole!))
    }
    await writer.finish()
    return sink.bytes()
  }
  for (const rename of [
    (name: string) => name.replace('0/span_attrs', '1/span_attrs'),
    (name: string) => name.replace('span_attrs', 'span_attr'),
    (name: string) => name.replace('span_attrs', 'resource_attrs'),
    (name: string) => name.replace('span_attrs', 'span_links'),
    (name: string) => (name.includes('spans') ? undefined : name),
  ])
    await expectRefusal(await pack(rename), decodeOtelArrow, String(rename))
})
