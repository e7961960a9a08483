import { encodeTraces } from '../../formats/otlp/proto-message.ts'
import { rowTraces } from '../../shred/row-traces.ts'
import type { LiveLimits, LivePart, LiveTrace } from './part.ts'

/** So much of a segment's spans goes on to the next one at most: that costs as much as to take them in anew. */
const maxCarriedShare = 1 / 16

/** Traces of a part that go on to the next segment, as OTLP protobuf. */
export interface Carried {
  readonly traces: readonly LiveTrace[]
  readonly payload: Buffer
}

/** The traces that may get more spans; undefined where there are none. */
export function carriedOf(part: LivePart, nowMillis: number, limits: LiveLimits): Carried | undefined {
  const view = part.view()
  const traces = part.liveTraces(nowMillis, limits, view.groups.order.length * maxCarriedShare)
  if (traces.length === 0) return undefined
  const wanted = new Set(traces.map(({ trace }) => trace))
  const all = [...rowTraces(view.rows, view.groups)]
  return { traces, payload: encodeTraces(all.filter((_, place) => wanted.has(view.groups.traces[place]!))) }
}
