import type { StringCache } from '../../bytes/string-cache.ts'
import { type Draft, newEvent, newLink, newResource, newScope, newSpan, newStatus } from '../../model/draft.ts'
import {
  type Attributes,
  type Link,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  type Status,
  spanIdDigits,
  traceIdDigits,
} from '../../model/trace.ts'
import type { Units } from '../../model/units.ts'
import { type DropContext, fieldsOf, readList, readMessage, readUnit } from '../../wire/json/message.ts'
import { parseInt32, parseUint32, parseUint64 } from '../../wire/json/number.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { SharedObjects } from '../../wire/json/shared.ts'
import { otherNames, spanKinds, statusCodes } from '../../wire/otlp-json/names.ts'
import { readAttributes, readDigits } from '../../wire/otlp-json/value.ts'

const maxSchemaUrls = 1_000
const spansAtOnce = 4_096
const wholeBytes = /^(?:[0-9a-f]{2})*$/
const paddedBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/

/** A span and the trace it belongs to. */
export interface SpanOfTrace {
  traceId: string
  span: Draft<Span>
}

/** What outlives one ResourceSpans: who is told of drops, and the resources and scopes that repeat. */
export interface ReadContext extends DropContext {
  strings: StringCache
  resources: SharedObjects<Resource>
  scopes: SharedObjects<Scope>
  /** For each resource and scope those that differ from it by their schema URL. */
  bySchemaUrl: WeakMap<object, Map<string, object>>
}

interface ScopeSpans {
  scope: Scope | null
  schemaUrl: string
  /** Where the array of spans begins. */
  spans: number | undefined
}

interface ResourceSpans {
  resource: Resource | null
  schemaUrl: string
  groups: readonly ScopeSpans[]
}

interface WithAttributes {
  attributes: Attributes
  droppedAttributesCount: number
}

const attributeFields = {
  attributes: (target: WithAttributes, reader: JsonReader, context: DropContext) => {
    target.attributes = readAttributes(reader, context)
  },
  droppedAttributesCount: (target: WithAttributes, reader: JsonReader) => {
    target.droppedAttributesCount = readUint32(reader)
  },
}

const resourceFields = fieldsOf<Draft<Resource>, DropContext>(attributeFields, otherNames)

const scopeFields = fieldsOf<Draft<Scope>, DropContext>(
  {
    name: (scope, reader) => {
      scope.name = reader.string()
    },
    version: (scope, reader) => {
      scope.version = reader.string()
    },
    ...attributeFields,
  },
  otherNames,
)

const statusFields = fieldsOf<Draft<Status>, DropContext>(
  {
    code: (status, reader) => {
      status.code = readEnum(reader, statusCodes)
    },
    message: (status, reader) => {
      status.message = reader.string()
    },
  },
  otherNames,
)

const eventFields = fieldsOf<Draft<SpanEvent>, DropContext>(
  {
    timeUnixNano: (event, reader) => {
      event.timeNanos = readTime(reader)
    },
    name: (event, reader) => {
      event.name = reader.string()
    },
    ...attributeFields,
  },
  otherNames,
)

const linkFields = fieldsOf<Draft<Link>, DropContext>(
  {
    traceId: (link, reader) => {
      link.traceId = readId(reader, traceIdDigits)
    },
    spanId: (link, reader) => {
      link.spanId = readId(reader, spanIdDigits)
    },
    traceState: (link, reader) => {
      link.traceState = reader.string()
    },
    flags: (link, reader) => {
      link.flags = readUint32(reader)
    },
    ...attributeFields,
  },
  otherNames,
)

const spanFields = fieldsOf<SpanOfTrace, DropContext>(
  {
    traceId: (target, reader) => {
      target.traceId = readId(reader, traceIdDigits)
    },
    spanId: ({ span }, reader) => {
      span.spanId = readId(reader, spanIdDigits)
    },
    parentSpanId: ({ span }, reader) => {
      span.parentSpanId = readId(reader, spanIdDigits)
    },
    traceState: ({ span }, reader) => {
      span.traceState = reader.string()
    },
    flags: ({ span }, reader) => {
      span.flags = readUint32(reader)
    },
    name: ({ span }, reader) => {
      span.name = reader.string()
    },
    kind: ({ span }, reader) => {
      span.kind = readEnum(reader, spanKinds)
    },
    startTimeUnixNano: ({ span }, reader) => {
      span.startNanos = readTime(reader)
    },
    endTimeUnixNano: ({ span }, reader) => {
      span.endNanos = readTime(reader)
    },
    attributes: ({ span }, reader, context) => {
      span.attributes = readAttributes(reader, context)
    },
    droppedAttributesCount: ({ span }, reader) => {
      span.droppedAttributesCount = readUint32(reader)
    },
    events: ({ span }, reader, context) => {
      span.events = readList(reader, () => readInto(reader, eventFields, newEvent(), context))
    },
    droppedEventsCount: ({ span }, reader) => {
      span.droppedEventsCount = readUint32(reader)
    },
    links: ({ span }, reader, context) => {
      span.links = readList(reader, () => readInto(reader, linkFields, newLink(), context))
    },
    droppedLinksCount: ({ span }, reader) => {
      span.droppedLinksCount = readUint32(reader)
    },
    status: ({ span }, reader, context) => {
      span.status = readInto(reader, statusFields, newStatus(), context)
    },
  },
  otherNames,
)

const scopeSpansFields = fieldsOf<ScopeSpans, ReadContext>(
  {
    scope: (target, reader, context) => {
      target.scope = context.scopes.read(reader)
    },
    spans: (target, reader) => {
      target.spans = reader.mark()
      reader.skipUnchecked()
    },
    schemaUrl: (target, reader) => {
      target.schemaUrl = reader.string()
    },
  },
  otherNames,
)

const resourceSpansFields = fieldsOf<ResourceSpans, ReadContext>(
  {
    resource: (target, reader, context) => {
      target.resource = context.resources.read(reader)
    },
    scopeSpans: (target, reader, context) => {
      target.groups = readList(reader, () =>
        readInto(reader, scopeSpansFields, { scope: null, schemaUrl: '', spans: undefined }, context),
      )
    },
    schemaUrl: (target, reader) => {
      target.schemaUrl = reader.string()
    },
  },
  otherNames,
)

/** The caches of one input. */
export function newReadContext(strings: StringCache, dropped: (field: string) => void): ReadContext {
  return {
    strings,
    dropped,
    bySchemaUrl: new WeakMap(),
    resources: new SharedObjects(
      (reader, droppedHere) => readInto(reader, resourceFields, newResource(), { dropped: droppedHere }),
      dropped,
    ),
    scopes: new SharedObjects(
      (reader, droppedHere) => readInto(reader, scopeFields, newScope(), { dropped: droppedHere }),
      dropped,
    ),
  }
}

/**
 * The spans of one ResourceSpans, in its order, each with its resource and scope, a few thousand at a time: what they
 * share may stand behind them, so the text is gone over twice.
 */
export function* readResourceSpans(
  bytes: Uint8Array,
  offset: number,
  context: ReadContext,
  units: Units,
): Iterable<SpanOfTrace[]> {
  const reader = new JsonReader(bytes, offset, context.strings)
  reader.path.push('resourceSpans')
  const outline = units.attempt('ResourceSpans', () => readOutline(reader, context))
  if (outline === undefined) return
  const resource = withSchemaUrl(outline.resource, outline.schemaUrl, newResource, context)
  reader.path.push('scopeSpans', 'spans')
  try {
    for (const group of outline.groups) {
      const scope = withSchemaUrl(group.scope, group.schemaUrl, newScope, context)
      for (const spans of readSpans(reader, group.spans, context, units)) {
        for (const { span } of spans) Object.assign(span, { resource, scope })
        yield spans
      }
    }
  } catch (error) {
    units.bad('ResourceSpans', error)
  }
}

function readOutline(reader: JsonReader, context: ReadContext): ResourceSpans {
  const outline: ResourceSpans = { resource: null, schemaUrl: '', groups: [] }
  readMessage(reader, resourceSpansFields, outline, context)
  reader.end()
  return outline
}

function* readSpans(
  reader: JsonReader,
  start: number | undefined,
  context: ReadContext,
  units: Units,
): Iterable<SpanOfTrace[]> {
  if (start === undefined) return
  let spans: SpanOfTrace[] = []
  reader.rewind(start)
  reader.beginArray()
  while (reader.nextItem()) {
    const span = readUnit(reader, 'span', units, inner => readSpan(inner, context))
    if (span !== undefined) spans.push(span)
    if (spans.length < spansAtOnce) continue
    yield spans
    spans = []
  }
  yield spans
}

function readSpan(reader: JsonReader, context: ReadContext): SpanOfTrace {
  const target = { traceId: '', span: newSpan() }
  const start = reader.mark()
  if (readMessage(reader, spanFields, target, context) === 0) refuseStranger(reader, start)
  return target
}

/** Refuses an object that has members, but none of a span. */
function refuseStranger(reader: JsonReader, start: number): void {
  reader.rewind(start)
  reader.beginObject()
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    if (!reader.skipNull()) reader.fail(`no span: it has ${JSON.stringify(key)}, but no field of one`)
}

/** The same with its schema URL: one object for equal ones. `empty` makes it where only the URL is there. */
function withSchemaUrl<T extends Resource>(
  value: T | null,
  schemaUrl: string,
  empty: () => T,
  { bySchemaUrl }: ReadContext,
): T | null {
  if (schemaUrl === '') return value
  const known = bySchemaUrl.get(value ?? empty) ?? new Map<string, object>()
  const found = known.get(schemaUrl) ?? { ...(value ?? empty()), schemaUrl }
  if (known.size > maxSchemaUrls) known.clear()
  bySchemaUrl.set(value ?? empty, known.set(schemaUrl, found))
  return found as T
}

function readInto<T, C extends DropContext>(
  reader: JsonReader,
  fields: Parameters<typeof readMessage<T, C>>[1],
  target: T,
  context: C,
): T {
  readMessage(reader, fields, target, context)
  return target
}

/** In hex, or in base64 with padding as in protobuf's own JSON, which Tempo's API writes. */
function readId(reader: JsonReader, maxDigits: number): string {
  const text = reader.string()
  const id = paddedBase64.test(text) ? Buffer.from(text, 'base64').toString('hex') : text.toLowerCase()
  if (id.length > maxDigits)
    return reader.fail(`${JSON.stringify(id.slice(0, 80))} is longer than ${maxDigits / 2} bytes`)
  return wholeBytes.test(id) ? id : reader.fail(`${JSON.stringify(id)} is not whole bytes in hex`)
}

function readTime(reader: JsonReader): bigint {
  return parseUint64(readDigits(reader), reader)
}

function readUint32(reader: JsonReader): number {
  return parseUint32(readDigits(reader), reader)
}

function readEnum(reader: JsonReader, numbers: ReadonlyMap<string, number>): number {
  if (reader.peek() === 'number') return parseInt32(reader.number(), reader)
  const name = reader.string()
  return numbers.get(name) ?? reader.fail(`${JSON.stringify(name)} is none of ${[...numbers.keys()].join(', ')}`)
}
