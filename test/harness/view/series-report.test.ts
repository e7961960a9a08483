import { expect, test } from 'vitest'
import { drawSvg } from '../../../harness/charts/svg.ts'
import { duration, time } from '../../../harness/cli/time-options.ts'
import { seriesFigure, seriesTable } from '../../../harness/view/series-report.ts'
import { sparkline, squeeze } from '../../../harness/view/sparkline.ts'
import { intervalsOf, labelsMs } from '../../../lib/traceql/metrics/intervals.ts'
import type { MetricsAnswer } from '../../../lib/traceql/metrics/metrics.ts'

const intervals = intervalsOf(0n, 60_000_000_000n, 1_000_000_000n)
const labels = labelsMs(intervals)

function answerOf(...series: (readonly number[])[]): MetricsAnswer {
  return {
    series: series.map((values, i) => ({
      labels: [{ key: 'name', value: { stringValue: `s${i}` } }],
      samples: values.map((value, at) => ({ timestampMs: labels[at]!, value })),
    })),
    metrics: { inspectedSpans: '0' },
    explain: [],
  }
}

test.each([
  [[0, 1, 2, 3, 4, 5, 6, 7, 8], '▁▂▃▄▅▆▇██'],
  [[0, 0, 0], '▁▁▁'],
  [[5, 5], '██'],
  [[-4, 0, 4], '▁▅█'],
  [[Number.NaN, 1, Number.NaN], ' █ '],
  [[Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY], '↑█↓'],
  [[], ''],
])('the line of %j is %j', (values, line) => {
  expect(sparkline(values, 48)).toBe(line)
})

test('of several values in one place the largest counts, and a gap only where all are missing', () => {
  const { NaN: none } = Number
  expect(squeeze([1, 9, 2, 3, none, 4, none, none], 4)).toEqual([9, 3, 4, none])
  expect(squeeze([1, 2], 4)).toEqual([1, 2])
})

test('a table row tells a series: points, least, mean, most; values stand at their times', () => {
  const { rows } = seriesTable(answerOf([1, 2, 6]), intervals)
  expect(rows[0]!.slice(0, 5)).toEqual(['name=s0', 3, 1, 3, 6])
  expect(rows[0]![5]).toHaveLength(48)
  expect(String(rows[0]![5]).trimEnd().length).toBeLessThan(4)
})

/** The heights of all points of a picture. */
function heights(svg: string): number[] {
  return [...svg.matchAll(/<circle [^>]*cy="([^"]*)"/g)].map(([, y]) => Number(y))
}

test.each([
  [[[1, 2, 3]]],
  [[[-5, -2]]],
  [[[-5, 10], [3]]],
  [[[0, 0]]],
  [[[1e-9, 2e-9]]],
  [[[1, Number.POSITIVE_INFINITY]]],
  [Array.from({ length: 40 }, (_, i) => [i, i])],
])('lines stay in the picture: %j', async series => {
  const svg = await drawSvg(seriesFigure('{ } | rate()', answerOf(...series), intervals))
  expect(heights(svg).length).toBeGreaterThan(0)
  const [, height] = /<svg y=[^>]*viewBox="0 0 \S+ (\S+)" height/.exec(svg)!
  for (const y of heights(svg)) expect(y >= 20 && y <= Number(height) - 44, String(y)).toBe(true)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  expect(svg.match(/aria-label="line"/g)!.length).toBeLessThanOrEqual(12)
})

test.each([
  ['1700000000', 1_700_000_000_000_000_000n],
  ['1700000000.5', 1_700_000_000_500_000_000n],
  ['1700000000000000001', 1_700_000_000_000_000_001n],
  ['2023-11-14T22:13:20Z', 1_700_000_000_000_000_000n],
  ['2023-11-14T23:13:20.000000001+01:00', 1_700_000_000_000_000_001n],
  ['2024-02-29 00:00:00Z', 1_709_164_800_000_000_000n],
])('the time %s is %s ns', (text, nanos) => {
  expect(time('start')(text)).toBe(nanos)
})

test.each([
  '',
  '-1',
  'now',
  '2023-02-29T00:00:00Z',
  '2023-11-14',
  '1969-12-31T23:59:59Z',
  '99999999999999999999',
  '1e9',
])('the time %j is refused', text => {
  expect(() => time('start')(text)).toThrow(/^--start/)
})

test.each([
  ['15', 15_000_000_000n],
  ['1m30s', 90_000_000_000n],
  ['250ms', 250_000_000n],
  ['.5', 500_000_000n],
])('the duration %s is %s ns', (text, nanos) => {
  expect(duration('step')(text)).toBe(nanos)
})

test.each(['0', '-1s', '1x', 's', '1s 2', '1000y', '1e400'])('the duration %j is refused', text => {
  expect(() => duration('step')(text)).toThrow(/^--step .*: needs a duration above 0/)
})
