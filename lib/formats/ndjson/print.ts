import type { ByteSink } from '../../bytes/range.ts'
import { getOrInsert } from '../../maps.ts'
import type { Link, Resource, Scope, Span, SpanEvent, Status, Trace } from '../../model/trace.ts'
import { attributesPrinter, braced, printCount, printString, printText } from '../../wire/json/print.ts'
import type { Parts } from '../format.ts'
import { printAttributes } from './print-value.ts'

const chunkLength = 1 << 20

const printMemberAttributes = attributesPrinter(printAttributes)

/** Resources and scopes are shared by many spans: each is printed once. */
const printedResources = new WeakMap<Resource, string>()
const printedScopes = new WeakMap<Scope, string>()

/** One line of NDJSON, without the newline. */
export function printSpan(traceId: string, span: Span): string {
  let text = `{"traceId":"${traceId}","spanId":"${span.spanId}"`
  if (span.parentSpanId !== '') text += `,"parentSpanId":"${span.parentSpanId}"`
  text += printText('traceState', span.traceState)
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
  if (span.resource !== null) text += getOrInsert(printedResources, span.resource, printResource)
  if (span.scope !== null) text += getOrInsert(printedScopes, span.scope, printScope)
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

/** Writes lines in parts: chunks of them. */
export const ndjsonParts: Parts<readonly Uint8Array[]> = {
  encoder: () => traces => [...encodeTraces(traces)],
  write: async (parts, sink) => {
    for await (const chunks of parts) for (const chunk of chunks) await sink.write(chunk)
  },
}

function printEvent(event: SpanEvent): string {
  return `{"timeUnixNano":"${event.timeNanos}","name":${printString(event.name)}${printMemberAttributes(event)}}`
}

function printLink(link: Link): string {
  const ids = `{"traceId":"${link.traceId}","spanId":"${link.spanId}"`
  return `${ids}${printText('traceState', link.traceState)}${printCount('flags', link.flags)}${printMemberAttributes(link)}}`
}

function printStatus({ code, message }: Status): string {
  return braced(printCount('code', code) + printText('message', message))
}

function printResource(resource: Resource): string {
  return `,"resource":${braced(printMemberAttributes(resource) + printText('schemaUrl', resource.schemaUrl))}`
}

function printScope(scope: Scope): string {
  const members = printText('name', scope.name) + printText('version', scope.version) + printMemberAttributes(scope)
  return `,"scope":${braced(members + printText('schemaUrl', scope.schemaUrl))}`
}
