import { delimited, fixed64, prefixed } from './protobuf.ts'

/** A format as a sequence of parts that stand alone, each with a trace of its own. */
export interface FormatSample {
  format: string
  form: string
  /** One part with a trace of this id. */
  unit: (id: number) => string | Buffer
  /** What stands in front of a part that damage must leave alone: its length. */
  headLength?: number
}

function hex(id: number): string {
  return id.toString(16).padStart(16, '0')
}

function otlpElement(id: number): string {
  const attributes = `[{"key":"a\\"{[","value":{"stringValue":"x\\n"}}]`
  const span = `{"traceId":"${hex(id)}","spanId":"${hex(id)}","name":"n","startTimeUnixNano":"5","attributes":${attributes}}`
  return `{"resource":{"attributes":[]},"scopeSpans":[{"spans":[${span}]}]}`
}

function protoElement(id: number): Buffer {
  const span = [delimited(1, Buffer.from(hex(id), 'hex')), delimited(5, 'name'), fixed64(7, 5n)]
  return delimited(1, delimited(1, delimited(1, delimited(1, 'key'))), delimited(2, delimited(2, ...span)))
}

export const formatSamples: readonly FormatSample[] = [
  {
    format: 'ndjson',
    form: 'lines',
    unit: id =>
      `{"traceId":"${hex(id)}","spanId":"01","name":"n","startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":{"a":[1]}}\n`,
  },
  {
    format: 'squeezed',
    form: 'lines',
    unit: id =>
      `{"trace_id":"trace-00000001-${hex(id).slice(8)}","span_id":"0a","parent_span_id":null,"operation_name":"o","service_name":"s","start_time":1,"end_time":2,"duration_ns":1,"tags":{"a":[1]},"logs":[],"status_code":0,"status":"OK"}\n`,
  },
  { format: 'otlp-json', form: 'lines', unit: id => `{"resourceSpans":[${otlpElement(id)}]}\n` },
  {
    format: 'otlp-json',
    form: 'documents over several lines',
    unit: id => `{"resourceSpans":[\n${otlpElement(id)}\n]}\n`,
  },
  { format: 'otlp-json', form: 'answers of Tempo', unit: id => `{"trace":{"batches":[${otlpElement(id)}]}}\n` },
  { format: 'otlp-proto', form: 'messages', unit: id => prefixed(protoElement(id)), headLength: 4 },
  {
    format: 'jaeger',
    form: 'traces in lines',
    unit: id =>
      `{"traceID":"${hex(id)}","spans":[{"traceID":"${hex(id)}","spanID":"1","startTime":1,"tags":[{"key":"a","value":"]}"}]}],"processes":{}}\n`,
  },
  {
    format: 'jaeger',
    form: 'answers in lines',
    unit: id =>
      `{"data":[{"traceID":"${hex(id)}","spans":[{"traceID":"${hex(id)}","spanID":"1","startTime":1}]}],"total":0}\n`,
  },
  {
    format: 'zipkin',
    form: 'lines',
    unit: id => `{"traceId":"${hex(id)}","id":"1","timestamp":5,"tags":{"a":"{\\"","b":"]}"}}\n`,
  },
]
