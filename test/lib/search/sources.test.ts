import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { openVparquet } from '../../../lib/formats/vparquet/block.ts'
import { decodeVparquet } from '../../../lib/formats/vparquet/reader.ts'
import { vparquetSource } from '../../../lib/formats/vparquet/source.ts'
import { encodeVparquet } from '../../../lib/formats/vparquet/writer/writer.ts'
import { ByteBudget } from '../../../lib/model/limits.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import { countSpans, type Trace } from '../../../lib/model/trace.ts'
import { joinSources } from '../../../lib/search/join-sources.ts'
import { namedSource } from '../../../lib/search/named-source.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { tagNames, tagValues } from '../../../lib/traceql/answers/tags.ts'
import { timeExtent } from '../../../lib/traceql/engine/time-extent.ts'
import { parseFieldName, parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import { collect, streamOf } from '../../support/chunks.ts'
import { labRejection } from '../../support/errors.ts'
import { span } from '../../support/nasty.ts'

/** 30 traces of three spans, one spelled in two ways. */
const traces: Trace[] = Array.from({ length: 30 }, (_, i) => ({
  traceId:
    i === 8
      ? '00000000000000ab00000000000000ff'
      : i === 9
        ? 'ab00000000000000ff'
        : (i + 1).toString(16).padStart(32, '0'),
  spans: [0, 1, 2].map(j =>
    span({
      spanId: (3 * i + j + 1).toString(16).padStart(16, '0'),
      name: `span ${j}`,
      startNanos: BigInt(1e18) + BigInt(1000 * i + j),
    }),
  ),
}))

async function blockpackOf(of: readonly Trace[]): Promise<SpanSource> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([of]), sink, profiles.default, { spansPerPageGroup: 7 })
  return blockpackSource(await BlockpackReader.open(openMemory(sink.bytes())))
}

async function vparquetOf(of: readonly Trace[]): Promise<[SpanSource, Trace[]]> {
  const sink = new MemorySink()
  await encodeVparquet(streamOf([of]), sink, { rowGroupSpans: 7 })
  const block = await openVparquet(openMemory(sink.bytes()))
  return [vparquetSource(block), (await collect(decodeVparquet(block))).flat()]
}

const [tempo, tempoTraces] = await vparquetOf(traces)
const sources: [name: string, source: SpanSource, traces: readonly Trace[]][] = [
  ['memory', memorySource(traces), traces],
  ['blockpack', await blockpackOf(traces), traces],
  ['vparquet', tempo, tempoTraces],
  ['a named one', namedSource('a', await blockpackOf(traces)), traces],
  ['joined', joinSources([await blockpackOf(traces.slice(0, 20)), memorySource(traces.slice(10))]), traces],
]

describe.each(sources)('%s', (_, source, held) => {
  test('finds traces by ids in any spelling, few and many', async () => {
    const found = async (...ids: string[]) =>
      (await collect(source.findTraces(ids))).map(({ traceId }) => traceId).sort()
    const spelled = held
      .map(({ traceId }) => traceId)
      .filter(id => id.endsWith('ab00000000000000ff'))
      .sort()
    expect(await found('AB00000000000000FF'.toLowerCase())).toEqual(spelled)
    expect(await found('1', '2', 'ab00000000000000ff')).toEqual([held[0]!.traceId, held[1]!.traceId, ...spelled].sort())
    expect(await found('dead')).toEqual([])
    expect(await found(...held.map(({ traceId }) => traceId), 'dead')).toEqual(
      held.map(({ traceId }) => traceId).sort(),
    )
    const [one] = await collect(source.findTraces([held[3]!.traceId]))
    expect(one).toEqual(held[3])
  })

  test('knows its bounds, or has them read', async () => {
    expect(await timeExtent(source)).toEqual({ firstNanos: BigInt(1e18), lastNanos: BigInt(1e18) + 29_002n })
  })

  test('never gives more than its cost says', async () => {
    const request = { needs: [], columns: [], startNanos: BigInt(1e18) + 10_000n }
    const { spanCount } = source.cost(request)
    let given = 0
    for await (const batch of source.scan(request)) given += batch.spanCount
    expect(given).toBeLessThanOrEqual(spanCount)
    expect(spanCount).toBeLessThanOrEqual(2 * countSpans(held))
  })

  test('ends where the signal says so', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const range = { startNanos: BigInt(1e18), endNanos: BigInt(2e18), stepNanos: BigInt(1e17) }
    for (const ask of [
      () => search(source, parseQuery('{ }'), { signal }),
      () => queryRange(source, parseQuery('{ } | rate()'), { ...range, signal }),
      () => queryRange(source, parseQuery('{ } | compare({ name = "a" })'), { ...range, signal }),
      () => tagNames(source, { filter: parseQuery('{ name = "span 1" }'), signal }),
      () => tagValues(source, parseFieldName('span:id'), { signal }),
    ])
      await expect(ask()).rejects.toThrow('enough')
  })
})

test('a budget of bytes is spent by all questions that share it', async () => {
  for (const [, source] of sources.slice(1, 4)) {
    const ask = (budget: ByteBudget) => search(source, parseQuery('{ name = "span 1" }'), { limit: 1e9, budget })
    expect((await ask(new ByteBudget(1 << 20))).traces).not.toEqual([])
    const error = await labRejection(ask(new ByteBudget(200)))
    expect(error).toMatchObject({ kind: 'limit', message: expect.stringContaining('200 bytes') })
    const shared = new ByteBudget(20_000)
    const asked = async () => {
      for (;;) await ask(shared)
    }
    expect((await labRejection(asked())).kind).toBe('limit')
  }
})

test('a timer ends a question even to a source in memory, which never waits for anything', async () => {
  const endless: SpanSource = {
    ...memorySource(traces),
    async *scan(request) {
      for (;;) yield* memorySource(traces).scan(request)
    },
  }
  await expect(search(endless, parseQuery('{ name = "none" }'), { signal: AbortSignal.timeout(50) })).rejects.toThrow(
    /timeout/,
  )
})

test('a request crosses processes', async () => {
  const asked: unknown[] = []
  const source: SpanSource = {
    ...memorySource(traces),
    scan(request, limits) {
      asked.push(request)
      return memorySource(traces).scan(structuredClone(request), limits)
    },
  }
  const { traces: found } = await search(
    source,
    parseQuery('{ name !~ "span [12]" && span.a != "x" || trace:id != "1" }'),
  )
  expect(found.length).toBe(20)
  expect(asked).toHaveLength(1)
})

test('a question that ends early does not end another that asks the same sources meanwhile', async () => {
  const controller = new AbortController()
  const source: SpanSource = {
    ...memorySource(traces),
    traceIds: undefined,
    async *scan(request, limits) {
      await setImmediate()
      if (limits?.signal && request.columns.includes('trace:id')) controller.abort(new Error('enough'))
      limits?.signal?.throwIfAborted()
      yield* memorySource(traces).scan(request)
    },
  }
  const joined = joinSources([source, memorySource(traces)])
  const asked = [search(joined, parseQuery('{ }'), { signal: controller.signal }), search(joined, parseQuery('{ }'))]
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
})
