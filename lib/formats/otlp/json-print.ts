import type { Link, Resource, Scope, Span, SpanEvent, Status } from '../../model/trace.ts'
import { attributesPrinter, braced, printCount, printText } from '../../wire/json/print.ts'
import { printAttributes } from '../../wire/otlp-json/value.ts'

const printMemberAttributes = attributesPrinter(printAttributes)

/** A span as OTLP JSON. */
export function printSpan(traceId: string, span: Span): string {
  let text = `{"traceId":"${traceId}","spanId":"${span.spanId}"`
  text += printText('traceState', span.traceState)
  if (span.parentSpanId !== '') text += `,"parentSpanId":"${span.parentSpanId}"`
  text += printCount('flags', span.flags)
  text += printText('name', span.name)
  text += printCount('kind', span.kind)
  text += `,"startTimeUnixNano":"${span.startNanos}","endTimeUnixNano":"${span.endNanos}"`
  text += printMemberAttributes(span)
  if (span.events.length > 0) text += `,"events":[${span.events.map(printEvent).join(',')}]`
  text += printCount('droppedEventsCount', span.droppedEventsCount)
  if (span.links.length > 0) text += `,"links":[${span.links.map(printLink).join(',')}]`
  text += printCount('droppedLinksCount', span.droppedLinksCount)
  return span.status === null ? `${text}}` : `${text},"status":${printStatus(span.status)}}`
}

/** What stands in front of the scopes of a ResourceSpans, the opening brace included. */
export function printResourceHead(resource: Resource | null): string {
  if (resource === null) return '{'
  return `{"resource":${braced(printMemberAttributes(resource))}${printText('schemaUrl', resource.schemaUrl)},`
}

/** What stands in front of the spans of a ScopeSpans, the opening brace included. */
export function printScopeHead(scope: Scope | null): string {
  if (scope === null) return '{'
  const members = printText('name', scope.name) + printText('version', scope.version) + printMemberAttributes(scope)
  return `{"scope":${braced(members)}${printText('schemaUrl', scope.schemaUrl)},`
}

function printEvent(event: SpanEvent): string {
  return `{"timeUnixNano":"${event.timeNanos}"${printText('name', event.name)}${printMemberAttributes(event)}}`
}

function printLink(link: Link): string {
  const ids = `{"traceId":"${link.traceId}","spanId":"${link.spanId}"`
  return `${ids}${printText('traceState', link.traceState)}${printMemberAttributes(link)}${printCount('flags', link.flags)}}`
}

function printStatus({ code, message }: Status): string {
  return braced(printText('message', message) + printCount('code', code))
}
