import { LabError } from '../../error.ts'
import {
  type Attributes,
  isKeyValueList,
  type Span,
  type SpanEvent,
  type Trace,
  type Value,
} from '../../model/trace.ts'
import { logEventName, printTraceId, statusTexts } from './model.ts'

/**
 * The trace as the Python pipeline writes it: a line a span, each with its `\n`, all ASCII. Throws `unsupported` and
 * names the field where the trace holds something that the format has no place for.
 */
export function printSqueezed(trace: Trace): string {
  const traceId = printTraceId(trace.traceId) ?? refuse(`trace id ${trace.traceId}`)
  let lines = ''
  for (const span of trace.spans) lines += printSpan(traceId, span)
  return lines
}

/** The bytes of `printSqueezed`. */
export function squeezedByteLength(trace: Trace): number {
  return printSqueezed(trace).length
}

function printSpan(traceId: string, span: Span): string {
  const misfit = findMisfit(span)
  if (misfit !== undefined) refuse(`${misfit} of span ${span.spanId}`)
  const statusCode = span.status!.code - 1
  return (
    `{"trace_id": "${traceId}", "span_id": "${span.spanId}", ` +
    `"parent_span_id": ${span.parentSpanId === '' ? 'null' : `"${span.parentSpanId}"`}, ` +
    `"operation_name": ${printString(span.name)}, "service_name": ${printString(serviceName(span)!)}, ` +
    `"start_time": ${span.startNanos}, "end_time": ${span.endNanos}, ` +
    `"duration_ns": ${span.endNanos - span.startNanos}, "tags": ${printObject(span.attributes)}, ` +
    `"logs": [${span.events.map(printLog).join(', ')}], ` +
    `"status_code": ${statusCode}, "status": "${statusTexts[statusCode]}"}\n`
  )
}

function printLog(event: SpanEvent): string {
  const fields = event.attributes.map(({ key, value }) => `, ${printString(key)}: ${printValue(value)}`)
  return `{"timestamp": ${event.timeNanos}${fields.join('')}}`
}

/** The first field that the format cannot say, or undefined. */
function findMisfit(span: Span): string | undefined {
  if (span.status === null || statusTexts[span.status.code - 1] === undefined || span.status.message !== '')
    return 'status'
  if (serviceName(span) === undefined) return 'resource'
  if (span.scope !== null) return 'scope'
  if (span.kind !== 0) return 'kind'
  if (span.flags !== 0) return 'flags'
  if (span.traceState !== '') return 'trace state'
  if (span.links.length > 0) return 'links'
  if (span.droppedAttributesCount + span.droppedEventsCount + span.droppedLinksCount > 0) return 'dropped count'
  return span.events.every(isLog) ? undefined : 'event'
}

/** The service's name where it is all that the resource holds. */
function serviceName({ resource }: Span): string | undefined {
  if (resource === null || resource.attributes.length !== 1) return undefined
  if (resource.droppedAttributesCount !== 0 || resource.schemaUrl !== '') return undefined
  const [{ key, value }] = resource.attributes
  return key === 'service.name' && typeof value === 'string' ? value : undefined
}

function isLog(event: SpanEvent): boolean {
  return (
    event.name === logEventName &&
    event.droppedAttributesCount === 0 &&
    event.attributes.every(({ key }) => key !== 'timestamp')
  )
}

function printValue(value: Value): string {
  if (typeof value === 'string') return printString(value)
  if (typeof value === 'number') return printFloat(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (value instanceof Uint8Array) return refuse('a value of type bytes')
  return isKeyValueList(value) ? printObject(value.entries) : `[${value.map(printValue).join(', ')}]`
}

function printObject(entries: Attributes): string {
  return `{${entries.map(({ key, value }) => `${printString(key)}: ${printValue(value)}`).join(', ')}}`
}

/** JSON with everything but printable ASCII escaped, as `json.dumps` does by default. */
function printString(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Python's `repr` of a float: the shortest digits, an exponent from 1e16 up and below 1e-4, else always a point. */
function printFloat(value: number): string {
  if (!Number.isFinite(value)) return refuse(`the number ${value}`)
  const [digits, exponentText] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (value !== 0 && (exponent < -4 || exponent >= 16))
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('.') ? text : `${text}.0`
}

function refuse(what: string): never {
  throw new LabError('unsupported', `squeezed NDJSON has no place for ${what}`)
}
