import { serviceOf } from '../model/service.ts'
import { int64Max, int64Min, type Span, type Trace } from '../model/trace.ts'
import { parentRows } from '../model/tree.ts'
import type { RollupWriter } from './file.ts'
import type { Series } from './series.ts'

/** Counts the spans of a trace, of which each represents as many as `weightOf` says by its trace state. */
export function countTrace(
  rollup: RollupWriter,
  { traceId, spans }: Trace,
  weightOf: (traceId: string, traceState: string) => number,
): void {
  const parents = parentRows(spans)
  for (const [row, span] of spans.entries()) {
    const parent = spans[parents[row]!]
    rollup.add(seriesOf(span, parent, weightOf(traceId, span.traceState)), span.startNanos, durationOf(span))
  }
}

function seriesOf(span: Span, parent: Span | undefined, weight: number): Series {
  const service = serviceOf(span.resource)
  const caller = parent && serviceOf(parent.resource)
  return {
    caller: caller === service ? undefined : caller,
    service,
    operation: span.name,
    status: span.status?.code ?? 0,
    weight,
  }
}

/** In ns; it ends where int64 does, as `span:duration` does. */
function durationOf({ startNanos, endNanos }: Span): bigint {
  const duration = endNanos - startNanos
  return duration < int64Min ? int64Min : duration > int64Max ? int64Max : duration
}
