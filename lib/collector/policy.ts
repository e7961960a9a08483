import type { Trace } from '../model/trace.ts'
import { randomnessOf } from '../sampling/threshold.ts'

/** What a tail sampling policy says of a trace. Inverted ones come of `invert_match`. */
export type Decision = 'sample' | 'pass' | 'drop' | 'inverted sample' | 'inverted pass'

/** A trace as policies see it. */
export interface TailTrace {
  readonly trace: Trace
  /** The second in which its first span starts: when it arrives. */
  readonly second: number
  /** From the earliest start to the latest end, whole milliseconds. */
  readonly durationMillis: number
  /** 56 bits, by which probabilistic policies decide. */
  readonly randomness: bigint
  /** True where another randomness is tried: limiters keep their counts, and sample nothing. */
  readonly isTrial: boolean
}

/** A policy as it is replayed. */
export interface Policy {
  readonly name: string
  readonly type: string
  /** Thresholds of randomness from which on it may decide otherwise. */
  readonly thresholds: readonly bigint[]
  /** What it samples by its counts has no known probability. */
  readonly isLimiter: boolean
  decide(trace: TailTrace): Decision
}

export function tailTrace(trace: Trace): TailTrace {
  let [first, last] = [trace.spans[0]!.startNanos, trace.spans[0]!.endNanos]
  for (const { startNanos, endNanos } of trace.spans) {
    if (startNanos < first) first = startNanos
    if (endNanos > last) last = endNanos
  }
  const traceState = trace.spans.find(span => span.traceState.includes('rv:'))?.traceState ?? ''
  return {
    trace,
    second: Number(first / 1_000_000_000n),
    durationMillis: Number((last - first) / 1_000_000n),
    randomness: randomnessOf(trace.traceId, traceState),
    isTrial: false,
  }
}

/** Whether a trace is kept by what all policies say of it, as the processor combines them. */
export function isKept(decisions: readonly Decision[]): boolean {
  if (decisions.includes('drop') || decisions.includes('inverted pass')) return false
  return decisions.includes('sample') || (decisions.includes('inverted sample') && !decisions.includes('pass'))
}

/** Whether a policy within another one matches: what is inverted counts as what it says. */
export function matches(decision: Decision): boolean {
  return decision === 'sample' || decision === 'inverted sample'
}
