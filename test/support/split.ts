import { type SplitConfig, type SplitRequest, splitRequest } from '../../lib/cluster/records/split.ts'
import { OtlpMessages } from '../../lib/formats/otlp/proto-message.ts'
import { SpanRows } from '../../lib/shred/rows.ts'

/** The records of a request, which is read first, as a distributor does. */
export function splitOf(request: Buffer, config: SplitConfig): SplitRequest {
  const rows = new SpanRows()
  new OtlpMessages(rows, () => {}).read(request, rows)
  return splitRequest(request, rows, config)
}
