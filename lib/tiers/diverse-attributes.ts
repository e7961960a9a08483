import { hashText } from '../bytes/hash.ts'
import { getOrInsert } from '../maps.ts'
import { keyText } from '../model/column-builder.ts'
import type { Attributes, Span, Trace, Value } from '../model/trace.ts'

/** Whose attributes may be dropped. Those of resources and scopes are shared by many spans, and stay. */
type Scope = 'span' | 'event' | 'link'

/**
 * An attribute is diverse where it has this many values, or `minValues` of which each occurs less than ten times in the
 * mean.
 */
const maxValues = 2_000
const minValues = 100
const minOccurrences = 10

/** Counts the distinct values of attributes, in a bounded number per key. */
export class AttributeCounts {
  readonly #counts = new Map<string, { occurrences: number; readonly values: Set<number> }>()

  add({ spans }: Trace): void {
    for (const span of spans) for (const [scope, attributes] of listsOf(span)) this.#addAll(scope, attributes)
  }

  #addAll(scope: Scope, attributes: Attributes): void {
    for (const { key, value } of attributes) {
      const count = getOrInsert(this.#counts, nameOf(scope, key), () => ({ occurrences: 0, values: new Set() }))
      count.occurrences++
      if (count.values.size < maxValues) count.values.add(hashOf(value))
    }
  }

  /** The diverse ones, as queries name them: `span.http.url`. */
  diverse(): string[] {
    const isDiverse = (occurrences: number, size: number) =>
      size >= maxValues || (size >= minValues && size * minOccurrences > occurrences)
    return [...this.#counts]
      .filter(([, { occurrences, values }]) => isDiverse(occurrences, values.size))
      .map(([name]) => name)
      .sort()
  }
}

/** The trace without attributes of these names, which its dropped counts then tell. */
export function dropAttributes({ traceId, spans }: Trace, names: ReadonlySet<string>): Trace {
  if (names.size === 0) return { traceId, spans }
  const without = <T extends { readonly attributes: Attributes; readonly droppedAttributesCount: number }>(
    scope: Scope,
    owner: T,
  ): T => {
    const attributes = owner.attributes.filter(({ key }) => !names.has(nameOf(scope, key)))
    const dropped = owner.attributes.length - attributes.length
    const count = Math.min(owner.droppedAttributesCount + dropped, 0xffffffff)
    return dropped === 0 ? owner : { ...owner, attributes, droppedAttributesCount: count }
  }
  return {
    traceId,
    spans: spans.map(span => ({
      ...without('span', span),
      events: span.events.map(event => without('event', event)),
      links: span.links.map(link => without('link', link)),
    })),
  }
}

function listsOf({ attributes, events, links }: Span): [Scope, Attributes][] {
  return [
    ['span', attributes],
    ...events.map((event): [Scope, Attributes] => ['event', event.attributes]),
    ...links.map((link): [Scope, Attributes] => ['link', link.attributes]),
  ]
}

function nameOf(scope: Scope, key: string): string {
  return `${scope}.${key}`
}

const words = new Uint32Array(2)

function hashOf(value: Value): number {
  hashText(keyText(value), words)
  return words[0]! * 2 ** 20 + (words[1]! >>> 12)
}
