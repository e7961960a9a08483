import { getOrInsert } from '../maps.ts'
import { equalAttributes } from './difference.ts'
import type { Resource, Scope, Span, Trace } from './trace.ts'

const maxGroupLength = 1 << 23

/** What the spans of a group share. */
export type Shared = Pick<Span, 'resource' | 'scope'>

/** What begins anew with a span: nothing, its ScopeSpans, or its ResourceSpans with it. */
export type Boundary = 'none' | 'scope' | 'resource'

/**
 * Decides which spans share a ResourceSpans and a ScopeSpans: neighbours with an equal resource and scope do, so that
 * the order of spans is kept. A ResourceSpans ends after 8 MiB so that a reader need not hold more.
 */
export class Groups {
  #last: Shared | undefined
  #length = 0

  get isEmpty(): boolean {
    return this.#last === undefined
  }

  /** What begins with this span. */
  next({ resource, scope }: Shared): Boundary {
    const last = this.#last
    if (last?.resource === resource && last.scope === scope && this.#length < maxGroupLength) return 'none'
    this.#last = { resource, scope }
    if (last !== undefined && this.#length < maxGroupLength && equalResources(last.resource, resource))
      return equalScopes(last.scope, scope) ? 'none' : 'scope'
    this.#length = 0
    return 'resource'
  }

  /** Tells that the ResourceSpans has grown by this much. */
  grow(length: number): void {
    this.#length += length
  }
}

export function equalResources(a: Resource | null, b: Resource | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  return (
    a.droppedAttributesCount === b.droppedAttributesCount &&
    a.schemaUrl === b.schemaUrl &&
    equalAttributes(a.attributes, b.attributes)
  )
}

function equalScopes(a: Scope | null, b: Scope | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  return a.name === b.name && a.version === b.version && equalResources(a, b)
}

/** Brings the spans of one ResourceSpans into pieces, one for each trace id, in the order of first sight. */
export class Pieces {
  readonly #spans = new Map<string, Span[]>()
  #lastId = ''
  #lastSpans: Span[] | undefined

  add(traceId: string, span: Span): void {
    if (traceId !== this.#lastId || this.#lastSpans === undefined) {
      this.#lastId = traceId
      this.#lastSpans = getOrInsert(this.#spans, traceId, () => [])
    }
    this.#lastSpans.push(span)
  }

  traces(): Trace[] {
    return Array.from(this.#spans, ([traceId, spans]) => ({ traceId, spans }))
  }
}
