import { decodeFlat } from '../lib/formats/flat/reader.ts'
import { defaultMaxBytes, groupByTrace } from '../lib/import/group.ts'
import { writeFlat } from '../lib/import/tables.ts'
import { parquetParts } from '../lib/parquet/read/parts.ts'
import { surrogateRefusal } from '../lib/wire/protobuf/surrogate.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

const phase: Phase = {
  title: 'Parquet, a row a span',
  idea: 'Reference: what DuckDB, Spark and the like would ask: typed columns, zstd, sorted by service, name and start.',
  fidelity: { ...exact, traceOrder: false, spanOrder: false, attributeOrder: false },
  encode: (batches, sink, options) => writeFlat(batches, sink, zstdLevel(options, 3)),
  decode: file => groupByTrace(decodeFlat(file), { maxBytes: defaultMaxBytes }),
  refusal: surrogateRefusal,
  parts: parquetParts,
}

export default phase
