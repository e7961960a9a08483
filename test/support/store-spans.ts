import { encodeTraces } from '../../lib/formats/otlp/proto-message.ts'
import type { SpanSource } from '../../lib/model/scan.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'
import { valuesOf } from './columns.ts'
import { span } from './nasty.ts'

/** A request with spans of some traces: each is a trace's number and the span's own. */
export function requestOf(
  spans: readonly (readonly [trace: number, span: number])[],
  fields: Partial<Span> = {},
): Buffer {
  return encodeTraces(spans.map(([trace, number]) => pieceOf(trace, number, fields)))
}

export function pieceOf(trace: number, number: number, fields: Partial<Span> = {}): Trace {
  return { traceId: traceIdOf(trace), spans: [span({ spanId: spanIdOf(number), name: `span ${number}`, ...fields })] }
}

export function traceIdOf(trace: number): string {
  return trace.toString(16).padStart(32, '0')
}

export function spanIdOf(number: number): string {
  return number.toString(16).padStart(16, '0')
}

/** How often each span is in a source, by its id, as a scan finds it. */
export async function countSpanIds(source: SpanSource): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const batch of source.scan({ needs: [], columns: ['span:id'] })) {
    for (const [, id] of valuesOf((await batch.read(['span:id'])).get('span:id')))
      counts.set(id as string, (counts.get(id as string) ?? 0) + 1)
    batch.release()
  }
  return counts
}
