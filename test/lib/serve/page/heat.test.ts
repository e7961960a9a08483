import { expect, test } from 'vitest'
import { newSpan } from '../../../../lib/model/draft.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'
import {
  type Bucket,
  type Cells,
  cellsBetween,
  fullest,
  type Heat,
  heatOf,
  regionOf,
  stepOf,
} from '../../../../lib/serve/page/heat.ts'
import { durationQuery, filterOf, histogramQuery } from '../../../../lib/serve/page/queries.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../../lib/traceql/metrics/metrics.ts'
import { drawsOf } from '../../../support/draws.ts'

const millis = 1_000_000n
const baseMillis = 1_700_000_000_000

/** Traces of one span, which starts at no end of a step, within ten seconds, and takes up to half an hour. */
function drawTraces(draw: () => number, count: number): Trace[] {
  return Array.from({ length: count }, (_, i) => {
    const startNanos = BigInt(baseMillis + Math.floor(draw() * 1_000) * 10 + 7) * millis
    const nanos = BigInt(Math.floor(2 ** (draw() * 41)))
    const name = draw() < 0.5 ? 'a' : 'b'
    const span: Span = { ...newSpan(), spanId: '0000000000000001', name, startNanos, endNanos: startNanos + nanos }
    return { traceId: (i + 1).toString(16).padStart(32, '0'), spans: [span] }
  })
}

async function heatIn(traces: readonly Trace[], query: string, stepMillis: number): Promise<Heat> {
  const startNanos = BigInt(baseMillis + 3) * millis
  const range = { startNanos, endNanos: startNanos + 10_000n * millis, stepNanos: BigInt(stepMillis) * millis }
  const { series } = await queryRange(memorySource(traces), parseQuery(histogramQuery(query)), range)
  return heatOf(JSON.parse(JSON.stringify(series)) as Bucket[], stepMillis)!
}

test.each([1, 2, 3])('cells count the spans that their search finds (seed %i)', async seed => {
  const draw = drawsOf(seed)
  const traces = drawTraces(draw, 300)
  const query = draw() < 0.5 ? '{ }' : '{ name = "a" || name = "c" }'
  const heat = await heatIn(traces, query, 250)
  const spans = traces.flatMap(trace => trace.spans).filter(({ name }) => query === '{ }' || name === 'a')
  for (let turn = 0; turn < 30; turn++) {
    const corner = () => [draw() * heat.ends.length, draw() * heat.counts.length] as const
    const { fromMillis, toMillis, lowNanos, highNanos, count } = regionOf(heat, cellsBetween(heat, corner(), corner()))
    const [fromNanos, toNanos] = [BigInt(fromMillis) * millis, BigInt(toMillis) * millis]
    const own = spans.filter(({ startNanos, endNanos }) => {
      const nanos = endNanos - startNanos
      const isIn = startNanos > fromNanos && startNanos <= toNanos && startNanos >= BigInt(baseMillis + 3) * millis
      return isIn && nanos > lowNanos && (highNanos === undefined || nanos <= highNanos)
    })
    expect(count).toBe(own.length)
    const range = { startNanos: fromNanos, endNanos: toNanos + millis }
    const asked = parseQuery(durationQuery(query, lowNanos, highNanos))
    const found = await search(memorySource(traces), asked, { ...range, limit: 1_000 })
    expect(found.traces).toHaveLength(own.length)
  }
  const [column, row] = fullest(heat)
  expect(heat.counts[row]![column]).toBe(Math.max(...heat.counts.flat()))
})

test('cells outside the grid are those at its edge', () => {
  const heat: Heat = { ends: [1, 2, 3], stepMillis: 1, exponent: 5, counts: [[1, 2, 3], [4, 5, 6]], most: 6 } // biome-ignore format: a grid
  const all: Cells = { firstColumn: 0, lastColumn: 2, firstRow: 0, lastRow: 1 }
  expect(cellsBetween(heat, [-3, 9], [9, -1])).toEqual(all)
  expect(regionOf(heat, all)).toEqual({ fromMillis: 0, toMillis: 3, lowNanos: 16n, highNanos: 64n, count: 21 })
  expect(regionOf({ ...heat, exponent: 62 }, all).highNanos).toBeUndefined()
})

test('where nothing counts there is no grid', () => {
  expect(heatOf([], 1)).toBeUndefined()
})

test('a step is the shortest of which a range has no more than 80', () => {
  expect([1, 80, 81, 3_600_000, 7 * 86_400_000, 400 * 86_400_000].map(stepOf)).toEqual([
    ...[1, 1, 2, 60_000, 10_800_000],
    5 * 86_400_000,
  ])
})

test.each([
  ['{ }', '{ duration > 1ns && duration <= 2ns }'],
  ['{ .a = 1 && name != nil }', '{ .a = 1 && name != nil && duration > 1ns && duration <= 2ns }'],
  ['{ .a = 1 || .b = 2 } with(most_recent=true)', '{ (.a = 1 || .b = 2) && duration > 1ns && duration <= 2ns }'],
  ['{ name = "}\\"" }', '{ name = "}\\"" && duration > 1ns && duration <= 2ns }'],
  ['{ name = `{"` }', '{ name = `{"` && duration > 1ns && duration <= 2ns }'],
  ['{ .a = 1 // b\n}', '{ .a = 1 // b\n} | { duration > 1ns && duration <= 2ns }'],
  ['{ } >> { }', '{ } >> { } | { duration > 1ns && duration <= 2ns }'],
  ['{ .a = 1 } | rate() by (.b)', '{ .a = 1 && duration > 1ns && duration <= 2ns }'],
  ['{ } | select(.b) | quantile_over_time(duration, .5)', '{ } | select(.b) | { duration > 1ns && duration <= 2ns }'],
])('of the spans of %s those in some cells are %s', (query, expected) => {
  expect(durationQuery(query, 1n, 2n)).toBe(expected)
  if (!query.includes('name != nil')) parseQuery(expected)
  expect(filterOf(filterOf(query))).toBe(filterOf(query))
})
