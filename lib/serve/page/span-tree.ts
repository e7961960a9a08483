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
  return resourceSpans.flatMap(({ resource: { attributes = [] }, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => {
      const shared = {
        resource: attributes,
        service: serviceOf(attributes),
        scope: [scope.name, scope.version].filter(Boolean).join(' '),
      }
      return spans.map(span => ({
        ...shared,
        span,
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
  const placing = { children, placed: new Map<Flat, Placed>() }
  place(children.get('') ?? [], placing)
  for (const one of flat) place([one], placing)
  return [...placing.placed.values()]
}

interface Placing {
  children: ReadonlyMap<string, Flat[]>
  placed: Map<Flat, Placed>
}

/** Depth first, without recursion: a trace may be a chain of any length. */
function place(first: readonly Flat[], { children, placed }: Placing): void {
  const open: Placed[] = first.toReversed().map(one => ({ one, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { one, depth } = next
    if (placed.has(one)) continue
    placed.set(one, next)
    const own = one.span.spanId === '' ? [] : (children.get(one.span.spanId) ?? [])
    for (const child of own.toReversed()) open.push({ one: child, depth: depth + 1 })
  }
}

function rowOf({ span, service, resource, scope, begin, end }: Flat, row: TreeRow, startNanos: bigint): Row {
  return {
    ...row,
    service,
    span,
    resource,
    scope,
    start: Number(begin - startNanos),
    length: Number(end - begin),
    isFailed: span.status?.code === 'STATUS_CODE_ERROR',
  }
}
