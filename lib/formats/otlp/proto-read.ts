import type { Range } from '../../bytes/range.ts'
import { type Draft, newEvent, newLink, newResource, newScope, newSpan, newStatus } from '../../model/draft.ts'
import { Pieces } from '../../model/groups.ts'
import type { Attribute, Link, Resource, Scope, Span, SpanEvent, Status, Trace } from '../../model/trace.ts'
import type { Units } from '../../model/units.ts'
import { type WireContext, WireReader } from '../../wire/protobuf/reader.ts'
import { SharedMessages } from './proto-shared.ts'
import { readAttribute } from './proto-value.ts'

const traceIdBytes = 16
const spanIdBytes = 8
const olderName = 'instrumentationLibrarySpans'

type WithAttributes<T> = Draft<T> & { attributes: Attribute[] }

/** What outlives one ResourceSpans. */
export interface ReadContext extends WireContext {
  units: Units
  resources: SharedMessages<WithAttributes<Resource>>
  scopes: SharedMessages<WithAttributes<Scope>>
}

/** The caches of one input. */
export function newReadContext(wire: WireContext, units: Units): ReadContext {
  return {
    ...wire,
    units,
    resources: new SharedMessages('resource', emptyResource, readResource),
    scopes: new SharedMessages('scope', emptyScope, readScope),
  }
}

/**
 * The spans of one ResourceSpans as pieces. The cases of this file are tags: a field's number times 8 plus its wire
 * type; 1000 is the name that scopes had before OTLP 0.15, with the same fields, which counts where the new one is absent.
 */
export function readResourceSpans(bytes: Buffer, offset: number, context: ReadContext): Trace[] {
  const wire = new WireReader(bytes, offset, context)
  wire.path.push('resourceSpans')
  const resources: Range[] = []
  const groups: Range[] = []
  const olderGroups: Range[] = []
  const pieces = new Pieces()
  const spans: Draft<Span>[] = []
  let schemaUrl = ''
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) resources.push(wire.range('resource'))
    else if (tag === 0x12) groups.push(wire.range('scopeSpans'))
    else if (tag === 1000 * 8 + 2) olderGroups.push(wire.range(olderName))
    else if (tag === 0x1a) schemaUrl = wire.text('schemaUrl')
    else wire.drop(tag)
  }
  for (const group of groups.length > 0 ? groups : olderGroups)
    wire.within(group, 'scopeSpans', () => readScopeSpans(wire, context, spans, pieces))
  if (groups.length > 0) for (const _ of olderGroups) wire.dropped(`resourceSpans.${olderName}`)
  const resource = context.resources.read(wire, resources, schemaUrl)
  for (const span of spans) span.resource = resource
  return pieces.traces()
}

function readScopeSpans(wire: WireReader, context: ReadContext, spans: Draft<Span>[], pieces: Pieces): void {
  const first = spans.length
  const scopes: Range[] = []
  let schemaUrl = ''
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x12) wire.message('spans', () => context.units.attempt('span', () => readSpan(wire, spans, pieces)))
    else if (tag === 0x0a) scopes.push(wire.range('scope'))
    else if (tag === 0x1a) schemaUrl = wire.text('schemaUrl')
    else wire.drop(tag)
  }
  const scope = context.scopes.read(wire, scopes, schemaUrl)
  for (let i = first; i < spans.length; i++) spans[i]!.scope = scope
}

/** The message as a span, which is put into the list and the pieces. */
function readSpan(wire: WireReader, spans: Draft<Span>[], pieces: Pieces): void {
  const span = newSpan()
  const attributes: Attribute[] = []
  const events: SpanEvent[] = []
  const links: Link[] = []
  let traceId = ''
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x4a) attributes.push(readAttribute(wire, 'attributes'))
    else if (tag === 0x0a) traceId = wire.id(traceIdBytes, 'traceId')
    else if (tag === 0x12) span.spanId = wire.id(spanIdBytes, 'spanId')
    else if (tag === 0x1a) span.traceState = wire.text('traceState')
    else if (tag === 0x22) span.parentSpanId = wire.id(spanIdBytes, 'parentSpanId')
    else if (tag === 0x2a) span.name = wire.text('name')
    else if (tag === 0x30) span.kind = wire.int32()
    else if (tag === 0x39) span.startNanos = wire.fixed64('startTimeUnixNano')
    else if (tag === 0x41) span.endNanos = wire.fixed64('endTimeUnixNano')
    else if (tag === 0x50) span.droppedAttributesCount = wire.uint32()
    else if (tag === 0x5a) events.push(readEvent(wire))
    else if (tag === 0x60) span.droppedEventsCount = wire.uint32()
    else if (tag === 0x6a) links.push(readLink(wire))
    else if (tag === 0x70) span.droppedLinksCount = wire.uint32()
    else if (tag === 0x7a) span.status = readStatus(wire, span.status ?? newStatus())
    else if (tag === 0x85) span.flags = wire.fixed32('flags')
    else wire.drop(tag)
  }
  if (attributes.length > 0) span.attributes = attributes
  if (events.length > 0) span.events = events
  if (links.length > 0) span.links = links
  spans.push(span)
  pieces.add(traceId, span)
}

function readEvent(wire: WireReader): SpanEvent {
  const outer = wire.open('events')
  const event = newEvent()
  const attributes: Attribute[] = []
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x09) event.timeNanos = wire.fixed64('timeUnixNano')
    else if (tag === 0x12) event.name = wire.text('name')
    else if (tag === 0x1a) attributes.push(readAttribute(wire, 'attributes'))
    else if (tag === 0x20) event.droppedAttributesCount = wire.uint32()
    else wire.drop(tag)
  }
  wire.close(outer)
  event.attributes = attributes
  return event
}

function readLink(wire: WireReader): Link {
  const outer = wire.open('links')
  const link = newLink()
  const attributes: Attribute[] = []
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) link.traceId = wire.id(traceIdBytes, 'traceId')
    else if (tag === 0x12) link.spanId = wire.id(spanIdBytes, 'spanId')
    else if (tag === 0x1a) link.traceState = wire.text('traceState')
    else if (tag === 0x22) attributes.push(readAttribute(wire, 'attributes'))
    else if (tag === 0x28) link.droppedAttributesCount = wire.uint32()
    else if (tag === 0x35) link.flags = wire.fixed32('flags')
    else wire.drop(tag)
  }
  wire.close(outer)
  link.attributes = attributes
  return link
}

/** The status, merged into the one that stood before. */
function readStatus(wire: WireReader, status: Draft<Status>): Status {
  const outer = wire.open('status')
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x12) status.message = wire.text('message')
    else if (tag === 0x18) status.code = wire.int32()
    else wire.drop(tag)
  }
  wire.close(outer)
  return status
}

function emptyResource(): WithAttributes<Resource> {
  return { ...newResource(), attributes: [] }
}

function emptyScope(): WithAttributes<Scope> {
  return { ...newScope(), attributes: [] }
}

function readResource(wire: WireReader, resource: WithAttributes<Resource>): void {
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) resource.attributes.push(readAttribute(wire, 'attributes'))
    else if (tag === 0x10) resource.droppedAttributesCount = wire.uint32()
    else wire.drop(tag)
  }
}

function readScope(wire: WireReader, scope: WithAttributes<Scope>): void {
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) scope.name = wire.text('name')
    else if (tag === 0x12) scope.version = wire.text('version')
    else if (tag === 0x1a) scope.attributes.push(readAttribute(wire, 'attributes'))
    else if (tag === 0x20) scope.droppedAttributesCount = wire.uint32()
    else wire.drop(tag)
  }
}
