import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstDifference } from '../../../lib/model/difference.ts'
import { DatasetDigest, Digester, everyOrder } from '../../../lib/model/digest.ts'
import type { Trace, Value } from '../../../lib/model/trace.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { mutations, reverseAttributes, reverseSpans, richTrace } from '../../support/mutations.ts'
import { attributes, nastyCorpora, span } from '../../support/nasty.ts'

const noSpanOrder = { spanOrder: false, attributeOrder: true }
const noAttributeOrder = { spanOrder: true, attributeOrder: false }
const noOrder = { spanOrder: false, attributeOrder: false }

function digest(trace: Trace, orders = everyOrder): string {
  return new Digester(orders).digest(trace)
}

describe('digests are equal where traces are', () => {
  test('on every pair of nasty traces', () => {
    const traces = nastyCorpora.flatMap(corpus => corpus.traces.slice(0, 4)).filter(({ spans }) => spans.length < 100)
    const digester = new Digester()
    const digests = traces.map(trace => digester.digest(trace))
    for (let i = 0; i < traces.length; i++)
      for (let j = 0; j < traces.length; j++)
        expect(digests[i] === digests[j]).toBe(firstDifference(traces[i], traces[j]) === undefined)
  })

  test('on copies of arbitrary traces, and not where a field is changed', () => {
    const trace = arbitraryTraces.filter(traces => traces.length > 0).map(traces => traces[0])
    fc.assert(
      fc.property(trace, fc.nat(), (original, pick) => {
        expect(digest(structuredClone(original))).toBe(digest(original))
        const all = mutations(original)
        const { trace: mutated } = all[pick % all.length]
        const isSame = firstDifference(original, mutated) === undefined
        for (const orders of [everyOrder, noOrder])
          expect(digest(mutated, orders) === digest(original, orders)).toBe(isSame)
      }),
      seeded(300),
    )
  })

  test.each(mutations(richTrace).map(({ path, trace }) => [path, trace] as const))(
    'not with %s changed',
    (_, trace) => {
      for (const orders of [everyOrder, noSpanOrder, noAttributeOrder, noOrder])
        expect(digest(trace, orders)).not.toBe(digest(richTrace, orders))
    },
  )
})

describe('orders that do not count', () => {
  const twoTraces = arbitraryTraces.filter(traces => traces.length > 0)

  test('of spans', () => {
    fc.assert(
      fc.property(twoTraces, ([trace]) => {
        const turned = reverseSpans(trace)
        const isSame = firstDifference(trace, turned) === undefined
        expect(digest(turned, noSpanOrder)).toBe(digest(trace, noSpanOrder))
        expect(digest(turned) === digest(trace)).toBe(isSame)
        expect(digest(turned, noAttributeOrder) === digest(trace, noAttributeOrder) || !isSame).toBe(true)
      }),
      seeded(200),
    )
  })

  test('of attributes, of spans, events, links, resources and scopes', () => {
    fc.assert(
      fc.property(twoTraces, ([trace]) => {
        const turned = reverseAttributes(trace)
        const isSame = firstDifference(trace, turned) === undefined
        expect(digest(turned, noAttributeOrder)).toBe(digest(trace, noAttributeOrder))
        expect(digest(reverseSpans(turned), noOrder)).toBe(digest(trace, noOrder))
        expect(digest(turned) === digest(trace)).toBe(isSame)
        expect(digest(turned, noSpanOrder) === digest(trace, noSpanOrder) || !isSame).toBe(true)
      }),
      seeded(200),
    )
  })

  test('but those within values count, and so does how often something stands', () => {
    const of = (...values: (readonly [string, Value])[]) => ({
      traceId: '01',
      spans: [span({ attributes: attributes(...values) })],
    })
    const [a, b] = [attributes(['x', 1n], ['y', 2n]), attributes(['y', 2n], ['x', 1n])]
    expect(digest(of(['m', { entries: a }]), noOrder)).not.toBe(digest(of(['m', { entries: b }]), noOrder))
    expect(digest(of(['m', [1n, 2n]]), noOrder)).not.toBe(digest(of(['m', [2n, 1n]]), noOrder))
    expect(digest(of(['k', 1n], ['k', 1n]), noOrder)).not.toBe(digest(of(['k', 1n]), noOrder))
    const twice: Trace = { traceId: '01', spans: [span({}), span({})] }
    expect(digest(twice, noOrder)).not.toBe(digest({ ...twice, spans: [span({})] }, noOrder))
  })
})

test('what stands at the border of two texts belongs to one of them', () => {
  const of = (name: string, traceState: string) => ({ traceId: '01', spans: [span({ name, traceState })] })
  expect(digest(of('ab', 'c'))).not.toBe(digest(of('a', 'bc')))
  expect(digest(of('\ud800', ''))).not.toBe(digest(of('\ufffd', '')))
})

test('the digest of a dataset heeds its traces and their order', () => {
  const of = (...traces: Trace[]) => {
    const all = new DatasetDigest()
    for (const trace of traces) all.add(trace)
    return all.finish()
  }
  const [a, b] = ['0a', '0b'].map(traceId => ({ traceId, spans: [span({})] }))
  expect(of(a, b)).toBe(of(structuredClone(a), b))
  expect(new Set([of(), of(a), of(b), of(a, b), of(b, a), of(a, a)]).size).toBe(6)
  expect(of()).toMatch(/^[0-9a-f]{64}$/)
})
