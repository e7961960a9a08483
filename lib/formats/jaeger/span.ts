import type { StringCache } from '../../bytes/string-cache.ts'
import { type Draft, newEvent, newResource, newSpan } from '../../model/draft.ts'
import type { Attribute, Link, Resource, Span, SpanEvent, Value } from '../../model/trace.ts'
import type { Units } from '../../model/units.ts'
import {
  type DropContext,
  fieldsOf,
  into,
  readInto,
  readList,
  readText,
  readUnit,
  readUnits,
  within,
} from '../../wire/json/message.ts'
import { parseUint32 } from '../../wire/json/number.ts'
import type { JsonReader } from '../../wire/json/reader.ts'
import { SharedObjects } from '../../wire/json/shared.ts'
import { readNatural, readParentId, readSpanId, readTraceId } from '../foreign/foreign.ts'
import { type KnownTags, statusCodeOf, TagMapping, takeKind, takeText } from '../foreign/foreign-tags.ts'
import { endOf, type Micros, readDuration, readTime } from '../foreign/micros.ts'
import { readTags } from './tag.ts'

/** A span as it stands, with what its trace object must add. */
export interface JaegerSpan {
  traceId: string
  span: Draft<Span>
  duration: Micros
  tags: Attribute[]
  references: readonly Reference[]
  parentSpanId: string
  processId: string | undefined
  warnings: readonly Value[]
  /** What was dropped when it was read: told only where the span is kept. */
  drops: string[]
}

interface Reference {
  type: string
  traceId: string
  spanId: string
}

interface Process {
  serviceName: string
  tags: readonly Attribute[]
}

const processFields = fieldsOf<Process, DropContext>({
  serviceName: into('serviceName', readText),
  tags: into('tags', readTags),
})

const logFields = fieldsOf<Draft<SpanEvent>, DropContext>({
  timestamp: into('timeNanos', readTime),
  fields: into('attributes', readTags),
})

const referenceFields = fieldsOf<Reference, SpanReader>({
  refType: into('type', readText),
  traceID: into('traceId', readTraceId),
  spanID: into('spanId', readSpanId),
  span: (_, reader, spans) => {
    spans.readInlined(reader)
  },
})

const spanFields = fieldsOf<JaegerSpan, SpanReader>({
  ...within<'span', Draft<Span>, SpanReader>('span', {
    spanID: into('spanId', readSpanId),
    operationName: into('name', readText),
    startTime: into('startNanos', readTime),
    logs: into('events', (reader, context) => readList(reader, () => readLog(reader, context))),
    process: into('resource', (reader, context) => context.readProcess(reader)),
    flags: into('flags', (reader, context) => {
      const flags = parseUint32(reader.number(), reader)
      if (flags > 1) context.dropped(reader.path.join('.'))
      return flags & 1
    }),
  }),
  traceID: into('traceId', readTraceId),
  parentSpanID: into('parentSpanId', readParentId),
  references: into('references', (reader, context) =>
    readList(reader, () => readInto(reader, referenceFields, { type: '', traceId: '', spanId: '' }, context)),
  ),
  duration: into('duration', readDuration),
  tags: into('tags', readTags),
  processID: into('processId', readText),
  warnings: into('warnings', reader => readList(reader, () => readNatural(reader))),
})

/** Reads spans, those that are inlined in references among them. */
export class SpanReader implements DropContext {
  readonly strings: StringCache
  readonly #units: Units
  readonly #tags = new TagMapping(takeKindAndStatus)
  readonly #processes: SharedObjects<Resource>
  #drops: string[] = []
  #inlined: JaegerSpan[] = []

  constructor(strings: StringCache, units: Units) {
    this.strings = strings
    this.#units = units
    this.#processes = new SharedObjects(readProcess, field => this.dropped(field))
  }

  dropped(field: string): void {
    this.#drops.push(field)
  }

  /** Begins a trace anew, whatever one that could not be read has left behind. */
  forget(): void {
    this.#drops = []
    this.#inlined = []
  }

  /** What was dropped outside of spans since the last call. */
  takeDrops(): string[] {
    return this.#drops.splice(0)
  }

  /** The spans that stood in references since the last call, repeated ones among them. */
  takeInlined(): JaegerSpan[] {
    return this.#inlined.splice(0)
  }

  readProcess(reader: JsonReader): Resource {
    return this.#processes.read(reader)
  }

  /** The spans of a list; bad ones are left out where that was asked for. */
  readList(reader: JsonReader): JaegerSpan[] {
    return readUnits(reader, 'span', this.#units, inner => this.#read(inner))
  }

  /** One in a reference: for messages and drops it stands where all spans do. */
  readInlined(reader: JsonReader): void {
    const around = reader.path.splice(1)
    const span = readUnit(reader, 'span', this.#units, inner => this.#read(inner))
    if (span !== undefined) this.#inlined.push(span)
    reader.path.push(...around)
  }

  #read(reader: JsonReader): JaegerSpan {
    const outer = this.#drops
    const target = newJaegerSpan()
    this.#drops = target.drops
    try {
      readInto(reader, spanFields, target, this, ['traceID', 'spanID', 'startTime'])
      this.#complete(target, reader)
    } finally {
      this.#drops = outer
    }
    return target
  }

  #complete({ span, duration, tags, warnings, ...target }: JaegerSpan, reader: JsonReader): void {
    span.endNanos = endOf(span.startNanos, duration, reader)
    this.#tags.apply(tags, span)
    if (warnings.length > 0) span.attributes = [...span.attributes, { key: '@jaeger@warnings', value: warnings }]
    const parent = parentOf(target)
    span.parentSpanId = parent?.spanId ?? target.parentSpanId
    if (target.parentSpanId !== '' && span.parentSpanId !== target.parentSpanId)
      this.dropped([...reader.path, 'parentSpanID'].join('.'))
    span.links = target.references.filter(reference => reference !== parent || !isChildOf(reference)).map(toLink)
  }
}

function newJaegerSpan(): JaegerSpan {
  return {
    traceId: '',
    span: newSpan(),
    duration: { text: '0', nanos: 0n },
    tags: [],
    references: [],
    parentSpanId: '',
    processId: undefined,
    warnings: [],
    drops: [],
  }
}

/** The first reference in the same trace that says whose child it is, or else what it follows from. */
function parentOf({ traceId, references }: Pick<JaegerSpan, 'traceId' | 'references'>): Reference | undefined {
  const inTrace = references.filter(reference => reference.traceId === traceId && !/^0*$/.test(reference.spanId))
  return inTrace.find(isChildOf) ?? inTrace.find(({ type }) => type === 'FOLLOWS_FROM')
}

function isChildOf({ type }: Reference): boolean {
  return type === 'CHILD_OF'
}

function toLink({ type, traceId, spanId }: Reference): Link {
  const attributes = type === '' ? [] : [{ key: 'opentracing.ref_type', value: type.toLowerCase() }]
  return { traceId, spanId, traceState: '', flags: 0, attributes, droppedAttributesCount: 0 }
}

function readProcess(reader: JsonReader, context: DropContext): Resource {
  const empty: Process = { serviceName: '', tags: [] }
  const { serviceName, tags } = readInto(reader, processFields, empty, context)
  const attributes = serviceName === '' ? tags : [{ key: 'service.name', value: serviceName }, ...tags]
  return { ...newResource(), attributes }
}

/** The first text under the key `event` is the name of the event. */
function readLog(reader: JsonReader, context: DropContext): SpanEvent {
  const event = readInto(reader, logFields, newEvent(), context)
  const named = event.attributes.find(({ key }) => key === 'event')
  if (typeof named?.value !== 'string' || named.value === '') return event
  event.name = named.value
  event.attributes = event.attributes.filter(attribute => attribute !== named)
  return event
}

/** An `error` of true outweighs another status code, which then stays an attribute. */
function takeKindAndStatus(known: KnownTags, span: Draft<Span>): void {
  span.kind = takeKind(known)
  const error = known.values.get('error')
  const stated = statusCodeOf(known)
  const isError = error === true || error === 'true'
  if (!isError && stated === undefined) return
  const code = isError ? 2 : stated!
  if (error === true) known.taken.add('error')
  if (code === stated) known.taken.add('otel.status_code')
  span.status = { code, message: takeText(known, 'otel.status_description') ?? '' }
}
