import { encodeTraces, type OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { RowTrace, shredderOf } from '../../shred/row-traces.ts'
import { nextTurn } from '../../turns.ts'
import type { LogSegment } from '../wal/log.ts'
import { bySpanCount } from './by-span-count.ts'
import type { LiveLimits, LivePart, LiveTrace } from './part.ts'
import type { LiveSegment } from './segment.ts'

/** So much of a segment's spans goes on to the next one at most: that costs as much as to take them in anew. */
const maxCarriedShare = 1 / 16
/** Spans that go on together, or those of one trace: other work has its turn between. */
const spansAtOnce = 256

/** A segment that takes traces, and its log. */
export interface CarryTarget {
  readonly live: LiveSegment
  readonly log: LogSegment
}

/** How traces are carried. */
export interface Carrying {
  readonly messages: OtlpMessages
  readonly limits: LiveLimits
  readonly nowMillis: number
}

/** Takes the traces of a segment that may get more spans over to the next one, durably: what fails stays where it is. */
export async function carry(from: LiveSegment, to: CarryTarget, carrying: Carrying): Promise<void> {
  const carries = from.parts().map(([tenant, part]) => carryPart({ tenant, part, from }, to, carrying))
  const failures = (await Promise.allSettled(carries)).filter(({ status }) => status === 'rejected')
  // A carry that is written but not durable must not be found by a later start, once its spans are in a block.
  if (failures.length > 0) await to.log.mend()
}

/** A tenant's part of a segment. */
interface Origin {
  readonly tenant: string
  readonly part: LivePart
  readonly from: LiveSegment
}

async function carryPart(origin: Origin, to: CarryTarget, carrying: Carrying): Promise<void> {
  const failures: unknown[] = []
  const appends: Promise<void>[] = []
  for await (const carried of carriedOf(origin.part, carrying.nowMillis, carrying.limits)) {
    if (failures.length > 0) break
    appends.push(carryTraces(carried, origin, to, carrying).catch(error => void failures.push(error)))
    await nextTurn()
  }
  await Promise.all(appends)
  if (failures.length > 0) throw failures[0]
}

function carryTraces(
  { traces, payload }: Carried,
  { tenant, part, from }: Origin,
  { live, log }: CarryTarget,
  { messages, nowMillis }: Carrying,
): Promise<void> {
  const target = live.part(tenant)
  const start = target.rows.length
  messages.read(payload, target.rows)
  for (const { trace, bornMillis } of traces) target.setBorn(part.rows.traceIds.hexOf(trace), bornMillis)
  const mark = target.arrived(start, nowMillis)
  return new Promise((resolve, reject) => {
    const durable = () => {
      target.commit(mark)
      part.take(traces.map(({ trace }) => trace))
      resolve()
    }
    const failed = (error: unknown) => {
      live.rollBack()
      reject(error)
    }
    log.append({ tenant, timeMillis: nowMillis, from: from.name, payload }, durable, failed)
  })
}

/** Traces of a part that go on to the next segment, as OTLP protobuf. */
interface Carried {
  readonly traces: readonly LiveTrace[]
  readonly payload: Buffer
}

/** The traces that may get more spans, a few at a time. */
async function* carriedOf(part: LivePart, nowMillis: number, limits: LiveLimits): AsyncIterable<Carried> {
  const view = await part.view()
  const { rows, groups } = view
  const shredder = shredderOf(rows)
  const traceAt = ({ trace, place }: LiveTrace) => {
    const order = groups.order.subarray(groups.starts[place], groups.starts[place + 1])
    return new RowTrace(rows.traceIds.hexOf(trace), rows, order, shredder)
  }
  const live = part.liveTraces(view, nowMillis, limits, groups.order.length * maxCarriedShare)
  for (const traces of bySpanCount(live, spansAtOnce)) yield { traces, payload: encodeTraces(traces.map(traceAt)) }
}
