import { describe, expect, test } from 'vitest'
import { nestedSets } from '../../../lib/model/nested-sets.ts'
import type { Link } from '../../../lib/model/trace.ts'
import { missingParent, noParent, parentRows, rootRow, type TreeSpan } from '../../../lib/model/tree.ts'
import { attributes, span } from '../../support/nasty.ts'

const [internal, server, client] = [1, 2, 3]
const none = noParent
const missing = missingParent

function row(spanId: string, parentSpanId = '', kind = internal): TreeSpan {
  return { spanId, parentSpanId, kind }
}

describe('parents', () => {
  test.each([
    ['none, before and after their children', [row('b', 'a'), row('a'), row('c', 'b')], [1, none, 0]],
    ['8 zero bytes name nothing', [row('a', '0000000000000000')], [none]],
    ['nor where a span is of zeros', [row('0000000000000000'), row('b', '0000000000000000')], [none, none]],
    ['zeros of another length are an id', [row('00'), row('b', '00'), row('c', '0000')], [none, 0, missing]],
    ['a parent that the trace lacks', [row('a', 'f')], [missing]],
    ['a span that names itself', [row('a', 'a'), row('b', 'a')], [missing, 0]],
    ['a cycle is kept', [row('a', 'b'), row('b', 'a')], [1, 0]],
    ['a later span of an id that names it is below the first', [row('a'), row('a', 'a')], [none, 0]],
    ['ids that repeat in one kind: the first has the children', [row('a'), row('a'), row('b', 'a')], [none, none, 0]],
    [
      'a server half is below its client half, and has the children',
      [row('1', '', server), row('2', '1', client), row('2', '1', server), row('3', '2', client)],
      [none, 0, 1, 2],
    ],
    [
      'halves in any order',
      [row('3', '2', client), row('2', '1', server), row('2', '1', client), row('1', '', server)],
      [1, 2, 3, none],
    ],
    ['a server half without a parent is no root', [row('1', '', client), row('1', '', server)], [none, 0]],
    ['halves that name their own id', [row('1', '1', client), row('1', '1', server)], [missing, 0]],
    [
      'several server halves: all are below the client half, the first has the children',
      [row('1', '', client), row('1', '', server), row('1', '', server), row('2', '1', server)],
      [none, 0, 0, 1],
    ],
    ['two clients are no halves', [row('1', '', client), row('1', '', client), row('2', '1')], [none, none, 0]],
    ['two servers are no halves', [row('1', '', server), row('1', '', server), row('2', '1')], [none, none, 0]],
  ] as [string, TreeSpan[], number[]][])('%s', (_, spans, expected) => {
    expect([...parentRows(spans)]).toEqual(expected)
  })
})

const [own, other] = ['39343434000000000000000000000001', '1'.repeat(32)]

function linkTo(traceId: string, type = 'child_of'): Link {
  const flags = { traceState: '', flags: 0, droppedAttributesCount: 0 }
  return { traceId, spanId: 'bb', ...flags, attributes: attributes(['opentracing.ref_type', type]) }
}

describe('the root', () => {
  test.each([
    ['the last span without a parent', [span({}), span({}), span({ parentSpanId: 'ff' })], 1],
    ['a parent of zeros is none', [span({ parentSpanId: '0000000000000000' })], 0],
    ['none where all have a parent', [span({ parentSpanId: 'ff' })], -1],
    [
      'not one with a child_of link into its trace',
      [span({ links: [linkTo(own)] }), span({}), span({ links: [linkTo(own)] })],
      1,
    ],
    ['a link into another trace is no parent', [span({}), span({ links: [linkTo(other)] })], 1],
    ['a link of another type is no parent', [span({}), span({ links: [linkTo(own, 'follows_from')] })], 1],
    ['one of several links is enough', [span({}), span({ links: [linkTo(other), linkTo(own)] })], 0],
  ])('%s', (_, spans, expected) => {
    expect(rootRow(own, spans, parentRows(spans))).toBe(expected)
  })

  test('a link into its trace in another spelling of the id is a parent', () => {
    const spans = [span({}), span({ links: [linkTo('1'.repeat(16))] })]
    expect(rootRow('1'.repeat(16).padStart(32, '0'), spans, parentRows(spans))).toBe(0)
  })
})

test('nested sets follow the parents: the server half within its client half', () => {
  const spans = [row('1', '', client), row('1', '', server), row('2', '1')]
  const { left, right, parent } = nestedSets(parentRows(spans), Uint32Array.of(0, 3))
  expect([...left]).toEqual([1, 2, 3])
  expect([...right]).toEqual([6, 5, 4])
  expect([...parent]).toEqual([-1, 1, 2])
})
