import type { Trace } from '../model/trace.ts'
import { defaultSlow, rareTraces, slowTraces } from '../sampling/decide.ts'
import { TraceSummaries } from '../sampling/summary.ts'

/** Traces that are looked for: their ids, as written. */
export interface TraceClasses {
  /** With a span of status error. */
  readonly errors: ReadonlySet<string>
  /** Longer than 99 % of those with their root's operation, or of all. */
  readonly slow: ReadonlySet<string>
  /** Of templates that ten traces or fewer have. */
  readonly rare: ReadonlySet<string>
}

/** The classes by which policies of sampling choose too. */
export function classesOf(traces: readonly Trace[]): TraceClasses {
  const summaries = new TraceSummaries()
  for (const trace of traces) summaries.add(trace)
  const where = (isIn: { at(row: number): number | undefined }) =>
    new Set(traces.filter((_, row) => isIn.at(row) === 1).map(({ traceId }) => traceId))
  return {
    errors: where(summaries.errors),
    slow: where(slowTraces(summaries, defaultSlow)),
    rare: where(rareTraces(summaries)),
  }
}
