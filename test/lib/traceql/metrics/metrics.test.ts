import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanBatch, SpanSource } from '../../../../lib/model/scan.ts'
import type { Span, Trace, Value } from '../../../../lib/model/trace.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { timeExtent } from '../../../../lib/traceql/engine/time-extent.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { defaultStepNanos } from '../../../../lib/traceql/metrics/intervals.ts'
import { type MetricsAnswer, queryRange, type RangeOptions } from '../../../../lib/traceql/metrics/metrics.ts'
import { bucketExponent, bucketQuantile, exactQuantile } from '../../../../lib/traceql/metrics/series.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes, span } from '../../../support/nasty.ts'
import { strictSource } from '../engine/hints.ts'
import { drawTraces } from '../queries.ts'

const seed = Number(process.env.SEED ?? 20261127)
const second = 1_000_000_000n
/** Four intervals, the first of which ends at 101 s. */
const range: RangeOptions = { startNanos: 100n * second + 1n, endNanos: 104n * second + 1n, stepNanos: second }

/** One trace whose spans start so many seconds after the epoch. */
function startingAt(...starts: readonly (readonly [seconds: number, fields?: Partial<Span>])[]): Trace[] {
  const spans = starts.map(([seconds, fields], i) => {
    const startNanos = BigInt(Math.round(seconds * 1e9))
    return span({ spanId: `${i + 1}`.padStart(16, '0'), startNanos, endNanos: startNanos + second, ...fields })
  })
  return [{ traceId: '1'.padStart(32, '0'), spans }]
}

/** By series, `label=value …`, its points. */
function pointsOf({ series }: MetricsAnswer): Record<string, (readonly [time: number, value: number])[]> {
  return Object.fromEntries(
    series.map(({ labels, samples }) => [
      labels.map(({ key, value }) => `${key}=${Object.values(value)[0]}`).join(' '),
      samples.map(({ timestampMs, value = 0 }) => [Number(timestampMs) / 1000, value] as const),
    ]),
  )
}

async function ask(source: SpanSource, text: string, options: Partial<RangeOptions> = {}) {
  return pointsOf(await queryRange(source, parseQuery(text), { ...range, ...options }))
}

describe('intervals', () => {
  const source = memorySource(startingAt([100], [100.000000001], [101], [101.5], [104], [104.000000001]))

  test('hold what starts in [start, end), as a search does: the first one may hold no more than its end', async () => {
    const [startNanos, endNanos] = [100n * second, 104n * second]
    const counted = await ask(source, '{ } | count_over_time()', { startNanos, endNanos })
    expect(counted['__name__=count_over_time']).toEqual([
      [100, 1],
      [101, 2],
      [102, 1],
      [103, 0],
      [104, 0],
    ])
    const { traces } = await search(source, parseQuery('{ }'), {
      startNanos: 104n * second,
      endNanos: 104n * second + 1n,
    })
    expect(traces).toHaveLength(1)
    expect(
      (await search(source, parseQuery('{ }'), { startNanos: 99n * second, endNanos: 100n * second })).traces,
    ).toEqual([])
  })

  test('of compare: the selection starts in (start, end]', async () => {
    const times = `${100n * second}, ${104n * second}`
    const answer = await ask(source, `{ } | compare({ true }, 10, ${times})`, {
      endNanos: 105n * second,
      startNanos: 100n * second,
    })
    const selected = Object.entries(answer).filter(([name]) => /selection( |$)/.test(name) && /(^| )status=/.test(name))
    expect(selected.flatMap(([, points]) => points.map(([, n]) => n)).reduce((a, b) => a + b, 0)).toBe(4)
  })

  test('are closed on the right and labelled with their end', async () => {
    expect(await ask(source, '{ } | count_over_time()')).toEqual({
      '__name__=count_over_time': [
        [101, 2],
        [102, 1],
        [103, 0],
        [104, 1],
      ],
    })
  })

  test('end at multiples of the step, and count only what is in the range', async () => {
    const answer = await ask(source, '{ } | rate()', { startNanos: 101n * second, stepNanos: 2n * second })
    expect(answer).toEqual({
      '__name__=rate': [
        [102, 1],
        [104, 0.5],
      ],
    })
  })

  test('of a duration are compared with durations or numbers, in parentheses or not', async () => {
    const texts = ['> 500ms', '> 0.5', '>= 1s', '< 2s', '!= 3'].flatMap(comparison => [
      `{ } | max_over_time(duration) ${comparison}`,
      `({ } | max_over_time(duration)) ${comparison}`,
      `(({ } | max_over_time(duration)) ${comparison})`,
    ])
    const all = (await ask(source, '{ } | max_over_time(duration)'))['__name__=max_over_time']
    for (const text of texts) expect((await ask(source, text))['__name__=max_over_time'], text).toEqual(all)
    expect(await ask(source, '({ } | max_over_time(duration)) > 10s')).toEqual({})
    expect(await ask(source, '({ } | max_over_time(duration) by (name)) < 1s')).toEqual({})
  })

  test.each([
    ['an empty range', { endNanos: 100n * second + 1n }],
    ['a step of 0', { stepNanos: 0n }],
    ['too many', { stepNanos: 1n }],
  ])('of %s are refused', async (_, options) => {
    const error = await labRejection(queryRange(source, parseQuery('{ } | rate()'), { ...range, ...options }))
    expect(error.kind).toBe('invalid')
  })
})

test.each([
  ['2 s', 2n * second, 50_000_000n],
  ['10 minutes', 600n * second, 2n * second],
  ['an hour', 3600n * second, 15n * second],
  ['a day', 86_400n * second, 360n * second - 60n * second],
  ['30 days', 30n * 86_400n * second, 10_800n * second],
])('the step of %s is whole', (_, length, step) => {
  expect(defaultStepNanos(7n, 7n + length)).toBe(step)
})

test('a source says when its spans start, from its batches where they know', async () => {
  const traces = [...startingAt([101], [99.5]), ...startingAt([103])]
  const source = memorySource(traces, { batchSpanCount: 2 })
  expect(await timeExtent(source)).toEqual({ firstNanos: 99_500_000_000n, lastNanos: 103n * second })
  const knowing = withBatches(source, batch => ({ ...batch, startExtent: [1n, 2n], read: () => Promise.reject() }))
  expect(await timeExtent(knowing)).toEqual({ firstNanos: 1n, lastNanos: 2n })
  expect(await timeExtent(memorySource([]))).toBeUndefined()
})

/** The source with its batches changed. */
function withBatches(source: SpanSource, change: (batch: SpanBatch) => SpanBatch): SpanSource {
  return {
    ...source,
    async *scan(request) {
      for await (const batch of source.scan(request)) yield change(batch)
    },
  }
}

test.each(['{ } | count() > 1 | rate()', '{ } && { } | rate()', '{ } | select(name) | count() < 9 | rate() by (name)'])(
  'what stages join is read where no column is: %s',
  async text => {
    const traces = startingAt([101], [102])
    const expected = await ask(memorySource(traces), text)
    expect(Object.keys(expected)).toHaveLength(1)
    expect(await ask(strictSource(traces), text)).toEqual(expected)
  },
)

describe('an answer that no memory holds is refused', () => {
  test('for its points, of all pipelines and quantiles together', async () => {
    const spans = Array.from({ length: 60 }, (_, i) => [100, { name: `n${i}` }] as const)
    const source = memorySource(startingAt(...spans))
    const range = { startNanos: 0n, endNanos: 100n * second + 1n, stepNanos: second / 100n }
    const quantiles = Array.from({ length: 100 }, (_, i) => i / 100)
    const text = `{ } | quantile_over_time(duration, ${quantiles}) by (name)`
    await expect(labRejection(queryRange(source, parseQuery(text), range))).resolves.toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('more than 50,000,000 points'),
    })
    expect((await queryRange(source, parseQuery(text), { ...range, stepNanos: second })).series).toHaveLength(6_000)
  })

  test('for the combinations of events', async () => {
    const event = { timeNanos: 0n, name: 'e', attributes: attributes(['x', 1n]), droppedAttributesCount: 0 }
    const ofEvents = (count: number) => memorySource(startingAt([101, { events: Array(count).fill(event) }]))
    expect((await search(ofEvents(100), parseQuery('{ event.x + event.x = 2 }'))).traces).toHaveLength(1)
    await expect(labRejection(search(ofEvents(101), parseQuery('{ event.x + event.x = 2 }')))).resolves.toMatchObject({
      kind: 'unsupported',
      message: 'TraceQL: + of 101 and 101 values of the events or links of one span: at most 10,000 together',
    })
  })
})

test('of several events the first that has a number counts, whatever its type', async () => {
  const event = (x: Value) => ({
    timeNanos: 0n,
    name: 'e',
    attributes: attributes(['x', x]),
    droppedAttributesCount: 0,
  })
  const events = [event('text'), event(1.5), event(4n)]
  const source = memorySource(startingAt([101, { events }], [101, { events: [event(8n), event(0.25)] }]))
  expect(await ask(source, '{ } | sum_over_time(event.x)')).toEqual({ '__name__=sum_over_time': [[101, 9.5]] })
  expect((await search(source, parseQuery('{ } | sum(event.x) = 9.5'))).traces).toHaveLength(1)
})

test('groups are apart by type, and by a text that looks like the key of another value', async () => {
  const values: Value[] = [5n, '5', 5.5, true, 'true', '', '\0', '\u00002:5', '2:5', '7:1:5', '\u00007:1:5']
  const of = (value?: Value) => ({ attributes: value === undefined ? [] : attributes(['a', value]) })
  const source = memorySource(startingAt([101, of()], ...values.map(value => [101, of(value)] as const)))
  const { series } = await queryRange(source, parseQuery('{ } | count_over_time() by (span.a)'), range)
  expect(series.map(({ samples }) => samples[0]!.value)).toEqual(new Array(values.length + 1).fill(1))
})

test('each span counts by its weight, but for the least and the greatest', async () => {
  const a = { attributes: attributes(['a', 1n]) }
  const b = { attributes: attributes(['a', 4n]) }
  const source = withBatches(memorySource(startingAt([101, a], [101, b])), batch => ({
    ...batch,
    weights: Float64Array.of(3, 1),
  }))
  const one = { startNanos: 100n * second + 1n, endNanos: 101n * second + 1n }
  const last = async (text: string): Promise<number[]> =>
    Object.values(await ask(source, text, one)).map(points => points[0]![1])
  expect(await last('{ } | count_over_time()')).toEqual([4])
  expect(await last('{ span.a = 1 } | rate()')).toEqual([3])
  expect(await last('{ } | sum_over_time(span.a)')).toEqual([7])
  expect(await last('{ } | avg_over_time(span.a)')).toEqual([7 / 4])
  expect(await last('{ } | min_over_time(span.a)')).toEqual([1])
  expect(await last('{ } | max_over_time(span.a)')).toEqual([4])
  expect(await last('{ } | quantile_over_time(span.a, 0.75, 0.8) with(exact=true)')).toEqual([1, 4])
  expect(await last('{ } | histogram_over_time(span.a)')).toEqual([1])
})

describe('where a batch knows when its spans start', () => {
  const extent = (first: number, last: number, columns: string[]): SpanSource =>
    withBatches(memorySource(startingAt([first], [last])), batch => ({
      ...batch,
      startExtent: [BigInt(first * 1e9), BigInt(last * 1e9)],
      read: (names, rows) => {
        columns.push(...names)
        return batch.read(names, rows)
      },
    }))

  test.each([
    ['within one interval: nothing is read', 101.5, 102, [], [0, 2, 0, 0]],
    ['in two: their starts are', 101.5, 102.5, ['span:start'], [0, 1, 1, 0]],
    ['outside of all: nothing is', 90, 100, [], [0, 0, 0, 0]],
    ['after all: nothing is', 104.5, 105, [], [0, 0, 0, 0]],
  ])('%s', async (_, first, last, expected, counts) => {
    const columns: string[] = []
    const answer = await ask(extent(first, last, columns), '{ } | count_over_time()')
    expect(answer['__name__=count_over_time']!.map(([, value]) => value)).toEqual(counts)
    expect(columns).toEqual(expected)
  })
})

test('exemplars are the first spans of intervals, with their trace and value', async () => {
  const source = memorySource(startingAt([101, { name: 'x' }], [101], [102, { name: 'x' }], [103, { name: 'x' }]))
  const exemplars = async (text: string) =>
    (await queryRange(source, parseQuery(text), { ...range, exemplars: 2 })).series.map(own => own.exemplars)
  const trace = { key: 'trace:id', value: { stringValue: '1' } }
  const name = { key: 'name', value: { stringValue: 'x' } }
  expect(await exemplars('{ name = "x" } | rate() by (name)')).toEqual([
    [
      { labels: [name, trace], value: 'NaN', timestampMs: '101000' },
      { labels: [name, trace], value: 'NaN', timestampMs: '102000' },
    ],
  ])
  const two = [101, 102].map(time => ({ labels: [trace], timestampMs: `${time}000` }))
  const valued = two.map(own => ({ ...own, value: 1 }))
  expect(await exemplars('{ } | max_over_time(duration)')).toEqual([valued])
  expect(await exemplars('{ } | quantile_over_time(duration, 0.5, 1)')).toEqual([valued, undefined])
  expect(await exemplars('{ } | histogram_over_time(duration)')).toEqual([two.map(own => ({ ...own, value: 'NaN' }))])
  expect((await queryRange(source, parseQuery('{ } | rate()'), range)).series[0]!.exemplars).toBeUndefined()
})

test('series beyond the limit are left out, and the answer says so', async () => {
  const named = ['x', 'y', 'x', 'z'].map(name => [101, { name }] as const)
  const answer = await queryRange(memorySource(startingAt(...named)), parseQuery('{ } | count_over_time() by (name)'), {
    ...range,
    maxSeries: 2,
  })
  expect(Object.keys(pointsOf(answer))).toEqual(['name=x', 'name=y'])
  expect(answer).toMatchObject({ status: 'PARTIAL', message: 'more than 2 series: only the first are answered' })
})

describe('series', () => {
  const source = memorySource(
    startingAt(
      [101, { name: 'x' }],
      [101, { name: 'y' }],
      [102, { name: 'y' }],
      [102, { name: 'y' }],
      [103, { name: 'x' }],
    ),
  )

  test.each([
    ['topk(1), of equals the first by label', '| topk(1)', { 'name=x': [101, 103, 104], 'name=y': [102] }],
    ['bottomk(1), of equals the last', '| bottomk(1)', { 'name=x': [102], 'name=y': [101, 103, 104] }],
    ['a filter', '> 1', { 'name=y': [102] }],
    ['a filter that none meets', '> 9', {}],
    ['stages in order', '> 0 | topk(1)', { 'name=x': [101, 103], 'name=y': [102] }],
  ])('%s', async (_, stages, expected) => {
    const answer = await ask(source, `{ } | count_over_time() by (name) ${stages}`)
    expect(
      Object.fromEntries(Object.entries(answer).map(([key, points]) => [key, points.map(([time]) => time)])),
    ).toEqual(expected)
  })

  test('are combined where their labels are equal; a quotient by zero is no point', async () => {
    const text = '({ } | count_over_time() by (name)) / ({ name = "y" } | count_over_time() by (name))'
    expect(await ask(source, text)).toEqual({
      'name=y': [
        [101, 1],
        [102, 1],
      ],
    })
  })

  test('a pipeline that stands twice runs once', async () => {
    const answer = await queryRange(source, parseQuery('({ } | rate()) + ({ } | rate())'), range)
    expect(answer.explain).toHaveLength(1)
    expect(pointsOf(answer)['__name__=(rate + rate)']![0]).toEqual([101, 4])
  })
})

test('every aggregate sees a value only where it is a number', async () => {
  const values = [1n, 2.5, 'x', [7n], true, 2n ** 60n]
  const source = memorySource(
    startingAt(...values.map(value => [101, { attributes: attributes(['a', value]) }] as const)),
  )
  const total = 3.5 + 2 ** 60
  expect((await ask(source, '{ } | sum_over_time(span.a)'))['__name__=sum_over_time']).toEqual([[101, total]])
  expect((await ask(source, '{ } | avg_over_time(span.a)'))['__name__=avg_over_time']).toEqual([[101, total / 3]])
  expect(await ask(source, '{ } | sum_over_time(span.b)')).toEqual({})
})

test('buckets are powers of two, their upper bounds within', () => {
  expect([2, 2.5, 3, 4, 5, 1024, 1025, 2 ** 60].map(bucketExponent)).toEqual([1, 2, 2, 2, 3, 10, 11, 60])
})

test('a quantile of buckets lies between the bucket that is filled before and its own', () => {
  const counts = new Map([
    [3, 2],
    [5, 4],
  ])
  expect(bucketQuantile(0, counts)).toBe(2 ** 2.5)
  expect(bucketQuantile(1 / 3, counts)).toBe(8)
  expect(bucketQuantile(2 / 3, counts)).toBe(2 ** 4)
  expect(bucketQuantile(1, counts)).toBe(32)
  expect(bucketQuantile(0.5, new Map())).toBeNaN()
})

test('an exact quantile is the value at its rank', () => {
  expect([0, 0.25, 0.26, 1].map(p => exactQuantile(p, [4, 1, 3, 2], undefined))).toEqual([1, 1, 2, 4])
  expect(exactQuantile(0.5, [1, 2], [1, 9])).toBe(2)
  expect(exactQuantile(0.5, [], undefined)).toBeNaN()
})

test(`counts are those of spans one by one, whatever the source makes of hints (seed ${seed})`, async () => {
  const draw = drawsOf(seed)
  const options = { startNanos: 1_700_000_000n * second, endNanos: 1_700_000_006n * second, stepNanos: 2n * second }
  for (let run = 0; run < 200; run++) {
    const traces = drawTraces(draw, 10)
    const expected = new Map<string, number>()
    for (const { startNanos, name, attributes } of traces.flatMap(trace => trace.spans)) {
      if (startNanos < options.startNanos || startNanos >= options.endNanos || name === 'z') continue
      const a = attributes.find(({ key }) => key === 'a')?.value
      if (a !== undefined && typeof a === 'object') continue
      const end = ((startNanos - 1n) / options.stepNanos + 1n) * options.stepNanos
      const key = `${typeof a} ${a} ${end}`
      expected.set(key, (expected.get(key) ?? 0) + 1)
    }
    for (const source of [memorySource(traces), strictSource(traces)]) {
      const answer = await queryRange(source, parseQuery('{ name != "z" } | count_over_time() by (span.a)'), options)
      const actual = new Map<string, number>()
      for (const { labels, samples } of answer.series)
        for (const { timestampMs, value = 0 } of samples) {
          const { value: label } = labels[0]!
          if (value === 0 || 'arrayValue' in label) continue
          actual.set(`${keyOf(label)} ${timestampMs}000000`, value)
        }
      expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected))
    }
  }
})

function keyOf(label: object): string {
  const [[type, value] = []] = Object.entries(label)
  if (type === 'intValue') return `bigint ${value}`
  if (type === 'doubleValue') return `number ${value}`
  if (type === 'boolValue') return `boolean ${value}`
  return value === 'nil' ? 'undefined undefined' : `string ${value}`
}
