import type { Span, Trace } from '../model/trace.ts'
import { isNoSpanId } from '../model/trace-id.ts'
import { isOwnTrace } from '../model/tree.ts'

/**
 * The same trace with the spans' ids derived from their positions: 1, 2 and so on. Parents and links within the trace
 * follow; what names no span of the trace stays, and its id is given to none.
 */
export function renameSpanIds({ traceId, spans }: Trace): Trace {
  const named = new Set(spans.map(({ spanId }) => spanId).filter(id => !isNoSpanId(id)))
  const outside = new Set(spans.flatMap(span => references(traceId, span)).filter(id => !named.has(id)))
  const renamed = new Map<string, string>()
  let position = 0
  for (const id of named) {
    do position++
    while (outside.has(idAt(position)))
    renamed.set(id, idAt(position))
  }
  const nameOf = (id: string) => renamed.get(id) ?? id
  return {
    traceId,
    spans: spans.map(span => ({
      ...span,
      spanId: nameOf(span.spanId),
      parentSpanId: nameOf(span.parentSpanId),
      links: span.links.map(link =>
        isOwnTrace(link.traceId, traceId) ? { ...link, spanId: nameOf(link.spanId) } : link,
      ),
    })),
  }
}

function references(traceId: string, { parentSpanId, links }: Span): string[] {
  return [parentSpanId, ...links.filter(link => isOwnTrace(link.traceId, traceId)).map(({ spanId }) => spanId)]
}

function idAt(position: number): string {
  return position.toString(16).padStart(16, '0')
}
