import { choice, list, map, one, type Schema, schemaOf } from './message.ts'

/** The messages of Tempo's API, by the names of their JSON (Tempo's `tempopb`, and OTLP's `common`). */

const anyValue: Schema = schemaOf({
  stringValue: choice(1, 'text'),
  boolValue: choice(2, 'bool'),
  intValue: choice(3, 'varint'),
  doubleValue: choice(4, 'double'),
  arrayValue: choice(5, () => values),
  kvlistValue: choice(6, () => keyedValues),
  bytesValue: choice(7, 'base64'),
})
const values: Schema = schemaOf({ values: list(1, () => anyValue) })
const keyedValue: Schema = schemaOf({ key: one(1, 'text'), value: one(2, () => anyValue) })
const keyedValues: Schema = schemaOf({ values: list(1, () => keyedValue) })

const searchMetrics: Schema = schemaOf({
  inspectedTraces: one(1, 'varint'),
  inspectedBytes: one(2, 'varint'),
  totalBlocks: one(3, 'varint'),
  completedJobs: one(4, 'varint'),
  totalJobs: one(5, 'varint'),
  totalBlockBytes: one(6, 'varint'),
  inspectedSpans: one(7, 'varint'),
})

const span: Schema = schemaOf({
  spanID: one(1, 'text'),
  name: one(2, 'text'),
  startTimeUnixNano: one(3, 'varint'),
  durationNanos: one(4, 'varint'),
  attributes: list(5, () => keyedValue),
})
const spanSet: Schema = schemaOf({
  spans: list(1, () => span),
  matched: one(2, 'varint'),
  attributes: list(3, () => keyedValue),
})
const serviceStats: Schema = schemaOf({ spanCount: one(1, 'varint'), errorCount: one(2, 'varint') })
const traceMetadata: Schema = schemaOf({
  traceID: one(1, 'text'),
  rootServiceName: one(2, 'text'),
  rootTraceName: one(3, 'text'),
  startTimeUnixNano: one(4, 'varint'),
  durationMs: one(5, 'varint'),
  spanSet: one(6, () => spanSet),
  spanSets: list(7, () => spanSet),
  serviceStats: map(8, () => serviceStats),
})
export const searchResponse: Schema = schemaOf({
  traces: list(1, () => traceMetadata),
  metrics: one(2, () => searchMetrics),
})

const sample: Schema = schemaOf({ timestampMs: one(2, 'varint'), value: one(1, 'double') })
const exemplar: Schema = schemaOf({
  labels: list(1, () => keyedValue),
  value: one(2, 'double'),
  timestampMs: one(3, 'varint'),
})
const series: Schema = schemaOf({
  labels: list(1, () => keyedValue),
  samples: list(2, () => sample),
  exemplars: list(4, () => exemplar),
})
const instantSeries: Schema = schemaOf({ labels: list(1, () => keyedValue), value: one(2, 'double') })
export const rangeResponse: Schema = seriesResponse(series)
export const instantResponse: Schema = seriesResponse(instantSeries)

function seriesResponse(of: Schema): Schema {
  return schemaOf({
    series: list(1, () => of),
    metrics: one(2, () => searchMetrics),
    status: one(3, 'varint'),
    message: one(4, 'text'),
  })
}

export const metadataMetrics: Schema = schemaOf({ inspectedBytes: one(1, 'varint') })
const tagScope: Schema = schemaOf({ name: one(1, 'text'), tags: list(2, 'text') })
const tagValue: Schema = schemaOf({ type: one(1, 'text'), value: one(2, 'text') })
export const tagsResponse: Schema = schemaOf({ tagNames: list(1, 'text'), metrics: one(2, () => metadataMetrics) })
export const tagsV2Response: Schema = schemaOf({
  scopes: list(1, () => tagScope),
  metrics: one(2, () => metadataMetrics),
})
export const tagValuesResponse: Schema = schemaOf({
  tagValues: list(1, 'text'),
  metrics: one(2, () => metadataMetrics),
})
export const tagValuesV2Response: Schema = schemaOf({
  tagValues: list(1, () => tagValue),
  metrics: one(2, () => metadataMetrics),
})

/** The trace is a `TracesData` of OTLP, in bytes. */
export const traceResponse: Schema = schemaOf({
  trace: one(1, 'raw'),
  metrics: one(2, () => metadataMetrics),
  status: one(3, 'varint'),
  message: one(4, 'text'),
})
