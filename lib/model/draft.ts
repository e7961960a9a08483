import type { Link, Resource, Scope, Span, SpanEvent, Status } from './trace.ts'

/** A model object while it is being read. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] }

/** Shared by all that have none of the list's items. */
const none: readonly never[] = []

export function newSpan(): Draft<Span> {
  return {
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    startNanos: 0n,
    endNanos: 0n,
    attributes: none,
    droppedAttributesCount: 0,
    events: none,
    droppedEventsCount: 0,
    links: none,
    droppedLinksCount: 0,
    status: null,
    resource: null,
    scope: null,
  }
}

export function newEvent(): Draft<SpanEvent> {
  return { timeNanos: 0n, name: '', attributes: none, droppedAttributesCount: 0 }
}

export function newLink(): Draft<Link> {
  return { traceId: '', spanId: '', traceState: '', flags: 0, attributes: none, droppedAttributesCount: 0 }
}

export function newStatus(): Draft<Status> {
  return { code: 0, message: '' }
}

export function newResource(): Draft<Resource> {
  return { attributes: none, droppedAttributesCount: 0, schemaUrl: '' }
}

export function newScope(): Draft<Scope> {
  return { name: '', version: '', attributes: none, droppedAttributesCount: 0, schemaUrl: '' }
}
