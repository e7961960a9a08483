import { describe, expect, test } from 'vitest'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { otherKey, TemplateTable } from '../../../lib/patterns/template.ts'
import { drawsOf } from '../../support/draws.ts'
import { generatedTraces } from '../../support/generated.ts'
import { attributes, nastyCorpora, span } from '../../support/nasty.ts'

function service(name: string) {
  return { attributes: attributes(['service.name', name]), droppedAttributesCount: 0, schemaUrl: '' }
}

function traceOf(...spans: Partial<Span>[]): Trace {
  return { traceId: '1'.repeat(32), spans: spans.map(span) }
}

const root = { spanId: 'aa', name: 'GET /', kind: 2, resource: service('front') }
const child = { spanId: 'bb', parentSpanId: 'aa', name: 'call', kind: 3, resource: service('front') }
const other = { spanId: 'cc', parentSpanId: 'aa', name: 'query', kind: 3, resource: service('back') }
const trace = traceOf(root, child, other)

function keyOf(one: Trace): string {
  const table = new TemplateTable()
  return table.template(table.of(one)).key
}

describe('one template', () => {
  test.each<[string, Trace]>([
    ['siblings in another order', traceOf(root, other, child)],
    ['parents after their children', traceOf(other, child, root)],
    [
      'other ids',
      traceOf({ ...root, spanId: '11' }, { ...child, parentSpanId: '11' }, { ...other, parentSpanId: '11' }),
    ],
    ['other times', traceOf(root, { ...child, startNanos: 5n, endNanos: 9n }, other)],
    ['a status that is unset, not absent', traceOf(root, { ...child, status: { code: 0, message: 'x' } }, other)],
    [
      'further attributes of the resource',
      traceOf({ ...root, resource: { ...service('front'), droppedAttributesCount: 1 } }, child, other),
    ],
  ])('%s', (_, same) => {
    expect(keyOf(same)).toBe(keyOf(trace))
  })

  test('values of attributes, and their order', () => {
    const first = traceOf({ ...root, attributes: attributes(['a', 1n], ['b', 'x']) })
    const second = traceOf({ ...root, attributes: attributes(['b', 'y'], ['a', 2n]) })
    expect(keyOf(second)).toBe(keyOf(first))
  })

  test('numbers in the path of a name', () => {
    expect(keyOf(traceOf({ ...root, name: 'GET /users/1' }))).toBe(keyOf(traceOf({ ...root, name: 'GET /users/22' })))
  })
})

test.each<[string, Trace]>([
  ['a name', traceOf(root, { ...child, name: 'c' }, other)],
  ['a kind', traceOf(root, { ...child, kind: 1 }, other)],
  ['a service', traceOf(root, { ...child, resource: service('back') }, other)],
  ['no resource', traceOf(root, { ...child, resource: null }, other)],
  ['an error', traceOf(root, { ...child, status: { code: 2, message: '' } }, other)],
  ['a key', traceOf(root, { ...child, attributes: attributes(['a', 1n]) }, other)],
  ['a parent', traceOf(root, child, { ...other, parentSpanId: 'bb' })],
  ['a parent that is missing', traceOf({ ...root, parentSpanId: 'ff' }, child, other)],
  ['a root more', traceOf(root, child, { ...other, parentSpanId: '' })],
  ['a span twice', traceOf(root, child, other, { ...other, spanId: 'dd' })],
  ['a span less', traceOf(root, child)],
])('another template: %s', (_, different) => {
  expect(keyOf(different)).not.toBe(keyOf(trace))
})

test('a swap of what hangs from two children is another template', () => {
  const below = (parent: string): Partial<Span> => ({ spanId: 'ee', parentSpanId: parent, name: 'leaf' })
  expect(keyOf(traceOf(root, child, other, below('bb')))).not.toBe(keyOf(traceOf(root, child, other, below('cc'))))
})

test('any order of the spans of generated traces gives the same key and nodes', () => {
  const draw = drawsOf(20261128)
  for (const one of generatedTraces('otel', 60)) {
    const table = new TemplateTable()
    const spans = [...one.spans]
      .map(s => ({ s, at: draw() }))
      .sort((a, b) => a.at - b.at)
      .map(({ s }) => s)
    table.of(one)
    const shuffled = new TemplateTable()
    shuffled.of({ ...one, spans })
    expect(shuffled.template(0)).toEqual(table.template(0))
  }
})

test('spans in a circle, and what hangs from it, in any order', () => {
  const circle = [
    { spanId: 'aa', parentSpanId: 'bb', name: 'a' },
    { spanId: 'bb', parentSpanId: 'aa', name: 'b' },
    { spanId: 'cc', parentSpanId: 'bb', name: 'c' },
  ]
  const table = new TemplateTable()
  expect(table.of(traceOf(...circle))).toBe(table.of(traceOf(...circle.toReversed())))
  expect(table.template(0).nodes.map(({ name, above, depth }) => [name, above, depth])).toEqual([
    ['a', 'circle', 0],
    ['b', 'circle', 0],
    ['c', 'parent', 1],
  ])
})

test('nodes are what people read: depth first, with service, name and kind', () => {
  const table = new TemplateTable()
  table.of(traceOf(other, child, root, { spanId: 'dd', parentSpanId: 'bb', name: 'leaf', kind: 1 }))
  expect(table.template(0).nodes.map(({ depth, service: of, name, kind }) => [depth, of, name, kind])).toEqual([
    [0, 'front', 'GET /', 2],
    [1, 'back', 'query', 3],
    [1, 'front', 'call', 3],
    [2, '', 'leaf', 1],
  ])
})

test('numbers count templates in the order in which they are met', () => {
  const table = new TemplateTable()
  expect([traceOf(root), trace, traceOf(root), traceOf(child), trace].map(one => table.of(one))).toEqual([
    0, 1, 0, 2, 1,
  ])
  expect(table.size).toBe(3)
})

test('a full table counts what is new under one number, and knows what it knew', () => {
  const table = new TemplateTable({ templates: 2, nodes: 100 })
  const named = (name: string) => traceOf({ ...root, name })
  expect(['a', 'b', 'c', 'd', 'a'].map(name => table.of(named(name)))).toEqual([0, 1, 2, 2, 0])
  expect(table.template(2)).toEqual({ key: otherKey, spanCount: 0, nodes: [] })
})

test('a table is full by its nodes too', () => {
  const table = new TemplateTable({ templates: 100, nodes: 3 })
  expect([trace, traceOf(root), traceOf(child)].map(one => table.of(one))).toEqual([0, 1, 1])
})

test('a chain of 100,000 spans has a template, of which the first 1,024 nodes are kept', () => {
  const spans = Array.from({ length: 100_000 }, (_, i) => ({ spanId: `${i}`, parentSpanId: i > 0 ? `${i - 1}` : '' }))
  const table = new TemplateTable()
  expect(table.of(traceOf(...spans))).toBe(0)
  expect(table.template(0)).toMatchObject({ spanCount: 100_000 })
  expect(table.template(0).nodes).toHaveLength(1024)
})

test.each(nastyCorpora)('nasty: $name', ({ traces }) => {
  const table = new TemplateTable()
  for (const one of traces) expect(table.of(one)).toBe(table.of({ ...one, spans: [...one.spans] }))
})
