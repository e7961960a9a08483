import { serviceIn } from '../../../lib/model/service.ts'
import type { Resource, Scope, Span, Trace } from '../../../lib/model/trace.ts'
import { type Distinct, DistinctSet } from './distinct.ts'
import { FieldBytes } from './field-bytes.ts'
import { Histogram, type Spread } from './histogram.ts'
import { type KeyProfile, KeyTable } from './keys.ts'
import { type Shape, ShapeTable } from './shape.ts'

/** What traces look like. Shares of spans are counts here: `spanCount` is the whole. */
export interface Profile {
  traceCount: number
  spanCount: number
  shape: Shape
  names: Distinct
  services: Distinct
  resources: Distinct
  scopes: Distinct
  attributesPerSpan: Spread
  attributesPerResource: Spread
  eventsPerSpan: Spread
  /** Spans by kind, OTLP's number. */
  kinds: Record<string, number>
  errorCount: number
  eventCount: number
  linkCount: number
  /** Starts that are a whole number of so many nanoseconds. */
  wholeStarts: { ms: number; us: number; ns256: number }
  keyCount: Distinct
  keys: KeyProfile[]
  /** Bytes of the NDJSON by field; they sum to its size. */
  bytesByField: Record<string, number>
}

const maxDistinct = 100_000

/** Profiles traces in one pass. Memory is bounded by the caps of what is remembered, whatever the input. */
export class Profiler {
  readonly #shape = new ShapeTable()
  readonly #keys = new KeyTable()
  readonly #bytes = new FieldBytes()
  readonly #names = new DistinctSet(maxDistinct)
  readonly #services = new DistinctSet(maxDistinct)
  readonly #resources = new DistinctSet(maxDistinct)
  readonly #scopes = new DistinctSet(maxDistinct)
  readonly #attributes = new Histogram()
  readonly #resourceAttributes = new Histogram()
  readonly #events = new Histogram()
  readonly #seen = new WeakSet<Resource | Scope>()
  readonly #kinds: Record<string, number> = {}
  readonly #whole = { ms: 0, us: 0, ns256: 0 }
  readonly #counts = { traceCount: 0, spanCount: 0, errorCount: 0, eventCount: 0, linkCount: 0 }

  add(trace: Trace): void {
    this.#counts.traceCount++
    this.#shape.add(trace)
    for (const span of trace.spans) {
      this.#addSpan(span)
      this.#addShared(span)
      this.#bytes.add(trace.traceId, span)
    }
  }

  profile(): Profile {
    return {
      ...this.#counts,
      shape: this.#shape.shape(),
      names: this.#names.distinct(),
      services: this.#services.distinct(),
      resources: this.#resources.distinct(),
      scopes: this.#scopes.distinct(),
      attributesPerSpan: this.#attributes.spread(),
      attributesPerResource: this.#resourceAttributes.spread(),
      eventsPerSpan: this.#events.spread(),
      kinds: this.#kinds,
      wholeStarts: this.#whole,
      keyCount: this.#keys.distinct(),
      keys: this.#keys.profiles(),
      bytesByField: this.#bytes.byField(),
    }
  }

  #addSpan(span: Span): void {
    const counts = this.#counts
    counts.spanCount++
    counts.eventCount += span.events.length
    counts.linkCount += span.links.length
    if (span.status?.code === 2) counts.errorCount++
    this.#kinds[span.kind] = (this.#kinds[span.kind] ?? 0) + 1
    this.#names.add(span.name)
    this.#attributes.add(span.attributes.length)
    this.#events.add(span.events.length)
    this.#addStart(span.startNanos)
    this.#keys.add('span', span.attributes)
    for (const event of span.events) this.#keys.add('event', event.attributes)
    for (const link of span.links) this.#keys.add('link', link.attributes)
  }

  #addStart(nanos: bigint): void {
    const low = Number(nanos % 1_000_000n)
    if (low === 0) this.#whole.ms++
    if (low % 1000 === 0) this.#whole.us++
    if ((nanos & 255n) === 0n) this.#whole.ns256++
  }

  /** Resources and scopes are shared: each object is looked at once. */
  #addShared({ resource, scope }: Span): void {
    if (resource !== null) {
      this.#resourceAttributes.add(resource.attributes.length)
      if (this.#isNew(resource)) {
        this.#keys.add('resource', resource.attributes)
        this.#resources.add({ entries: resource.attributes })
        const service = serviceIn(resource.attributes)
        if (service !== undefined) this.#services.add(service)
      }
    }
    if (scope === null || !this.#isNew(scope)) return
    this.#keys.add('scope', scope.attributes)
    this.#scopes.add([scope.name, scope.version, { entries: scope.attributes }])
  }

  #isNew(shared: Resource | Scope): boolean {
    if (this.#seen.has(shared)) return false
    this.#seen.add(shared)
    return true
  }
}
