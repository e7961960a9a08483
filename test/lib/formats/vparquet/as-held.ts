import { firstDifference } from '../../../../lib/model/difference.ts'
import type { Attributes, Span, Trace } from '../../../../lib/model/trace.ts'

/** The trace without what no column of a block takes, in an order that no order in it counts for. */
export function asHeld({ traceId, spans }: Trace): Trace {
  return { traceId, spans: spans.map(spanAsHeld).sort((a, b) => compare(sortKey(a), sortKey(b))) }
}

function spanAsHeld(span: Span): Span {
  const { resource, scope, status } = span
  const isEmptyResource = !resource || (sorted(resource).length === 0 && resource.droppedAttributesCount === 0)
  const isEmptyScope = !scope || (`${scope.name}${scope.version}` === '' && scope.attributes.length === 0)
  return {
    ...span,
    flags: 0,
    attributes: sorted(span),
    events: span.events.map(event => ({ ...event, attributes: sorted(event) })),
    links: span.links.map(link => ({ ...link, attributes: sorted(link), flags: 0 })),
    status: status && status.code === 0 && status.message === '' ? null : status,
    resource: isEmptyResource ? null : { ...resource, attributes: sorted(resource), schemaUrl: '' },
    scope: isEmptyScope ? null : { ...scope, attributes: sorted(scope), schemaUrl: '' },
  }
}

/** Attributes by key; those of one key by their value. An empty service.name is none. */
function sorted({ attributes }: { attributes: Attributes }): Attributes {
  return attributes
    .filter(({ key, value }) => key !== 'service.name' || value !== '')
    .sort((a, b) => compare(a.key, b.key) || compare(textOf(a.value), textOf(b.value)))
}

function sortKey(span: Span): string {
  return `${span.spanId} ${span.kind} ${span.startNanos} ${textOf(span)}`
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The first difference of each trace that differs, by trace id. */
export function differences(expected: readonly Trace[], actual: readonly Trace[]): string[] {
  const found = new Map(actual.map(trace => [trace.traceId, trace]))
  return expected.flatMap(trace => {
    const other = found.get(trace.traceId)
    if (other === undefined) return [`${trace.traceId}: is missing`]
    const difference = firstDifference(asHeld(trace), asHeld(other))
    return difference ? [`${trace.traceId}${difference.path}: ${difference.expected}, got ${difference.actual}`] : []
  })
}
