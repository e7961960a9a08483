import type { Trace } from '../model/trace.ts'
import { TraceSummaries } from '../sampling/summary.ts'
import { withRandomness } from '../sampling/threshold.ts'

/** The traces, of which those whose ids are not random, or too short, tell a randomness that is derived from them. */
export function withOwnRandomness(traces: readonly Trace[]): readonly Trace[] {
  const summaries = new TraceSummaries()
  for (const trace of traces) summaries.add(trace)
  if (summaries.derivedCount === 0) return traces
  return traces.map((trace, row) => {
    if (!summaries.isDerived(row)) return trace
    const randomness = summaries.randomness(row)
    const spans = trace.spans.map(span => ({ ...span, traceState: withRandomness(span.traceState, randomness) }))
    return { traceId: trace.traceId, spans }
  })
}
