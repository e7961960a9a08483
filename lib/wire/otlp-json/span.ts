import { type Draft, newEvent, newLink, newStatus } from '../../model/draft.ts'
import {
  type Attributes,
  type Link,
  type Scope,
  type Span,
  type SpanEvent,
  type Status,
  spanIdDigits,
  traceIdDigits,
} from '../../model/trace.ts'
import { type DropContext, type FieldReader, fieldsOf, into, readInto, readList, readText } from '../json/message.ts'
import type { JsonReader } from '../json/reader.ts'

/** A span and the trace it belongs to. */
export interface SpanOfTrace {
  traceId: string
  span: Draft<Span>
}

/** What forms of OTLP in JSON differ in. */
export interface SpanForm<C extends DropContext> {
  readAttributes(reader: JsonReader, context: C): Attributes
  readId(reader: JsonReader, maxDigits: number): string
  readTime(reader: JsonReader): bigint
  readUint32(reader: JsonReader): number
  readKind(reader: JsonReader): number
  readStatusCode(reader: JsonReader): number
  /** The other names of a field. */
  namesOf?(name: string): readonly string[]
  /** The fields that an event and a link must have. */
  required?: { event: readonly string[]; link: readonly string[] }
}

/** The fields of the messages of OTLP's JSON, by their names. */
export function spanFieldsOf<C extends DropContext>({ readId, readTime, readUint32, namesOf, ...form }: SpanForm<C>) {
  const traceId = (reader: JsonReader) => readId(reader, traceIdDigits)
  const spanId = (reader: JsonReader) => readId(reader, spanIdDigits)
  const withAttributes = {
    attributes: into('attributes', form.readAttributes),
    droppedAttributesCount: into('droppedAttributesCount', readUint32),
  } satisfies Record<string, FieldReader<WithAttributes, C>>
  const scope: Record<string, FieldReader<Draft<Scope>, C>> = {
    name: into('name', readText),
    version: into('version', readText),
    ...withAttributes,
  }
  const status = fieldsOf<Draft<Status>, C>(
    { code: into('code', form.readStatusCode), message: into('message', readText) },
    namesOf,
  )
  const event = fieldsOf<Draft<SpanEvent>, C>(
    { timeUnixNano: into('timeNanos', readTime), name: into('name', readText), ...withAttributes },
    namesOf,
  )
  const link = fieldsOf<Draft<Link>, C>(
    {
      traceId: into('traceId', traceId),
      spanId: into('spanId', spanId),
      traceState: into('traceState', readText),
      flags: into('flags', readUint32),
      ...withAttributes,
    },
    namesOf,
  )
  const span: Record<string, FieldReader<Draft<Span>, C>> = {
    spanId: into('spanId', spanId),
    parentSpanId: into('parentSpanId', spanId),
    traceState: into('traceState', readText),
    flags: into('flags', readUint32),
    name: into('name', readText),
    kind: into('kind', form.readKind),
    startTimeUnixNano: into('startNanos', readTime),
    endTimeUnixNano: into('endNanos', readTime),
    ...withAttributes,
    events: into('events', (reader, context) =>
      readList(reader, () => readInto(reader, event, newEvent(), context, form.required?.event)),
    ),
    droppedEventsCount: into('droppedEventsCount', readUint32),
    links: into('links', (reader, context) =>
      readList(reader, () => readInto(reader, link, newLink(), context, form.required?.link)),
    ),
    droppedLinksCount: into('droppedLinksCount', readUint32),
    status: into('status', (reader, context) => readInto(reader, status, newStatus(), context)),
  }
  return { resource: withAttributes, scope, span, traceId }
}

interface WithAttributes {
  attributes: Attributes
  droppedAttributesCount: number
}
