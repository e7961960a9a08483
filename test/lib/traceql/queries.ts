import type { Span, Trace, Value } from '../../../lib/model/trace.ts'
import { attributes, span } from '../../support/nasty.ts'

type Draw = () => number

function pick<T>(draw: Draw, items: readonly T[]): T {
  return items[Math.floor(draw() * items.length)]!
}

const values: readonly Value[] = [
  'x',
  'y',
  'xy',
  '',
  1n,
  2n,
  -3n,
  2n ** 62n + 1n,
  2 ** 62,
  1.5,
  2,
  true,
  false,
  ['x', 'y'],
  ['y'],
  [1n, 2n],
  [],
]
const keys = ['a', 'b', 'c'] as const

function drawAttributes(draw: Draw, chance: number): Span['attributes'] {
  return attributes(...keys.filter(() => draw() < chance).map(key => [key, pick(draw, values)] as const))
}

/** Small traces in which everything that queries ask for is common, orphans and cycles of parents among it. */
export function drawTraces(draw: Draw, count: number): Trace[] {
  const resources = Array.from({ length: 4 }, () => ({
    attributes: drawAttributes(draw, 0.4),
    droppedAttributesCount: 0,
    schemaUrl: '',
  }))
  return Array.from({ length: count }, (_, i) => {
    const spanCount = 1 + Math.floor(draw() * 7)
    return {
      traceId: (i + 1).toString(16).padStart(32, '0'),
      spans: Array.from({ length: spanCount }, (_, row) => drawSpan(draw, row, spanCount, pick(draw, resources))),
    }
  })
}

function spanId(row: number): string {
  return (row + 1).toString(16).padStart(16, '0')
}

function drawSpan(draw: Draw, row: number, spanCount: number, resource: NonNullable<Span['resource']>): Span {
  const startNanos = 1_700_000_000_000_000_000n + BigInt(Math.floor(draw() * 10)) * 1_000_000_000n
  const child = (): { attributes: Span['attributes']; droppedAttributesCount: 0 } => ({
    attributes: drawAttributes(draw, 0.4),
    droppedAttributesCount: 0,
  })
  return span({
    spanId: spanId(row),
    parentSpanId: draw() < 0.3 ? '' : spanId(Math.floor(draw() * (spanCount + 1))),
    name: pick(draw, ['x', 'y', 'z']),
    kind: Math.floor(draw() * 6),
    startNanos,
    endNanos: startNanos + BigInt(Math.floor(draw() * 5)),
    status: draw() < 0.5 ? null : { code: Math.floor(draw() * 3), message: '' },
    attributes: drawAttributes(draw, 0.5),
    resource: draw() < 0.2 ? null : resource,
    scope: draw() < 0.5 ? null : { name: 's', version: '', schemaUrl: '', ...child() },
    events: Array.from({ length: Math.floor(draw() * 3) }, () => ({ timeNanos: startNanos, name: 'e', ...child() })),
    links: Array.from({ length: Math.floor(draw() * 2) }, () => ({
      traceId: '',
      spanId: '',
      traceState: '',
      flags: 0,
      ...child(),
    })),
  })
}

const scopes = ['span.', 'resource.', '.', 'event.', 'link.', 'instrumentation.'] as const
const comparisons = ['=', '!=', '<', '<=', '>', '>='] as const
const constants = [
  '"x"',
  '"xy"',
  '""',
  '1',
  '2',
  '-3',
  '4611686018427387905',
  '1.5',
  '2.0',
  '2ns',
  'true',
  'false',
] as const

function drawField(draw: Draw): string {
  return `${pick(draw, scopes)}${pick(draw, keys)}`
}

function drawCondition(draw: Draw, depth: number): string {
  const kind = draw()
  if (depth > 0 && kind < 0.4)
    return `(${drawCondition(draw, depth - 1)} ${pick(draw, ['&&', '||'])} ${drawCondition(draw, depth - 1)})`
  if (depth > 0 && kind < 0.45) return `!(${drawCondition(draw, depth - 1)})`
  if (kind < 0.5) return drawField(draw)
  if (kind < 0.55) return `${drawField(draw)} ${pick(draw, ['=', '!='])} nil`
  if (kind < 0.6) return `${drawField(draw)} ${pick(draw, ['=~', '!~'])} "${pick(draw, ['x.*', 'y', '.', 'x|xy'])}"`
  if (kind < 0.65) return drawArithmetic(draw)
  if (kind < 0.68) return `${drawField(draw)} ${drawMembership(draw)}`
  if (kind < 0.7) return `span.a ${pick(draw, comparisons)} ${pick(draw, ['span.b', 'resource.a', '.c'])}`
  if (kind < 0.75) return `${pick(draw, constants)} ${pick(draw, ['=', '<', '>'])} ${drawField(draw)}`
  if (kind < 0.85) return drawIntrinsic(draw)
  return `${drawField(draw)} ${pick(draw, comparisons)} ${pick(draw, constants)}`
}

function drawArithmetic(draw: Draw): string {
  const operation = `${drawField(draw)} ${pick(draw, ['+', '-', '*', '/', '%', '^'])} ${pick(draw, ['1', '2', '-2', '1.5'])}`
  return `${draw() < 0.3 ? `-(${operation})` : operation} ${pick(draw, comparisons)} ${pick(draw, ['2', '0', '.5', '-1'])}`
}

function drawMembership(draw: Draw): string {
  if (draw() < 0.4) return `${pick(draw, ['MATCH ANY', 'MATCH NONE'])} ["x.*", "y"]`
  const values = pick(draw, ['"x", "y"', '1, 2.0, -3', 'true', '1.5, 4611686018427387905', '""'])
  return `${pick(draw, ['IN', 'NOT IN'])} [${values}]`
}

function drawIntrinsic(draw: Draw): string {
  return pick(draw, [
    'name = "x"',
    'name != "y"',
    'name =~ "x|z"',
    'status = error',
    'status != ok',
    'kind = server',
    'duration > 2ns',
    'duration <= 1.5',
    'span:childCount >= 1',
    'rootName = "x"',
    'rootName != "x"',
    'trace:duration > 4s',
    'true',
    'false',
  ])
}

const structural = ['>', '>>', '<', '<<', '~', '!>', '!>>', '!<', '!<<', '!~', '&>', '&>>', '&<', '&<<', '&~']

function drawSpansets(draw: Draw, depth: number): string {
  if (depth === 0 || draw() < 0.4) return `{ ${drawCondition(draw, 2)} }`
  const operator = draw() < 0.4 ? pick(draw, ['&&', '||']) : pick(draw, structural)
  return `(${drawSpansets(draw, depth - 1)} ${operator} ${drawSpansets(draw, depth - 1)})`
}

const scalars = [
  ...['count() > 1', 'count() = 1', '2 > count()', 'max(duration) > 2ns', 'avg(span.a) < 2', 'sum(.b) != 1'],
  ...['sum(event.a) > 0', 'min(link.b) <= 2', 'max(event.c) != 1.5', 'avg(-span.b) < 0', 'sum(span.a / 2) >= 0'],
] as const

/** The text of a search that naive.ts can answer. Some are not valid. */
export function drawQuery(draw: Draw): string {
  const stages = [drawSpansets(draw, 2)]
  if (draw() < 0.2) stages.push(`{ ${drawCondition(draw, 1)} }`)
  if (draw() < 0.2) stages.push(`by(${pick(draw, ['span.a', 'resource.b', 'name', '.c'])})`)
  if (draw() < 0.3) stages.push(pick(draw, scalars))
  return stages.join(' | ')
}
