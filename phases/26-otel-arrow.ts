import { otelArrowParts } from '../lib/formats/otel-arrow/parts.ts'
import { decodeOtelArrow, notHeld } from '../lib/formats/otel-arrow/reader.ts'
import { encodeOtelArrow } from '../lib/formats/otel-arrow/writer.ts'
import { defaultMaxBytes, groupByTrace } from '../lib/import/group.ts'

import { surrogateRefusal } from '../lib/wire/protobuf/surrogate.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

const phase: Phase = {
  title: "OTel-Arrow's tables",
  idea: 'Reference: the tables of the OpenTelemetry Arrow protocol as Parquet: spans, events, links and a row an attribute.',
  fidelity: { ...exact, traceOrder: false, spanOrder: false, attributeOrder: false, lossy: notHeld },
  encode: (batches, sink, options) => encodeOtelArrow(batches, sink, zstdLevel(options, 3)),
  decode: file => groupByTrace(decodeOtelArrow(file), { maxBytes: defaultMaxBytes }),
  refusal: surrogateRefusal,
  parts: otelArrowParts,
}

export default phase
