import { expect } from 'vitest'
import { firstDifference } from '../../lib/model/difference.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'

/** Fails with the first difference, where the traces are not the same in everything. */
export function expectSameTraces(expected: readonly Trace[], actual: readonly Trace[]): void {
  expected.forEach((trace, i) => {
    expect(actual[i] && firstDifference(trace, actual[i])).toBeUndefined()
  })
  expect(actual).toHaveLength(expected.length)
}

/** Pieces brought together: one trace an id, in the order of first sight. */
export function joinPieces(pieces: Iterable<Trace>): Trace[] {
  const traces = new Map<string, Span[]>()
  for (const { traceId, spans } of pieces) {
    const known = traces.get(traceId)
    if (known === undefined) traces.set(traceId, [...spans])
    else for (const span of spans) known.push(span)
  }
  return [...traces].map(([traceId, spans]) => ({ traceId, spans }))
}
