import { printSpan } from '../../../lib/formats/ndjson/print.ts'
import { newSpan } from '../../../lib/model/draft.ts'
import type { Resource, Scope, Span } from '../../../lib/model/trace.ts'

const blank: Span = newSpan()
const blankBytes = byteLengthOf('', blank)

/** Sums the bytes of NDJSON by field: what each adds to a line. The rest is the frame that every line has. */
export class FieldBytes {
  readonly #bytes: Record<string, number> = {}
  readonly #shared = new WeakMap<Resource | Scope, number>()

  add(traceId: string, span: Span): void {
    this.#add('frame', blankBytes + 1)
    this.#add('ids', added({ spanId: span.spanId, parentSpanId: span.parentSpanId }, traceId))
    this.#add('name and kind', added({ name: span.name, kind: span.kind }))
    this.#add('times', added({ startNanos: span.startNanos, endNanos: span.endNanos }))
    this.#add('attributes', added({ attributes: span.attributes }))
    if (span.events.length > 0) this.#add('events', added({ events: span.events }))
    if (span.links.length > 0) this.#add('links', added({ links: span.links }))
    if (span.status !== null) this.#add('status', added({ status: span.status }))
    if (span.resource !== null) this.#addShared('resource', span.resource, { resource: span.resource })
    if (span.scope !== null) this.#addShared('scope', span.scope, { scope: span.scope })
    this.#addOther(span)
  }

  /** Largest first. */
  byField(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#bytes).sort((a, b) => b[1] - a[1]))
  }

  #add(field: string, bytes: number): void {
    this.#bytes[field] = (this.#bytes[field] ?? 0) + bytes
  }

  #addShared(field: string, shared: Resource | Scope, fields: Partial<Span>): void {
    const bytes = this.#shared.get(shared) ?? added(fields)
    this.#shared.set(shared, bytes)
    this.#add(field, bytes)
  }

  #addOther({ traceState, flags, droppedAttributesCount, droppedEventsCount, droppedLinksCount }: Span): void {
    if (traceState === '' && flags + droppedAttributesCount + droppedEventsCount + droppedLinksCount === 0) return
    this.#add(
      'flags, state, drops',
      added({ traceState, flags, droppedAttributesCount, droppedEventsCount, droppedLinksCount }),
    )
  }
}

function added(fields: Partial<Span>, traceId = ''): number {
  return byteLengthOf(traceId, { ...blank, ...fields }) - blankBytes
}

function byteLengthOf(traceId: string, span: Span): number {
  return Buffer.byteLength(printSpan(traceId, span))
}
