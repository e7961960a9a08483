import { expect, test } from 'vitest'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { weightedSource } from '../../../../lib/sampling/weights.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { PointBudget } from '../../../../lib/traceql/language/limits.ts'
import { queryRange, type SeriesAnswer } from '../../../../lib/traceql/metrics/metrics.ts'
import { TraceMoments } from '../../../../lib/traceql/metrics/trace-moments.ts'
import { drawsOf } from '../../../support/draws.ts'
import { isThorough } from '../../../support/effort.ts'
import { attributes, span } from '../../../support/nasty.ts'
import { drawPopulation, populationStart, sampleTraces } from '../../../support/sampled-population.ts'

const seed = Number(process.env.SEED ?? 20261128)
const second = 1_000_000_000n
const range = { startNanos: populationStart + 1n, endNanos: populationStart + 32n * second, stepNanos: 11n * second }

interface Point {
  readonly value: number
  readonly lower: number | undefined
  readonly upper: number | undefined
}

/** By labels and time each point with its bounds. */
async function pointsOf(
  source: SpanSource,
  text: string,
  asked: Partial<typeof range> = {},
): Promise<Map<string, Point>> {
  const { series } = await queryRange(source, parseQuery(text), { ...range, ...asked, withBounds: true })
  const parts = { value: new Map<string, number>(), lower: new Map<string, number>(), upper: new Map<string, number>() }
  for (const one of series) {
    const which = /__(lower|upper)$/.exec(nameOf(one))?.[1] as 'lower' | 'upper' | undefined
    const labels = JSON.stringify(one.labels.filter(({ key }) => key !== '__name__'))
    for (const { timestampMs, value = 0 } of one.samples) parts[which ?? 'value'].set(`${labels} ${timestampMs}`, value)
  }
  const pointOf = (key: string, value: number) => ({ value, lower: parts.lower.get(key), upper: parts.upper.get(key) })
  return new Map([...parts.value].map(([key, value]) => [key, pointOf(key, value)]))
}

function nameOf({ labels }: SeriesAnswer): string {
  const value = labels.find(({ key }) => key === '__name__')?.value
  return value !== undefined && 'stringValue' in value ? value.stringValue : ''
}

const population = drawPopulation(drawsOf(seed), 1000)
const truth = keptSource(population)

/** How often bounds hold the truth, of all estimates; and how far the sum of these is from that of the truth. */
class Coverage {
  count = 0
  #held = 0
  #sum = 0
  #truth = 0

  add(points: ReadonlyMap<string, Point>, truths: ReadonlyMap<string, Point>): void {
    for (const [key, { value, lower, upper }] of points) {
      const own = truths.get(key)?.value ?? 0
      const margin = 1e-9 * Math.abs(own)
      this.count++
      if ((lower ?? own) <= own + margin && (upper ?? own) >= own - margin) this.#held++
      this.#sum += value
    }
    for (const { value } of truths.values()) this.#truth += value
  }

  get share(): number {
    return this.#held / this.count
  }

  get bias(): number {
    return this.#sum / this.#truth - 1
  }
}

/** Each trace alike; or all traces with an error, and few of the others. */
const policies: readonly [name: string, thresholdOf: (trace: Trace) => string, texts: readonly string[]][] = [
  ['5 %', () => 'f333333333333', ['{ } | rate() by (name)', '{ } | sum_over_time(span.size) by (name)']],
  [
    '30 %, of totals and averages',
    () => 'b333333333333',
    [
      '{ } | rate() by (name)',
      '{ status = error } | rate() by (name)',
      '{ } | avg_over_time(duration) by (name)',
      '{ } | histogram_over_time(duration)',
    ],
  ],
  [
    '30 %, of shares and differences',
    () => 'b333333333333',
    [
      '{ } | quantile_over_time(duration, .5) by (name)',
      '{ } | quantile_over_time(duration, .5, .75) by (name) with(exact=true)',
      '({ status = error } | rate() by (name)) / ({ } | rate() by (name))',
      '({ } | sum_over_time(duration) by (name)) - ({ status = error } | sum_over_time(duration) by (name)) * 2',
    ],
  ],
  [
    'errors and 10 %',
    ({ spans }) => (spans.some(({ status }) => status?.code === 2) ? '0' : 'e666666666666'),
    ['{ } | count_over_time() by (name)', '{ } | avg_over_time(duration) by (name)'],
  ],
]

test.each(policies)(`95 % bounds hold the truth of clustered traces as often: %s (seed ${seed})`, async (...policy) => {
  const [, thresholdOf, all] = policy
  const texts = isThorough ? all : all.slice(0, 1)
  const found = new Map(texts.map(text => [text, new Coverage()]))
  const truths = new Map<string, ReadonlyMap<string, Point>>()
  for (const text of texts) truths.set(text, await pointsOf(truth, text))
  const draw = drawsOf(seed)
  for (let i = 0; i < 140; i++) {
    const sample = weightedSource(keptSource(sampleTraces(population, thresholdOf, draw)))
    for (const [text, coverage] of found) coverage.add(await pointsOf(sample, text), truths.get(text)!)
  }
  for (const [text, { count, share, bias }] of found) {
    expect(count, text).toBeGreaterThanOrEqual(2000)
    expect.soft(share, text).toBeGreaterThan(0.93)
    expect.soft(share, text).toBeLessThan(0.97)
    expect.soft(Math.abs(bias), text).toBeLessThan(0.05)
  }
})

test('the variance of spans that were kept at different thresholds is unbiased', () => {
  // Spans of a half and of a quarter, of randomness in each quarter: both, both or one of them, or none is kept.
  const [amounts, weights] = [
    [3, 5],
    [2, 4],
  ]
  const kept = [[], [], [0], [0, 1]]
  const outcomes = kept.map(rows => {
    const moments = new TraceMoments(1, [[0, 0]], 1, new PointBudget())
    moments.open('all')
    const own = { component: 0, rows: undefined, rowCount: rows.length, intervalOf: () => 0 }
    const added = { ...own, seriesOf: () => moments.get('all'), amountOf: (row: number) => amounts[rows[row]!]! }
    moments.add(
      Float64Array.from(rows, row => weights[row]!),
      Uint32Array.of(0, rows.length),
      [added],
    )
    return moments.get('all')!.sums(0, 0)
  })
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const expected = mean(outcomes.map(({ total }) => total))
  expect(expected).toBe(8)
  expect(mean(outcomes.map(({ variance }) => variance))).toBe(
    mean(outcomes.map(({ total }) => (total - expected) ** 2)),
  )
})

/** A trace of spans that a quarter was kept of, but for those of other trace states. */
function quarter(...spans: readonly Parameters<typeof span>[0][]): Trace {
  const startNanos = populationStart + second
  const own = spans.map(fields => span({ traceState: 'ot=th:c', startNanos, endNanos: startNanos + second, ...fields }))
  return { traceId: 'f'.repeat(32), spans: own }
}

function seriesOf(traces: readonly Trace[], text: string) {
  return queryRange(weightedSource(memorySource(traces)), parseQuery(text), { ...range, withBounds: true })
}

test('bounds are series of the same labels, named after what was computed', async () => {
  const names = async (text: string) =>
    (await seriesOf([quarter({})], text)).series.map(({ labels }) =>
      labels.map(({ key, value }) => `${key}=${Object.values(value)[0]}`).join(),
    )
  expect(await names('{ } | rate()')).toEqual(['__name__=rate', '__name__=rate__lower', '__name__=rate__upper'])
  expect(await names('{ } | count_over_time() by (name)')).toEqual([
    'name=operation',
    '__name__=count_over_time__lower,name=operation',
    '__name__=count_over_time__upper,name=operation',
  ])
  expect(await names('({ } | rate()) / ({ } | rate()) * 2')).toEqual([
    '__name__=(rate / rate)',
    '__name__=(rate / rate)__lower',
    '__name__=(rate / rate)__upper',
  ])
})

test('where nothing was sampled bounds are the points, and the answer says so', async () => {
  const text = '{ } | quantile_over_time(duration, .5) by (name)'
  const points = await pointsOf(truth, text)
  expect(points.size).toBeGreaterThan(5)
  for (const { value, lower, upper } of points.values()) expect([lower, upper]).toEqual([value, value])
  const { bounds } = await queryRange(truth, parseQuery('{ } | max_over_time(duration)'), {
    ...range,
    withBounds: true,
  })
  expect(bounds).toEqual({ confidence: 0.95, isSampled: false, unbounded: [] })
  expect((await queryRange(truth, parseQuery(text), range)).bounds).toBeUndefined()
})

test('spans that stand for themselves are certain, beside those that do not', async () => {
  const certain = { ...quarter({ traceState: '' }, { traceState: '' }), traceId: '1' }
  const [point] = (await pointsOf(weightedSource(memorySource([certain])), '{ } | count_over_time()')).values()
  expect(point).toEqual({ value: 2, lower: 2, upper: 2 })
  const both = weightedSource(memorySource([certain, quarter({ name: 'other' })]))
  const points = [...(await pointsOf(both, '{ } | count_over_time()')).values()]
  expect(points[0]!.value).toBe(6)
  expect(points[0]!.lower).toBeGreaterThanOrEqual(3)
  expect(points[0]!.upper).toBeGreaterThan(10)
})

test('of none seen there may be three cases, of the weight of others', async () => {
  const source = weightedSource(memorySource([quarter({})]))
  const empty = [...(await pointsOf(source, '{ } | count_over_time()')).values()][1]!
  expect(empty).toEqual({ value: 0, lower: 0, upper: 3 * 4 })
  const none = [...(await pointsOf(source, '{ name = "none" } | count_over_time()')).values()]
  expect(none.every(({ value, lower }) => value === 0 && lower === 0)).toBe(true)
})

test('extremes have no bounds, and the answer names them', async () => {
  for (const text of ['{ } | min_over_time(duration)', '({ } | min_over_time(duration)) / ({ } | rate())']) {
    const { series, bounds } = await seriesOf([quarter({})], text)
    expect(series).toHaveLength(1)
    expect(bounds).toEqual({ confidence: 0.95, isSampled: true, unbounded: ['min_over_time'] })
  }
})

test('an operation with a number moves bounds as it moves points', async () => {
  const sample = sampleTraces(population, () => '8', drawsOf(seed))
  const source = weightedSource(keptSource(sample))
  const of = async (text: string) => [...(await pointsOf(source, text)).values()][0]!
  const { value, lower, upper } = await of('{ } | count_over_time()')
  expect(await of('({ } | count_over_time()) * 2 + 1')).toEqual({
    ...{ value: value * 2 + 1, lower: lower! * 2 + 1, upper: upper! * 2 + 1 },
  })
  expect(await of('1 - ({ } | count_over_time())')).toEqual({ value: 1 - value, lower: 1 - upper!, upper: 1 - lower! })
  expect(await of('1 / ({ } | count_over_time())')).toEqual({ value: 1 / value, lower: 1 / upper!, upper: 1 / lower! })
  const none = await of('1 / (({ } | count_over_time()) - ({ } | count_over_time()) - 1)')
  expect(none.value).toBe(-1)
})

test('what only one trace tells has no bounds: of an average, and of a high quantile', async () => {
  const one = [quarter({}, { name: 'other' })]
  for (const text of ['{ } | avg_over_time(duration)', '{ } | quantile_over_time(duration, .99)'])
    for (const { upper } of (
      await pointsOf(weightedSource(memorySource(one)), text, { stepNanos: 32n * second })
    ).values())
      expect(upper, text).toBeUndefined()
})

test('values of either sign have bounds on both sides of 0', async () => {
  const traces = [-5, 5, 3].map((size, i) => {
    const own = quarter({ attributes: attributes(['size', BigInt(size)]) })
    return { ...own, traceId: `${i}${own.traceId.slice(1)}` }
  })
  const [{ value, lower, upper }] = (
    await pointsOf(weightedSource(memorySource(traces)), '{ } | sum_over_time(span.size)')
  ).values() as Iterable<Point> as [Point]
  expect(value).toBe(12)
  expect(lower).toBeLessThan(0)
  expect(upper! - value).toBeCloseTo(value - lower!, 9)
})

test('the highest threshold gives finite bounds', async () => {
  const traces = [quarter({ traceState: 'ot=th:ffffffffffffff' })]
  for (const text of ['{ } | rate()', '{ } | sum_over_time(duration)', '{ } | histogram_over_time(duration)']) {
    const { series } = await seriesOf(traces, text)
    expect(series.length).toBeGreaterThanOrEqual(3)
    for (const { samples } of series) for (const { value = 0 } of samples) expect(Number.isFinite(value)).toBe(true)
  }
})

test('compare counts with bounds', async () => {
  const sample = sampleTraces(population, () => '8', drawsOf(seed))
  const text = '{ } | compare({ status = error }, 10)'
  const truths = await pointsOf(truth, text)
  const coverage = new Coverage()
  const points = await pointsOf(weightedSource(memorySource(sample)), text)
  const known = [...points].filter(([key]) => !key.includes('span.size') || key.includes('_total'))
  coverage.add(new Map(known), truths)
  expect(coverage.count).toBeGreaterThan(50)
  expect(coverage.share).toBeGreaterThan(0.85)
  for (const [, { lower, upper }] of known) expect(upper! - lower!).toBeGreaterThan(0)
})
