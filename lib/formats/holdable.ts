import { LabError } from '../error.ts'
import type { Span, Trace } from '../model/trace.ts'
import type { Units } from '../model/units.ts'
import type { Refusal } from './format.ts'

/** The traces, of which each span that a target cannot hold is bad. */
export async function* holdable(
  batches: AsyncIterable<readonly Trace[]>,
  refusal: Refusal,
  units: Units,
): AsyncIterable<readonly Trace[]> {
  for await (const batch of batches) yield heldTraces(batch, refusal, units)
}

export function heldTraces(traces: readonly Trace[], refusal: Refusal, units: Units): Trace[] {
  const isHeld = (traceId: string, span: Span) => {
    const reason = refusal(span)
    if (reason !== undefined)
      units.bad('span', new LabError('unsupported', `trace ${traceId}, span ${span.spanId}, ${reason}`))
    return reason === undefined
  }
  return traces
    .map(({ traceId, spans }) => ({ traceId, spans: spans.filter(span => isHeld(traceId, span)) }))
    .filter(({ spans }) => spans.length > 0)
}
