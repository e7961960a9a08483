import type { Trace } from '../../../lib/model/trace.ts'
import { serviceOf } from '../../text/names.ts'
import { number, type Table, tableOf, text } from '../../text/table.ts'
import { printTime } from '../../text/times.ts'
import { treeOf } from './tree.ts'

/** The spans of a trace in the order of the waterfall, a row a span. */
export function spanTable({ traceId, spans }: Trace): Table {
  return tableOf(treeOf(spans), [
    text('trace id', () => traceId),
    text('span id', ({ span }) => span.spanId),
    text('parent span id', ({ span }) => span.parentSpanId ?? ''),
    number('depth', ({ depth }) => depth),
    text('service', ({ span }) => serviceOf(span)),
    text('name', ({ span }) => span.name),
    text('start', ({ span }) => printTime(span.startNanos)),
    number('duration ns', ({ span }) => Number(span.endNanos - span.startNanos)),
    number('status', ({ span }) => span.status?.code ?? 0),
  ])
}
