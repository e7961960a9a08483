import { afterAll, expect, test } from 'vitest'
import { blockpackSource } from '../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../lib/formats/blockpack/write/writer.ts'
import { ByteBudget, type Limits } from '../../../../lib/model/limits.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { joinSources } from '../../../../lib/search/join-sources.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { KnownCells } from '../../../../lib/traceql/metrics/known-cells.ts'
import { queryRange } from '../../../../lib/traceql/metrics/metrics.ts'
import { WorkerPool } from '../../../../lib/workers/pool.ts'
import { streamOf } from '../../../support/chunks.ts'
import { drawsOf } from '../../../support/draws.ts'
import { attributes, span } from '../../../support/nasty.ts'
import { spanIdOf, traceIdOf } from '../../../support/store-spans.ts'

const second = 1_000_000_000n
const baseNanos = 1_700_000_000n * second
const lengthSeconds = 600

/** Traces one second apart, of spans that start within some seconds. */
function drawTraces(draw: () => number): Trace[] {
  let next = 1
  const services = attributes(['service.name', 'a'], ['service.name', 'b'])
  return Array.from({ length: lengthSeconds }, (_, i) => {
    const spans = Array.from({ length: 1 + Math.floor(draw() * 5) }, () => {
      const startNanos = baseNanos + BigInt(i) * second + BigInt(Math.floor(draw() * 7e9))
      return span({
        spanId: spanIdOf(next++),
        name: `name ${Math.floor(draw() * 3)}`,
        startNanos,
        endNanos: startNanos + BigInt(Math.floor(draw() * 1e9)),
        attributes: attributes(['service', services[Math.floor(draw() * 2)]!.value as string]),
      })
    })
    return { traceId: traceIdOf(i + 1), spans }
  })
}

/** Three blocks, one after the other; some traces are in two of them. */
function blocksOf(traces: readonly Trace[], draw: () => number): Promise<SpanSource[]> {
  const third = lengthSeconds / 3
  const isEarly = new Map(traces.flatMap(({ spans }) => spans.map(one => [one, draw() < 0.5])))
  const blockOf = (trace: number, isFirst: boolean) =>
    Math.floor(trace / third) + (trace % third >= third - 9 && !isFirst ? 1 : 0)
  return Promise.all(
    [0, 1, 2].map(block =>
      sourceOf(
        traces.flatMap(({ traceId, spans }, i) => {
          const own = spans.filter(one => Math.min(2, blockOf(i, isEarly.get(one)!)) === block)
          return own.length === 0 ? [] : [{ traceId, spans: own }]
        }),
      ),
    ),
  )
}

async function sourceOf(traces: readonly Trace[]): Promise<SpanSource> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces]), sink, profiles.default, { spansPerPageGroup: 40 })
  return blockpackSource(await BlockpackReader.open(openMemory(sink.bytes())))
}

const queries = [
  '{ } | rate() by (span.service)',
  '{ name = "name 1" } | count_over_time() by (span.service, name)',
  '{ } | avg_over_time(duration) by (name)',
  '{ } | min_over_time(duration)',
  '{ } | histogram_over_time(duration) by (span.service)',
  '{ } | quantile_over_time(duration, .5, .9)',
  '{ } | quantile_over_time(duration, .5) with(exact=true)',
  '{ } | rate() by (span.service) | topk(1)',
  '({ name = "name 0" } | rate()) / ({ } | rate())',
]

interface Asking extends Limits {
  readonly text: string
  readonly startNanos: bigint
  readonly endNanos: bigint
  readonly stepNanos: bigint
  readonly exemplars?: number
}

const ask = (source: SpanSource, { text, ...options }: Asking, knownCells?: KnownCells) =>
  queryRange(source, parseQuery(text), { ...options, knownCells })

const seed = 20261129
const workers = new WorkerPool(1, 0)
afterAll(() => workers.close())

for (const [name, maxCells] of [
  ['panels that are drawn again', undefined],
  ['where little is held, so that queries are forgotten', 900],
] as const)
  test(`${name}: the same answers, whatever was asked before (seed ${seed})`, async () => {
    const draw = drawsOf(seed)
    const sources = await blocksOf(drawTraces(draw), draw)
    const known = new KnownCells(maxCells)
    for (let turn = 0; turn < 60; turn++) {
      const startNanos = baseNanos + BigInt(Math.floor(draw() * 200e9))
      const options = {
        text: queries[Math.floor(draw() * queries.length)]!,
        startNanos,
        endNanos: startNanos + BigInt(Math.floor(1e9 + draw() * 500e9)),
        stepNanos: [second, 15n * second, 60n * second][Math.floor(draw() * 3)]!,
        exemplars: draw() < 0.1 ? 3 : 0,
        ...(draw() < 0.3 ? { workers } : {}),
      }
      // A block that comes or goes changes which traces are left out of the others.
      const joined = joinSources(draw() < 0.5 ? sources : sources.slice(Math.floor(draw() * 2)))
      expect(await ask(joined, options, known), `turn ${turn}: ${options.text}`).toEqual(await ask(joined, options))
    }
  })

test('what lies whole in the range is not read again, wherever the range has moved to', async () => {
  const draw = drawsOf(seed)
  const joined = joinSources(await blocksOf(drawTraces(draw), draw))
  const known = new KnownCells()
  const bytesOf = async (text: string, moveNanos: bigint, stepNanos = 15n * second) => {
    const budget = new ByteBudget(1e9)
    const startNanos = baseNanos - 60n * second + moveNanos
    await ask(joined, { text, startNanos, endNanos: startNanos + 900n * second, stepNanos, budget }, known)
    return budget.spentBytes
  }
  const text = '{ } | rate() by (span.service)'
  const first = await bytesOf(text, 0n)
  expect(first).toBeGreaterThan(10_000)
  expect(await bytesOf(text, 7n * second)).toBe(0)
  expect(await bytesOf(text, 100n * second)).toBeLessThan(first / 4)
  expect(await bytesOf(text, 0n, 30n * second)).toBeGreaterThan(first / 4)
})

test('queries are known again after larger ones than may be held', async () => {
  const draw = drawsOf(seed)
  const joined = joinSources(await blocksOf(drawTraces(draw), draw))
  const known = new KnownCells(1_800)
  const bytesOf = async (text: string, stepNanos: bigint) => {
    const budget = new ByteBudget(1e9)
    const range = { startNanos: baseNanos - 60n * second, endNanos: baseNanos + 840n * second }
    await ask(joined, { text, ...range, stepNanos, budget }, known)
    return budget.spentBytes
  }
  expect(await bytesOf('{ } | rate()', 60n * second)).toBeGreaterThan(0)
  expect(await bytesOf('{ } | rate()', 60n * second)).toBe(0)
  const large = '{ } | rate() by (span.service, name)'
  for (let time = 0; time < 5; time++) expect(await bytesOf(large, second)).toBeGreaterThan(0)
  await bytesOf('{ } | rate()', 60n * second)
  expect(await bytesOf('{ } | rate()', 60n * second)).toBe(0)
})

test('queries of which nothing is held take room as well: many of them displace older ones', async () => {
  const draw = drawsOf(seed)
  const joined = joinSources(await blocksOf(drawTraces(draw), draw))
  const known = new KnownCells(1_800)
  const options = { startNanos: baseNanos - 60n * second, endNanos: baseNanos + 840n * second, stepNanos: 60n * second }
  const bytesOf = async () => {
    const budget = new ByteBudget(1e9)
    await ask(joined, { text: '{ } | rate()', ...options, budget }, known)
    return budget.spentBytes
  }
  await bytesOf()
  expect(await bytesOf()).toBe(0)
  const nowhere = { ...options, startNanos: 0n, endNanos: 600n * second }
  for (let i = 0; i < 200; i++) await ask(joined, { text: `{ name = "${i}" } | rate()`, ...nowhere }, known)
  expect(await bytesOf()).toBeGreaterThan(0)
})
