import type { RangeReader } from '../lib/bytes/range.ts'
import { openVparquet } from '../lib/formats/vparquet/block.ts'
import { decodeVparquet, notHeld } from '../lib/formats/vparquet/reader.ts'
import { vparquetSource } from '../lib/formats/vparquet/source.ts'
import { encodeVparquet } from '../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../lib/import/sort.ts'
import type { Trace } from '../lib/model/trace.ts'
import { parquetParts } from '../lib/parquet/read/parts.ts'
import { surrogateRefusal } from '../lib/wire/protobuf/surrogate.ts'
import type { Phase } from './phase.ts'

async function* decode(file: RangeReader): AsyncIterable<readonly Trace[]> {
  yield* decodeVparquet(await openVparquet(file))
}

const phase: Phase = {
  title: 'vParquet4',
  idea: "Reference: data.parquet of Grafana Tempo's block, in its encodings; no dedicated columns.",
  fidelity: { traceOrder: false, spanOrder: false, attributeOrder: false, spanIds: 'kept', lossy: notHeld },
  encode: async (batches, sink) => {
    await encodeVparquet(joinById(batches), sink)
  },
  refusal: surrogateRefusal,
  decode,
  open: async file => vparquetSource(await openVparquet(file)),
  parts: parquetParts,
}

export default phase
