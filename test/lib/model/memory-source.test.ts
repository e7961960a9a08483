import { expect, test } from 'vitest'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { ColumnName, SpanBatch, SpanSource } from '../../../lib/model/scan.ts'
import type { Trace, Value } from '../../../lib/model/trace.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { collect } from '../../support/chunks.ts'
import { valuesOf } from '../../support/columns.ts'
import { attributes, span } from '../../support/nasty.ts'

const everything = { needs: [], columns: [] }

function traceOf(traceId: string, ...spans: Parameters<typeof span>[0][]): Trace {
  return { traceId, spans: spans.map(span) }
}

async function batchesOf(source: SpanSource): Promise<SpanBatch[]> {
  return collect(source.scan(everything))
}

async function read(traces: Trace[], name: ColumnName): Promise<[number, Value][]> {
  const [batch] = await batchesOf(memorySource(traces))
  return valuesOf((await batch!.read([name])).get(name))
}

test('batches hold whole traces, and more than one where they are small', async () => {
  const traces = [traceOf('a', {}, {}), traceOf('b', {}), traceOf('c', {}, {}, {}, {})]
  const batches = await batchesOf(memorySource(traces, { batchSpanCount: 3 }))
  const starts = await Promise.all(batches.map(async batch => [...(await batch.read([])).traceStarts]))
  expect(batches.map(({ spanCount }, i) => [spanCount, starts[i]])).toEqual([
    [3, [0, 2, 3]],
    [4, [0, 4]],
  ])
})

test('an attribute has a column a type, with its rows, and a row twice where a key stands twice', async () => {
  const values: Value[] = ['x', 1n, 2.5, true, ['x'], null, new Uint8Array([1]), { entries: [] }]
  const traces = [
    traceOf('a', ...values.map(value => ({ attributes: attributes(['k', value], ['other', 1n], ['k', value]) }))),
  ]
  const [batch] = await batchesOf(memorySource(traces))
  const columns = (await batch!.read(['span.k'])).get('span.k')
  expect(columns.map(({ type }) => type)).toEqual([
    'string',
    'int',
    'double',
    'bool',
    'array',
    'empty',
    'bytes',
    'kvlist',
  ])
  expect(valuesOf(columns)).toEqual(
    values.flatMap((value, row) => [
      [row, value],
      [row, value],
    ]),
  )
})

test.each<[string, bigint[]]>([
  ['small', [0n, -5n, 7n]],
  ['far from zero', [2n ** 62n, 2n ** 62n + 1n]],
  ['far from each other', [-(2n ** 63n), 2n ** 63n - 1n, 3n]],
])('ints that are %s are exact', async (_, ints) => {
  const traces = [traceOf('a', ...ints.map(value => ({ attributes: attributes(['k', value]) })))]
  expect((await read(traces, 'span.k')).map(([, value]) => value)).toEqual(ints)
})

test('times and durations are exact over all of their range', async () => {
  const spans = [
    { startNanos: 0n, endNanos: 2n ** 64n - 1n },
    { startNanos: 2n ** 64n - 1n, endNanos: 0n },
    { startNanos: 5n, endNanos: 4n },
  ]
  expect((await read([traceOf('a', ...spans)], 'span:start')).map(([, value]) => value)).toEqual([
    0n,
    2n ** 64n - 1n,
    5n,
  ])
  // Where a duration is no int64 it is the nearest.
  expect((await read([traceOf('a', ...spans)], 'span:duration')).map(([, value]) => value)).toEqual([
    2n ** 63n - 1n,
    -(2n ** 63n),
    -1n,
  ])
})

test('parents are rows of the batch, and tell roots from orphans', async () => {
  const traces = [
    traceOf('a', { spanId: '1' }),
    traceOf('b', { spanId: '1', parentSpanId: '2' }, { spanId: '2' }, { spanId: '2', parentSpanId: '2' }),
    traceOf('c', { spanId: '3', parentSpanId: '3' }, { spanId: '4', parentSpanId: '1' }),
  ]
  expect((await read(traces, 'span:parent')).map(([, value]) => value)).toEqual([-1n, 2n, -1n, 2n, -2n, -2n])
  expect((await read(traces, 'trace:root')).map(([, value]) => value)).toEqual([0n, 2n, -1n])
})

test('columns of events and links have their rows, and tell their spans', async () => {
  const event = (name: string) => ({
    timeNanos: 1n,
    name,
    attributes: attributes(['k', name]),
    droppedAttributesCount: 0,
  })
  const traces = [traceOf('a', {}, { events: [event('x'), event('y')] }, { events: [event('z')] })]
  const [batch] = await batchesOf(memorySource(traces))
  const columns = await batch!.read(['event:name', 'event.k'])
  expect([...columns.eventSpans]).toEqual([1, 1, 2])
  expect(valuesOf(columns.get('event:name'))).toEqual([
    [0, 'x'],
    [1, 'y'],
    [2, 'z'],
  ])
  expect(valuesOf(columns.get('event.k'))).toEqual(valuesOf(columns.get('event:name')))
})

test('attributes are listed by scope with all their types', async () => {
  const resource = { attributes: attributes(['r', 1n]), droppedAttributesCount: 0, schemaUrl: '' }
  const traces = [traceOf('a', { resource, attributes: attributes(['k', 1n]) }, { attributes: attributes(['k', 'x']) })]
  expect(await memorySource(traces).attributeNames()).toEqual([
    { scope: 'span', key: 'k', types: ['int', 'string'] },
    { scope: 'resource', key: 'r', types: ['int'] },
  ])
})

test.each([
  ['chain', (row: number) => `${row - 1}`],
  ['star', () => '0'],
])('structure is answered in one trace of 100,000 spans, a %s', async (_, parentOf) => {
  const spans = Array.from({ length: 100_000 }, (_, row) =>
    span({ spanId: `${row}`, parentSpanId: row === 0 ? '' : parentOf(row), name: row === 0 ? 'root' : 'other' }),
  )
  const source = memorySource([{ traceId: '1', spans }])
  const matched = async (text: string): Promise<number> =>
    (await search(source, parseQuery(text))).traces[0]?.spanSet.matched ?? 0
  expect(await matched('{ name = "root" } >> { }')).toBe(99_999)
  expect(await matched('{ } << { }')).toBeGreaterThan(0)
  expect(await matched('{ nestedSetLeft > 1 }')).toBe(99_999)
})
