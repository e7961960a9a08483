import { BoundedCache } from '../../maps.ts'
import { type Draft, newScope } from '../../model/draft.ts'
import type { Attribute, Scope, Span, Status, Value } from '../../model/trace.ts'

const maxScopes = 10_000
const uint32Max = 2 ** 32 - 1

/** The first tag of each key that means more than an attribute, and which of them have become fields of the span. */
export interface KnownTags {
  readonly values: ReadonlyMap<string, Value>
  readonly taken: Set<string>
}

const knownKeys: ReadonlySet<string> = new Set([
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'span.kind',
  'error',
  'otel.status_code',
  'otel.status_description',
  'w3c.tracestate',
  'otel.dropped_attributes_count',
  'otel.dropped_events_count',
  'otel.dropped_links_count',
])

const statusCodes = new Map([
  ['UNSET', 0],
  ['OK', 1],
  ['ERROR', 2],
])

const spanKinds = new Map<Value, number>([
  ['internal', 1],
  ['server', 2],
  ['client', 3],
  ['producer', 4],
  ['consumer', 5],
])

/**
 * Turns tags into attributes, and those that OpenTelemetry's mapping to other formats has made of fields
 * (opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp) back into the fields: scope, trace state, dropped
 * counts. Kind and status, where formats differ, are the format's to take. A tag stays an attribute where it does not
 * say what the field can hold, and where it stands a second time.
 */
export class TagMapping {
  readonly #takeOthers: (known: KnownTags, span: Draft<Span>) => void
  readonly #scopes = new BoundedCache<Scope>(maxScopes)

  constructor(takeOthers: (known: KnownTags, span: Draft<Span>) => void) {
    this.#takeOthers = takeOthers
  }

  apply(tags: readonly Attribute[], span: Draft<Span>): void {
    const values = new Map<string, Value>()
    for (const { key, value } of tags) if (knownKeys.has(key) && !values.has(key)) values.set(key, value)
    const known = { values, taken: new Set<string>() }
    if (values.size > 0) {
      this.#takeOthers(known, span)
      this.#takeScope(known, span)
      span.traceState = takeText(known, 'w3c.tracestate') ?? ''
      span.droppedAttributesCount = takeCount(known, 'otel.dropped_attributes_count')
      span.droppedEventsCount = takeCount(known, 'otel.dropped_events_count')
      span.droppedLinksCount = takeCount(known, 'otel.dropped_links_count')
    }
    span.attributes = known.taken.size === 0 ? tags : tags.filter(({ key }) => !known.taken.delete(key))
  }

  /** The older names are taken where they stand alone or say the same. */
  #takeScope(known: KnownTags, span: Draft<Span>): void {
    const name = takeText(known, 'otel.scope.name') ?? takeText(known, 'otel.library.name')
    const version = takeText(known, 'otel.scope.version') ?? takeText(known, 'otel.library.version')
    if (name === undefined && version === undefined) return
    if (name !== undefined && known.values.get('otel.library.name') === name) known.taken.add('otel.library.name')
    if (version !== undefined && known.values.get('otel.library.version') === version)
      known.taken.add('otel.library.version')
    span.scope = this.#scope(name ?? '', version ?? '')
  }

  #scope(name: string, version: string): Scope {
    return this.#scopes.get(`${name}\0${version}`, () => ({ ...newScope(), name, version }))
  }
}

/** The kind that the tag `span.kind` names, which is taken; 0 where there is none. */
export function takeKind({ values, taken }: KnownTags): number {
  const kind = spanKinds.get(values.get('span.kind') ?? null)
  if (kind === undefined) return 0
  taken.add('span.kind')
  return kind
}

/** The status that `otel.status_code` names, not taken; undefined where there is none. */
export function statusCodeOf({ values }: KnownTags): Status['code'] | undefined {
  const name = values.get('otel.status_code')
  return typeof name === 'string' ? statusCodes.get(name.toUpperCase()) : undefined
}

/** The text of the tag, which is taken; undefined where it is absent, empty or no text. */
export function takeText({ values, taken }: KnownTags, key: string): string | undefined {
  const text = values.get(key)
  if (typeof text !== 'string' || text === '') return undefined
  taken.add(key)
  return text
}

/** A count as an integer or its digits. */
function takeCount({ values, taken }: KnownTags, key: string): number {
  const value = values.get(key)
  const isCount = typeof value === 'bigint' || (typeof value === 'string' && /^[1-9]\d{0,9}$/.test(value))
  const count = isCount ? Number(value) : 0
  if (count <= 0 || count > uint32Max) return 0
  taken.add(key)
  return count
}
