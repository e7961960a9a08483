/**
 * The model: OTLP's trace data as plain immutable objects, grouped by trace.
 *
 * Of absences the model distinguishes those of `resource`, `scope` and `status` (null, against an empty message), as
 * OTLP's protobuf does. It does not distinguish an attribute without a value from one with the empty value (both null),
 * a resource or scope that is absent but has a schema URL (read as an empty one with that URL), nor anything that
 * protobuf does not (a missing string is the empty string, a missing number is 0). It keeps no grouping of the wire.
 */

/**
 * An attribute value with its OTLP type: string, bool (boolean), int (bigint, signed 64 bit), double (number, all
 * NaN are one), bytes (Uint8Array), array (JavaScript array), kvlist (`KeyValueList`) and the empty value (null).
 * Strings are any JavaScript string, lone surrogates included.
 */
export type Value = string | boolean | bigint | number | Uint8Array | readonly Value[] | KeyValueList | null

export interface KeyValueList {
  readonly entries: Attributes
}

export interface Attribute {
  readonly key: string
  readonly value: Value
}

/** Order is data, and a key may repeat. */
export type Attributes = readonly Attribute[]

export interface Resource {
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

/** `code` is 0 unset, 1 ok, 2 error; other numbers (int32) are kept. */
export interface Status {
  readonly code: number
  readonly message: string
}

export interface SpanEvent {
  readonly timeNanos: bigint
  readonly name: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
}

export interface Link {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly flags: number
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
}

/**
 * One span. Ids are lower-case hex of whole bytes, at most 8 for a span and 16 for a trace, shorter and empty ones as
 * they came; an empty `parentSpanId` means none. Times are unsigned 64-bit nanoseconds since the epoch. `flags` and the
 * dropped counts are unsigned 32 bit. `kind` (int32) is OTLP's number, unknown ones kept. Spans share `resource` and
 * `scope` by reference where a source or a decoder can.
 */
export interface Span {
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  readonly kind: number
  readonly startNanos: bigint
  readonly endNanos: bigint
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly events: readonly SpanEvent[]
  readonly droppedEventsCount: number
  readonly links: readonly Link[]
  readonly droppedLinksCount: number
  readonly status: Status | null
  readonly resource: Resource | null
  readonly scope: Scope | null
}

/** The spans of one trace id, at least one, in the order of the input. */
export interface Trace {
  readonly traceId: string
  readonly spans: readonly Span[]
  /** How many there are, where they are made only when they are asked for. */
  readonly spanCount?: number
}

/** The number of a trace's spans, none of which is made for it. */
export function spanCountOf(trace: Trace): number {
  return trace.spanCount ?? trace.spans.length
}

export const traceIdDigits = 32
export const spanIdDigits = 16
export const int64Min = -(2n ** 63n)
export const int64Max = 2n ** 63n - 1n
export const uint64Max = 2n ** 64n - 1n

/** The OTLP type of a value. */
export type ValueType = 'empty' | 'string' | 'bool' | 'int' | 'double' | 'bytes' | 'array' | 'kvlist'

export function valueType(value: Value): ValueType {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    default:
      if (value === null) return 'empty'
      if (value instanceof Uint8Array) return 'bytes'
      return isKeyValueList(value) ? 'kvlist' : 'array'
  }
}

/** True for a kvlist, among the values that are objects. */
export function isKeyValueList(value: KeyValueList | readonly Value[]): value is KeyValueList {
  return 'entries' in value && !Array.isArray(value)
}

/** No more than this many values may lie within one another: deeper ones are refused when they are read. */
export const maxValueDepth = 64

/** The number of spans in a batch of traces. */
export function countSpans(traces: readonly Trace[]): number {
  let spanCount = 0
  for (const trace of traces) spanCount += spanCountOf(trace)
  return spanCount
}
