import {
  type Attributes,
  isKeyValueList,
  type Resource,
  type Scope,
  type Span,
  type Trace,
  type Value,
} from '../../model/trace.ts'

/** Cuts texts in attributes to so many bytes of UTF-8, at the end of a character, and counts them. */
export class AttributeCutter {
  readonly #maxBytes: number
  readonly #shared = new Map<object, object>()
  count = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  isLong(value: Value): boolean {
    if (typeof value === 'string') return value.length * 3 > this.#maxBytes && Buffer.byteLength(value) > this.#maxBytes
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
    return isKeyValueList(value) ? this.hasLong(value.entries) : value.some(item => this.isLong(item))
  }

  hasLong(attributes: Attributes | undefined): boolean {
    return attributes?.some(({ value }) => this.isLong(value)) === true
  }

  cut({ traceId, spans }: Trace): Trace {
    return { traceId, spans: spans.map(span => this.#span(span)) }
  }

  #span(span: Span): Span {
    return {
      ...span,
      attributes: this.#attributes(span.attributes),
      events: span.events.map(event => ({ ...event, attributes: this.#attributes(event.attributes) })),
      links: span.links.map(link => ({ ...link, attributes: this.#attributes(link.attributes) })),
      resource: span.resource && this.#sharedOnce(span.resource),
      scope: span.scope && this.#sharedOnce(span.scope),
    }
  }

  #sharedOnce<T extends Resource | Scope>(value: T): T {
    const known = this.#shared.get(value) ?? { ...value, attributes: this.#attributes(value.attributes) }
    this.#shared.set(value, known)
    return known as T
  }

  #attributes(attributes: Attributes): Attributes {
    if (!this.hasLong(attributes)) return attributes
    return attributes.map(({ key, value }) => ({ key, value: this.#value(value) }))
  }

  #value(value: Value): Value {
    if (!this.isLong(value)) return value
    if (typeof value !== 'string') {
      const list = value as Exclude<typeof value, null | boolean | number | bigint | Uint8Array>
      return isKeyValueList(list) ? { entries: this.#attributes(list.entries) } : list.map(item => this.#value(item))
    }
    this.count++
    const bytes = Buffer.from(value)
    let end = this.#maxBytes
    while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
    return bytes.toString('utf8', 0, end)
  }
}
