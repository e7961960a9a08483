import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idsMeant } from '../../../../harness/open/find-trace.ts'
import { printNanos, printTime } from '../../../../harness/text/times.ts'
import { printWaterfall } from '../../../../harness/view/waterfall/print.ts'
import { treeOf } from '../../../../harness/view/waterfall/tree.ts'
import { drawBar, windowOf } from '../../../../harness/view/waterfall/window.ts'
import type { Span } from '../../../../lib/model/trace.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { labError } from '../../../support/errors.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'

const ms = 1_000_000n
const begin = 1_700_000_000_000_000_000n

/** A span by id, parent, and its start and end in ms. */
function at(spanId: string, parentSpanId: string, start: number, end: number, more: Partial<Span> = {}): Span {
  const resource = { attributes: attributes(['service.name', 'shop']), droppedAttributesCount: 0, schemaUrl: '' }
  const times = { startNanos: begin + BigInt(start) * ms, endNanos: begin + BigInt(end) * ms }
  return span({ spanId, parentSpanId, name: `n${spanId}`, resource, ...times, ...more })
}

function lines(spans: readonly Span[], width = 100): string[] {
  return [...printWaterfall({ traceId: 'ab', spans }, { width, hasColors: false })]
}

test('the tree has parents in front of their children, siblings by start', () => {
  const rows = treeOf([at('03', '01', 5, 6), at('02', '01', 2, 9), at('01', '', 0, 10), at('04', '02', 3, 4)])
  expect(rows.map(({ span, depth, isLast }) => [span.spanId, depth, isLast])).toEqual([
    ['01', 0, true],
    ['02', 1, false],
    ['04', 2, true],
    ['03', 1, true],
  ])
})

test('orphans, circles and spans that are their own parent are roots of their kinds', () => {
  const rows = treeOf([
    at('01', '', 0, 1),
    at('02', '99', 1, 2),
    at('03', '04', 2, 3),
    at('04', '03', 3, 4),
    at('05', '05', 4, 5),
  ])
  expect(rows.map(({ span, depth, root }) => [span.spanId, depth, root])).toEqual([
    ['01', 0, 'root'],
    ['02', 0, 'orphan'],
    ['03', 0, 'circle'],
    ['04', 1, 'no'],
    ['05', 0, 'circle'],
  ])
})

test('what is printed: service, tree, times, bars, and what is wrong', () => {
  const failed = { status: { code: 2, message: 'card declined' } }
  const spans = [at('01', '', 0, 100), at('02', '01', 50, 100, failed), at('03', '77', 25, 30)]
  const [head, summary, , , ...rest] = lines(spans)
  expect(head).toBe('trace ab')
  expect(summary).toBe('2023-11-14T22:13:20.000000000Z, 100 ms, 3 spans, 1 service, 1 error, 1 orphan')
  expect(rest[0]).toMatch(/^shop +n01 +0 ns +100 ms █+$/)
  expect(rest[1]).toMatch(/^shop +└ n02 +50 ms +50 ms {10,}█+ +error card declined$/)
  expect(rest[2]).toMatch(/^shop +n03 +25 ms +5 ms +█+ +orphan of 77$/)
})

test('a span far off leaves the others their bars; times that run backwards are told', () => {
  const hour = 3_600_000
  const spans = [at('01', '', 0, 100), at('02', '01', 10, 90), at('03', '01', 20, 30), at('04', '01', hour, hour + 5)]
  expect(windowOf(spans)).toEqual({ start: begin, end: begin + 100n * ms })
  const printed = lines([...spans, at('05', '01', -3, 7), at('06', '01', 50, 40)]).join('\n')
  expect(printed).toMatch(/n04 +1 h +5 ms +▸/)
  expect(printed).toMatch(/n05 .*starts before its parent/)
  expect(printed).toMatch(/n06 +53 ms +-10 ms .*ends before it starts/)
  const unset = lines([...spans, at('07', '01', 0, 0, { startNanos: 0n, endNanos: 0n })]).join('\n')
  expect(unset).toMatch(/n07 +– +0 ns ◂ +has no start/)
})

test('bars take at least a cell and never leave the width', () => {
  const window = { start: begin, end: begin + 100n * ms }
  expect(drawBar(at('01', '', 0, 100), window, 10)).toBe('█'.repeat(10))
  expect(drawBar(at('01', '', 50, 50), window, 10)).toBe('     █    ')
  expect(drawBar(at('01', '', 100, 100), window, 10)).toBe('         █')
  expect(drawBar(at('01', '', -5, 105), window, 10)).toBe('◂████████▸')
  expect(drawBar(at('01', '', 0, 0), { start: begin, end: begin }, 10)).toBe('█         ')
})

test('ten thousand spans in one chain, and below one parent', () => {
  const id = (i: number) => i.toString(16).padStart(16, '0')
  for (const parentOf of [(i: number) => id(i - 1), () => id(1)]) {
    const spans = Array.from({ length: 10_000 }, (_, i) => at(id(i + 1), i === 0 ? '' : parentOf(i + 1), i, i + 1))
    const printed = lines(spans)
    expect(printed).toHaveLength(10_004)
    expect(Math.max(...printed.map(line => line.length))).toBeLessThan(200)
  }
})

test('names cannot move the cursor, and long ones are cut', () => {
  const printed = lines([at('01', '', 0, 1, { name: `\u001b[2J\n\u202e${'x'.repeat(200)}` })]).slice(4)
  expect(printed).toHaveLength(1)
  expect(printed[0]).toMatch(/ ·\[2J··x+… /)
})

test.each(nastyCorpora)('nasty: $name', ({ traces }) => {
  for (const { spans } of traces) expect(lines(spans)).toHaveLength(spans.length + 4)
})

test('every span of arbitrary traces is printed once', () =>
  fc.assert(
    fc.property(arbitraryTraces, fc.integer({ min: 60, max: 200 }), (traces, width) => {
      for (const { spans } of traces) {
        expect(new Set(treeOf(spans).map(({ span }) => span)).size).toBe(new Set(spans).size)
        expect(lines(spans, width)).toHaveLength(spans.length + 4)
      }
    }),
    seeded(100),
  ))

test('ids are meant in any case and length', () => {
  expect(idsMeant('714C34066692088C')).toEqual([
    '714c34066692088c',
    '0000000000000000714c34066692088c',
    '00000000000000714c34066692088c',
    '000000000000714c34066692088c',
    '0000000000714c34066692088c',
    '00000000714c34066692088c',
    '000000714c34066692088c',
    '0000714c34066692088c',
    '00714c34066692088c',
  ])
  expect(idsMeant('5b8efff798038103d269b633813fc60c')).toEqual(['5b8efff798038103d269b633813fc60c'])
  expect(idsMeant('abc')).toContain('0abc')
  expect(idsMeant('00')).toContain('00000000000000000000000000000000')
  for (const wrong of ['', 'xyz', '0x12', 'a b', `1${'0'.repeat(32)}`])
    expect(labError(() => idsMeant(wrong)).message).toMatch(/^trace id ".*": needs 1 to 32 hex digits$/)
})

test('times', () => {
  expect([0n, 999n, 1500n, 12_345_678n, -250n * ms, 90_000n * ms, 864_000_000n * ms].map(printNanos)).toEqual([
    '0 ns',
    '999 ns',
    '1.5 µs',
    '12.3 ms',
    '-250 ms',
    '1.5 min',
    '10 d',
  ])
  expect(printTime(begin + 7n)).toBe('2023-11-14T22:13:20.000000007Z')
  expect(printTime(2n ** 64n - 1n)).toBe('2554-07-21T23:34:33.709551615Z')
})
