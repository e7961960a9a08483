import { growingCodes } from '../../bytes/growing.ts'
import type { Range } from '../../bytes/range.ts'
import { type Draft, newResource, newScope, newStatus } from '../../model/draft.ts'
import type { Attribute, Resource, Scope, Status } from '../../model/trace.ts'
import type { Units } from '../../model/units.ts'
import {
  eventField,
  eventWidth,
  linkField,
  linkWidth,
  type RowTables,
  type SpanRows,
  spanField,
  spanWidth,
} from '../../shred/rows.ts'
import { type WireContext, WireReader } from '../../wire/protobuf/reader.ts'
import { SharedMessages } from './proto-shared.ts'
import type { Groups } from './proto-split.ts'
import { readAttribute } from './proto-value.ts'

const traceIdBytes = 16
const spanIdBytes = 8
const olderName = 'instrumentationLibrarySpans'

type WithAttributes<T> = Draft<T> & { attributes: Attribute[] }

/** What outlives one ResourceSpans. */
export interface ReadContext extends WireContext {
  units: Units
  /** Where the spans go. */
  rows: SpanRows
  resources: SharedMessages<WithAttributes<Resource>>
  scopes: SharedMessages<WithAttributes<Scope>>
}

/** The caches of one input. */
export function newReadContext(wire: WireContext, units: Units, rows: SpanRows): ReadContext {
  return {
    ...wire,
    units,
    rows,
    resources: new SharedMessages('resource', emptyResource, readResource),
    scopes: new SharedMessages('scope', emptyScope, readScope),
  }
}

/**
 * Adds the spans of ResourceSpans to the rows, but of those that are bad and left out. The cases of this file are tags: a
 * field's number times 8 plus its wire type; 1000 is the name that scopes had before OTLP 0.15, with the same fields,
 * which counts where the new one is absent.
 */
export function readResourceSpans({ bytes, offset, ranges }: Groups, context: ReadContext): void {
  const { units, rows } = context
  const wire = new WireReader(bytes, offset, context)
  const readGroup = () => readScopes(wire, context)
  const readUnit = () => {
    const mark = rows.mark()
    const isRead = units.attempt('ResourceSpans', () => {
      readGroup()
      return true
    })
    if (!isRead) rows.reset(mark)
  }
  for (const range of ranges) wire.within(range, 'resourceSpans', units.skipsBad ? readUnit : readGroup)
}

function readScopes(wire: WireReader, context: ReadContext): void {
  const first = context.rows.length
  const resources: Range[] = []
  const groups: Range[] = []
  const olderGroups: Range[] = []
  let schemaUrl = ''
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) resources.push(wire.range('resource'))
    else if (tag === 0x12) groups.push(wire.range('scopeSpans'))
    else if (tag === 1000 * 8 + 2) olderGroups.push(wire.range(olderName))
    else if (tag === 0x1a) schemaUrl = wire.text('schemaUrl')
    else wire.drop(tag)
  }
  const readGroup = () => readScopeSpans(wire, context)
  for (const group of groups.length > 0 ? groups : olderGroups) wire.within(group, 'scopeSpans', readGroup)
  if (groups.length > 0) for (const _ of olderGroups) wire.dropped(`resourceSpans.${olderName}`)
  const resource = context.resources.read(wire, resources, schemaUrl)
  setFrom(context.rows, first, spanField.resource, context.rows.tables.resources.code(resource))
}

function readScopeSpans(wire: WireReader, context: ReadContext): void {
  const first = context.rows.length
  const scopes: Range[] = []
  let schemaUrl = ''
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x12) readSpanUnit(wire, context)
    else if (tag === 0x0a) scopes.push(wire.range('scope'))
    else if (tag === 0x1a) schemaUrl = wire.text('schemaUrl')
    else wire.drop(tag)
  }
  const scope = context.scopes.read(wire, scopes, schemaUrl)
  setFrom(context.rows, first, spanField.scope, context.rows.tables.scopes.code(scope))
}

/** Sets a field of all spans from one on. */
function setFrom({ spans }: SpanRows, first: number, field: number, value: number): void {
  const { array, length } = spans
  for (let at = first * spanWidth; at < length; at += spanWidth) array[at + field] = value
}

/** Reads a span; where it is bad and left out, the rows are as before. */
function readSpanUnit(wire: WireReader, { units, rows }: ReadContext): void {
  if (!units.skipsBad) {
    const outer = wire.open('spans')
    readSpan(wire, rows)
    return wire.close(outer)
  }
  const mark = rows.mark()
  let isRead = false
  wire.message('spans', () =>
    units.attempt('span', () => {
      readSpan(wire, rows)
      isRead = true
    }),
  )
  if (!isRead) rows.reset(mark)
}

/** The codes of the attributes of the span at hand: those of its events may stand between them. */
const ownAttributes = growingCodes()

function readSpan(wire: WireReader, rows: SpanRows): void {
  const { tables, traceIds, attributes } = rows
  const [events, links] = [rows.events.length / eventWidth, rows.links.length / linkWidth]
  ownAttributes.truncate(0)
  let traceId = -1
  let [idHigh, idLow, idLength, parentHigh, parentLow, parentLength] = [0, 0, 0, 0, 0, 0]
  let [startHigh, startLow, endHigh, endLow] = [0, 0, 0, 0]
  let [traceState, name, kind, flags] = [0, 0, 0, 0]
  let [attributesDropped, eventsDropped, linksDropped] = [0, 0, 0]
  let status: Draft<Status> | undefined
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    switch (tag) {
      case 0x4a:
        ownAttributes.push(attributeCode(wire, tables))
        break
      case 0x0a:
        traceId = traceIds.code(wire.words, wire.idWords(traceIdBytes, 'traceId'))
        break
      case 0x12:
        idLength = wire.idWords(spanIdBytes, 'spanId')
        idHigh = wire.words[2]!
        idLow = wire.words[3]!
        break
      case 0x1a:
        traceState = wire.textCode(tables.texts, 'traceState')
        break
      case 0x22:
        parentLength = wire.idWords(spanIdBytes, 'parentSpanId')
        parentHigh = wire.words[2]!
        parentLow = wire.words[3]!
        break
      case 0x2a:
        name = wire.textCode(tables.texts, 'name')
        break
      case 0x30:
        kind = wire.uint32()
        break
      case 0x39:
        startLow = wire.fixed64Low('startTimeUnixNano')
        startHigh = wire.high
        break
      case 0x41:
        endLow = wire.fixed64Low('endTimeUnixNano')
        endHigh = wire.high
        break
      case 0x50:
        attributesDropped = wire.uint32()
        break
      case 0x5a:
        readEvent(wire, rows)
        break
      case 0x60:
        eventsDropped = wire.uint32()
        break
      case 0x6a:
        readLink(wire, rows)
        break
      case 0x70:
        linksDropped = wire.uint32()
        break
      case 0x7a:
        status = readStatus(wire, status ?? newStatus())
        break
      case 0x85:
        flags = wire.fixed32('flags')
        break
      default:
        wire.drop(tag)
    }
  }
  const isDropped = attributesDropped !== 0 || eventsDropped !== 0 || linksDropped !== 0
  const at = rows.spans.reserve(spanWidth)
  const spans = rows.spans.array
  spans[at + spanField.trace] = traceId < 0 ? traceIds.code(noId, 0) : traceId
  spans[at + spanField.idHigh] = idHigh
  spans[at + spanField.idLow] = idLow
  spans[at + spanField.parentHigh] = parentHigh
  spans[at + spanField.parentLow] = parentLow
  spans[at + spanField.idLengths] = idLength | (parentLength << 4)
  spans[at + spanField.name] = name
  spans[at + spanField.traceState] = traceState
  spans[at + spanField.kind] = kind
  spans[at + spanField.flags] = flags
  spans[at + spanField.status] = status === undefined ? 0 : tables.statuses.code(status)
  spans[at + spanField.dropped] = isDropped ? tables.dropped.code([attributesDropped, eventsDropped, linksDropped]) : 0
  spans[at + spanField.startHigh] = startHigh
  spans[at + spanField.startLow] = startLow
  spans[at + spanField.endHigh] = endHigh
  spans[at + spanField.endLow] = endLow
  spans[at + spanField.attributes] = attributes.length
  spans[at + spanField.attributeCount] = ownAttributes.length
  spans[at + spanField.events] = events
  spans[at + spanField.eventCount] = rows.events.length / eventWidth - events
  spans[at + spanField.links] = links
  spans[at + spanField.linkCount] = rows.links.length / linkWidth - links
  for (let i = 0; i < ownAttributes.length; i++) attributes.push(ownAttributes.at(i))
}

const noId = new Uint32Array(4)

/** The code of the attribute that stands next. One with unknown fields is read each time, so that they are counted. */
function attributeCode(wire: WireReader, { attributes }: RowTables): number {
  const known = wire.known(attributes, 'attributes')
  if (known >= 0) return known
  const { dropCount } = wire
  const attribute = readAttribute(wire, 'attributes')
  return wire.dropCount === dropCount ? wire.remember(attributes, attribute) : attributes.addAlone(attribute)
}

function readEvent(wire: WireReader, { events, attributes, tables }: SpanRows): void {
  const outer = wire.open('events')
  const at = events.extend(eventWidth)
  const first = attributes.length
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x09) {
      events.set(at + eventField.timeLow, wire.fixed64Low('timeUnixNano'))
      events.set(at + eventField.timeHigh, wire.high)
    } else if (tag === 0x12) events.set(at + eventField.name, wire.textCode(tables.texts, 'name'))
    else if (tag === 0x1a) attributes.push(attributeCode(wire, tables))
    else if (tag === 0x20) events.set(at + eventField.dropped, wire.uint32())
    else wire.drop(tag)
  }
  wire.close(outer)
  events.set(at + eventField.attributes, first)
  events.set(at + eventField.attributeCount, attributes.length - first)
}

function readLink(wire: WireReader, { links, attributes, linkIds, tables }: SpanRows): void {
  const outer = wire.open('links')
  const at = links.extend(linkWidth)
  const first = attributes.length
  let [traceId, spanId] = ['', '']
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) traceId = wire.id(traceIdBytes, 'traceId')
    else if (tag === 0x12) spanId = wire.id(spanIdBytes, 'spanId')
    else if (tag === 0x1a) links.set(at + linkField.traceState, wire.textCode(tables.texts, 'traceState'))
    else if (tag === 0x22) attributes.push(attributeCode(wire, tables))
    else if (tag === 0x28) links.set(at + linkField.dropped, wire.uint32())
    else if (tag === 0x35) links.set(at + linkField.flags, wire.fixed32('flags'))
    else wire.drop(tag)
  }
  wire.close(outer)
  linkIds.push(traceId, spanId)
  links.set(at + linkField.attributes, first)
  links.set(at + linkField.attributeCount, attributes.length - first)
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
