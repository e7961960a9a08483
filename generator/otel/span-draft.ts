import type { Attribute, Attributes, Link, Scope, Span, SpanEvent, Status, Value } from '../../lib/model/trace.ts'
import { hexDigits } from '../identifiers.ts'
import type { Random } from '../random.ts'
import type { Timing } from '../timing.ts'
import type { Pod } from './fleet.ts'
import type { World } from './world.ts'

export const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const

/** Why something failed, as each protocol says it. */
export interface Failure {
  readonly type: string
  readonly message: string
  /** HTTP status code. */
  readonly http: number
  /** gRPC status code. */
  readonly grpc: number
  /** True where the request is to blame: a server does not call that an error. */
  readonly isClientFault?: boolean
}

/** What all spans of a trace share while they are drawn. */
export interface TraceDraft {
  readonly world: World
  readonly traceId: string
  readonly traceState: string
  readonly spans: SpanDraft[]
}

/** A span while it is drawn. Times are nanoseconds of true time since the start of the run. */
export interface SpanDraft {
  readonly trace: TraceDraft
  readonly parent: SpanDraft | undefined
  readonly pod: Pod
  readonly scope: Scope
  readonly kind: number
  /** Draws for what this span shows; of a lost span they are not counted. */
  readonly random: Random
  readonly isLost: boolean
  name: string
  spanId: string
  startNanos: number
  endNanos: number
  /** Where its own work stands. */
  nowNanos: number
  readonly attributes: Attribute[]
  readonly events: SpanEvent[]
  readonly links: Link[]
  status: Status | null
}

export interface Opening {
  trace: TraceDraft
  parent?: SpanDraft
  pod: Pod
  scope: Scope
  kind: number
  name: string
  /** When what causes it happened. */
  fromNanos: number
  /** How long after that it begins. */
  gap?: Timing
  isLost?: boolean
}

/** Begins a span, at a tick of its own clock. */
export function open({ trace, parent, pod, scope, kind, name, fromNanos, gap, isLost = false }: Opening): SpanDraft {
  const { world } = trace
  const random = isLost ? world.hidden : world.random
  const { tickNanos } = pod.service.language
  const startNanos = nextTick(fromNanos, tickNanos) + (gap?.draw(random, 'own time', tickNanos, world.load) ?? 0)
  const span: SpanDraft = {
    trace,
    parent,
    pod,
    scope,
    kind,
    random,
    isLost,
    name,
    spanId: isLost ? '' : hexDigits(world.random, 'span id', 16),
    startNanos,
    endNanos: startNanos,
    nowNanos: startNanos,
    attributes: [],
    events: [],
    links: [],
    status: null,
  }
  trace.spans.push(span)
  return span
}

/** The span's own work goes on for a while. */
export function work(span: SpanDraft, timing: Timing): void {
  const quarters = span.trace.world.load
  const { tickNanos } = span.pod.service.language
  span.nowNanos = nextTick(span.nowNanos, tickNanos) + timing.draw(span.random, 'own time', tickNanos, quarters)
}

/** Ends the span at its own now. */
export function close(span: SpanDraft): void {
  span.endNanos = nextTick(span.nowNanos, span.pod.service.language.tickNanos)
  span.nowNanos = span.endNanos
}

/** The id by which children and messages name the span; that of a lost one counts when it is first named. */
export function idOf(span: SpanDraft): string {
  if (span.spanId === '') span.spanId = hexDigits(span.trace.world.random, 'span id', 16)
  return span.spanId
}

/** An attribute whose value is drawn or derived; `texts` are the constant parts of it. */
export function put(span: SpanDraft, key: string, value: Value, ...texts: string[]): void {
  span.attributes.push({ key, value })
  if (span.isLost) return
  const { words } = span.trace.world
  words.add(key)
  for (const text of texts) words.add(text)
}

/** An attribute with one of few texts, which are names. */
export function putName(span: SpanDraft, key: string, name: string): void {
  put(span, key, name, name)
}

/** Attributes that are always the same. */
export function putAll(span: SpanDraft, list: Attributes): void {
  for (const attribute of list) span.attributes.push(attribute)
  if (!span.isLost) span.trace.world.words.addList(list)
}

/** An event now. */
export function addEvent(span: SpanDraft, name: string, attributes: Attributes): void {
  const timeNanos = absolute(nextTick(span.nowNanos, span.pod.service.language.tickNanos), span.pod)
  span.events.push({ timeNanos, name, attributes, droppedAttributesCount: 0 })
  if (!span.isLost) span.trace.world.words.add(name)
}

/** Midnight UTC: when a run begins. */
export const epochNanos = 1_794_960_000_000_000_000n

const sampled = 0x1
const tellsRemote = 0x100
const isRemote = 0x200

/** The flags of a span: sampled, and, from newer SDKs, whether the parent is of another process. */
export function flagsOf({ pod, parent }: SpanDraft): number {
  if (!pod.service.language.tellsRemote) return sampled
  return sampled | tellsRemote | (parent !== undefined && parent.pod !== pod ? isRemote : 0)
}

/** The span as it is exported. */
export function toSpan(draft: SpanDraft): Span {
  const { pod, parent, trace, scope } = draft
  const { words } = trace.world
  words.add(draft.name)
  words.addList(pod.resource.attributes)
  words.add(scope.name)
  words.add(scope.version)
  return {
    spanId: idOf(draft),
    parentSpanId: parent === undefined ? '' : idOf(parent),
    traceState: trace.traceState,
    flags: flagsOf(draft),
    name: draft.name,
    kind: draft.kind,
    startNanos: absolute(draft.startNanos, pod),
    endNanos: absolute(draft.endNanos, pod),
    attributes: draft.attributes,
    droppedAttributesCount: 0,
    events: draft.events,
    droppedEventsCount: 0,
    links: draft.links,
    droppedLinksCount: 0,
    status: draft.status,
    resource: pod.resource,
    scope,
  }
}

/** True time as the pod's clock shows it. */
function absolute(nanos: number, { skewNanos }: Pod): bigint {
  return epochNanos + BigInt(nanos + skewNanos)
}

function nextTick(nanos: number, tickNanos: number): number {
  const rest = nanos % tickNanos
  return rest === 0 ? nanos : nanos - rest + tickNanos
}
