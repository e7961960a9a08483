import type { KeyedValue, RawSpan, ResourceSpans } from './api.ts'

/** A span of a trace in the order of the waterfall, times in ns since the trace begins. */
export interface Row {
  index: number
  depth: number
  childCount: number
  /** So many rows below it are of its children and theirs. */
  below: number
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
  const children = new Map<string, Flat[]>()
  const byId = new Map(flat.map(one => [one.span.spanId, one]))
  for (const one of flat) {
    const { parentSpanId = '', spanId } = one.span
    const parent = parentSpanId !== spanId && byId.has(parentSpanId) ? parentSpanId : ''
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [one])
    else siblings.push(one)
  }
  for (const siblings of children.values())
    siblings.sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0))
  const rows: Row[] = []
  const placed = new Set<Flat>()
  place(children.get('') ?? [], { children, rows, placed, startNanos })
  for (const one of flat) if (!placed.has(one)) place([one], { children, rows, placed, startNanos })
  const services = [...new Set(rows.map(({ service }) => service))]
  return { rows, length: Math.max(1, Number(endNanos - startNanos)), startNanos, services }
}

interface Flat {
  span: RawSpan
  resource: readonly KeyedValue[]
  scope: string
  begin: bigint
  end: bigint
}

function flatten(resourceSpans: readonly ResourceSpans[]): Flat[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(span => ({
        span,
        resource: resource.attributes ?? [],
        scope: [scope.name, scope.version].filter(Boolean).join(' '),
        begin: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
      })),
    ),
  )
}

interface Placing {
  children: ReadonlyMap<string, Flat[]>
  rows: Row[]
  placed: Set<Flat>
  startNanos: bigint
}

/** Depth first, without recursion: a trace may be a chain of any length. */
function place(first: readonly Flat[], { children, rows, placed, startNanos }: Placing): void {
  const open: { one: Flat; depth: number }[] = first.toReversed().map(one => ({ one, depth: 0 }))
  const path: Row[] = []
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { one, depth } = next
    if (placed.has(one)) continue
    placed.add(one)
    const own = (one.span.spanId === '' ? [] : (children.get(one.span.spanId) ?? [])).filter(
      child => !placed.has(child),
    )
    const row = rowOf(one, { index: rows.length, depth, childCount: own.length, startNanos })
    path.length = depth
    for (const above of path) above.below++
    path.push(row)
    rows.push(row)
    for (const child of own.toReversed()) open.push({ one: child, depth: depth + 1 })
  }
}

function rowOf(
  { span, resource, scope, begin, end }: Flat,
  place: { index: number; depth: number; childCount: number; startNanos: bigint },
): Row {
  const service = resource.find(({ key }) => key === 'service.name')?.value.stringValue
  return {
    index: place.index,
    depth: place.depth,
    childCount: place.childCount,
    below: 0,
    service: typeof service === 'string' ? service : '–',
    span,
    resource,
    scope,
    start: Number(begin - place.startNanos),
    length: Number(end - begin),
    isFailed: span.status?.code === 'STATUS_CODE_ERROR',
  }
}
