import { afterAll, describe, expect, test } from 'vitest'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { ColumnName, SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { sampleOf, weightedSource } from '../../../lib/sampling/weights.ts'
import { joinSources } from '../../../lib/search/join-sources.ts'
import { namedSource } from '../../../lib/search/named-source.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import { WorkerPool } from '../../../lib/workers/pool.ts'
import vparquet4 from '../../../phases/23-vparquet4.ts'
import { streamOf } from '../../support/chunks.ts'
import { generatedTraces } from '../../support/generated.ts'
import { span } from '../../support/nasty.ts'

const pool = new WorkerPool(2, 0)
afterAll(() => pool.close())

/** Traces without trace states. */
const population = generatedTraces('otel', 120).map(trace => withState(trace, ''))

/** Thresholds that keep all, a half, a quarter and an eighth; and what is no threshold. */
const states = [
  ['', 1],
  ['ot=th:8;rv:80000000000000', 2],
  ['vendor=x,ot=rv:ffffffffffffff;th:c', 4],
  [' ot=th:e;p:1 , other=th:8', 8],
  ['ot=th:8;rv:7fffffffffffff', 1],
  ['ot=th:xyz', 1],
  ['th=8,not=th:8', 1],
] as const

function stateOf(place: number): (typeof states)[number] {
  return states[place % states.length]!
}

function withState(trace: Trace, traceState: string): Trace {
  return { ...trace, spans: trace.spans.map(one => ({ ...one, traceState })) }
}

/** Ids that any threshold but the highest keeps, where the trace state has no randomness. */
const sampled = population.map((trace, i) => ({
  ...withState(trace, stateOf(i)[0]),
  traceId: `${i}`.padStart(18, '0') + (stateOf(i)[0].includes('rv') ? '0' : 'f').repeat(14),
}))
/** Each trace as often as its weight says. */
const expanded = population.flatMap((trace, i) =>
  Array.from({ length: stateOf(i)[1] }, (_, copy) => ({
    ...trace,
    traceId: `${copy}${trace.traceId.slice(1)}`,
  })),
)

async function blockpackOf(traces: readonly Trace[]): Promise<SpanSource> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces]), sink, profiles.default, { spansPerPageGroup: 500 })
  return blockpackSource(await BlockpackReader.open(openMemory(sink.bytes())))
}

async function blockOf(traces: readonly Trace[]): Promise<SpanSource> {
  const sink = new MemorySink()
  await vparquet4.encode(streamOf([traces]), sink, { zstdLevel: 1 })
  return vparquet4.open!(openMemory(sink.bytes()))
}

/** Traces in two files, some of whose spans are in both. */
async function joined(traces: readonly Trace[]): Promise<SpanSource> {
  const halves = [0, 1].map(half =>
    traces.flatMap((trace, i) => {
      if (i % 3 < 2) return i % 3 === half ? [trace] : []
      const spans = trace.spans.filter((_, row) => row % 2 === half || row === 0)
      return [{ ...trace, spans }]
    }),
  )
  const [first, second] = [await blockpackOf(halves[0]!), memorySource(halves[1]!)]
  return joinSources([namedSource('a', first), namedSource('b', second)])
}

const makers: [string, (traces: readonly Trace[]) => Promise<SpanSource>][] = [
  ['memory', async traces => memorySource(traces, { batchSpanCount: 100 })],
  ['blockpack', blockpackOf],
  ['a block of Tempo', blockOf],
  ['files that share traces', joined],
]

const queries = [
  '{ } | rate()',
  '{ status = error } | count_over_time() by (resource.service.name)',
  '{ kind = server } | sum_over_time(duration) by (name)',
  '{ } | avg_over_time(duration) by (resource.service.name)',
  '{ } | min_over_time(duration) by (name)',
  '{ } | max_over_time(duration)',
  '{ } | quantile_over_time(duration, 0, .5, .99, 1) by (resource.service.name)',
  '{ } | quantile_over_time(duration, 0, .5, .99, 1) by (name) with(exact=true)',
  '{ } | histogram_over_time(duration) by (kind)',
  '{ } | compare({ status = error }, 5)',
  '{ } | rate() by (name) | topk(3)',
  '{ } | count_over_time() by (name) | bottomk(3)',
  '({ status = error } | rate() by (name)) / ({ } | rate() by (name))',
  '({ kind = server } | sum_over_time(duration)) - ({ } | count_over_time()) * 2',
]

async function answer(source: SpanSource, text: string, workers?: WorkerPool) {
  const starts = population.flatMap(({ spans }) => spans.map(({ startNanos }) => startNanos))
  const startNanos = starts.reduce((a, b) => (a < b ? a : b))
  const endNanos = starts.reduce((a, b) => (a > b ? a : b)) + 1n
  const range = { startNanos, endNanos, stepNanos: (endNanos - startNanos) / 3n }
  const { series } = await queryRange(source, parseQuery(text), { ...range, workers })
  return series
}

describe.each(makers)('spans of %s count as often as their thresholds say', (_, make) => {
  const known = Promise.all([make(sampled).then(weightedSource), memorySource(expanded)])
  test.each(queries)('%s', async text => {
    const [source, whole] = await known
    const byLabels = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
    const expected = await answer(whole, text)
    expect((await answer(source, text)).toSorted(byLabels)).toEqual(expected.toSorted(byLabels))
    expect(expected.length).toBeGreaterThan(0)
  })
})

test.each(queries)('workers weigh what they are sent: %s', async text => {
  const source = weightedSource(namedSource('a.bp', await blockpackOf(sampled)))
  expect(await answer(source, text, pool)).toEqual(await answer(source, text))
})

describe.each(makers)('%s without a threshold', (_, make) => {
  test('has no weights, and nothing is read for them', async () => {
    const source = await make(population)
    const names: ColumnName[] = []
    const watched: SpanSource = {
      ...source,
      scan: (request, limits) => {
        names.push(...request.columns)
        return source.scan(request, limits)
      },
    }
    for await (const batch of weightedSource(watched).scan({ needs: [], columns: ['span:name'] })) {
      expect(batch.weights).toBeUndefined()
      batch.release()
    }
    expect(names).toEqual(['span:name'])
    expect(await sampleOf(source)).toBeUndefined()
  })
})

test('a source is asked once which trace states it has, however often it is joined', async () => {
  const [a, b] = [sampled.slice(0, 20), population.slice(20)].map(traces => memorySource(traces))
  let count = 0
  const counted: SpanSource = {
    ...a!,
    distinctValues: async column => {
      count++
      return a!.distinctValues?.(column)
    },
  }
  for (let question = 0; question < 3; question++)
    for await (const batch of weightedSource(joinSources([counted, b!])).scan({ needs: [], columns: [] }))
      batch.release()
  expect(count).toBe(1)
})

test('a batch with weights is known again, as another one than that without', async () => {
  const source = await blockpackOf(sampled)
  const identities = async (own: SpanSource) => {
    const found: unknown[] = []
    for await (const { identity, weights } of own.scan({ needs: [], columns: [] })) if (weights) found.push(identity)
    return found
  }
  const first = await identities(weightedSource(source))
  expect(first.length).toBeGreaterThan(0)
  expect(first).not.toContain(undefined)
  expect(await identities(weightedSource(source))).toEqual(first)
  for await (const { identity } of source.scan({ needs: [], columns: [] })) expect(first.includes(identity)).toBe(false)
})

test('a batch whose spans all represent themselves has no weights', async () => {
  const whole = [withState(population[0]!, 'ot=th:0'), withState(population[1]!, 'ot=rv:00000000000001')]
  for await (const batch of weightedSource(memorySource(whole)).scan({ needs: [], columns: [] }))
    expect(batch.weights).toBeUndefined()
  expect(await sampleOf(memorySource(whole))).toBeUndefined()
})

test('a sample tells its spans, what they stand for, and the thresholds that cannot be read', async () => {
  const spans = states.map(([traceState], i) => span({ traceState, spanId: `${i}`.padStart(16, '0') }))
  const source = memorySource([{ traceId: 'f'.repeat(32), spans }])
  const counts = { spanCount: 7, representedCount: 18, malformedCount: 1, contradictingCount: 1 }
  expect(await sampleOf(source)).toEqual(counts)
})

test.each([
  ['80000000000000', 2],
  ['0000000000000000017fffffffffffff', 1],
  ['8000000000000', 1],
  ['', 1],
])('a threshold of a half holds where the end of the trace id is not below it: %s', async (traceId, weight) => {
  const source = weightedSource(memorySource([{ traceId, spans: [span({ traceState: 'ot=th:8' })] }]))
  for await (const batch of source.scan({ needs: [], columns: [] })) expect(batch.weights?.[0]).toBe(weight)
})

test.each([
  ['ot=th:ffffffffffffff', 2 ** 56],
  ['ot=th:fffffffffffffff', 1],
  ['ot=th:', 1],
  ['ot=th:-1', 1],
  ['ot=th:FF', 1],
  ['ot=th:0x8', 1],
  ['ot=th:8;th:c', 1],
  ['ot=rv:0;th:8', 2],
])('the weight of %s is finite', async (traceState, weight) => {
  const source = weightedSource(memorySource([{ traceId: 'f'.repeat(32), spans: [span({ traceState })] }]))
  const weights: number[] = []
  for await (const batch of source.scan({ needs: [], columns: [] })) weights.push(batch.weights?.[0] ?? 1)
  expect(weights).toEqual([weight])
})
