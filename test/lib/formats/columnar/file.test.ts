import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnarParts } from '../../../../lib/formats/columnar/file.ts'
import type { Attribute, Span, Trace, Value } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { closeSegments, decode, encode, openSegments } from './forge.ts'
import { sampleTraces } from './samples.ts'

const tiny = { spanCount: 7, itemCount: 100, textLength: 1000 }

async function expectKept(traces: readonly Trace[], limits?: typeof tiny): Promise<Buffer> {
  const bytes = await encode(traces, limits)
  expectSameTraces(traces, await decode(bytes))
  return bytes
}

function traceOf(...spans: Partial<Span>[]): Trace {
  return { traceId: '5b8efff798038103d269b633813fc60c', spans: spans.map(span) }
}

/** A span for each of the lists. */
function listsOf(lists: readonly Attribute[][]): Trace {
  return traceOf(...lists.map(list => ({ attributes: list })))
}

/** A trace with one attribute of these values in turn, in a column of its own. */
function valuesOf(...values: Value[]): Trace {
  return listsOf(values.map(value => attributes(['k', value])))
}

test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))(
  'kept in tiny segments: %s',
  async (_, traces) => {
    await expectKept(traces, tiny)
  },
)

test('arbitrary traces, joined to long ones, in tiny and in usual segments', async () => {
  const many = fc.array(arbitraryTraces, { minLength: 1, maxLength: 12 }).map(lists => lists.flat())
  const long = many.map(traces => [{ traceId: 'ab', spans: traces.flatMap(({ spans }) => spans) }, ...traces])
  await fc.assert(
    fc.asyncProperty(long, async traces => {
      const kept = traces.filter(({ spans }) => spans.length > 0)
      await expectKept(kept, tiny)
      await expectKept(kept)
    }),
    seeded(25),
  )
})

test('samples that use every encoding, in several segments and in one', async () => {
  const traces = sampleTraces(400, 7)
  expect(
    openSegments(await expectKept(traces, { ...tiny, spanCount: 200, itemCount: 4000, textLength: 1e6 })).length,
  ).toBeGreaterThan(5)
  expect(openSegments(await expectKept(traces))).toHaveLength(1)
})

test('segments end by spans, by items and by the length of strings, and never split a trace', async () => {
  const traces = Array.from({ length: 12 }, (_, i) => ({
    ...listsOf([attributes(['k', 'v'.repeat(i)]), []]),
    traceId: `0${i.toString(16)}`,
  }))
  const counts = async (limits: typeof tiny) =>
    openSegments(await expectKept(traces, limits)).map(({ traceCount }) => traceCount)
  const none = { spanCount: 1e6, itemCount: 1e6, textLength: 1e6 }
  expect(await counts({ ...none, spanCount: 5 })).toEqual([2, 2, 2, 2, 2, 2])
  expect(await counts({ ...none, spanCount: 1 })).toEqual(Array(12).fill(1))
  expect(await counts({ ...none, itemCount: 15 })).toEqual([4, 4, 4])
  expect(await counts({ ...none, textLength: 80 })).toHaveLength(3)
})

test('no traces', async () => expect(await decode(await expectKept([]))).toEqual([]))

test('10,000 distinct attribute keys, of which each span has some', async () => {
  const lists = Array.from({ length: 400 }, (_, i) =>
    Array.from({ length: 50 }, (_, j) => ({
      key: `key ${(i * 37 + j * 25) % 10_000}`,
      value: i % 2 === 0 ? `v${j}` : BigInt(j),
    })),
  )
  await expectKept([listsOf(lists)])
})

test('70,000 attributes of a span, and the same in another order', async () => {
  const list = Array.from({ length: 70_000 }, (_, i) => ({ key: `key ${i}`, value: true }))
  await expectKept([listsOf([list, list.toReversed()])])
})

test('200,000 events of a span: no call has an argument for each', async () => {
  const event = { timeNanos: 1_700_000_000_123_456_789n, name: 'event', attributes: [], droppedAttributesCount: 0 }
  await expectKept([traceOf({ events: Array<typeof event>(200_000).fill(event) })])
})

test('600,000 equal events: little says much, so the segment is padded', async () => {
  const event = { timeNanos: 1_700_000_000_123_456_789n, name: 'event', attributes: [], droppedAttributesCount: 0 }
  const bytes = await encode([traceOf({ events: Array<typeof event>(600_000).fill(event) })])
  const parts = await columnarParts(openMemory(bytes))
  expect(parts.padding).toBeGreaterThan(4000)
  expect(Object.values(parts).reduce((sum, byteLength) => sum + byteLength)).toBe(bytes.length)
  const [segment] = openSegments(bytes)
  const shorter = { ...segment!, blobs: segment!.blobs.subarray(0, -1000) }
  expect((await labRejection(decode(closeSegments([shorter])))).message).toMatch(/600002 items in a segment of/)
  const dirty = { ...segment!, blobs: Buffer.concat([segment!.blobs.subarray(0, -1), Buffer.from([1])]) }
  expect((await labRejection(decode(closeSegments([dirty])))).message).toMatch(/bytes are left over/)
})

test('a string column after one of arrays follows from the same neighbours when it is read', async () => {
  const draw = drawsOf(3)
  const lists = Array.from({ length: 600 }, () => {
    const pick = Math.floor(draw() * 5)
    return attributes(['a', [BigInt(pick)]], ['b', `value ${pick * 7}`], ['c', `other ${pick}`])
  })
  await expectKept([listsOf(lists)])
})

describe('values', () => {
  const repeat = (...values: Value[]) => Array.from({ length: 30 }, (_, i) => values[i % values.length]!)
  test.each<[string, Value[]]>([
    ['-0 among doubles', repeat(0, -0, 1.5)],
    ['-0 alone', [-0, -0]],
    ['NaN, infinities and subnormals', repeat(Number.NaN, Infinity, -Infinity, 5e-324, -5e-324)],
    ['six decimals', repeat(0.000001, 1.5, -3.241593)],
    ['seven decimals', repeat(0.0000001, 1.5)],
    ['doubles around 2^52', repeat(2 ** 52, -(2 ** 52), 2 ** 52 - 1, 2 ** 53)],
    ['a fraction that a scale makes unsafe', repeat(2 ** 51 + 0.5, 0.25)],
    [
      'ints around 2^52 and the extremes',
      repeat(2n ** 52n, -(2n ** 52n), 2n ** 52n - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
    ],
    ['+-(2^52 - 1) in turns', repeat(2n ** 52n - 1n, 1n - 2n ** 52n, 0n)],
    ['2^52 alone', [2n ** 52n]],
    [
      'every type under one key',
      repeat('a', 1n, 1, true, null, new Uint8Array([0xff]), ['é', '\ud800'], { entries: attributes(['k', -0]) }),
    ],
    ['bytes, all of them', [Uint8Array.from({ length: 256 }, (_, i) => i), new Uint8Array()]],
  ])('%s', (_, values) => expectKept([valuesOf(...values)]).then(() => undefined))
})

describe('times', () => {
  const base = 1_700_000_000_000_000_000n
  const far = [0n, 1n, 2n ** 50n, 2n ** 51n, 2n ** 52n, 2n ** 53n, 2n ** 60n]
  const times = far.flatMap(offset => [base + offset, base - offset])
  const spans = times.flatMap((startNanos, i) =>
    times.map((endNanos, j) => ({ spanId: (i * 16 + j + 1).toString(16).padStart(16, '0'), startNanos, endNanos })),
  )

  test('far apart within a trace, with parents before and after', () => {
    const parentOf = (i: number) => (i % 5 === 0 ? '' : spans[(i * 7) % spans.length]!.spanId)
    return expectKept([traceOf(...spans.map((fields, i) => ({ ...fields, parentSpanId: parentOf(i) })))])
  })

  test('far apart from trace to trace: an exception a trace, and not one a span', async () => {
    const traces = Array.from({ length: 40 }, (_, i) => ({
      traceId: i.toString(16).padStart(32, '1'),
      spans: Array.from({ length: 50 }, () =>
        span({ startNanos: base + BigInt(i % 2) * 2n ** 60n, endNanos: base + BigInt(i % 2) * 2n ** 60n }),
      ),
    }))
    expect((await expectKept(traces)).length).toBeLessThan(1000)
  })

  test('the first and the last time there is', () =>
    expectKept(
      [0n, 2n ** 64n - 1n, 0n, 5n].map((startNanos, i) => ({
        ...traceOf({ startNanos, endNanos: 2n ** 64n - 1n }, { startNanos: 0n, endNanos: 0n }),
        traceId: `0${i}`,
      })),
    ))
})
