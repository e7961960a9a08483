import { StringCache } from '../../bytes/string-cache.ts'
import { withSubject } from '../../error.ts'
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
  type Trace,
  traceIdDigits,
} from '../../model/trace.ts'
import { strictUnits, type Units } from '../../model/units.ts'
import { type Line, readLines } from '../../wire/json/lines.ts'
import { type DropContext, fieldsOf, readList, readMessage, requireFields } from '../../wire/json/message.ts'
import { isIntegerText, parseInt32, parseUint32, parseUint64 } from '../../wire/json/number.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { SharedObjects } from '../../wire/json/shared.ts'
import { parseAttributes } from './parse-value.ts'

const batchSpanCount = 1_000
const wholeBytes = /^(?:[0-9a-f]{2})*$/

interface Context extends DropContext {
  resources: SharedObjects<Resource>
  scopes: SharedObjects<Scope>
}

interface SpanLine {
  traceId: string
  span: Draft<Span>
}

interface WithAttributes {
  attributes: Attributes
  droppedAttributesCount: number
}

const attributeFields = {
  attributes: (target: WithAttributes, reader: JsonReader) => {
    target.attributes = parseAttributes(reader)
  },
  droppedAttributesCount: (target: WithAttributes, reader: JsonReader) => {
    target.droppedAttributesCount = readUint32(reader)
  },
}

const resourceFields = fieldsOf<Draft<Resource>, DropContext>({
  ...attributeFields,
  schemaUrl: (resource, reader) => {
    resource.schemaUrl = reader.string()
  },
})

const scopeFields = fieldsOf<Draft<Scope>, DropContext>({
  name: (scope, reader) => {
    scope.name = reader.string()
  },
  version: (scope, reader) => {
    scope.version = reader.string()
  },
  ...attributeFields,
  schemaUrl: (scope, reader) => {
    scope.schemaUrl = reader.string()
  },
})

const statusFields = fieldsOf<Draft<Status>, Context>({
  code: (status, reader) => {
    status.code = parseInt32(reader.number(), reader)
  },
  message: (status, reader) => {
    status.message = reader.string()
  },
})

const eventFields = fieldsOf<Draft<SpanEvent>, Context>({
  timeUnixNano: (event, reader) => {
    event.timeNanos = readTime(reader)
  },
  name: (event, reader) => {
    event.name = reader.string()
  },
  ...attributeFields,
})

const linkFields = fieldsOf<Draft<Link>, Context>({
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
})

const spanFields = fieldsOf<SpanLine, Context>({
  traceId: (line, reader) => {
    line.traceId = readId(reader, traceIdDigits)
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
    span.kind = parseInt32(reader.number(), reader)
  },
  startTimeUnixNano: ({ span }, reader) => {
    span.startNanos = readTime(reader)
  },
  endTimeUnixNano: ({ span }, reader) => {
    span.endNanos = readTime(reader)
  },
  attributes: ({ span }, reader) => {
    span.attributes = parseAttributes(reader)
  },
  droppedAttributesCount: ({ span }, reader) => {
    span.droppedAttributesCount = readUint32(reader)
  },
  events: ({ span }, reader, context) => {
    span.events = readList(reader, () => readEvent(reader, context))
  },
  droppedEventsCount: ({ span }, reader) => {
    span.droppedEventsCount = readUint32(reader)
  },
  links: ({ span }, reader, context) => {
    span.links = readList(reader, () => readLink(reader, context))
  },
  droppedLinksCount: ({ span }, reader) => {
    span.droppedLinksCount = readUint32(reader)
  },
  status: ({ span }, reader, context) => {
    const status = newStatus()
    readMessage(reader, statusFields, status, context)
    span.status = status
  },
  resource: ({ span }, reader, context) => {
    span.resource = context.resources.read(reader)
  },
  scope: ({ span }, reader, context) => {
    span.scope = context.scopes.read(reader)
  },
})

/**
 * The traces of NDJSON: neighbouring lines of one trace id are one trace, batches end with a trace. Equal resources and
 * scopes are shared. `dropped` is told of every member that the format does not know; `units` decides about bad lines.
 * Errors begin with `line N: `.
 */
export async function* readTraces(
  chunks: AsyncIterable<Uint8Array>,
  dropped: (field: string) => void = () => {},
  units: Units = strictUnits,
): AsyncIterable<readonly Trace[]> {
  const parse = lineParser(dropped)
  let batch: Trace[] = []
  let spanCount = 0
  let traceId: string | undefined
  let spans: Span[] = []
  for await (const line of readLines(chunks, undefined, units)) {
    const parsed = units.attempt('line', () => parse(line))
    if (parsed === undefined) continue
    if (parsed.traceId !== traceId) {
      if (spanCount >= batchSpanCount) {
        yield batch
        batch = []
        spanCount = 0
      }
      traceId = parsed.traceId
      spans = []
      batch.push({ traceId, spans })
    }
    spans.push(parsed.span)
    spanCount++
  }
  if (batch.length > 0) yield batch
}

/** Parses line after line; undefined stands for a blank one. */
function lineParser(dropped: (field: string) => void): (line: Line) => SpanLine | undefined {
  const strings = new StringCache()
  const context: Context = {
    dropped,
    resources: new SharedObjects(readResource, dropped),
    scopes: new SharedObjects(readScope, dropped),
  }
  return ({ bytes, line }) => {
    try {
      const reader = new JsonReader(bytes, 0, strings)
      return reader.isAtEnd() ? undefined : readSpanLine(reader, context)
    } catch (error) {
      throw withSubject(`line ${line}`, error)
    }
  }
}

function readSpanLine(reader: JsonReader, context: Context): SpanLine {
  const line = { traceId: '', span: newSpan() }
  const seen = readMessage(reader, spanFields, line, context)
  requireFields(reader, spanFields, seen, ['traceId', 'spanId', 'name', 'startTimeUnixNano', 'endTimeUnixNano'])
  reader.end()
  return line
}

function readResource(reader: JsonReader, dropped: (field: string) => void): Resource {
  const resource = newResource()
  readMessage(reader, resourceFields, resource, { dropped })
  return resource
}

function readScope(reader: JsonReader, dropped: (field: string) => void): Scope {
  const scope = newScope()
  readMessage(reader, scopeFields, scope, { dropped })
  return scope
}

function readEvent(reader: JsonReader, context: Context): SpanEvent {
  const event = newEvent()
  requireFields(reader, eventFields, readMessage(reader, eventFields, event, context), ['timeUnixNano', 'name'])
  return event
}

function readLink(reader: JsonReader, context: Context): Link {
  const link = newLink()
  requireFields(reader, linkFields, readMessage(reader, linkFields, link, context), ['traceId', 'spanId'])
  return link
}

function readId(reader: JsonReader, maxDigits: number): string {
  const id = reader.string()
  if (id.length > maxDigits) return reader.fail(`${JSON.stringify(id)} is longer than ${maxDigits / 2} bytes`)
  return wholeBytes.test(id) ? id : reader.fail(`${JSON.stringify(id)} is not whole bytes in lower-case hex`)
}

function readTime(reader: JsonReader): bigint {
  const text = reader.string()
  return isIntegerText(text) ? parseUint64(text, reader) : reader.fail(`${JSON.stringify(text)} is no time`)
}

function readUint32(reader: JsonReader): number {
  return parseUint32(reader.number(), reader)
}
