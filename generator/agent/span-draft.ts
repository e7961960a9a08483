import type { Attribute, Resource, Span, SpanEvent, Status, Value } from '../../lib/model/trace.ts'
import { hexDigits } from '../identifiers.ts'
import { scope } from './team.ts'
import type { World } from './world.ts'

export const kinds = { internal: 1, server: 2, client: 3 } as const

/** What all spans of a trace share while they are drawn. */
export interface TraceDraft {
  readonly world: World
  readonly traceId: string
  readonly pod: Resource
  readonly spans: SpanDraft[]
}

/** A span while it is drawn. Times are nanoseconds since the start of the run. */
export interface SpanDraft {
  readonly trace: TraceDraft
  readonly parent: SpanDraft | undefined
  readonly name: string
  readonly kind: number
  readonly spanId: string
  readonly startNanos: number
  endNanos: number
  readonly attributes: Attribute[]
  readonly events: SpanEvent[]
  status: Status | null
}

export interface Opening {
  trace: TraceDraft
  parent?: SpanDraft
  name: string
  kind: number
  startNanos: number
}

export function open({ trace, parent, name, kind, startNanos }: Opening): SpanDraft {
  const spanId = hexDigits(trace.world.random, 'span id', 16)
  trace.world.words.add(name)
  const attributes: Attribute[] = []
  const times = { startNanos, endNanos: startNanos }
  const span: SpanDraft = { trace, parent, name, kind, spanId, ...times, attributes, events: [], status: null }
  trace.spans.push(span)
  return span
}

/** An attribute whose value is drawn or derived. */
export function put(span: SpanDraft, key: string, value: Value): void {
  span.attributes.push({ key, value })
  span.trace.world.words.add(key)
}

/** An attribute with one of few texts, which are names. */
export function putName(span: SpanDraft, key: string, name: string): void {
  put(span, key, name)
  span.trace.world.words.add(name)
}

/** Why a call failed. */
export interface Failure {
  readonly type: string
  readonly message: string
}

/** Marks the span as failed at its end. */
export function setError(span: SpanDraft, { type, message }: Failure): void {
  putName(span, 'error.type', type)
  const { words } = span.trace.world
  for (const text of ['exception', 'exception.type', 'exception.message', message]) words.add(text)
  span.status = { code: 2, message }
  span.events.push({
    timeNanos: absolute(span.endNanos),
    name: 'exception',
    attributes: [
      { key: 'exception.type', value: type },
      { key: 'exception.message', value: message },
    ],
    droppedAttributesCount: 0,
  })
}

/** Midnight UTC: when a run begins. */
const epochNanos = 1_796_083_200_000_000_000n

function absolute(nanos: number): bigint {
  return epochNanos + BigInt(nanos)
}

/** Sampled, and the parent is known to be of this process. */
const flags = 0x101

/** The span as it is exported. */
export function toSpan(draft: SpanDraft): Span {
  return {
    spanId: draft.spanId,
    parentSpanId: draft.parent?.spanId ?? '',
    traceState: '',
    flags,
    name: draft.name,
    kind: draft.kind,
    startNanos: absolute(draft.startNanos),
    endNanos: absolute(draft.endNanos),
    attributes: draft.attributes,
    droppedAttributesCount: 0,
    events: draft.events,
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: draft.status,
    resource: draft.trace.pod,
    scope,
  }
}
