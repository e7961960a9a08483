import type { ByteSink } from '../../../bytes/range.ts'
import { withSubject } from '../../../error.ts'
import type { Trace } from '../../../model/trace.ts'
import { surrogateRefusal } from '../../../wire/protobuf/surrogate.ts'
import { traceNode } from './block-schema.ts'
import { BlockFileWriter } from './file-writer.ts'
import { Shredder } from './shred.ts'
import { TraceRows } from './trace-row.ts'

/** Spans of a row group, held as columns of values until it is written. */
const defaultRowGroupSpans = 1 << 15

/**
 * Writes traces as the `data.parquet` of a vParquet4 block, without dedicated columns. They must come in the order of
 * their ids, as bytes: Tempo finds a trace by it. What no column takes is lost (`notHeld`); a string with a lone
 * surrogate is refused.
 */
export async function encodeVparquet(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  rowGroupSpans: number = defaultRowGroupSpans,
): Promise<void> {
  const file = new BlockFileWriter(sink)
  const [shredder, rows] = [new Shredder(traceNode), new TraceRows()]
  let [rowCount, groupRows, groupSpans] = [0, 0, 0]
  const cut = async () => {
    if (groupRows === 0) return
    await file.rowGroup(groupRows, shredder.columns)
    shredder.clear()
    groupRows = 0
    groupSpans = 0
  }
  for await (const batch of batches)
    for (const trace of batch) {
      addRow(shredder, rows, trace)
      rowCount++
      groupRows++
      groupSpans += trace.spans.length
      if (groupSpans >= rowGroupSpans) await cut()
    }
  await cut()
  await file.finish(rowCount)
}

/** Adds the row of a trace; an error names the trace, and the span whose text has no UTF-8. */
function addRow(shredder: Shredder, rows: TraceRows, trace: Trace): void {
  try {
    shredder.add(rows.row(trace))
  } catch (error) {
    const bad = trace.spans.find(span => surrogateRefusal(span) !== undefined)
    throw withSubject(`trace ${trace.traceId}${bad === undefined ? '' : `, span ${bad.spanId}`}`, error)
  }
}
