import type { Span, Trace } from '../model/trace.ts'
import { decide, defaultSlow, rareTraces, slowTraces, type Thresholds } from './decide.ts'
import type { Policy } from './policy.ts'
import type { TraceSummaries } from './summary.ts'
import { adjustedCount, randomnessOf, thresholdEnd, withRandomness, withThreshold } from './threshold.ts'
import { type StateFault, spanThreshold } from './trace-states.ts'

/** What was kept of some traces. */
export interface Kept {
  readonly traces: number
  readonly keptTraces: number
  readonly spans: number
  readonly keptSpans: number
  readonly bytes: number
  readonly keptBytes: number
}

export type TraceClass = 'all' | 'errors' | 'slow' | 'rare' | 'others'

export interface SampleReport {
  /** `slow` are longer than 99 % of their operation or of all, `rare` of templates with at most ten traces. */
  readonly classes: ReadonlyMap<TraceClass, Kept>
  /** What kept traces and spans represent, and the largest weight of one. */
  readonly representedTraces: number
  readonly representedSpans: number
  readonly maxWeight: number
  /** Traces that nothing stands for: their kind is never kept. */
  readonly unrepresented: number
  /** Traces whose randomness is derived from their id, for the ids are short or not random. */
  readonly derivedCount: number
  readonly hasOrderedIds: boolean
  readonly faults: readonly StateFault[]
}

/** A sample of traces that were read once, and are to be read again. */
export class Sample {
  readonly #traces: TraceSummaries
  readonly #thresholds: Thresholds
  readonly #policy: Policy

  constructor(policy: Policy, traces: TraceSummaries) {
    this.#policy = policy
    this.#traces = traces
    this.#thresholds = decide(policy, traces)
  }

  /** The traces that are kept, of all in the same order, whole but for their trace states, which tell their weights. */
  async *keep(batches: AsyncIterable<readonly Trace[]>): AsyncIterable<readonly Trace[]> {
    let row = 0
    for await (const batch of batches) {
      const kept: Trace[] = []
      for (const trace of batch) {
        const threshold = this.#thresholds[row]!
        if (threshold < thresholdEnd) kept.push(this.#sampledTrace(trace, row))
        row++
      }
      if (kept.length > 0) yield kept
    }
  }

  get thresholds(): Thresholds {
    return this.#thresholds
  }

  report(): SampleReport {
    const [traces, thresholds] = [this.#traces, this.#thresholds]
    const [isSlow, isRare] = [slowTraces(traces, defaultSlow), rareTraces(traces)]
    const isError = (row: number) => traces.errors.at(row) === 1
    const isIn: Record<TraceClass, (row: number) => boolean> = {
      all: () => true,
      errors: isError,
      slow: row => isSlow[row] === 1,
      rare: row => isRare[row] === 1,
      others: row => !isError(row) && isSlow[row] === 0 && isRare[row] === 0,
    }
    const classes = Object.entries(isIn).map(([name, test]) => [name as TraceClass, this.#kept(test)] as const)
    const weights = Array.from(thresholds, one => (one < thresholdEnd ? adjustedCount(one) : 0))
    const { unrepresented } = this
    return {
      classes: new Map(classes),
      representedTraces: weights.reduce((sum, weight) => sum + weight, 0),
      representedSpans: weights.reduce((sum, weight, row) => sum + weight * traces.spanCounts.at(row), 0),
      maxWeight: weights.reduce((most, weight) => Math.max(most, weight), 0),
      unrepresented,
      derivedCount: traces.derivedCount,
      hasOrderedIds: traces.hasOrderedIds,
      faults: traces.faults(),
    }
  }

  /** Without a probability for all, a policy keeps a trace for certain or never. */
  get unrepresented(): number {
    if (this.#policy.kind === 'budget' || this.#policy.head !== undefined) return 0
    if (this.#policy.rare !== undefined) return 0
    return this.#thresholds.reduce((count, threshold) => count + (threshold === thresholdEnd ? 1 : 0), 0)
  }

  #kept(isIn: (row: number) => boolean): Kept {
    const kept = { traces: 0, keptTraces: 0, spans: 0, keptSpans: 0, bytes: 0, keptBytes: 0 }
    for (const [row, threshold] of this.#thresholds.entries()) {
      if (!isIn(row)) continue
      const [spans, bytes] = [this.#traces.spanCounts.at(row), this.#traces.byteLengths.at(row)]
      kept.traces++
      kept.spans += spans
      kept.bytes += bytes
      if (threshold === thresholdEnd) continue
      kept.keptTraces++
      kept.keptSpans += spans
      kept.keptBytes += bytes
    }
    return kept
  }

  /** A span that was kept at a higher threshold before keeps that. */
  #sampledTrace({ traceId, spans }: Trace, row: number): Trace {
    const [threshold, randomness] = [this.#thresholds[row]!, this.#traces.randomness(row)]
    const given = this.#traces.givenRandomness(row)
    const stateOf = (span: Span): string => {
      const before = spanThreshold(span, given)
      const state = withToldRandomness(traceId, span.traceState, randomness)
      return withThreshold(state, before > threshold ? before : threshold)
    }
    return { traceId, spans: spans.map(span => ({ ...span, traceState: stateOf(span) })) }
  }
}

/** The trace state, with the randomness where neither it nor the trace id tells it. */
function withToldRandomness(traceId: string, traceState: string, randomness: bigint): string {
  return randomnessOf(traceId, traceState) === randomness ? traceState : withRandomness(traceState, randomness)
}
