import type { Link, Span } from './trace.ts'
import { isNoSpanId, traceKey } from './trace-id.ts'

/** The parent of a span that names none. */
export const noParent = -1
/** The parent of a span that names one which its trace lacks, or itself. */
export const missingParent = -2

const serverKind = 2
const clientKind = 3

/** What a span's parent depends on. */
export type TreeSpan = Pick<Span, 'spanId' | 'parentSpanId' | 'kind'>

/** Rows by id: what the spans of one trace, or of several, say of each other. */
export interface NamedRows {
  /** By row: the first row of the trace that has the parent's id, or one of the numbers above. */
  readonly named: Int32Array
  /** By row: the first row of the trace that has the same id. Undefined where no id repeats. */
  readonly first: Int32Array | undefined
}

/**
 * By span the row of its parent, or one of the numbers above. Of spans that share an id, server halves are below the
 * client half, and what names the id is below the first server half (Zipkin's shared spans); else it is below the first
 * span of the id. An id of 8 zero bytes is none. Cycles are kept.
 */
export function parentRows(spans: readonly TreeSpan[]): Int32Array {
  return resolveParents(nameRows(spans), row => spans[row]!.kind)
}

function nameRows(spans: readonly TreeSpan[]): NamedRows {
  const rows = new Map<string, number>()
  const first = new Int32Array(spans.length)
  for (const [row, { spanId }] of spans.entries()) {
    const known = rows.get(spanId)
    if (known === undefined) rows.set(spanId, row)
    first[row] = known ?? row
  }
  const named = Int32Array.from(spans, ({ parentSpanId }) =>
    isNoSpanId(parentSpanId) ? noParent : (rows.get(parentSpanId) ?? missingParent),
  )
  return { named, first: rows.size < spans.length ? first : undefined }
}

/** The rule of `parentRows`, of rows by id; `kindOf` is called only where ids repeat. */
export function resolveParents({ named, first }: NamedRows, kindOf: (row: number) => number): Int32Array {
  if (first === undefined) {
    const parents = named.slice()
    for (let row = 0; row < parents.length; row++) if (parents[row] === row) parents[row] = missingParent
    return parents
  }
  const { clients, servers } = findHalves(first, kindOf)
  return named.map((parent, row) => {
    const own = first[row]!
    const client = clients.get(own)
    if (client !== undefined && kindOf(row) === serverKind) return client
    if (parent < 0) return parent
    const above = clients.has(parent) ? (servers.get(parent) ?? parent) : parent
    // The client half cannot be below its own server half.
    return above === row || (client === row && servers.get(own) === above) ? missingParent : above
  })
}

/** By first row of an id that repeats: the first client and server that have it. */
function findHalves(first: Int32Array, kindOf: (row: number) => number) {
  const repeated = new Set(first.filter((own, row) => own !== row))
  const clients = new Map<number, number>()
  const servers = new Map<number, number>()
  for (const [row, own] of first.entries()) {
    if (!repeated.has(own)) continue
    const halves = kindOf(row) === clientKind ? clients : kindOf(row) === serverKind ? servers : undefined
    if (halves && !halves.has(own)) halves.set(own, row)
  }
  return { clients, servers }
}

/** All rows, each after its parent but for circles; of those without one before them, the first row comes first. */
export function topDown(parents: Int32Array): Int32Array {
  const order = new Int32Array(parents.length)
  const isPlaced = new Uint8Array(parents.length)
  const waiting: number[] = []
  let count = 0
  for (let first = 0; first < parents.length; first++) {
    for (let row = first; row >= 0 && isPlaced[row] === 0; row = parents[row]!) {
      isPlaced[row] = 1
      waiting.push(row)
    }
    while (waiting.length > 0) order[count++] = waiting.pop()!
  }
  return order
}

/** The row of the last span that has neither a parent nor a `child_of` link into its own trace, or -1. */
export function rootRow(traceId: string, spans: readonly Span[], parents: ArrayLike<number>): number {
  return spans.findLastIndex((span, row) => parents[row] === noParent && !isChildByLink(traceId, span))
}

/** True for a span with a `child_of` link into its own trace. */
export function isChildByLink(traceId: string, { links }: Span): boolean {
  return links.some(link => isChildOf(link) && isOwnTrace(link.traceId, traceId))
}

/** The attribute that gives the meaning of a link, and its value for a further parent. */
export const linkType = { key: 'opentracing.ref_type', childOf: 'child_of' } as const

function isChildOf({ attributes }: Link): boolean {
  return attributes.some(({ key, value }) => key === linkType.key && value === linkType.childOf)
}

/** True where a link to a trace stays in its own. */
export function isOwnTrace(linked: string, traceId: string): boolean {
  return traceKey(linked) === traceKey(traceId)
}
