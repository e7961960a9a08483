import { expect, test } from 'vitest'
import type { RangeReader } from '../../../../lib/bytes/range.ts'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import type { Version } from '../../../../lib/formats/vparquet/meta.ts'
import { readBlockSpans, readBlockTraces, readTraceSummaries } from '../../../../lib/formats/vparquet/read-block.ts'
import { decodeVparquet } from '../../../../lib/formats/vparquet/reader.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import { serviceOf } from '../../../../lib/model/service.ts'
import { countReads } from '../../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { generatedTraces } from '../../../support/generated.ts'

async function opened(version: Version) {
  const sink = new MemorySink()
  await encodeVparquet(joinById(streamOf([generatedTraces('otel', 120)])), sink, { version, rowGroupSpans: 300 })
  const file = countReads(openMemory(sink.bytes()))
  const block = await openVparquet(file)
  const traces = (await collect(decodeVparquet(block))).flat()
  file.reset()
  return { block, file, traces }
}

test.each(['vParquet4', 'vParquet5'] as const)(
  '%s: summaries say what the spans say, and read little',
  async version => {
    const { block, file, traces } = await opened(version)
    const summaries = (await collect(readTraceSummaries(block))).flat()
    expect(summaries.map(({ traceId }) => traceId)).toEqual(traces.map(({ traceId }) => traceId))
    for (const [i, summary] of summaries.entries()) {
      const { spans } = traces[i]!
      const root = spans.find(({ parentSpanId }) => parentSpanId === '')
      expect([summary.rootServiceName, summary.rootSpanName]).toEqual([
        serviceOf(root?.resource ?? null),
        root?.name ?? '',
      ])
      expect(summary.startNanos).toBe(
        spans.reduce((least, span) => (span.startNanos < least ? span.startNanos : least), 2n ** 64n),
      )
      expect(summary.endNanos).toBe(spans.reduce((most, span) => (span.endNanos > most ? span.endNanos : most), 0n))
      const counts = new Map(summary.services.map(({ name, spanCount, errorCount }) => [name, [spanCount, errorCount]]))
      for (const [service, [count, errors]] of counts) {
        const own = spans.filter(span => serviceOf(span.resource) === service)
        expect([count, errors]).toEqual([own.length, own.filter(span => span.status?.code === 2).length])
      }
    }
    expect(file.reads.bytes).toBeLessThan(0.15 * file.byteLength)
  },
)

test.each(['vParquet4', 'vParquet5'] as const)('%s: traces and spans, with and without attributes', async version => {
  const { block, file, traces } = await opened(version)
  expect((await collect(readBlockTraces(block))).flat()).toEqual(traces)
  const whole = file.reads.bytes
  file.reset()
  const bare = (await collect(readBlockTraces(block, { projection: 'spans' }))).flat()
  expect(file.reads.bytes).toBeLessThan(0.6 * whole)
  expect(bare.map(({ spans }) => spans.map(({ spanId, name }) => [spanId, name]))).toEqual(
    traces.map(({ spans }) => spans.map(({ spanId, name }) => [spanId, name])),
  )
  expect(bare.flatMap(({ spans }) => spans.map(span => serviceOf(span.resource)))).toEqual(
    traces.flatMap(({ spans }) => spans.map(span => serviceOf(span.resource))),
  )
  const batches = await collect(readBlockSpans(block, { batchSize: 100 }))
  expect(batches.slice(0, -1).every(batch => batch.length === 100)).toBe(true)
  expect(batches.flat().map(({ span }) => span.spanId)).toEqual(
    traces.flatMap(({ spans }) => spans.map(one => one.spanId)),
  )
})

test('a range of time and a prefix of ids choose traces, and row groups', async () => {
  const { block, file, traces } = await opened('vParquet4')
  const startNanos = traces[40]!.spans[0]!.startNanos
  const endNanos = startNanos + 5_000_000_000n
  const within = traces.filter(
    ({ spans }) => spans.some(span => span.startNanos < endNanos) && spans.some(span => span.endNanos >= startNanos),
  )
  const found = (await collect(readTraceSummaries(block, { startNanos, endNanos }))).flat()
  expect(found.map(({ traceId }) => traceId)).toEqual(within.map(({ traceId }) => traceId))
  file.reset()
  const traceIdPrefix = traces[7]!.traceId.slice(0, 3)
  const named = (await collect(readBlockTraces(block, { traceIdPrefix }))).flat()
  expect(named).toEqual(traces.filter(({ traceId }) => traceId.startsWith(traceIdPrefix)))
  expect(file.roundTrips).toBe(1)
})

test('row groups are read ahead, no more than told', async () => {
  const { block } = await opened('vParquet4')
  let reads = 0
  const read: RangeReader['read'] = ranges => {
    reads++
    return block.file.read(ranges)
  }
  const counting = { ...block, file: { byteLength: block.file.byteLength, read } }
  const batches = readTraceSummaries(counting, { batchSize: 1, prefetchRowGroups: 1 })[Symbol.asyncIterator]()
  await batches.next()
  expect(reads).toBe(2)
  await batches.return?.()
})
