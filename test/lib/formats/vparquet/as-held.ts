import { asHeld } from '../../../../lib/formats/vparquet/as-held.ts'
import { firstDifference } from '../../../../lib/model/difference.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'

/** As held, in an order that no order of spans counts for. */
function sortedAsHeld(trace: Trace): Trace {
  const { traceId, spans } = asHeld(trace)
  return { traceId, spans: spans.toSorted((a, b) => compare(sortKey(a), sortKey(b))) }
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
    const difference = firstDifference(sortedAsHeld(trace), sortedAsHeld(other))
    return difference ? [`${trace.traceId}${difference.path}: ${difference.expected}, got ${difference.actual}`] : []
  })
}
