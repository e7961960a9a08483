import { StringCache } from '../../bytes/string-cache.ts'
import { LabError, naming } from '../../error.ts'
import { BoundedCache } from '../../maps.ts'
import {
  type Attribute,
  int64Max,
  int64Min,
  maxValueDepth,
  type Resource,
  type Span,
  type SpanEvent,
  type Status,
  uint64Max,
  type Value,
} from '../../model/trace.ts'
import { shorten } from '../../wire/json/number.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import type { Losses } from '../losses.ts'
import { parseTraceId, squeezedLog, squeezedResource, squeezedSpan, squeezedStatuses, statusTexts } from './model.ts'

const maxSharedResources = 4096

/** The fields of a line, all required, as they are read: in which order they stand does not matter. */
const fieldReaders = {
  trace_id: readTraceId,
  span_id: readSpanId,
  parent_span_id: readParentId,
  operation_name: (json: JsonReader) => json.string(),
  service_name: (json: JsonReader) => json.string(),
  start_time: readTime,
  end_time: readTime,
  duration_ns: (json: JsonReader) => readInteger(json, -uint64Max, uint64Max),
  tags: readEntries,
  logs: readLogs,
  status_code: (json: JsonReader) => readInteger(json, int64Min, int64Max),
  status: (json: JsonReader) => json.string(),
}

type Fields = { [Name in keyof typeof fieldReaders]: ReturnType<(typeof fieldReaders)[Name]> }
const readerByName = new Map<string, (json: JsonReader, depth: number) => unknown>(Object.entries(fieldReaders))

/** Reads lines, one at a time; keeps what they share: strings and resources. */
export class LineReader {
  readonly #losses: Losses
  readonly #strings = new StringCache()
  readonly #resources = new BoundedCache<Resource>(maxSharedResources)

  constructor(losses: Losses) {
    this.#losses = losses
  }

  /** The span of a line and its trace's id. `offset` is where the line's bytes start in the input. */
  read(bytes: Uint8Array, offset: number): { traceId: string; span: Span } {
    const fields = this.#readFields(new JsonReader(bytes, offset, this.#strings))
    if (fields.duration_ns !== fields.end_time - fields.start_time) this.#losses.drop('duration_ns')
    if (fields.parent_span_id === '') this.#losses.drop('parent_span_id (empty, not null)')
    const span = squeezedSpan({
      spanId: fields.span_id,
      parentSpanId: fields.parent_span_id ?? '',
      name: fields.operation_name,
      startNanos: fields.start_time,
      endNanos: fields.end_time,
      attributes: fields.tags,
      events: fields.logs,
      status: this.#status(fields),
      resource: this.#resource(fields.service_name),
    })
    return { traceId: fields.trace_id, span }
  }

  #readFields(json: JsonReader): Fields {
    const fields: Record<string, unknown> = {}
    json.beginObject()
    for (let key = json.nextKey(); key !== undefined; key = json.nextKey()) {
      const readField = readerByName.get(key)
      if (readField === undefined) this.#drop(json, key)
      else if (fields[key] !== undefined) throw new LabError('invalid', `${key} stands twice`)
      else fields[key] = naming(key, () => readField(json, 1))
    }
    json.end()
    for (const name of readerByName.keys())
      if (fields[name] === undefined) throw new LabError('invalid', `${name} is missing`)
    return fields as Fields
  }

  #drop(json: JsonReader, key: string): void {
    json.skip()
    this.#losses.drop(key)
  }

  #status({ status_code, status }: Fields): Status | null {
    const code = Number(status_code)
    if (status !== statusTexts[code]) this.#losses.drop('status')
    if (squeezedStatuses[code] !== undefined) return squeezedStatuses[code]
    this.#losses.drop('status_code')
    return null
  }

  #resource(serviceName: string): Resource {
    return this.#resources.get(serviceName, () => squeezedResource(serviceName))
  }
}

function readTraceId(json: JsonReader): string {
  const text = json.string()
  return parseTraceId(text) ?? json.fail(`${quote(text)} is not of the form trace-<8 digits>-<8 hex digits>`)
}

function readSpanId(json: JsonReader): string {
  const text = json.string()
  return /^(?:[0-9a-f]{2}){0,8}$/.test(text) ? text : json.fail(`${quote(text)} is not lower-case hex of up to 8 bytes`)
}

function readParentId(json: JsonReader): string | null {
  if (json.peek() !== 'null') return readSpanId(json)
  json.null()
  return null
}

function readTime(json: JsonReader): bigint {
  return readInteger(json, 0n, uint64Max)
}

function readInteger(json: JsonReader, min: bigint, max: bigint): bigint {
  return parseInteger(json, json.number(), min, max)
}

function parseInteger(json: JsonReader, text: string, min: bigint, max: bigint): bigint {
  if (!isInteger(text)) json.fail(`${text} is no integer`)
  const value = text.length > 21 ? max + 1n : BigInt(text)
  return value < min || value > max ? json.fail(`${shorten(text)} is not in ${min}..${max}`) : value
}

function isInteger(text: string): boolean {
  return !/[.eE]/.test(text)
}

function readLogs(json: JsonReader): SpanEvent[] {
  const logs: SpanEvent[] = []
  json.beginArray()
  while (json.nextItem()) logs.push(readLog(json))
  return logs
}

function readLog(json: JsonReader): SpanEvent {
  const attributes: Attribute[] = []
  let timeNanos: bigint | undefined
  json.beginObject()
  for (let key = json.nextKey(); key !== undefined; key = json.nextKey()) {
    if (key !== 'timestamp') attributes.push({ key, value: naming(key, () => readValue(json, 1)) })
    else if (timeNanos === undefined) timeNanos = naming(key, () => readTime(json))
    else json.fail('timestamp stands twice')
  }
  return squeezedLog(timeNanos ?? json.fail('timestamp is missing'), attributes)
}

function readEntries(json: JsonReader, depth: number): Attribute[] {
  const entries: Attribute[] = []
  json.beginObject()
  for (let key = json.nextKey(); key !== undefined; key = json.nextKey())
    entries.push({ key, value: naming(key, () => readValue(json, depth)) })
  return entries
}

function readValue(json: JsonReader, depth: number): Value {
  switch (json.peek()) {
    case 'string':
      return json.string()
    case 'number':
      return readNumber(json)
    case 'boolean':
      return json.boolean()
    case 'null':
      json.null()
      return null
    default:
      return readNested(json, depth)
  }
}

function readNumber(json: JsonReader): bigint | number {
  const text = json.number()
  if (isInteger(text)) return parseInteger(json, text, int64Min, int64Max)
  const value = Number(text)
  return Number.isFinite(value) ? value : json.fail(`${shorten(text)} is beyond a double`)
}

function readNested(json: JsonReader, depth: number): Value {
  if (depth >= maxValueDepth) json.fail(`more than ${maxValueDepth} values lie within one another`)
  if (json.peek() === 'object') return { entries: readEntries(json, depth + 1) }
  const items: Value[] = []
  json.beginArray()
  while (json.nextItem()) items.push(readValue(json, depth + 1))
  return items
}

function quote(text: string): string {
  return JSON.stringify(shorten(text))
}
