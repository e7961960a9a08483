import { getOrInsert } from '../maps.ts'
import { Digester } from './digest.ts'
import type { Span, Trace } from './trace.ts'

/** A trace from its pieces, and how many spans were left out since an earlier piece has their equal. */
export interface Merged {
  readonly trace: Trace
  readonly droppedCount: number
}

/**
 * Joins pieces of one trace, as several files have them: the spans of the first, then those of each other one that are
 * new. Equal spans count once, but as often as they occur in one piece.
 */
export function mergePieces(pieces: readonly Trace[]): Merged {
  const [first, ...others] = pieces
  if (others.length === 0) return { trace: first!, droppedCount: 0 }
  const { traceId } = first!
  const digester = new Digester()
  const nameOf = (span: Span) => digester.digest({ traceId, spans: [span] })
  const known = countBy(first!.spans, nameOf)
  const spans = [...first!.spans]
  let droppedCount = 0
  for (const piece of others) {
    const own = new Map<string, number>()
    for (const span of piece.spans) {
      const name = nameOf(span)
      const count = (own.get(name) ?? 0) + 1
      own.set(name, count)
      if (count <= (known.get(name) ?? 0)) {
        droppedCount++
        continue
      }
      known.set(name, count)
      spans.push(span)
    }
  }
  return { trace: { traceId, spans }, droppedCount }
}

/** Pieces of one trace, whose ids may be spelled in several ways: a trace per spelling, in the order of their first pieces. */
export function mergeSpellings(pieces: readonly Trace[]): Trace[] {
  const spellings = new Map<string, Trace[]>()
  for (const piece of pieces) getOrInsert(spellings, piece.traceId, () => []).push(piece)
  return [...spellings.values()].map(own => mergePieces(own).trace)
}

function countBy(spans: readonly Span[], nameOf: (span: Span) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const span of spans) {
    const name = nameOf(span)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
