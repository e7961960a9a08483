import { expect, test } from 'vitest'
import type { Trace } from '../../../lib/model/trace.ts'
import { boundsOf } from '../../../lib/rollup/buckets.ts'
import { countTrace } from '../../../lib/rollup/count-trace.ts'
import { RollupReader, RollupWriter } from '../../../lib/rollup/file.ts'
import { metricsDocuments } from '../../../lib/rollup/metrics.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { drawsOf } from '../../support/draws.ts'
import { generatedTraces } from '../../support/generated.ts'
import { span } from '../../support/nasty.ts'

async function rollupOf(traces: readonly Trace[]): Promise<RollupReader> {
  const sink = new MemorySink()
  const rollup = new RollupWriter(sink, 1)
  for (const trace of traces) countTrace(rollup, trace, () => 1)
  await rollup.finish()
  return RollupReader.open(openMemory(sink.bytes()))
}

interface Point {
  attributes: { key: string; value: { stringValue: string } }[]
  timeUnixNano: string
  count: string
  zeroCount: string
  positive: { offset: number; bucketCounts: string[] }
  negative: { offset: number; bucketCounts: string[] }
}

async function pointsOf(rollups: readonly RollupReader[], level: number): Promise<Map<string, Point[]>> {
  const points = new Map<string, Point[]>()
  for await (const document of metricsDocuments(rollups, level))
    for (const { resource, scopeMetrics } of JSON.parse(document).resourceMetrics)
      for (const point of scopeMetrics[0].metrics[0].exponentialHistogram.dataPoints as Point[]) {
        const key = JSON.stringify([resource, point.attributes])
        points.set(key, [...(points.get(key) ?? []), point])
      }
  return points
}

const sumOf = (counts: readonly string[]) => counts.reduce((sum, count) => sum + Number(count), 0)

test('histograms rise, their buckets add up, and the last of all series have every span once', async () => {
  const seed = 5
  const draw = drawsOf(seed)
  const traces = [...generatedTraces('otel', 200)].sort(() => draw() - 0.5)
  const middle = traces.length >> 1
  const rollups = [await rollupOf(traces.slice(0, middle)), await rollupOf(traces.slice(middle))]
  const spanCount = traces.reduce((sum, { spans }) => sum + spans.length, 0)
  for (const level of [0, 1, 2]) {
    const series = [...(await pointsOf(rollups, level)).values()]
    expect(
      series.reduce((sum, points) => sum + Number(points.at(-1)!.count), 0),
      `level ${level}`,
    ).toBe(spanCount)
    for (const points of series)
      for (const [i, { count, zeroCount, positive, negative, timeUnixNano }] of points.entries()) {
        expect(sumOf(positive.bucketCounts) + sumOf(negative.bucketCounts) + Number(zeroCount)).toBe(Number(count))
        if (i === 0) continue
        expect(BigInt(timeUnixNano)).toBeGreaterThan(BigInt(points[i - 1]!.timeUnixNano))
        expect(Number(count)).toBeGreaterThan(Number(points[i - 1]!.count))
      }
  }
})

test('durations of 0, below 0 and at powers of two are in the buckets that OTLP gives them', async () => {
  const start = 1_000_000_000_000n
  const durations = [0n, 1n, 2n, 3n, 1_024n, 1_025n, -2n]
  const spans = durations.map(duration => span({ startNanos: start, endNanos: start + duration }))
  const [[point]] = [...(await pointsOf([await rollupOf([{ traceId: '01', spans }])], 2)).values()] as [[Point]]
  const found = (side: 'positive' | 'negative') =>
    point[side].bucketCounts.flatMap((count, i) => (count === '0' ? [] : [point[side].offset + i]))
  // Index i is (2^(i / 64), 2^((i + 1) / 64)]: 2^k ends bucket 64 k - 1.
  expect(found('positive')).toEqual([-1, 63, Math.floor(Math.log2(3) * 64), 639, 640])
  expect(found('negative')).toEqual([63])
  expect(point.zeroCount).toBe('1')
  expect(boundsOf(639 + 2)).toMatchObject({ high: 1_024n })
})

test('names that no JSON can hold, and times at both ends, are exported all the same', async () => {
  const spans = [0n, 2n ** 64n - 1n].map(startNanos => span({ startNanos, endNanos: startNanos, name: 'a\ud800\0' }))
  const points = [...(await pointsOf([await rollupOf([{ traceId: '01', spans }])], 2)).values()].flat()
  expect(points.map(({ timeUnixNano }) => timeUnixNano)).toEqual(['3600000000000', '18446744073709551615'])
  expect(points[0]!.attributes[0]!.value.stringValue).toBe('a\ufffd\0')
})
