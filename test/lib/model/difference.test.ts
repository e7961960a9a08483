import { describe, expect, test } from 'vitest'
import { equalValues, firstDifference, printDifference } from '../../../lib/model/difference.ts'
import type { Span, Trace, Value } from '../../../lib/model/trace.ts'
import { mutations, richTrace } from '../../support/mutations.ts'
import { attributes, span } from '../../support/nasty.ts'

function traceOf(...spans: Partial<Span>[]): Trace {
  return { traceId: '01', spans: spans.map(span) }
}

function printed(expected: Trace, actual: Trace): string | undefined {
  const found = firstDifference(expected, actual)
  return found && printDifference(found)
}

function printedOfValues(expected: Value, actual: Value): string | undefined {
  return printed(
    traceOf({ attributes: attributes(['k', expected]) }),
    traceOf({ attributes: attributes(['k', actual]) }),
  )
}

describe('the line of a difference', () => {
  test('names the path, both types and both values', () => {
    const [int, text] = [200n, '200'].map(value => ({ attributes: attributes(['http.status_code', value]) }))
    expect(printed(traceOf({}, {}, {}, int), traceOf({}, {}, {}, text))).toBe(
      '/spans/3/attributes/http.status_code: int 200, got string "200"',
    )
  })

  test.each<[Trace, Trace, string]>([
    [traceOf({ name: 'a' }), traceOf({ name: 'b' }), '/spans/0/name: string "a", got string "b"'],
    [traceOf({}, {}), traceOf({}), '/spans: 2 items, got 1 items'],
    [traceOf({ endNanos: 5n }), traceOf({ endNanos: 6n }), '/spans/0/endNanos: 5, got 6'],
    [
      traceOf({ attributes: attributes(['a', 1n]) }),
      traceOf({ attributes: attributes(['b', 1n]) }),
      '/spans/0/attributes/0: key "a", got key "b"',
    ],
    [traceOf({ attributes: attributes(['a', 1n]) }), traceOf({}), '/spans/0/attributes: 1 items, got 0 items'],
    [
      traceOf({ attributes: attributes(['a/b~c', 1n]) }),
      traceOf({ attributes: attributes(['a/b~c', 2n]) }),
      '/spans/0/attributes/a~1b~0c: int 1, got int 2',
    ],
    [traceOf({}), traceOf({ status: { code: 0, message: '' } }), '/spans/0/status: absent, got an object'],
  ])('%#', (expected, actual, line) => expect(printed(expected, actual)).toBe(line))

  test('shortens long values', () => expect(printedOfValues('x'.repeat(1000), 'y')!.length).toBeLessThan(150))
})

describe('values', () => {
  const same: [Value, Value][] = [
    [Number.NaN, Number.NaN],
    [new Uint8Array([1]), new Uint8Array([1])],
    [
      [1n, [2]],
      [1n, [2]],
    ],
    [{ entries: attributes(['a', 1n]) }, { entries: attributes(['a', 1n]) }],
    [null, null],
  ]
  const different: [Value, Value][] = [
    [0, -0],
    [1, 1n],
    ['1', 1n],
    ['', null],
    [false, null],
    [[], null],
    [[], { entries: [] }],
    [new Uint8Array(0), []],
    [new Uint8Array([1]), new Uint8Array([2])],
    [new Uint8Array([1]), new Uint8Array([1, 0])],
    [
      [1n, 2n],
      [2n, 1n],
    ],
    [[0], [-0]],
    [{ entries: attributes(['a', 1n], ['b', 2n]) }, { entries: attributes(['b', 2n], ['a', 1n]) }],
    [{ entries: attributes(['a', 1n], ['a', 1n]) }, { entries: attributes(['a', 1n]) }],
    [{ entries: attributes(['a', { entries: [] }]) }, { entries: attributes(['a', []]) }],
  ]

  test.each(same)('%#: equal', (a, b) => {
    expect(equalValues(a, b)).toBe(true)
    expect(printedOfValues(a, b)).toBeUndefined()
  })

  test.each(different)('%#: different, from both sides', (a, b) => {
    expect([equalValues(a, b), equalValues(b, a)]).toEqual([false, false])
    expect(printedOfValues(a, b)).toMatch(/^\/spans\/0\/attributes\/k: /)
    expect(printedOfValues(b, a)).toMatch(/^\/spans\/0\/attributes\/k: /)
  })

  test('-0 is printed as such', () =>
    expect(printedOfValues(0, -0)).toBe('/spans/0/attributes/k: double 0, got double -0'))
})

describe('every field of the model', () => {
  test('a copy is equal', () => expect(firstDifference(richTrace, structuredClone(richTrace))).toBeUndefined())

  test.each(mutations(richTrace).map(({ path, trace }) => [path, trace] as const))('%s is found', (path, mutated) => {
    for (const [a, b] of [
      [richTrace, mutated],
      [mutated, richTrace],
    ])
      expect(firstDifference(a, b)?.path).toMatch(new RegExp(`^${path}`))
  })
})

test('a pair of shared objects that was found equal is not taken for another pair', () => {
  const [a, b, c] = [1n, 1n, 2n].map(value => ({
    attributes: attributes(['k', value]),
    droppedAttributesCount: 0,
    schemaUrl: '',
  }))
  expect(firstDifference(traceOf({ resource: a }), traceOf({ resource: b }))).toBeUndefined()
  expect(printed(traceOf({ resource: a }), traceOf({ resource: c }))).toBe(
    '/spans/0/resource/attributes/k: int 1, got int 2',
  )
})
