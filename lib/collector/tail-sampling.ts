import type { Trace } from '../model/trace.ts'
import { parseThreshold, withThreshold } from '../sampling/threshold.ts'
import { type Decision, isKept, type Policy, type TailTrace, tailTrace } from './policy.ts'

/** What tail sampling makes of traces. */
export interface TailSampled {
  /** The kept traces, in their order; those of a known probability tell it in the trace state of their spans. */
  readonly kept: readonly Trace[]
  /** By policy: traces that it keeps were it alone, and those that no other keeps. */
  readonly alone: readonly ReadonlySet<string>[]
  readonly only: readonly ReadonlySet<string>[]
  /** Traces that are kept by a limiter alone: nobody knows how many each represents. */
  readonly unweightedCount: number
}

/** Replays the policies on traces as if each arrived when its first span starts. */
export function sampleTail(traces: readonly Trace[], policies: readonly Policy[]): TailSampled {
  const arrivals = traces.map((trace, index) => ({ index, tail: tailTrace(trace) }))
  arrivals.sort((a, b) => a.tail.second - b.tail.second || a.index - b.index)
  const kept: (Trace | undefined)[] = new Array(traces.length)
  const alone = policies.map(() => new Set<string>())
  const only = policies.map(() => new Set<string>())
  let unweightedCount = 0
  for (const { index, tail } of arrivals) {
    const decisions = policies.map(policy => policy.decide(tail))
    const { traceId } = tail.trace
    for (const [i, decision] of decisions.entries()) if (isKept([decision])) alone[i]!.add(traceId)
    if (!isKept(decisions)) continue
    for (const i of policies.keys()) if (!isKept(without(decisions, i))) only[i]!.add(traceId)
    const threshold = thresholdOf(tail, policies)
    if (threshold === undefined) unweightedCount++
    kept[index] = threshold === undefined ? tail.trace : withTraceThreshold(tail.trace, threshold)
  }
  return { kept: kept.filter(trace => trace !== undefined), alone, only, unweightedCount }
}

function without(decisions: readonly Decision[], index: number): Decision[] {
  return decisions.filter((_, i) => i !== index)
}

/** The lowest threshold from which on randomness keeps the trace; undefined where a limiter has kept it. */
function thresholdOf(tail: TailTrace, policies: readonly Policy[]): bigint | undefined {
  const candidates = [0n, ...policies.flatMap(({ thresholds }) => thresholds)].filter(one => one <= tail.randomness)
  candidates.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return candidates.find(randomness => {
    const trial = { ...tail, randomness, isTrial: true }
    return isKept(policies.map(policy => policy.decide(trial)))
  })
}

/** The trace with a threshold in each of its spans that tells no higher one. */
function withTraceThreshold(trace: Trace, threshold: bigint): Trace {
  if (threshold === 0n) return trace
  const spans = trace.spans.map(span => {
    const known = parseThreshold(span.traceState) ?? 0n
    return known >= threshold ? span : { ...span, traceState: withThreshold(span.traceState, threshold) }
  })
  return { traceId: trace.traceId, spans }
}
