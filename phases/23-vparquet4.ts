import type { RangeReader } from '../lib/bytes/range.ts'
import { joinSpelled } from '../lib/dataset/group.ts'
import { sortByTraceId } from '../lib/dataset/sort.ts'
import type { Trace } from '../lib/model/trace.ts'
import { surrogateRefusal } from '../lib/otlp/proto-surrogate.ts'
import { openVparquet } from '../lib/vparquet/block.ts'
import { blockParts } from '../lib/vparquet/parts.ts'
import { decodeVparquet, notHeld } from '../lib/vparquet/reader.ts'
import { vparquetSource } from '../lib/vparquet/source.ts'
import { encodeVparquet } from '../lib/vparquet/writer/writer.ts'
import type { Phase } from './phase.ts'

/** Spans held while traces are sorted. */
const maxSpans = 1 << 17

async function* decode(file: RangeReader): AsyncIterable<readonly Trace[]> {
  yield* decodeVparquet(await openVparquet(file))
}

const phase: Phase = {
  title: 'vParquet4',
  idea: "Reference: data.parquet of Grafana Tempo's block, written by hyparquet-writer in its encodings; no dedicated columns.",
  fidelity: { traceOrder: false, spanOrder: false, attributeOrder: false, spanIds: 'kept', lossy: notHeld },
  encode: (batches, sink) => encodeVparquet(joinSpelled(sortByTraceId(batches, { maxSpans })), sink),
  refusal: surrogateRefusal,
  decode,
  open: async file => vparquetSource(await openVparquet(file)),
  parts: blockParts,
}

export default phase
