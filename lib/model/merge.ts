import { getOrInsert } from '../maps.ts'
import { Digester } from './digest.ts'
import type { Span, Trace } from './trace.ts'
import { joinSpellings } from './trace-id.ts'

/** A trace from its pieces, and how many spans were left out since an earlier piece has their equal. */
export interface Merged {
  readonly trace: Trace
  readonly droppedCount: number
}

/** What is left of a trace in a source. */
export type AsHeld = (trace: Trace) => Trace

/** A piece of a trace; `asHeld` is that of its source, where that does not hold all of a trace. */
export interface HeldPiece {
  readonly trace: Trace
  readonly asHeld?: AsHeld | undefined
}

/**
 * Joins pieces of one trace, as several files have them: the spans of the first, then those of each other one that are
 * new. Spans that are equal, as held where that is given, count once, but as often as they occur in one piece.
 */
export function mergePieces(pieces: readonly Trace[], asHeld?: AsHeld): Merged {
  const [first, ...others] = pieces
  if (others.length === 0) return { trace: first!, droppedCount: 0 }
  const { traceId } = first!
  const digester = new Digester()
  const repeated = repeatedIds(pieces)
  const nameOf = (span: Span) => {
    const trace = { traceId, spans: [span] }
    return digester.digest(asHeld ? asHeld(trace) : trace)
  }
  const known = new Map<string, number>()
  const spans = [...first!.spans]
  for (const span of first!.spans) if (repeated.has(span.spanId)) count(known, nameOf(span))
  let droppedCount = 0
  for (const piece of others) {
    const own = new Map<string, number>()
    for (const span of piece.spans) {
      if (repeated.has(span.spanId)) {
        const name = nameOf(span)
        if (count(own, name) <= (known.get(name) ?? 0)) {
          droppedCount++
          continue
        }
        count(known, name)
      }
      spans.push(span)
    }
  }
  return { trace: { traceId, spans }, droppedCount }
}

/** The ids that spans of several pieces have: no other spans can be equal. */
function repeatedIds(pieces: readonly Trace[]): Set<string> {
  const pieceOf = new Map<string, Trace>()
  const repeated = new Set<string>()
  for (const piece of pieces)
    for (const { spanId } of piece.spans) if (getOrInsert(pieceOf, spanId, () => piece) !== piece) repeated.add(spanId)
  return repeated
}

/** How many there are of a name, with one more. */
function count(counts: Map<string, number>, name: string): number {
  const counted = (counts.get(name) ?? 0) + 1
  counts.set(name, counted)
  return counted
}

/** Pieces of one trace, whose ids may be spelled in several ways: a trace per spelling, in the order of their first pieces. */
export function mergeSpellings(pieces: readonly Trace[]): Trace[] {
  const spellings = new Map<string, Trace[]>()
  for (const piece of pieces) getOrInsert(spellings, piece.traceId, () => []).push(piece)
  return [...spellings.values()].map(own => mergePieces(own).trace)
}

/**
 * The same of pieces of which some have lost a part of their spans: such a span counts once with one that would be equal if
 * that were lost too, and the latter is given. The spelling of an id may be lost as well.
 */
export function mergeHeld(pieces: readonly HeldPiece[]): Trace[] {
  const tracesOf = (some: readonly HeldPiece[]) => some.map(({ trace }) => trace)
  const coarse = pieces.filter(({ asHeld }) => asHeld !== undefined)
  const whole = mergeSpellings(tracesOf(pieces.filter(({ asHeld }) => asHeld === undefined)))
  if (coarse.length === 0 || whole.length === 0) return [...whole, ...mergeSpellings(tracesOf(coarse))]
  const first = joinSpellings(whole)
  const [{ trace, asHeld }] = coarse as [HeldPiece]
  const { spans } = mergePieces([first, ...tracesOf(coarse)], asHeld).trace
  return withSpans(whole, { traceId: trace.traceId, spans: spans.slice(first.spans.length) })
}

/** Traces and some more spans, with those of their spelling if there are any. */
function withSpans(traces: readonly Trace[], { traceId, spans }: Trace): Trace[] {
  if (spans.length === 0) return [...traces]
  if (!traces.some(trace => trace.traceId === traceId)) return [...traces, { traceId, spans }]
  return traces.map(trace => (trace.traceId === traceId ? { traceId, spans: [...trace.spans, ...spans] } : trace))
}
