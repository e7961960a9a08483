import type { SpanAnswer, SpanSetAnswer, TraceAnswer } from '../../lib/traceql/answers/search-answer.ts'
import { plural, whole } from '../text/format.ts'
import { clean, shorten } from '../text/names.ts'
import type { TextTable } from '../text/table.ts'
import { printNanos, printTime } from '../text/times.ts'
import { printKeyed } from './any-value.ts'

const maxService = 24
const maxName = 32
const maxSpan = 60

/** A row a trace, with the first spans of each of its spansets. */
export function searchTable(traces: readonly TraceAnswer[]): TextTable {
  return {
    headers: ['trace id', 'root service', 'root name', 'start', 'duration', 'matched', 'first spans'],
    aligns: ['left', 'left', 'left', 'left', 'right', 'right', 'left'],
    rows: traces.map(trace => [
      trace.traceID,
      shorten(clean(trace.rootServiceName), maxService),
      shorten(clean(trace.rootTraceName), maxName),
      toMillis(printTime(BigInt(trace.startTimeUnixNano))),
      trace.durationMs === undefined ? '< 1 ms' : printNanos(BigInt(trace.durationMs) * 1_000_000n),
      whole(trace.spanSets.reduce((sum, { matched }) => sum + matched, 0)),
      trace.spanSets.flatMap(spanSetLines).join('\n'),
    ]),
  }
}

/** The values of a spanset where it has some, and its first spans. */
function spanSetLines({ spans, matched, attributes }: SpanSetAnswer): string[] {
  const lines = spans.map(span => shorten(spanLine(span), maxSpan))
  if (attributes === undefined) return lines
  return [shorten(`${printKeyed(attributes)}: ${plural(matched, 'span')}`, maxSpan), ...lines]
}

function spanLine({ spanID, name, durationNanos, attributes = [] }: SpanAnswer): string {
  const parts = [
    spanID,
    name === undefined ? '' : clean(name),
    printNanos(BigInt(durationNanos)),
    printKeyed(attributes),
  ]
  return parts.filter(part => part !== '').join(' ')
}

/** A time without what is below a millisecond. */
function toMillis(time: string): string {
  return time.replace(/(\.\d{3})\d{6}Z$/, '$1Z')
}
