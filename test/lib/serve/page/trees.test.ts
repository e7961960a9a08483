import { describe, expect, test } from 'vitest'
import { type ComparedRow, compareTrees, differenceOf } from '../../../../lib/serve/page/comparison.ts'
import { findSpans, nextOf } from '../../../../lib/serve/page/find.ts'
import { type Row, treeOf } from '../../../../lib/serve/page/span-tree.ts'
import { ancestorsOf, type TreeRow, unfolded } from '../../../../lib/serve/page/tree-rows.ts'
import { drawsOf } from '../../../support/draws.ts'
import { randomTrace } from './random-trace.ts'

const seeds = Array.from({ length: 24 }, (_, i) => i)
const sizeOf = (seed: number) => [0, 2, 4, 12, 30, 60][seed % 6]!

describe.each(seeds)('of seed %i', seed => {
  const draw = drawsOf(seed)
  const trace = randomTrace(draw, sizeOf(seed))
  const tree = treeOf(trace)
  const { rows } = tree

  test('every span has one row, below its parent where that is possible', () => {
    const spans = trace.flatMap(({ scopeSpans }) => scopeSpans.flatMap(one => one.spans))
    expect(new Set(rows.map(({ span }) => span))).toEqual(new Set(spans))
    expect(rows.length).toBe(spans.length)
    for (const { index, parent, span } of rows) {
      if (parent >= 0) {
        expect(parent).toBeLessThan(index)
        expect(rows[parent]!.span.spanId).toBe(span.parentSpanId)
      } else if (spans.some(({ spanId }) => spanId === span.parentSpanId))
        expect(isInCircle(span.spanId, spans)).toBe(true)
    }
  })

  test('rows know their children and how many are below them', () => {
    expectTree(rows)
    for (const { start, parent, index } of rows) {
      const before = rows.findLast(row => row.parent === parent && row.index < index)
      if (before !== undefined && parent >= 0) expect(before.start).toBeLessThanOrEqual(start)
    }
  })

  test('what is below folded rows is away', () => {
    const folded = new Set(rows.filter(() => draw() < 0.3).map(({ index }) => index))
    const naive = rows.filter(({ index }) => !ancestorsOf(rows, index).some(above => folded.has(above)))
    expect(unfolded(rows, folded)).toEqual(naive)
  })

  test('finds what its texts contain', () => {
    for (const text of ['NAME 1', 'key 2=', 'service 1', 'timed', 'event 3', '=77', 'nowhere', ' ']) {
      const naive = rows.filter(row => text.trim() !== '' && textsOf(row).some(one => one.includes(text.toLowerCase())))
      expect(findSpans(rows, text), text).toEqual(naive.map(({ index }) => index))
    }
  })

  test('two traces compare as by their paths', () => {
    const other = treeOf(randomTrace(draw, sizeOf(seed + 1)))
    const compared = compareTrees(tree, other)
    expectTree(compared)
    const expected = new Map<string, [number, number, number][]>()
    for (const [which, { rows: own }] of [tree, other].entries())
      for (const row of own) {
        const key = pathOf(own, row.index, one => [one.service, one.span.name!])
        const sides = expected.get(key) ?? [0, 1].map(() => [0, 0, 0])
        const [count, nanos, failed] = sides[which]!
        sides[which] = [count + 1, nanos + row.length, failed + Number(row.isFailed)]
        expected.set(key, sides)
      }
    const sidesOf = ({ sides }: ComparedRow) => sides.map(one => [one.count, one.nanos, one.failedCount])
    const found = compared.map(
      row => [pathOf(compared, row.index, one => [one.service, one.name]), sidesOf(row)] as const,
    )
    expect(found.length).toBe(expected.size)
    expect(new Map(found)).toEqual(expected)
    for (const row of compared) {
      const next = compared.find(one => one.parent === row.parent && one.index > row.index)
      if (next !== undefined) expect(Math.abs(differenceOf(next))).toBeLessThanOrEqual(Math.abs(differenceOf(row)))
    }
  })
})

test('a chain of 20,000 spans is laid out and compared', () => {
  const idOf = (id: number) => String(id)
  const spans = Array.from({ length: 20_000 }, (_, i) => ({
    spanId: idOf(i + 1),
    parentSpanId: i === 0 ? '' : idOf(i),
    name: `step ${i}`,
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  }))
  const tree = treeOf([{ resource: {}, scopeSpans: [{ scope: {}, spans }] }])
  expect(tree.rows[0]!.below).toBe(19_999)
  expect(tree.rows.at(-1)!.depth).toBe(19_999)
  const compared = compareTrees(tree, tree)
  expect(compared.length).toBe(20_000)
  expect(compared.every(row => differenceOf(row) === 0)).toBe(true)
})

test('names that look alike when joined with their service are not the same', () => {
  const traceOf = (service: string, name: string) =>
    treeOf([
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [{ scope: {}, spans: [{ spanId: '1', name, startTimeUnixNano: '0', endTimeUnixNano: '1' }] }],
      },
    ])
  expect(compareTrees(traceOf('a', 'bc'), traceOf('ab', 'c')).length).toBe(2)
})

test('the next of some places goes around the end', () => {
  const places = [2, 5, 9]
  expect([0, 2, 5, 9].map(at => nextOf(places, at, false))).toEqual([2, 5, 9, 2])
  expect([0, 2, 5, 9].map(at => nextOf(places, at, true))).toEqual([9, 9, 2, 5])
  expect(nextOf([], 3, false)).toBeUndefined()
})

function expectTree(rows: readonly TreeRow[]): void {
  for (const { index, depth, parent, childCount, below } of rows) {
    expect(rows[index]!.depth).toBe(depth)
    expect(depth).toBe(parent < 0 ? 0 : rows[parent]!.depth + 1)
    expect(childCount).toBe(rows.filter(row => row.parent === index).length)
    expect(below).toBe(rows.filter(row => ancestorsOf(rows, row.index).includes(index)).length)
  }
}

/** Whether parents lead back to a span, or to one that they have led to before. */
function isInCircle(id: string, spans: readonly { spanId: string; parentSpanId?: string }[]): boolean {
  const seen = new Set<string>()
  for (let at = id; ; ) {
    if (seen.has(at)) return true
    seen.add(at)
    const parents = spans.filter(({ spanId }) => spanId === at).map(({ parentSpanId = '' }) => parentSpanId)
    const next = parents.find(parent => spans.some(({ spanId }) => spanId === parent))
    if (next === undefined) return parents.length > 1
    at = next
  }
}

function textsOf({ service, span, resource }: Row): string[] {
  const texts = [
    `${service} ${span.name}`,
    span.status?.message ?? '',
    ...span.events!.map(({ name }) => name!),
    ...span.attributes!.map(({ key, value }) => `${key}=${value.intValue}`),
    ...resource.map(({ key, value }) => `${key}=${value.stringValue}`),
  ]
  return texts.map(text => text.toLowerCase())
}

function pathOf<T extends TreeRow>(rows: readonly T[], index: number, keyOf: (row: T) => string[]): string {
  return JSON.stringify([index, ...ancestorsOf(rows, index)].toReversed().map(at => keyOf(rows[at]!)))
}
