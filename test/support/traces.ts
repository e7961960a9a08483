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

/** Pieces brought together: one trace an id, in the order of first sight, but next to other spellings of its id. */
export function joinPieces(pieces: Iterable<Trace>): Trace[] {
  const traces = new Map<string, Map<string, Span[]>>()
  for (const { traceId, spans } of pieces) {
    const number = traceId.replace(/^0+(?=.)/, '')
    const spellings = traces.get(number) ?? new Map<string, Span[]>()
    traces.set(number, spellings.set(traceId, [...(spellings.get(traceId) ?? []), ...spans]))
  }
  return [...traces.values()].flatMap(spellings => Array.from(spellings, ([traceId, spans]) => ({ traceId, spans })))
}
