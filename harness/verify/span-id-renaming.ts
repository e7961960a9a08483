import type { Link, Span, Trace } from '../../lib/model/trace.ts'

/** Where a span id stands in the data: `undefined` for ids that name nothing in it. */
export type Resolve = (traceId: string, spanId: string) => string | undefined

/**
 * The trace with each span id that names a span of the data replaced by that span's place. Two traces that differ only
 * by a consistent renaming become equal; ids that name nothing stay as they are.
 */
export function relabel({ traceId, spans }: Trace, resolve: Resolve): Trace {
  const places = placesOf(spans)
  const place = (spanId: string) => places.get(spanId) ?? spanId
  const linkPlace = (link: Link) =>
    link.traceId === traceId ? place(link.spanId) : (resolve(link.traceId, link.spanId) ?? link.spanId)
  return {
    traceId,
    spans: spans.map(span => ({
      ...span,
      spanId: place(span.spanId),
      parentSpanId: span.parentSpanId === '' ? '' : place(span.parentSpanId),
      links: span.links.map(link => ({ ...link, spanId: linkPlace(link) })),
    })),
  }
}

/** Finds the places of spans that links of other traces name. */
export async function linkResolver(traces: () => AsyncIterable<readonly Trace[]>): Promise<Resolve> {
  const linked = new Set<string>()
  for await (const batch of traces())
    for (const { traceId, spans } of batch)
      for (const { links } of spans) for (const link of links) if (link.traceId !== traceId) linked.add(link.traceId)
  const places = new Map<string, Map<string, string>>()
  if (linked.size > 0)
    for await (const batch of traces())
      for (const { traceId, spans } of batch) if (linked.has(traceId)) places.set(traceId, placesOf(spans))
  return (traceId, spanId) => places.get(traceId)?.get(spanId)
}

/** The row of the first span of each id. An empty id names nothing. */
function placesOf(spans: readonly Span[]): Map<string, string> {
  const places = new Map<string, string>()
  spans.forEach(({ spanId }, row) => {
    if (spanId !== '' && !places.has(spanId)) places.set(spanId, `row ${row}`)
  })
  return places
}
