import type { Attributes, Resource, Scope, Span, Trace } from '../../model/trace.ts'

/**
 * What a block holds of a trace, the same for traces that become the same there: without what no column takes, and with
 * attributes in an order that no order of theirs counts for.
 */
export function asHeld({ traceId, spans }: Trace): Trace {
  return { traceId, spans: spans.map(spanAsHeld) }
}

function spanAsHeld(span: Span): Span {
  const { resource, scope, status } = span
  return {
    ...span,
    flags: 0,
    attributes: sorted(span.attributes),
    events: span.events.map(event => ({ ...event, attributes: sorted(event.attributes) })),
    links: span.links.map(link => ({ ...link, attributes: sorted(link.attributes), flags: 0 })),
    status: status && status.code === 0 && status.message === '' ? null : status,
    resource: resource && resourceAsHeld(resource),
    scope: scope && scopeAsHeld(scope),
  }
}

function resourceAsHeld(resource: Resource): Resource | null {
  const attributes = sorted(resource.attributes.filter(({ key, value }) => key !== 'service.name' || value !== ''))
  const isEmpty = attributes.length === 0 && resource.droppedAttributesCount === 0
  return isEmpty ? null : { ...resource, attributes, schemaUrl: '' }
}

function scopeAsHeld(scope: Scope): Scope | null {
  const { name, version, attributes, droppedAttributesCount } = scope
  const isEmpty = name === '' && version === '' && attributes.length === 0 && droppedAttributesCount === 0
  return isEmpty ? null : { ...scope, attributes: sorted(attributes), schemaUrl: '' }
}

/** By key; those of one key by their value. */
function sorted(attributes: Attributes): Attributes {
  return attributes.toSorted((a, b) => compare(a.key, b.key) || compare(textOf(a.value), textOf(b.value)))
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
