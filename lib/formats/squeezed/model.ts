import { LabError } from '../../error.ts'
import type { Attributes, Resource, Span, SpanEvent, Status } from '../../model/trace.ts'

const maxCounter = 99_999_999
const okStatus: Status = { code: 1, message: '' }
const errorStatus: Status = { code: 2, message: '' }
const noLinks: Span['links'] = []

/** The name that every log gets as an event: the format has none for it. */
export const logEventName = 'log'

/** `status_code` of the format, by index, as a status of the model. */
export const squeezedStatuses: readonly Status[] = [okStatus, errorStatus]
/** `status` of the format, by `status_code`. */
export const statusTexts: readonly string[] = ['OK', 'ERROR']

/** The 16 bytes of `trace-<8 digits>-<8 hex digits>` in hex: 8 zero bytes, the counter, the random part. */
export function squeezedTraceId(counter: number, randomHex: string): string {
  if (counter > maxCounter) throw new LabError('invalid', `trace number ${counter}: ${maxCounter} is the highest`)
  return counter.toString(16).padStart(24, '0') + randomHex
}

/** The trace id of the model, or undefined where the text does not have the form of the format. */
export function parseTraceId(text: string): string | undefined {
  const match = /^trace-(\d{8})-([0-9a-f]{8})$/.exec(text)
  return match === null ? undefined : squeezedTraceId(Number(match[1]), match[2])
}

/** The text of the format, or undefined where the id has no such text. */
export function printTraceId(traceId: string): string | undefined {
  const match = /^0{16}([0-9a-f]{8})([0-9a-f]{8})$/.exec(traceId)
  if (match === null) return undefined
  const counter = Number.parseInt(match[1], 16)
  return counter > maxCounter ? undefined : `trace-${String(counter).padStart(8, '0')}-${match[2]}`
}

export function squeezedResource(serviceName: string): Resource {
  const attributes = [{ key: 'service.name', value: serviceName }]
  return { attributes, droppedAttributesCount: 0, schemaUrl: '' }
}

export function squeezedLog(timeNanos: bigint, attributes: Attributes): SpanEvent {
  return { timeNanos, name: logEventName, attributes, droppedAttributesCount: 0 }
}

/** What differs from span to span in the format. */
export type SqueezedSpan = Pick<
  Span,
  'spanId' | 'parentSpanId' | 'name' | 'startNanos' | 'endNanos' | 'attributes' | 'events' | 'status' | 'resource'
>

/** The span with all that the format does not know left empty. */
export function squeezedSpan(span: SqueezedSpan): Span {
  return {
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: '',
    flags: 0,
    name: span.name,
    kind: 0,
    startNanos: span.startNanos,
    endNanos: span.endNanos,
    attributes: span.attributes,
    droppedAttributesCount: 0,
    events: span.events,
    droppedEventsCount: 0,
    links: noLinks,
    droppedLinksCount: 0,
    status: span.status,
    resource: span.resource,
    scope: null,
  }
}
