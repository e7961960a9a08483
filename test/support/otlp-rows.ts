import { encodeTraces, OtlpMessages } from '../../lib/formats/otlp/proto-message.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { SpanRows } from '../../lib/shred/rows.ts'

/** Traces as rows, as they are read of one message. */
export function rowsOf(traces: readonly Trace[]): SpanRows {
  const rows = new SpanRows()
  new OtlpMessages(rows, () => {}).read(encodeTraces(traces), rows)
  return rows
}
