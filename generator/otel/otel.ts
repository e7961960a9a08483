import type { Trace } from '../../lib/model/trace.ts'
import type { FloorMeter } from '../floor-meter.ts'
import { hexDigits } from '../identifiers.ts'
import type { FaultLabel } from './faults.ts'
import { services } from './fleet.ts'
import { requestProfile, requestSearch } from './requests/browse.ts'
import type { Entry } from './requests/gateway.ts'
import { requestAvailability, requestRestock } from './requests/inventory.ts'
import { runBatch, runReport, takeOrders } from './requests/jobs.ts'
import { requestOrder } from './requests/order.ts'
import { requestPayment } from './requests/payment.ts'
import { requestLogin } from './requests/session.ts'
import { epochNanos, type SpanDraft, type TraceDraft, toSpan } from './span-draft.ts'
import { Traffic } from './traffic.ts'
import { createWorld, type World } from './world.ts'

export interface OtelOptions {
  readonly traceCount: number
  readonly seed: number
  /** Names of faults.ts. */
  readonly faults?: readonly string[]
  /** Is told the truth about the faults when all traces have been taken. */
  readonly onFaults?: (labels: FaultLabel[]) => void
}

interface Kind {
  /** Of ten thousand traces. */
  readonly weight: number
  readonly tickNanos: number
  run(trace: TraceDraft, fromNanos: number): void
}

const batchLimit = 8
const gatewayTick = services.gateway.language.tickNanos
const jobTick = services.analytics.language.tickNanos

/** What a trace can be; the last only while orders wait. */
const traceKinds: readonly Kind[] = [
  userKind(1200, requestLogin),
  userKind(2800, requestProfile),
  userKind(2000, requestSearch),
  userKind(1400, requestAvailability),
  userKind(350, requestRestock),
  userKind(700, requestPayment),
  userKind(850, requestOrder),
  { weight: 60, tickNanos: jobTick, run: runReport },
  { weight: 7, tickNanos: jobTick, run: runBatch },
]
const takeOrdersKind: Kind = {
  weight: 900,
  tickNanos: services.warehouse.language.tickNanos,
  run: (trace, fromNanos) => {
    const { orders, random } = trace.world
    const ready = orders.ready(fromNanos, batchLimit)
    takeOrders(trace, fromNanos, orders.take(1 + random.below('request', ready)))
  },
}
const weights = traceKinds.map(({ weight }) => weight)
const weightsWithOrders = [...weights, takeOrdersKind.weight]

/**
 * The workload `otel`: traces of a shop in OpenTelemetry's terms, one by one in the order of their starts. What the
 * draws are worth is added to `floor` as the traces are taken; see fields.ts for what each field covers.
 */
export function* generateOtel(options: OtelOptions, floor: FloorMeter): Iterable<Trace> {
  const { traceCount, seed, faults = [], onFaults } = options
  const world = createWorld({ traceCount, seed, faults }, floor)
  const traffic = new Traffic(world.random)
  for (let index = 0; index < traceCount; index++) {
    const kind = drawKind(world, traffic)
    const fromNanos = traffic.next(kind.tickNanos)
    world.load = traffic.load()
    world.faults.advance(index, epochNanos + BigInt(fromNanos))
    const draft = openTrace(world)
    kind.run(draft, fromNanos)
    yield finishTrace(draft)
  }
  onFaults?.(world.faults.labels())
}

function userKind(weight: number, request: (entry: Entry) => void): Kind {
  const run = (trace: TraceDraft, fromNanos: number) =>
    request({ trace, user: trace.world.catalogue.user(), fromNanos })
  return { weight, tickNanos: gatewayTick, run }
}

function drawKind({ random, orders }: World, { nowNanos }: Traffic): Kind {
  const hasOrders = orders.ready(nowNanos, 1) > 0
  const index = random.weighted('request', hasOrders ? weightsWithOrders : weights)
  return traceKinds[index] ?? takeOrdersKind
}

function openTrace(world: World): TraceDraft {
  const { random } = world
  const traceId = hexDigits(random, 'trace id', 32)
  const hasState = random.chance('trace state', 1, 32)
  const traceState = hasState ? `ot=th:fd70a4;rv:${hexDigits(random, 'trace state', 14)}` : ''
  if (hasState) world.words.add('ot=th:fd70a4;rv:')
  return { world, traceId, traceState, spans: [] }
}

/** A pod exports once a second, in the order in which spans end. */
const exportInterval = 1e9

/** The spans that were not lost, in the order in which they reach the collector; now and then one comes late. */
function finishTrace({ traceId, spans, world }: TraceDraft): Trace {
  const { random } = world
  const arrivals = spans
    .filter(({ isLost }) => !isLost)
    .map(draft => ({ draft, exported: exportTime(draft), rank: draft.pod.rank }))
  arrivals.sort((a, b) => a.exported - b.exported || a.rank - b.rank || a.draft.endNanos - b.draft.endNanos)
  if (arrivals.length > 1 && random.chance('loss', 1, 400)) {
    const [late] = arrivals.splice(random.below('loss', arrivals.length - 1), 1)
    arrivals.push(late)
  }
  return { traceId, spans: arrivals.map(({ draft }) => toSpan(draft)) }
}

function exportTime({ endNanos, pod: { exportNanos } }: SpanDraft): number {
  return exportNanos + Math.ceil((endNanos - exportNanos) / exportInterval) * exportInterval
}
