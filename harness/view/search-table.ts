import type { SpanAnswer, SpanSetAnswer, TraceAnswer } from '../../lib/traceql/answers/search-answer.ts'
import { plural } from '../text/format.ts'
import { number, type Table, tableOf, text } from '../text/table.ts'
import { printNanos, printTime } from '../text/times.ts'
import { printKeyed } from './any-value.ts'

/** A row a trace, with the first spans of each of its spansets. */
export function searchTable(traces: readonly TraceAnswer[]): Table {
  return tableOf(traces, [
    text('trace id', trace => trace.traceID, { isWhole: true }),
    text('root service', trace => trace.rootServiceName, { keep: 1, maxWidth: 24 }),
    text('root name', trace => trace.rootTraceName, { keep: 2, maxWidth: 32 }),
    text('start', trace => toMillis(printTime(BigInt(trace.startTimeUnixNano))), { isWhole: true }),
    number('duration', durationOf, undefined, { keep: 3 }),
    number('matched', trace => trace.spanSets.reduce((sum, { matched }) => sum + matched, 0)),
    text('first spans', trace => trace.spanSets.flatMap(spanSetLines), { maxWidth: 60 }),
  ])
}

function durationOf({ durationMs }: TraceAnswer): string {
  return durationMs === undefined ? '< 1 ms' : printNanos(BigInt(durationMs) * 1_000_000n)
}

/** The values of a spanset where it has some, and its first spans. */
function spanSetLines({ spans, matched, attributes }: SpanSetAnswer): string[] {
  const lines = spans.map(spanLine)
  if (attributes === undefined) return lines
  return [`${printKeyed(attributes)}: ${plural(matched, 'span')}`, ...lines]
}

function spanLine({ spanID, name = '', durationNanos, attributes = [] }: SpanAnswer): string {
  const parts = [spanID, name, printNanos(BigInt(durationNanos)), printKeyed(attributes)]
  return parts.filter(part => part !== '').join(' ')
}

/** A time without what is below a millisecond. */
function toMillis(time: string): string {
  return time.replace(/(\.\d{3})\d{6}Z$/, '$1Z')
}
