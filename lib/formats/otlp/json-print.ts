import type { Link, Resource, Scope, Span, SpanEvent, Status } from '../../model/trace.ts'
import { attributesPrinter, braced, printCount, printText } from '../../wire/json/print.ts'
import { printAttributes } from '../../wire/otlp-json/value.ts'

const printMemberAttributes = attributesPrinter(printAttributes)

/** What OTLP's JSON and that of Tempo's API, protobuf's own, spell in two ways. Members begin with a comma. */
export interface Dialect {
  id(digits: string): string
  kind(kind: number): string
  status(status: Status | null): string
  /** Whether empty parents, resources and scopes are written. */
  readonly isFull: boolean
}

/** Hex ids, and enums as numbers. */
export const otlpDialect: Dialect = {
  id: digits => digits,
  kind: kind => printCount('kind', kind),
  status: status =>
    status === null
      ? ''
      : `,"status":${braced(printText('message', status.message) + printCount('code', status.code))}`,
  isFull: false,
}

const kindNames = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const statusNames = ['', 'OK', 'ERROR']

/** Ids in base64, and enums by name, as Tempo answers. */
export const tempoDialect: Dialect = {
  id: digits => Buffer.from(digits, 'hex').toString('base64'),
  kind: kind => printEnum('kind', 'SPAN_KIND_', kind, kindNames),
  status: status =>
    `,"status":${braced(printText('message', status?.message ?? '') + printEnum('code', 'STATUS_CODE_', status?.code ?? 0, statusNames))}`,
  isFull: true,
}

function printEnum(member: string, prefix: string, code: number, names: readonly string[]): string {
  const name = names[code]
  return name === undefined ? printCount(member, code) : printText(member, name && prefix + name)
}

/** A span as JSON. */
export function printSpan(traceId: string, span: Span, dialect: Dialect): string {
  let text = `{"traceId":"${dialect.id(traceId)}","spanId":"${dialect.id(span.spanId)}"`
  text += printText('traceState', span.traceState)
  if (span.parentSpanId !== '' || dialect.isFull) text += `,"parentSpanId":"${dialect.id(span.parentSpanId)}"`
  text += printCount('flags', span.flags)
  text += printText('name', span.name)
  text += dialect.kind(span.kind)
  text += `,"startTimeUnixNano":"${span.startNanos}","endTimeUnixNano":"${span.endNanos}"`
  text += printMemberAttributes(span)
  if (span.events.length > 0) text += `,"events":[${span.events.map(printEvent).join(',')}]`
  text += printCount('droppedEventsCount', span.droppedEventsCount)
  if (span.links.length > 0) text += `,"links":[${span.links.map(link => printLink(link, dialect)).join(',')}]`
  text += printCount('droppedLinksCount', span.droppedLinksCount)
  return `${text}${dialect.status(span.status)}}`
}

/** What stands in front of the scopes of a ResourceSpans, the opening brace included. */
export function printResourceHead(resource: Resource | null, { isFull }: Dialect): string {
  if (resource === null) return isFull ? '{"resource":{},' : '{'
  return `{"resource":${braced(printMemberAttributes(resource))}${printText('schemaUrl', resource.schemaUrl)},`
}

/** What stands in front of the spans of a ScopeSpans, the opening brace included. */
export function printScopeHead(scope: Scope | null, { isFull }: Dialect): string {
  if (scope === null) return isFull ? '{"scope":{},' : '{'
  const members = printText('name', scope.name) + printText('version', scope.version) + printMemberAttributes(scope)
  return `{"scope":${braced(members)}${printText('schemaUrl', scope.schemaUrl)},`
}

function printEvent(event: SpanEvent): string {
  return `{"timeUnixNano":"${event.timeNanos}"${printText('name', event.name)}${printMemberAttributes(event)}}`
}

function printLink(link: Link, { id }: Dialect): string {
  const ids = `{"traceId":"${id(link.traceId)}","spanId":"${id(link.spanId)}"`
  return `${ids}${printText('traceState', link.traceState)}${printMemberAttributes(link)}${printCount('flags', link.flags)}}`
}
