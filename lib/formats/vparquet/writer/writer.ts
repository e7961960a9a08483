import type { ByteSink } from '../../../bytes/range.ts'
import { withSubject } from '../../../error.ts'
import type { Trace } from '../../../model/trace.ts'
import { ParquetFileWriter, type WrittenFile } from '../../../parquet/write/file.ts'
import { surrogateRefusal } from '../../../wire/protobuf/surrogate.ts'
import type { DedicatedColumn, Version } from '../meta.ts'
import { blockSchema } from './block-schema.ts'
import { TraceColumns } from './trace-columns.ts'

/** Spans of a row group, held as columns of values until it is written. */
const defaultRowGroupSpans = 1 << 15

export interface BlockOptions {
  /** vParquet4 where absent. */
  readonly version?: Version
  readonly dedicatedColumns?: readonly DedicatedColumn[]
  readonly rowGroupSpans?: number
}

/**
 * Writes traces as the `data.parquet` of a block of Tempo. They must come in the order of their ids, as bytes: Tempo
 * finds a trace by it. What no column takes is lost (`notHeld`); a string with a lone surrogate is refused.
 */
export async function encodeVparquet(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  { version = 'vParquet4', dedicatedColumns = [], rowGroupSpans = defaultRowGroupSpans }: BlockOptions = {},
): Promise<WrittenFile> {
  const file = new ParquetFileWriter(blockSchema(version, dedicatedColumns), sink)
  const rows = new TraceColumns(file.columns, version, dedicatedColumns)
  let [groupRows, groupSpans] = [0, 0]
  for await (const batch of batches)
    for (const trace of batch) {
      addRow(rows, trace)
      groupRows++
      groupSpans += trace.spans.length
      if (groupSpans < rowGroupSpans) continue
      await file.endRowGroup(groupRows)
      ;[groupRows, groupSpans] = [0, 0]
    }
  await file.endRowGroup(groupRows)
  return file.finish()
}

/** Adds the row of a trace; an error names the trace, and the span whose text has no UTF-8. */
function addRow(rows: TraceColumns, trace: Trace): void {
  try {
    rows.add(trace)
  } catch (error) {
    const bad = trace.spans.find(span => surrogateRefusal(span) !== undefined)
    throw withSubject(`trace ${trace.traceId}${bad === undefined ? '' : `, span ${bad.spanId}`}`, error)
  }
}
