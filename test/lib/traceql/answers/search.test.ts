import { expect, test } from 'vitest'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { tagNames, tagValues } from '../../../../lib/traceql/answers/tags.ts'
import { formatDuration } from '../../../../lib/traceql/engine/answer-value.ts'
import { nanosText } from '../../../../lib/traceql/engine/numbers.ts'
import { parseFieldName, parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labError, labRejection } from '../../../support/errors.ts'
import { attributes, span } from '../../../support/nasty.ts'

const seed = Number(process.env.SEED ?? 20261127)

function resource(name: string) {
  return { attributes: attributes(['service.name', name]), droppedAttributesCount: 0, schemaUrl: '' }
}

/** A trace of a root, which failed, and two children of another service, a second later each. */
function sample(number: number): Trace {
  const start = BigInt(number) * 1_000_000_000n + 7n
  return {
    traceId: `${number}`.padStart(32, '0'),
    spans: [
      span({
        spanId: '1',
        name: 'root',
        startNanos: start,
        endNanos: start + 2_500_000n,
        kind: 2,
        status: { code: 2, message: '' },
        attributes: attributes(['a', 1n], ['list', ['x', 2n]]),
        resource: resource('front'),
      }),
      ...['2', '3'].map(spanId =>
        span({
          spanId,
          parentSpanId: '1',
          name: `child ${spanId}`,
          startNanos: start + 1n,
          endNanos: start + 1_000_001n,
          attributes: attributes(['a', 2.5]),
          resource: resource('back'),
        }),
      ),
    ],
  }
}

const five = memorySource([3, 1, 5, 2, 4].map(sample), { batchSpanCount: 6 })
const ids = async (text: string, options = {}): Promise<string[]> =>
  (await search(five, parseQuery(text), options)).traces.map(({ traceID }) => traceID)

test('an answer has the shape of Tempo', async () => {
  const { traces } = await search(
    memorySource([sample(1)]),
    parseQuery('{ span.a > 1 } | select(status, kind, nestedSetLeft, duration)'),
  )
  const child = (digit: string, left: string) => ({
    spanID: digit.padStart(16, '0'),
    startTimeUnixNano: '1000000008',
    durationNanos: '1000000',
    attributes: [
      { key: 'a', value: { doubleValue: 2.5 } },
      { key: 'status', value: { stringValue: 'unset' } },
      { key: 'kind', value: { stringValue: 'internal' } },
      { key: 'nestedSetLeft', value: { intValue: left } },
      { key: 'duration', value: { stringValue: '1ms' } },
    ],
  })
  const spanSet = { spans: [child('2', '2'), child('3', '4')], matched: 2 }
  expect(traces).toEqual([
    {
      traceID: '1',
      rootServiceName: 'front',
      rootTraceName: 'root',
      startTimeUnixNano: '1000000007',
      durationMs: 2,
      spanSet,
      spanSets: [spanSet],
      serviceStats: { front: { spanCount: 1, errorCount: 1 }, back: { spanCount: 2 } },
    },
  ])
})

test('groups are spansets of their own, with what they were grouped by and their aggregates', async () => {
  const { traces } = await search(five, parseQuery('{ } | by(resource.service.name) | count() > 0 | avg(span.a) > 0'), {
    limit: 1,
  })
  expect(traces[0]!.spanSets.map(({ matched, attributes }) => ({ matched, attributes }))).toEqual([
    {
      matched: 1,
      attributes: [
        { key: 'by(resource.service.name)', value: { stringValue: 'front' } },
        { key: 'count()', value: { intValue: '1' } },
        { key: 'avg(span.a)', value: { doubleValue: 1 } },
      ],
    },
    {
      matched: 2,
      attributes: [
        { key: 'by(resource.service.name)', value: { stringValue: 'back' } },
        { key: 'count()', value: { intValue: '2' } },
        { key: 'avg(span.a)', value: { doubleValue: 2.5 } },
      ],
    },
  ])
  expect(traces[0]!.spanSet).toEqual(traces[0]!.spanSets[0])
})

test('spans with equal values of several events are one group', async () => {
  const event = (value: string) => ({
    timeNanos: 0n,
    name: 'e',
    attributes: attributes(['k', value]),
    droppedAttributesCount: 0,
  })
  const events = [[event('x'), event('y')], [event('x'), event('y')], [event('y'), event('x')], [event('x')], []]
  const spans = events.map((own, i) => span({ spanId: `${i}`, events: own, attributes: attributes(['list', ['a']]) }))
  const source = memorySource([{ traceId: '1', spans }])
  const matched = async (text: string): Promise<number[]> =>
    (await search(source, parseQuery(text))).traces[0]!.spanSets.map(set => set.matched)
  expect(await matched('{ } | by(event.k)')).toEqual([2, 1, 1, 1])
  expect(await matched('{ } | by(span.list)')).toEqual([5])
})

test('spans of a spanset are cut, and counted whole; names and arrays are shown where they are asked for', async () => {
  const { traces } = await search(five, parseQuery('{ name != "" && span.list != nil || span.a = 2.5 }'), {
    limit: 1,
    spss: 1,
  })
  expect(traces[0]!.spanSet).toMatchObject({
    matched: 3,
    spans: [
      {
        name: 'root',
        attributes: [
          { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: '2' }] } } },
          { key: 'a', value: { intValue: '1' } },
        ],
      },
    ],
  })
})

test('a search stops at its limit, and reads on where the most recent are wanted', async () => {
  const all = await search(five, parseQuery('{ }'))
  expect(all.traces.map(({ traceID }) => traceID)).toEqual(['5', '4', '3', '2', '1'])
  expect(all.explain).toMatchObject({ batchCount: 3, traceCount: 5, spanCount: 15 })
  const two = await search(five, parseQuery('{ }'), { limit: 2 })
  expect(two.traces.map(({ traceID }) => traceID)).toEqual(['3', '1'])
  expect(two.explain.batchCount).toBe(1)
  expect(await ids('{ } with(most_recent=true)', { limit: 2 })).toEqual(['5', '4'])
})

test('of traces that start at once the smaller id is first, however they are stored', async () => {
  const ids = ['a', '1f', '9', '100'].map(id => id.padStart(32, '0'))
  const all = ids.map(traceId => ({ ...sample(1), traceId }))
  for (const stored of [all, all.toReversed()]) {
    const { traces } = await search(memorySource(stored), parseQuery('{ }'))
    expect(traces.map(({ traceID }) => traceID)).toEqual(['9', 'a', '1f', '100'])
  }
})

test('a time range keeps the traces of which a span starts in it', async () => {
  expect(await ids('{ }', { startNanos: 2_000_000_008n, endNanos: 4_000_000_007n })).toEqual(['3', '2'])
  expect(await ids('{ }', { startNanos: 2_000_000_009n })).toEqual(['5', '4', '3'])
  expect(await ids('{ }', { endNanos: 1_000_000_007n })).toEqual([])
})

test('an explanation says what was asked, read and left', async () => {
  const { explain } = await search(
    five,
    parseQuery('{ span.a = 1 && name =~ "r.*" } | { resource.service.name = "back" }'),
  )
  expect(explain.needs).toEqual(['span.a = 1 && span:name =~ "r.*"', 'resource.service.name = "back"'])
  expect(explain.firstColumns).toEqual(['span.a', 'span:name', 'resource.service.name'])
  expect(explain.stages).toEqual([
    { stage: '{ span.a = 1 && name =~ `r.*` }', spanCount: 5 },
    { stage: '{ resource.service.name = `back` }', spanCount: 0 },
  ])
})

test.each([
  ['{ } | rate()', 'invalid'],
  ['{ ', 'invalid'],
  ['{ span.a = }', 'invalid'],
  ['{ parent.a = 1 }', 'unsupported'],
])('%s is no search', async (text, kind) => {
  expect((await labRejection((async () => search(five, parseQuery(text)))())).kind).toBe(kind)
})

test('tags come with a filter from the spans that it finds, and from what a source knows', async () => {
  expect(await tagNames(five, { scope: 'span' })).toEqual([{ name: 'span', tags: ['a', 'list'] }])
  expect(await tagNames(five, { scope: 'span', filter: parseQuery('{ name =~ "child.*" }') })).toEqual([
    { name: 'span', tags: ['a'] },
  ])
  expect(await tagValues(five, parseFieldName('.a'))).toEqual([
    { type: 'float', value: '2.5' },
    { type: 'int', value: '1' },
  ])
  expect(await tagValues(five, parseFieldName('span.list'), { filter: parseQuery('{ kind = server }') })).toEqual([
    { type: 'int', value: '2' },
    { type: 'string', value: 'x' },
  ])
  expect(await tagValues(five, parseFieldName('name'), { limit: 2 })).toHaveLength(2)
  const knowing: SpanSource = {
    ...five,
    distinctValues: async column => (column === 'span:kind' ? [1n, 9n] : undefined),
  }
  expect(await tagValues(knowing, parseFieldName('kind'))).toEqual([
    { type: 'keyword', value: '9' },
    { type: 'keyword', value: 'internal' },
  ])
  expect(labError(() => parseFieldName('name) | select(kind')).kind).toBe('invalid')
})

test('durations are written as in Go', () => {
  const written = [0, 1, 999, 1500, 17_000_000, 1_000_000_000, 1_500_000_001, 60e9, 3_723_500_000_000, -5]
  expect(written.map(formatDuration)).toEqual([
    '0s',
    '1ns',
    '999ns',
    '1.5µs',
    '17ms',
    '1s',
    '1.500000001s',
    '1m0s',
    '1h2m3.5s',
    '-5ns',
  ])
})

test(`sums of a base and numbers are written as bigints are (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  for (let run = 0; run < 2000; run++) {
    const base = BigInt(Math.floor(draw() * 2 ** 52)) * BigInt(Math.floor(draw() * 2000)) - (run % 7 === 0 ? 5n : 0n)
    const offset = Math.floor((draw() - 0.1) * 2 ** Math.floor(draw() * 52))
    expect(nanosText(base)(offset)).toBe(String(base + BigInt(offset)))
  }
})
