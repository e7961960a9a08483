import { BoundedCache } from '../../maps.ts'
import { type Draft, newEvent, newResource, newSpan } from '../../model/draft.ts'
import type { Attribute, Resource, Span, SpanEvent, Value } from '../../model/trace.ts'
import {
  type DropContext,
  fieldsOf,
  into,
  readInto,
  readList,
  readMessage,
  readText,
  within,
} from '../../wire/json/message.ts'
import { parseUint32 } from '../../wire/json/number.ts'
import type { JsonReader } from '../../wire/json/reader.ts'
import { readMembers, readParentId, readSpanId, readTraceId } from '../foreign/foreign.ts'
import { type KnownTags, statusCodeOf, TagMapping, takeKind, takeText } from '../foreign/foreign-tags.ts'
import { endOf, type Micros, readDuration, readTime } from '../foreign/micros.ts'
import { refuseOthers } from './others.ts'

const maxResources = 10_000

interface Endpoint {
  serviceName: string
  addresses: string[]
  port: number
}

interface ZipkinSpan {
  traceId: string
  span: Draft<Span>
  tags: readonly Attribute[]
  local: Endpoint | undefined
  remote: Endpoint | undefined
  duration: Micros | undefined
  isShared: boolean
  isDebug: boolean
}

const kinds = new Map([
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
])

const endpointFields = fieldsOf<Endpoint, DropContext>({
  serviceName: into('serviceName', readText),
  ipv4: (endpoint, reader) => {
    endpoint.addresses.unshift(reader.string())
  },
  ipv6: (endpoint, reader) => {
    endpoint.addresses.push(reader.string())
  },
  port: into('port', reader => parseUint32(reader.number(), reader)),
})

const annotationFields = fieldsOf<Draft<SpanEvent>, DropContext>({
  timestamp: into('timeNanos', readTime),
  value: into('name', readText),
})

const spanFields = fieldsOf<ZipkinSpan, DropContext>({
  ...within<'span', Draft<Span>, DropContext>('span', {
    id: into('spanId', readSpanId),
    parentId: into('parentSpanId', readParentId),
    name: into('name', readText),
    timestamp: into('startNanos', readTime),
    kind: into('kind', (reader, context) => {
      const kind = kinds.get(reader.string())
      if (kind === undefined) context.dropped(reader.path.join('.'))
      return kind ?? 0
    }),
    annotations: into('events', (reader, context) =>
      readList(reader, () => readInto(reader, annotationFields, newEvent(), context)),
    ),
  }),
  traceId: into('traceId', readTraceId),
  duration: into('duration', readDuration),
  localEndpoint: into('local', readEndpoint),
  remoteEndpoint: into('remote', readEndpoint),
  tags: into('tags', reader => readMembers(reader)),
  shared: into('isShared', reader => reader.boolean()),
  debug: into('isDebug', reader => reader.boolean()),
})

/** Reads spans of Zipkin v2. Spans of one service share their resource. */
export class SpanReader {
  readonly #dropped: (field: string) => void
  readonly #tags = new TagMapping(takeKindAndStatus)
  readonly #resources = new BoundedCache<Resource>(maxResources)

  constructor(dropped: (field: string) => void) {
    this.#dropped = dropped
  }

  read(reader: JsonReader): { traceId: string; span: Span } {
    const target = newZipkinSpan()
    const drops: string[] = []
    const seen = readMessage(reader, spanFields, target, { dropped: field => drops.push(field) }, ['traceId', 'id'])
    reader.end()
    refuseOthers(reader, { has: name => (seen & spanFields.get(name)!.bit) !== 0, drops, span: target.span })
    for (const field of drops) this.#dropped(field)
    const { traceId, span, duration, local } = target
    span.endNanos = duration === undefined ? span.startNanos : endOf(span.startNanos, duration, reader)
    if (local !== undefined && local.serviceName !== '') span.resource = this.#resource(local.serviceName)
    this.#tags.apply(target.tags, span)
    const others = otherAttributes(target)
    if (others.length > 0) span.attributes = [...span.attributes, ...others]
    return { traceId, span }
  }

  #resource(serviceName: string): Resource {
    const attributes = [{ key: 'service.name', value: serviceName }]
    return this.#resources.get(serviceName, () => ({ ...newResource(), attributes }))
  }
}

function newZipkinSpan(): ZipkinSpan {
  return {
    traceId: '',
    span: newSpan(),
    tags: [],
    local: undefined,
    remote: undefined,
    duration: undefined,
    isShared: false,
    isDebug: false,
  }
}

function readEndpoint(reader: JsonReader, context: DropContext): Endpoint {
  return readInto(reader, endpointFields, { serviceName: '', addresses: [], port: 0 }, context)
}

/** What OTLP has no field for: the endpoints, and what tells an absent time from zero and half a span from a whole. */
function otherAttributes({ span, local, remote, duration, isShared, isDebug }: ZipkinSpan): Attribute[] {
  const attributes: Attribute[] = []
  const add = (key: string, value: Value) => attributes.push({ key, value })
  if (local !== undefined) addAddress('network.local', local, add)
  if (remote !== undefined && remote.serviceName !== '') add('service.peer.name', remote.serviceName)
  if (remote !== undefined) addAddress('network.peer', remote, add)
  if (span.startNanos === 0n) add('otel.zipkin.absentField.startTime', true)
  if (duration === undefined) add('otel.zipkin.absentField.duration', true)
  if (isShared) add('zipkin.shared', true)
  if (isDebug) add('zipkin.debug', true)
  return attributes
}

function addAddress(prefix: string, { addresses, port }: Endpoint, add: (key: string, value: Value) => void): void {
  for (const address of addresses) add(`${prefix}.address`, address)
  if (port > 0) add(`${prefix}.port`, BigInt(port))
}

/**
 * The tag `error` says that a span has failed, and how. With `otel.status_code` both are taken, as OpenTelemetry writes
 * them; alone it stays an attribute too, since `true` and the empty text say less than the status that they stand for.
 */
function takeKindAndStatus(known: KnownTags, span: Draft<Span>): void {
  if (span.kind === 0 && known.values.get('span.kind') === 'internal') span.kind = takeKind(known)
  const error = known.values.get('error')
  const stated = statusCodeOf(known)
  if (stated !== undefined) {
    known.taken.add('otel.status_code')
    const message = stated === 2 ? takeText(known, 'error') : undefined
    span.status = { code: stated, message: message ?? takeText(known, 'otel.status_description') ?? '' }
  } else if (error !== undefined && error !== 'false' && error !== false)
    span.status = { code: 2, message: typeof error === 'string' && error !== 'true' ? error : '' }
}
