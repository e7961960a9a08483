import type { ByteSink } from '../../bytes/range.ts'
import type { Link, Resource, Scope, Span, SpanEvent, Status, Trace } from '../../model/trace.ts'
import { printString } from '../../wire/json/print.ts'
import { printAttributes } from './print-value.ts'

const chunkLength = 1 << 20

/** Resources and scopes are shared by many spans: each is printed once. */
const printedResources = new WeakMap<Resource, string>()
const printedScopes = new WeakMap<Scope, string>()

/** One line of NDJSON, without the newline. */
export function printSpan(traceId: string, span: Span): string {
  let text = `{"traceId":"${traceId}","spanId":"${span.spanId}"`
  if (span.parentSpanId !== '') text += `,"parentSpanId":"${span.parentSpanId}"`
  if (span.traceState !== '') text += `,"traceState":${printString(span.traceState)}`
  text += printCount('flags', span.flags)
  text += `,"name":${printString(span.name)}`
  text += printCount('kind', span.kind)
  text += `,"startTimeUnixNano":"${span.startNanos}","endTimeUnixNano":"${span.endNanos}"`
  text += printMemberAttributes(span)
  if (span.events.length > 0) text += `,"events":[${span.events.map(printEvent).join(',')}]`
  text += printCount('droppedEventsCount', span.droppedEventsCount)
  if (span.links.length > 0) text += `,"links":[${span.links.map(printLink).join(',')}]`
  text += printCount('droppedLinksCount', span.droppedLinksCount)
  if (span.status !== null) text += `,"status":${printStatus(span.status)}`
  if (span.resource !== null) text += printOnce(printedResources, span.resource, printResource)
  if (span.scope !== null) text += printOnce(printedScopes, span.scope, printScope)
  return `${text}}`
}

/** The lines of a trace, each with its newline. */
export function printTrace(trace: Trace): string {
  let text = ''
  for (const span of trace.spans) text += `${printSpan(trace.traceId, span)}\n`
  return text
}

/** The lines of the traces as UTF-8, in chunks of about a mebibyte. */
export function* encodeTraces(traces: readonly Trace[]): Iterable<Uint8Array> {
  let text = ''
  for (const { traceId, spans } of traces)
    for (const span of spans) {
      text += `${printSpan(traceId, span)}\n`
      if (text.length < chunkLength) continue
      yield Buffer.from(text)
      text = ''
    }
  if (text !== '') yield Buffer.from(text)
}

/** Writes the lines of the traces to a sink, chunk by chunk. */
export async function writeTraces(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void> {
  for await (const traces of batches) for (const chunk of encodeTraces(traces)) await sink.write(chunk)
}

function printCount(name: string, count: number): string {
  return count === 0 ? '' : `,"${name}":${count}`
}

interface WithAttributes {
  attributes: Span['attributes']
  droppedAttributesCount: number
}

function printMemberAttributes({ attributes, droppedAttributesCount }: WithAttributes): string {
  const text = attributes.length === 0 ? '' : `,"attributes":${printAttributes(attributes)}`
  return droppedAttributesCount === 0 ? text : text + printCount('droppedAttributesCount', droppedAttributesCount)
}

function printEvent(event: SpanEvent): string {
  return `{"timeUnixNano":"${event.timeNanos}","name":${printString(event.name)}${printMemberAttributes(event)}}`
}

function printLink(link: Link): string {
  const state = link.traceState === '' ? '' : `,"traceState":${printString(link.traceState)}`
  const ids = `{"traceId":"${link.traceId}","spanId":"${link.spanId}"`
  return `${ids}${state}${printCount('flags', link.flags)}${printMemberAttributes(link)}}`
}

function printStatus({ code, message }: Status): string {
  return braced(printCount('code', code) + printMember('message', message))
}

function printResource(resource: Resource): string {
  return `,"resource":${braced(printMemberAttributes(resource) + printMember('schemaUrl', resource.schemaUrl))}`
}

function printScope(scope: Scope): string {
  const members = printMember('name', scope.name) + printMember('version', scope.version) + printMemberAttributes(scope)
  return `,"scope":${braced(members + printMember('schemaUrl', scope.schemaUrl))}`
}

function printMember(name: string, text: string): string {
  return text === '' ? '' : `,"${name}":${printString(text)}`
}

/** An object of members that each begin with a comma. */
function braced(members: string): string {
  return `{${members.slice(1)}}`
}

function printOnce<T extends object>(printed: WeakMap<T, string>, value: T, print: (value: T) => string): string {
  const known = printed.get(value)
  if (known !== undefined) return known
  const text = print(value)
  printed.set(value, text)
  return text
}
