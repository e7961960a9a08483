import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { RangeReader } from '../../../../lib/bytes/range.ts'
import { openVparquet, openVparquetSync } from '../../../../lib/formats/vparquet/block.ts'
import type { Version } from '../../../../lib/formats/vparquet/meta.ts'
import {
  readBlockSpans,
  readBlockSpansSync,
  readBlockTraces,
  readBlockTracesSync,
  readTraceSummaries,
  readTraceSummariesSync,
} from '../../../../lib/formats/vparquet/read-block.ts'
import { decodeVparquet } from '../../../../lib/formats/vparquet/reader.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import { ByteBudget } from '../../../../lib/model/limits.ts'
import { serviceOf } from '../../../../lib/model/service.ts'
import { countReads } from '../../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { labRejection } from '../../../support/errors.ts'
import { generatedTraces } from '../../../support/generated.ts'

async function opened(version: Version) {
  const sink = new MemorySink()
  await encodeVparquet(joinById(streamOf([generatedTraces('otel', 120)])), sink, { version, rowGroupSpans: 300 })
  const file = countReads(openMemory(sink.bytes()))
  const block = await openVparquet(file)
  const traces = (await collect(decodeVparquet(block))).flat()
  file.reset()
  return { block, file, traces, bytes: sink.bytes() }
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

test('a row group that has been read is let go of: all of a block were kept until its end', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const { bytes } = await opened('vParquet4')
  const copies: WeakRef<ArrayBufferLike>[] = []
  const memory = openMemory(bytes)
  const file: RangeReader = {
    byteLength: memory.byteLength,
    read: async ranges => {
      const read = memory.readSync(ranges).map(part => Uint8Array.from(part))
      copies.push(new WeakRef(read[0]!.buffer))
      return read
    },
  }
  const block = await openVparquet(file)
  const groupCount = block.footer.rowGroups.length
  expect(groupCount).toBeGreaterThan(4)
  copies.length = 0
  for await (const [trace] of readBlockTraces(block, { batchSize: 1, prefetchRowGroups: 0 })) {
    expect(trace).toBeDefined()
    if (copies.length < groupCount) continue
    await setImmediate()
    collectGarbage()
    // While the reader still runs: once it ends it lets go of all.
    expect(copies.filter(copy => copy.deref() !== undefined).length).toBeLessThanOrEqual(2)
    return
  }
  expect.fail('the last row group was never read')
})

test.each(['vParquet4', 'vParquet5'] as const)('%s: memory is read at once as any file is by and by', async version => {
  const { block, traces, bytes } = await opened(version)
  const inMemory = openVparquetSync(bytes)
  const startNanos = traces[40]!.spans[0]!.startNanos
  const choices: Parameters<typeof readBlockTraces>[1][] = [
    undefined,
    { projection: 'spans', batchSize: 7 },
    { startNanos, endNanos: startNanos + 5_000_000_000n },
    { traceIdPrefix: traces[7]!.traceId.slice(0, 2), batchSize: 1 },
  ]
  for (const options of choices) {
    expect([...readTraceSummariesSync(inMemory, options)]).toEqual(await collect(readTraceSummaries(block, options)))
    expect([...readBlockTracesSync(inMemory, options)]).toEqual(await collect(readBlockTraces(block, options)))
    expect([...readBlockSpansSync(inMemory, options)]).toEqual(await collect(readBlockSpans(block, options)))
  }
})

test('memory that is cut is refused at once, in the words that a cut file has', async () => {
  const { bytes } = await opened('vParquet4')
  for (const length of [0, 11, 12, 100, bytes.length - 1]) {
    const cut = bytes.subarray(0, length)
    const { message } = await labRejection(openVparquet(openMemory(cut)))
    expect(() => openVparquetSync(cut)).toThrow(message)
  }
})

test('a budget of bytes ends what is read of memory too', async () => {
  const { bytes } = await opened('vParquet4')
  const limits = { budget: new ByteBudget(1000) }
  expect(() => [...readBlockTracesSync(openVparquetSync(bytes), { limits })]).toThrow('limit of 1000 bytes')
})
