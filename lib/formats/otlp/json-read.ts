import type { StringCache } from '../../bytes/string-cache.ts'
import { BoundedCache, getOrInsert } from '../../maps.ts'
import { type Draft, newResource, newScope, newSpan } from '../../model/draft.ts'
import type { Resource, Scope } from '../../model/trace.ts'
import type { Units } from '../../model/units.ts'
import {
  type DropContext,
  fieldsOf,
  into,
  readInto,
  readList,
  readMessage,
  readText,
  readUnit,
  within,
} from '../../wire/json/message.ts'
import { parseInt32, parseUint32, parseUint64 } from '../../wire/json/number.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { SharedObjects } from '../../wire/json/shared.ts'
import { otherNames, spanKinds, statusCodes } from '../../wire/otlp-json/names.ts'
import { type SpanOfTrace, spanFieldsOf } from '../../wire/otlp-json/span.ts'
import { readAttributes, readDigits } from '../../wire/otlp-json/value.ts'

const maxSchemaUrls = 1_000
const spansAtOnce = 4_096
const wholeBytes = /^(?:[0-9a-f]{2})*$/
const paddedBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/

/** What outlives one ResourceSpans: who is told of drops, and the resources and scopes that repeat. */
export interface ReadContext extends DropContext {
  strings: StringCache
  resources: SharedObjects<Resource>
  scopes: SharedObjects<Scope>
  /** For each resource and scope those that differ from it by their schema URL. */
  bySchemaUrl: WeakMap<object, BoundedCache<object>>
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

const fields = spanFieldsOf<DropContext>({
  readAttributes,
  readId,
  readTime: reader => parseUint64(readDigits(reader), reader),
  readUint32: reader => parseUint32(readDigits(reader), reader),
  readKind: reader => readEnum(reader, spanKinds),
  readStatusCode: reader => readEnum(reader, statusCodes),
  namesOf: otherNames,
})
const resourceFields = fieldsOf<Draft<Resource>, DropContext>(fields.resource, otherNames)
const scopeFields = fieldsOf<Draft<Scope>, DropContext>(fields.scope, otherNames)
const spanFields = fieldsOf<SpanOfTrace, DropContext>(
  { traceId: into('traceId', fields.traceId), ...within('span', fields.span) },
  otherNames,
)

const scopeSpansFields = fieldsOf<ScopeSpans, ReadContext>(
  {
    scope: into('scope', (reader, { scopes }) => scopes.read(reader)),
    spans: (target, reader) => {
      target.spans = reader.mark()
      reader.skipUnchecked()
    },
    schemaUrl: into('schemaUrl', readText),
  },
  otherNames,
)

const resourceSpansFields = fieldsOf<ResourceSpans, ReadContext>(
  {
    resource: into('resource', (reader, { resources }) => resources.read(reader)),
    scopeSpans: into('groups', (reader, context) =>
      readList(reader, () =>
        readInto(reader, scopeSpansFields, { scope: null, schemaUrl: '', spans: undefined }, context),
      ),
    ),
    schemaUrl: into('schemaUrl', readText),
  },
  otherNames,
)

/** The caches of one input. */
export function newReadContext(strings: StringCache, dropped: (field: string) => void): ReadContext {
  return {
    strings,
    dropped,
    bySchemaUrl: new WeakMap(),
    resources: new SharedObjects((reader, drop) => readInto(reader, resourceFields, newResource(), drop), dropped),
    scopes: new SharedObjects((reader, drop) => readInto(reader, scopeFields, newScope(), drop), dropped),
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
  const empty: ResourceSpans = { resource: null, schemaUrl: '', groups: [] }
  const outline = readInto(reader, resourceSpansFields, empty, context)
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
  const known = getOrInsert(bySchemaUrl, value ?? empty, () => new BoundedCache<object>(maxSchemaUrls))
  return known.get(schemaUrl, () => ({ ...(value ?? empty()), schemaUrl })) as T
}

/** In hex, or in base64 with padding as in protobuf's own JSON, which Tempo's API writes. */
function readId(reader: JsonReader, maxDigits: number): string {
  const text = reader.string()
  const id = paddedBase64.test(text) ? Buffer.from(text, 'base64').toString('hex') : text.toLowerCase()
  if (id.length > maxDigits)
    return reader.fail(`${JSON.stringify(id.slice(0, 80))} is longer than ${maxDigits / 2} bytes`)
  return wholeBytes.test(id) ? id : reader.fail(`${JSON.stringify(id)} is not whole bytes in hex`)
}

function readEnum(reader: JsonReader, numbers: ReadonlyMap<string, number>): number {
  if (reader.peek() === 'number') return parseInt32(reader.number(), reader)
  const name = reader.string()
  return numbers.get(name) ?? reader.fail(`${JSON.stringify(name)} is none of ${[...numbers.keys()].join(', ')}`)
}
