import { encodeTraces } from '../../formats/otlp/proto-message.ts'
import { RowTrace, shredderOf } from '../../shred/row-traces.ts'
import type { LiveLimits, LivePart, LiveTrace } from './part.ts'

/** So much of a segment's spans goes on to the next one at most: that costs as much as to take them in anew. */
const maxCarriedShare = 1 / 16
/** Spans that go on together, or those of one trace: other work has its turn between. */
const spansAtOnce = 512

/** Traces of a part that go on to the next segment, as OTLP protobuf. */
export interface Carried {
  readonly traces: readonly LiveTrace[]
  readonly payload: Buffer
}

/** The traces that may get more spans, a few at a time. */
export async function* carriedOf(part: LivePart, nowMillis: number, limits: LiveLimits): AsyncIterable<Carried> {
  const view = await part.view()
  const { rows, groups } = view
  const shredder = shredderOf(rows)
  const traceAt = ({ trace, place }: LiveTrace) => {
    const order = groups.order.subarray(groups.starts[place], groups.starts[place + 1])
    return new RowTrace(rows.traceIds.hexOf(trace), rows, order, shredder)
  }
  for (const traces of inSlices(part.liveTraces(view, nowMillis, limits, groups.order.length * maxCarriedShare)))
    yield { traces, payload: encodeTraces(traces.map(traceAt)) }
}

function* inSlices(traces: readonly LiveTrace[]): Iterable<LiveTrace[]> {
  let slice: LiveTrace[] = []
  let spanCount = 0
  for (const trace of traces) {
    slice.push(trace)
    spanCount += trace.spanCount
    if (spanCount < spansAtOnce) continue
    yield slice
    slice = []
    spanCount = 0
  }
  if (slice.length > 0) yield slice
}
