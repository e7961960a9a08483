import type { SpanIds } from './outline.ts'

/** Why the ids of a span are not those of OpenTelemetry, 16 and 8 bytes that are not all zero; undefined where they are. */
export function refuseIds({ traceId, spanId, parentSpanId }: SpanIds): string | undefined {
  if (traceId.length !== 16) return `trace id of ${traceId.length} bytes, expected 16`
  if (isZero(traceId)) return 'trace id of zeros'
  if (spanId.length !== 8) return `span id of ${spanId.length} bytes, expected 8`
  if (isZero(spanId)) return 'span id of zeros'
  const parentBytes = parentSpanId.length
  return parentBytes === 0 || parentBytes === 8 ? undefined : `parent span id of ${parentBytes} bytes, expected 8`
}

function isZero(id: Buffer): boolean {
  for (let i = 0; i < id.length; i++) if (id[i] !== 0) return false
  return true
}
