import type {
  Attribute,
  Attributes,
  Link,
  Resource,
  Scope,
  Span,
  SpanEvent,
  Trace,
  Value,
} from '../../lib/model/trace.ts'

/** Traces and questions about them, drawn so that every pruner has something to get wrong. */

type Draw = () => number

function pick<T>(draw: Draw, items: readonly T[]): T {
  return items[Math.floor(draw() * items.length)]!
}

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** How the values of one key are drawn: each kind of data has runs of its own. */
const families: readonly (readonly Value[])[] = [
  ['x', 'y', 'xy', ''],
  ['é', '\u0000', 'a'.repeat(60), '"\\'],
  [1n, 2n, -3n, 0n],
  [2n ** 53n, 2n ** 53n + 1n, 2n ** 62n + 1n, -(2n ** 63n), 2n ** 63n - 1n],
  [1.5, 2, -0, 0],
  [Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 1e300],
  [true, false],
  [true],
  [['x', 'y'], ['y'], []],
  [
    [1n, 2n],
    [1.5, 1n],
    ['x', 1n, true],
  ],
  [{ entries: [{ key: 'x', value: 'x' }] }, { entries: [] }],
  [Uint8Array.of(1, 2), new Uint8Array(0)],
  [null],
  ['x', 1n, 1.5, true, ['x'], null],
]

const keys = ['a', 'b', 'c', 'http.status_code', 'my key', 'service.name'] as const

/** What the values of each key of one kind of owner are drawn from; a key without an entry never occurs. */
type Regime = ReadonlyMap<
  string,
  { readonly values: readonly Value[]; readonly chance: number; readonly twice: number }
>

function drawRegime(draw: Draw): Regime {
  const own = keys.filter(() => draw() < 0.6)
  return new Map(
    own.map(key => {
      const values = key === 'service.name' && draw() < 0.8 ? families[0]! : pick(draw, families)
      return [key, { values, chance: pick(draw, [1, 0.5, 0.1]), twice: pick(draw, [0, 0, 0.3]) }]
    }),
  )
}

function drawAttributes(draw: Draw, regime: Regime): Attributes {
  const attributes: Attribute[] = []
  for (const [key, { values, chance, twice }] of regime) {
    if (draw() >= chance) continue
    attributes.push({ key, value: pick(draw, values) })
    if (draw() < twice) attributes.push({ key, value: pick(draw, draw() < 0.5 ? values : pick(draw, families)) })
  }
  // A key that nothing else has: it shares a column with others of its type.
  if (regime.size > 0 && draw() < 0.05)
    attributes.push({ key: `rare${Math.floor(draw() * 300)}`, value: pick(draw, pick(draw, families)) })
  return attributes
}

/** The regimes of a stretch of traces, so that page groups have dictionaries of their own. */
interface Stretch {
  readonly span: Regime
  readonly event: Regime
  readonly link: Regime
  readonly resources: readonly (Resource | null)[]
  readonly scopes: readonly (Scope | null)[]
  readonly names: readonly string[]
  readonly startNanos: bigint
  readonly maxEvents: number
  readonly maxLinks: number
}

function drawStretch(draw: Draw, index: number): Stretch {
  const [ofResource, ofScope] = [drawRegime(draw), drawRegime(draw)]
  const rest = { droppedAttributesCount: 0, schemaUrl: '' }
  const resource = (): Resource => ({ attributes: drawAttributes(draw, ofResource), ...rest })
  const scope = (): Scope => ({
    name: pick(draw, ['', 'lib', 'x']),
    version: pick(draw, ['', '1']),
    attributes: drawAttributes(draw, ofScope),
    ...rest,
  })
  return {
    span: drawRegime(draw),
    event: drawRegime(draw),
    link: drawRegime(draw),
    resources:
      draw() < 0.15 ? [null] : [...times(1 + Math.floor(draw() * 3), resource), ...(draw() < 0.2 ? [null] : [])],
    scopes: draw() < 0.3 ? [null] : times(1 + Math.floor(draw() * 2), scope),
    names: pick(draw, [['x'], ['x', 'y', 'z'], [`own${index}`], ['']]),
    startNanos: 1_700_000_000_000_000_000n + BigInt(index) * 20_000_000_000n,
    maxEvents: Math.floor(draw() * 4),
    maxLinks: Math.floor(draw() * 3),
  }
}

const spanId = (row: number) => (row + 1).toString(16).padStart(16, '0')

function drawSpan(draw: Draw, stretch: Stretch, row: number, spanCount: number): Span {
  const startNanos = stretch.startNanos + BigInt(Math.floor(draw() * 12)) * 1_000_000_000n
  const event = (): SpanEvent => ({
    timeNanos: startNanos + BigInt(Math.floor(draw() * 3)),
    name: pick(draw, ['e', 'exception', '']),
    attributes: drawAttributes(draw, stretch.event),
    droppedAttributesCount: 0,
  })
  const link = (): Link => ({
    traceId: pick(draw, ['', '1'.repeat(32)]),
    spanId: pick(draw, ['', '2'.repeat(16)]),
    traceState: '',
    flags: 0,
    attributes: drawAttributes(draw, stretch.link),
    droppedAttributesCount: 0,
  })
  return {
    spanId: spanId(row),
    parentSpanId: draw() < 0.3 ? '' : spanId(Math.floor(draw() * (spanCount + 1))),
    traceState: draw() < 0.9 ? '' : 'k=v',
    flags: 0,
    name: pick(draw, stretch.names),
    kind: draw() < 0.7 ? 2 : Math.floor(draw() * 6),
    startNanos,
    endNanos: startNanos + BigInt(pick(draw, [0, 1, 2, 5, -3, 1_000_000, 3_000_000_000])),
    attributes: drawAttributes(draw, stretch.span),
    droppedAttributesCount: 0,
    events: times(Math.floor(draw() * (stretch.maxEvents + 1)), event),
    droppedEventsCount: 0,
    links: times(Math.floor(draw() * (stretch.maxLinks + 1)), link),
    droppedLinksCount: 0,
    status: draw() < 0.6 ? null : { code: Math.floor(draw() * 3), message: pick(draw, ['', 'x']) },
    resource: pick(draw, stretch.resources),
    scope: pick(draw, stretch.scopes),
  }
}

/** Traces of `stretchCount` stretches of `traceCount` each, whose spans have all kinds of attributes, or none. */
export function drawCorpus(draw: Draw, stretchCount: number, traceCount: number, spansPerTrace = 5): Trace[] {
  return times(stretchCount, index => {
    const stretch = drawStretch(draw, index)
    return times(traceCount, i => {
      const spanCount = 1 + Math.floor(draw() * spansPerTrace)
      return {
        traceId: (index * traceCount + i + 1).toString(16).padStart(32, '0'),
        spans: times(spanCount, row => drawSpan(draw, stretch, row, spanCount)),
      }
    })
  }).flat()
}

const scopes = ['span.', 'resource.', '.', 'event.', 'link.', 'instrumentation.'] as const
const comparisons = ['=', '=', '=', '!=', '!=', '<', '<=', '>', '>='] as const
const statics = [
  ...['"x"', '"y"', '"xy"', '""', '"é"', '"own1"', '"e"', '"\\u0000"'],
  ...['1', '2', '-3', '0', '9007199254740993', '4611686018427387905', '-9223372036854775808'],
  ...['1.5', '2.0', '0.0', '1e300', '2ns', '3s', 'true', 'false', 'error', 'ok', 'unset', 'server'],
] as const
const intrinsics = [
  ...['name', 'status', 'kind', 'duration', 'statusMessage', 'span:id', 'span:parentID', 'trace:id', 'rootName'],
  ...['rootServiceName', 'trace:duration', 'nestedSetParent', 'nestedSetLeft', 'span:childCount', 'event:name'],
  ...['event:timeSinceStart', 'link:spanID', 'link:traceID', 'instrumentation:name', 'instrumentation:version'],
] as const

function quote(key: string): string {
  return /^[\w.]+$/.test(key) ? key : `"${key}"`
}

/** A value as a static of TraceQL, of an array one of its items; undefined for what no static can say. */
function printStatic(value: Value | undefined): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value.toFixed(1) : undefined
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? printStatic(value[0]) : undefined
}

/** A comparison with a value that occurs, in the scope in which it occurs or without one. */
function drawOccurring(draw: Draw, traces: readonly Trace[]): string | undefined {
  const span = pick(draw, pick(draw, traces).spans)
  const [scope, owner] = pick(draw, [
    ['span.', span],
    ['resource.', span.resource],
    ['resource.', span.resource],
    ['instrumentation.', span.scope],
    ['event.', span.events[0]],
    ['link.', span.links[0]],
  ] as const)
  if (!owner || owner.attributes.length === 0) return undefined
  const { key, value } = pick(draw, owner.attributes)
  const constant = printStatic(value)
  const isUnscoped = draw() < 0.2 && (scope === 'span.' || scope === 'resource.')
  return constant && `${isUnscoped ? '.' : scope}${quote(key)} ${pick(draw, comparisons)} ${constant}`
}

function drawField(draw: Draw): string {
  if (draw() < 0.25) return pick(draw, intrinsics)
  const key = draw() < 0.15 ? 'nowhere' : draw() < 0.1 ? `rare${Math.floor(draw() * 300)}` : pick(draw, keys)
  return `${pick(draw, scopes)}${quote(key)}`
}

function drawCondition(draw: Draw, traces: readonly Trace[], depth: number): string {
  const occurring = draw() < 0.4 ? drawOccurring(draw, traces) : undefined
  if (occurring) return occurring
  const kind = draw()
  if (depth > 0 && kind < 0.25)
    return `(${drawCondition(draw, traces, depth - 1)} ${pick(draw, ['&&', '||'])} ${drawCondition(draw, traces, depth - 1)})`
  if (depth > 0 && kind < 0.3) return `!(${drawCondition(draw, traces, depth - 1)})`
  if (kind < 0.45) return `${drawField(draw)} ${pick(draw, ['=', '!='])} nil`
  if (kind < 0.5) return drawField(draw)
  if (kind < 0.56)
    return `${drawField(draw)} ${pick(draw, ['=~', '!~'])} "${pick(draw, ['x.*', 'y', '.', 'x|xy', ''])}"`
  if (kind < 0.6) return `${drawField(draw)} ${pick(draw, comparisons)} ${drawField(draw)}`
  if (kind < 0.64) return `${drawField(draw)} ${pick(draw, ['+', '-', '*'])} 1 ${pick(draw, comparisons)} 2`
  if (kind < 0.68) return `${pick(draw, statics)} ${pick(draw, comparisons)} ${drawField(draw)}`
  if (kind < 0.72) return `${drawField(draw)} IN [${pick(draw, statics)}, ${pick(draw, statics)}]`
  return `${drawField(draw)} ${pick(draw, comparisons)} ${pick(draw, statics)}`
}

const structural = ['>', '>>', '<', '<<', '~', '!>', '!>>', '!<', '!<<', '!~', '&>', '&>>', '&<', '&<<', '&~']

function drawSpansets(draw: Draw, traces: readonly Trace[], depth: number): string {
  if (depth === 0 || draw() < 0.75) return `{ ${drawCondition(draw, traces, 2)} }`
  const operator = draw() < 0.4 ? pick(draw, ['&&', '||']) : pick(draw, structural)
  return `(${drawSpansets(draw, traces, depth - 1)} ${operator} ${drawSpansets(draw, traces, depth - 1)})`
}

/** A question to a source: a search, metrics, or tags. Some are not valid, for all sources alike. */
export interface Question {
  readonly kind: 'search' | 'metrics' | 'tags' | 'values'
  readonly text: string
  /** The name whose values are asked for. */
  readonly name?: string
}

const overTime = ['min_over_time', 'max_over_time', 'sum_over_time', 'avg_over_time', 'histogram_over_time'] as const

function drawMetrics(draw: Draw, traces: readonly Trace[]): string {
  const by = draw() < 0.5 ? ` by (${drawField(draw)})` : ''
  const kind = draw()
  const filter = drawSpansets(draw, traces, 1)
  if (kind < 0.4) return `${filter} | ${pick(draw, ['rate', 'count_over_time'])}()${by}`
  if (kind < 0.7) return `${filter} | ${pick(draw, overTime)}(${draw() < 0.5 ? 'duration' : drawField(draw)})${by}`
  if (kind < 0.85) return `${filter} | quantile_over_time(duration, .5, .9)${by}`
  return `${filter} | compare({ ${drawCondition(draw, traces, 1)} })`
}

/** A question of which about half find something in the traces. */
export function drawQuestion(draw: Draw, traces: readonly Trace[]): Question {
  const kind = draw()
  if (kind < 0.65) {
    const stages = [drawSpansets(draw, traces, 2)]
    if (draw() < 0.1) stages.push(`{ ${drawCondition(draw, traces, 1)} }`)
    if (draw() < 0.1) stages.push(`by(${drawField(draw)})`)
    if (draw() < 0.15) stages.push(pick(draw, ['count() > 1', 'max(duration) > 2ns', 'avg(span.a) < 2']))
    if (draw() < 0.2) stages.push(`select(${drawField(draw)}, ${drawField(draw)})`)
    return { kind: 'search', text: stages.join(' | ') }
  }
  if (kind < 0.85) return { kind: 'metrics', text: drawMetrics(draw, traces) }
  const text = draw() < 0.4 ? '' : drawSpansets(draw, traces, 1)
  return kind < 0.92 ? { kind: 'tags', text } : { kind: 'values', text, name: drawField(draw) }
}
