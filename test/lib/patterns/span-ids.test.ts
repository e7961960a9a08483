import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Trace } from '../../../lib/model/trace.ts'
import { isNoSpanId } from '../../../lib/model/trace-id.ts'
import { isOwnTrace, parentRows } from '../../../lib/model/tree.ts'
import { renameSpanIds } from '../../../lib/patterns/span-ids.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { nastyCorpora, span } from '../../support/nasty.ts'

/** One id for one, among those of the trace, its parents and its links. */
function expectRenamed(trace: Trace): void {
  const renamed = renameSpanIds(trace)
  const names = new Map<string, string>()
  const note = (before: string, after: string) => {
    expect(names.get(before) ?? after).toBe(after)
    names.set(before, after)
  }
  for (const [row, { spanId, parentSpanId, links }] of trace.spans.entries()) {
    const other = renamed.spans[row]!
    note(spanId, other.spanId)
    note(parentSpanId, other.parentSpanId)
    for (const [i, link] of links.entries())
      if (isOwnTrace(link.traceId, trace.traceId)) note(link.spanId, other.links[i]!.spanId)
      else expect(other.links[i]).toEqual(link)
  }
  expect(new Set(names.values()).size, 'no two ids become one').toBe(names.size)
  const own = new Set(trace.spans.map(({ spanId }) => spanId))
  for (const [before, after] of names) if (!own.has(before) || isNoSpanId(before)) expect(after).toBe(before)
  expect(parentRows(renamed.spans)).toEqual(parentRows(trace.spans))
}

describe('span ids are renamed one for one, and what names no span stays', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', (_, traces) => {
    for (const trace of traces) expectRenamed(trace)
  })

  test('arbitrary traces', () => {
    fc.assert(
      fc.property(arbitraryTraces, traces => {
        for (const trace of traces) expectRenamed(trace)
      }),
      seeded(200),
    )
  })

  test('a parent outside of the trace that is called as a position is', () => {
    const ids = ['0a', '0b', '0c'].map(id => id.padStart(16, 'f'))
    const spans = [
      span({ spanId: ids[0]!, parentSpanId: '0000000000000002' }),
      ...ids.slice(1).map(spanId => span({ spanId })),
    ]
    expectRenamed({ traceId: '01', spans })
  })
})
