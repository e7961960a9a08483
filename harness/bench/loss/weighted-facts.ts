import type { Trace } from '../../../lib/model/trace.ts'
import type { Facts } from '../../../lib/questions/facts.ts'

/** The facts of the spans of some traces, which count so often; those with a weight of 0 are left out. */
export function weightedFacts(facts: Facts, weights: ArrayLike<number>): Facts {
  const rows = new Uint32Array(facts.traces.length).map((_, row) => row).filter(row => weights[facts.traces[row]!]! > 0)
  const pick = (codes: Uint32Array) => rows.map(row => codes[row]!)
  const pickGroups = ({ codes, names }: Facts['services']) => ({ codes: pick(codes), names })
  return {
    weights: Float64Array.from(rows, row => weights[facts.traces[row]!]!),
    traces: pick(facts.traces),
    traceIds: facts.traceIds,
    services: pickGroups(facts.services),
    operations: pickGroups(facts.operations),
    edges: pickGroups(facts.edges),
    errors: pick(facts.errors),
    durations: Float64Array.from(rows, row => facts.durations[row]!),
  }
}

/** What was sampled before would count for others that are not there: where samples are judged, the traces are all. */
export function withoutStates(trace: Trace): Trace {
  return { ...trace, spans: trace.spans.map(span => ({ ...span, traceState: '' })) }
}
