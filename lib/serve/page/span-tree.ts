import type { KeyedValue, RawSpan, ResourceSpans } from './otlp-json.ts'
import { type TreeRow, treeRowsOf } from './tree-rows.ts'

/** A span of a trace in the order of the waterfall, times in ns since the trace begins. */
export interface Row extends TreeRow {
  service: string
  span: RawSpan
  resource: readonly KeyedValue[]
  scope: string
  start: number
  length: number
  isFailed: boolean
}

export interface Tree {
  rows: Row[]
  /** The time from the first start to the last end, ns. */
  length: number
  startNanos: bigint
  services: string[]
}

/** Spans below their parents, siblings by start. Those without a parent here come first; of a circle one span is the first. */
export function treeOf(resourceSpans: readonly ResourceSpans[]): Tree {
  const flat = flatten(resourceSpans)
  const startNanos = flat.reduce((least, { begin }) => (begin < least ? begin : least), flat[0]?.begin ?? 0n)
  const endNanos = flat.reduce((most, { end }) => (end > most ? end : most), startNanos)
  const placed = placeAll(flat)
  const tree = treeRowsOf(placed.map(({ depth }) => depth))
  const rows = placed.map(({ one }, i) => rowOf(one, tree[i]!, startNanos))
  const services = [...new Set(rows.map(({ service }) => service))]
  return { rows, length: Math.max(1, Number(endNanos - startNanos)), startNanos, services }
}

interface Flat {
  span: RawSpan
  service: string
  resource: readonly KeyedValue[]
  scope: string
  begin: bigint
  end: bigint
}

interface Placed {
  one: Flat
  depth: number
}

function flatten(resourceSpans: readonly ResourceSpans[]): Flat[] {
  return resourceSpans.flatMap(({ resource: { attributes: resource = [] }, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => {
      const service = serviceOf(resource)
      const scopeName = [scope.name, scope.version].filter(Boolean).join(' ')
      // Written out: a spread of what is shared costs several times as much per span.
      return spans.map(span => ({
        span,
        service,
        resource,
        scope: scopeName,
        begin: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
      }))
    }),
  )
}

function serviceOf(resource: readonly KeyedValue[]): string {
  const service = resource.find(({ key }) => key === 'service.name')?.value.stringValue
  return typeof service === 'string' ? service : '–'
}

function placeAll(flat: readonly Flat[]): Placed[] {
  const children = new Map<string, Flat[]>()
  const ids = new Set(flat.map(({ span }) => span.spanId))
  for (const one of flat) {
    const { parentSpanId = '', spanId } = one.span
    const parent = parentSpanId !== spanId && ids.has(parentSpanId) ? parentSpanId : ''
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [one])
    else siblings.push(one)
  }
  for (const siblings of children.values())
    siblings.sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0))
  const placing: Placing = { children, placed: [], known: new Set() }
  place(children.get('') ?? [], placing)
  for (const one of flat) if (!placing.known.has(one)) place([one], placing)
  return placing.placed
}

interface Placing {
  children: ReadonlyMap<string, Flat[]>
  placed: Placed[]
  known: Set<Flat>
}

/** Depth first, without recursion: a trace may be a chain of any length. */
function place(first: readonly Flat[], { children, placed, known }: Placing): void {
  const open: Placed[] = first.toReversed().map(one => ({ one, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { one, depth } = next
    if (known.has(one)) continue
    known.add(one)
    placed.push(next)
    const own = one.span.spanId === '' ? [] : (children.get(one.span.spanId) ?? [])
    for (const child of own.toReversed()) open.push({ one: child, depth: depth + 1 })
  }
}

/** All fields are written out: a spread of the row costs five times as much per span. */
function rowOf({ span, service, resource, scope, begin, end }: Flat, row: TreeRow, startNanos: bigint): Row {
  return {
    index: row.index,
    depth: row.depth,
    parent: row.parent,
    childCount: row.childCount,
    below: row.below,
    service,
    span,
    resource,
    scope,
    start: Number(begin - startNanos),
    length: Number(end - begin),
    isFailed: span.status?.code === 'STATUS_CODE_ERROR',
  }
}
