import type { AttributeScope } from '../../model/scan.ts'
import type { Attributes, Span, Trace, Value } from '../../model/trace.ts'

/** Called with a value of a span and its name: `span:name`, or scope, dot and key of an attribute. */
export type VisitValue = (name: string, value: Value) => void

/** Every value that is stored of a span, those of its resource, scope, events and links too. */
export function visitValues(traceId: Trace['traceId'], span: Span, visit: VisitValue): void {
  visit('trace:id', traceId)
  visit('span:id', span.spanId)
  if (span.parentSpanId !== '') visit('span:parentID', span.parentSpanId)
  visit('span:name', span.name)
  visit('span:kind', span.kind)
  visit('span:start', span.startNanos)
  visit('span:duration', span.endNanos - span.startNanos)
  visit('span:status', span.status?.code ?? null)
  visit('span:statusMessage', span.status?.message ?? '')
  visit('span:traceState', span.traceState)
  visit('span:flags', span.flags)
  visit('instrumentation:name', span.scope?.name ?? '')
  visit('instrumentation:version', span.scope?.version ?? '')
  visitAttributes('resource', span.resource?.attributes ?? [], visit)
  visitAttributes('instrumentation', span.scope?.attributes ?? [], visit)
  visitAttributes('span', span.attributes, visit)
  for (const { name, timeNanos, attributes } of span.events) {
    visit('event:name', name)
    visit('event:time', timeNanos - span.startNanos)
    visitAttributes('event', attributes, visit)
  }
  for (const link of span.links) {
    visit('link:traceID', link.traceId)
    visit('link:spanID', link.spanId)
    visit('link:traceState', link.traceState)
    visitAttributes('link', link.attributes, visit)
  }
}

function visitAttributes(scope: AttributeScope, attributes: Attributes, visit: VisitValue): void {
  for (const { key, value } of attributes) visit(`${scope}.${key}`, value)
}
