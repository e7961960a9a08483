import { decodeClickhouse, notHeld } from '../lib/formats/clickhouse/table.ts'
import { defaultMaxBytes, groupByTrace } from '../lib/import/group.ts'
import { writeClickhouse } from '../lib/import/tables.ts'
import { parquetParts } from '../lib/parquet/read/parts.ts'
import { surrogateRefusal } from '../lib/wire/protobuf/surrogate.ts'
import { exact, type Phase } from './phase.ts'

const phase: Phase = {
  title: 'ClickHouse-style columns',
  idea: "Reference: the Collector's table for ClickHouse as Parquet: hex ids, maps of texts, zstd 1. What most stores do.",
  fidelity: { ...exact, traceOrder: false, spanOrder: false, attributeOrder: false, lossy: notHeld },
  encode: (batches, sink) => writeClickhouse(batches, sink),
  decode: file => groupByTrace(decodeClickhouse(file), { maxBytes: defaultMaxBytes }),
  refusal: surrogateRefusal,
  parts: parquetParts,
}

export default phase
