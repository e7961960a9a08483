import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryBatch } from '../../../lib/model/memory-source.ts'
import type { ColumnName } from '../../../lib/model/scan.ts'
import type { Attributes, Trace } from '../../../lib/model/trace.ts'
import { RowBatch } from '../../../lib/shred/row-batch.ts'
import { groupRows } from '../../../lib/shred/row-traces.ts'
import { surrogateRefusal } from '../../../lib/wire/protobuf/surrogate.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { valuesOf } from '../../support/columns.ts'
import { generatedTraces } from '../../support/generated.ts'
import { span } from '../../support/nasty.ts'
import { rowsOf } from '../../support/otlp-rows.ts'

const intrinsics: readonly ColumnName[] = [
  ...(['trace:id', 'trace:root', 'span:id', 'span:parentID', 'span:parent', 'span:name', 'span:kind'] as const),
  ...(['span:status', 'span:statusMessage', 'span:traceState', 'span:start', 'span:duration', 'event:name'] as const),
  ...(['event:time', 'link:traceID', 'link:spanID', 'instrumentation:name', 'instrumentation:version'] as const),
]

/** The names of all attributes that occur, and of one that does not. */
function attributeColumns(traces: readonly Trace[]): ColumnName[] {
  const names = new Set<ColumnName>(['span.absent', 'resource.absent'])
  const add = (scope: string, attributes: Attributes = []) => {
    for (const { key } of attributes) names.add(`${scope}.${key}` as ColumnName)
  }
  for (const { attributes, resource, scope, events, links } of traces.flatMap(({ spans }) => spans)) {
    add('span', attributes)
    add('resource', resource?.attributes)
    add('instrumentation', scope?.attributes)
    for (const event of events) add('event', event.attributes)
    for (const link of links) add('link', link.attributes)
  }
  return [...names]
}

async function expectSameColumns(traces: readonly Trace[]): Promise<void> {
  const rows = rowsOf(traces)
  const batch = new RowBatch(rows, groupRows(rows))
  const truth = memoryBatch(traces)
  expect(batch.spanCount).toBe(truth.spanCount)
  for (const name of [...intrinsics, ...attributeColumns(traces)]) {
    const [found, expected] = [await batch.read([name]), await truth.read([name])]
    const typesOf = (columns: typeof found) => new Map(columns.get(name).map(one => [one.type, valuesOf([one])]))
    expect(typesOf(found), name).toEqual(typesOf(expected))
    expect([...found.traceStarts]).toEqual([...expected.traceStarts])
    if (name.startsWith('event')) expect([...found.eventSpans], name).toEqual([...expected.eventSpans])
    if (name.startsWith('link')) expect([...found.linkSpans], name).toEqual([...expected.linkSpans])
  }
}

/** Ids as OpenTelemetry has them, by which spans of one trace stay together; without spans that protobuf cannot hold. */
function withWholeIds(traces: readonly Trace[]): Trace[] {
  const kept = traces.map(({ spans }) => spans.filter(one => surrogateRefusal(one) === undefined))
  return kept.flatMap((spans, i) =>
    spans.length > 0 ? { traceId: (i + 1).toString(16).padStart(32, '0'), spans } : [],
  )
}

describe('columns of rows are those of the objects', () => {
  test('generated traces', async () => {
    for (const workload of ['otel', 'agent']) await expectSameColumns(generatedTraces(workload, 60))
  })

  test('any traces', async () => {
    const property = fc.asyncProperty(
      arbitraryTraces.map(withWholeIds).filter(({ length }) => length > 0),
      expectSameColumns,
    )
    await fc.assert(property, seeded(200))
  })

  test('parents: zeros, ids that repeat, a span below itself, halves of one id; durations beyond int64 and before 0', async () => {
    const [a, b, zeros] = ['00000000000000aa', '00000000000000bb', '0000000000000000']
    const traceOf = (...spans: Parameters<typeof span>[0][]): Trace => ({ traceId: '', spans: spans.map(span) })
    const traces = [
      traceOf({ spanId: a }, { spanId: b, parentSpanId: a }, { spanId: 'cc', parentSpanId: zeros }),
      traceOf({ spanId: a, parentSpanId: a }, { spanId: b, parentSpanId: 'dd00000000000000' }),
      traceOf({ spanId: a, kind: 3 }, { spanId: a, kind: 2, parentSpanId: a }, { spanId: b, parentSpanId: a }),
      traceOf({ spanId: a, startNanos: 0n, endNanos: 2n ** 64n - 1n }, { spanId: b, startNanos: 2n ** 64n - 1n }),
      traceOf({ spanId: a, startNanos: 5n, endNanos: 3n }),
    ]
    await expectSameColumns(withWholeIds(traces))
  })
})
