import { describe, expect, test } from 'vitest'
import { mergeHeld, mergePieces } from '../../../lib/model/merge.ts'
import type { Span, Trace } from '../../../lib/model/trace.ts'
import { span } from '../../support/nasty.ts'

const traceId = '00000000000000000000000000000001'
const spanOf = (id: number, fields: Partial<Span> = {}) => span({ spanId: `000000000000000${id}`, ...fields })
const asHeld = ({ traceId, spans }: Trace): Trace => ({ traceId, spans: spans.map(one => ({ ...one, flags: 0 })) })
const fine = (spans: readonly Span[], id = traceId) => ({ trace: { traceId: id, spans } })
const coarse = (spans: readonly Span[]) => ({ trace: asHeld({ traceId, spans }), asHeld })

test('equal spans count once, but as often as they occur in one piece', () => {
  const [a, b] = [spanOf(1), spanOf(2)]
  const pieces = [
    { traceId, spans: [a, b] },
    { traceId, spans: [spanOf(1), spanOf(1), spanOf(1, { name: 'other' })] },
    { traceId, spans: [spanOf(1)] },
  ]
  const { trace, droppedCount } = mergePieces(pieces)
  expect(trace.spans).toEqual([a, b, a, spanOf(1, { name: 'other' })])
  expect(droppedCount).toBe(2)
})

describe('pieces of which some have lost the flags of their spans', () => {
  test('a span that both have is the one that has not', () => {
    const both = [spanOf(1, { flags: 1 }), spanOf(2)]
    for (const pieces of [
      [coarse(both), fine(both)],
      [fine(both), coarse(both), coarse(both)],
    ])
      expect(mergeHeld(pieces)).toEqual([{ traceId, spans: both }])
  })

  test('spans that differ by what is lost are as many as a piece has of them', () => {
    const [a, b] = [spanOf(1, { flags: 1 }), spanOf(1, { flags: 2 })]
    expect(mergeHeld([coarse([a, b]), fine([a, b])])).toEqual([{ traceId, spans: [a, b] }])
    expect(mergeHeld([coarse([a, b]), fine([b])])).toEqual([{ traceId, spans: [b, spanOf(1)] }])
    expect(mergeHeld([coarse([b]), fine([a, b])])).toEqual([{ traceId, spans: [a, b] }])
  })

  test('those of a short spelling of the id are the same, and what is new has the long one', () => {
    const short = fine([spanOf(1, { flags: 1 })], '0000000000000001')
    expect(mergeHeld([coarse([spanOf(1), spanOf(2)]), short])).toEqual([short.trace, { traceId, spans: [spanOf(2)] }])
  })

  test('alone they are as they are', () => {
    expect(mergeHeld([coarse([spanOf(1)]), coarse([spanOf(1), spanOf(2)])])).toEqual([
      { traceId, spans: [spanOf(1), spanOf(2)] },
    ])
  })
})
