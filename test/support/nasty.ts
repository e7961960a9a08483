import {
  type Attribute,
  int64Max,
  int64Min,
  type Link,
  type Span,
  type Trace,
  uint64Max,
  type Value,
} from '../../lib/model/trace.ts'
import { isThorough } from './effort.ts'

/** Traces that break an assumption, with the name of it. */
export interface NastyCorpus {
  name: string
  traces: Trace[]
}

const traceId = '5b8efff798038103d269b633813fc60c'
const startNanos = 1_700_000_000_123_456_789n

/** A usual span but for the fields given. */
export function span(fields: Partial<Span>): Span {
  return {
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: 'operation',
    kind: 1,
    startNanos,
    endNanos: startNanos + 1_000_000n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: null,
    resource: null,
    scope: null,
    ...fields,
  }
}

/** Attributes from pairs of key and value. */
export function attributes(...pairs: readonly (readonly [string, Value])[]): Attribute[] {
  return pairs.map(([key, value]) => ({ key, value }))
}

/** One trace of spans with these fields. */
function traceOf(...spans: Partial<Span>[]): Trace[] {
  return [{ traceId, spans: spans.map(span) }]
}

/** One span with an attribute for each of the values. */
function valuesOf(...values: Value[]): Trace[] {
  return traceOf({ attributes: values.map((value, i) => ({ key: `key${i}`, value })) })
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}

const emptyResource = { attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
const emptyScope = { name: '', version: '', ...emptyResource }
const resource = {
  attributes: attributes(['service.name', 'cart'], ['pod', 7n]),
  droppedAttributesCount: 2,
  schemaUrl: 'https://example.com/schema/1.0',
}
const scope = {
  name: 'lib',
  version: '1.0',
  attributes: attributes(['a', true]),
  droppedAttributesCount: 1,
  schemaUrl: 's',
}
const event = { timeNanos: startNanos, name: 'event', attributes: attributes(['e', 1.5]), droppedAttributesCount: 0 }
const link = {
  traceId,
  spanId: 'eee19b7ec3c1b174',
  traceState: 'a=1',
  flags: 1,
  attributes: attributes(['l', 'x']),
  droppedAttributesCount: 0,
}

const zeros = '0'.repeat(16)

function childOf(linked: string): Link {
  return { ...link, traceId: linked, attributes: attributes(['opentracing.ref_type', 'child_of']) }
}

const loneSurrogates = ['\ud800', '\udc00', 'a\udfffb', '\udc00\ud800', '\ud83d\ude00\ud83d']
const oddKeys = [
  '',
  '__proto__',
  'constructor',
  '2',
  '1',
  '01',
  '-1',
  '$int',
  'a.b',
  'a/b~c',
  '"',
  '\u0000',
  'é',
  'toString',
]

const everyValue: Value[] = [
  'text',
  '',
  true,
  false,
  0n,
  -1n,
  0,
  1.5,
  new Uint8Array([0, 127, 128, 255]),
  new Uint8Array(0),
  [],
  ['a', 1n, 1, null, [true]],
  { entries: [] },
  { entries: attributes(['k', 'v'], ['k', { entries: attributes(['$int', 1n]) }]) },
  null,
]

const doubles = [
  0,
  -0,
  1,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  1e21,
  1e-7,
  0.1 + 0.2,
]

function nested(depth: number): Value {
  let value: Value = everyValue
  for (let i = 0; i < depth; i++)
    value = i % 2 === 0 ? [value] : { entries: attributes(['in', value], ['after', BigInt(i)]) }
  return value
}

function manySpans(spanCount: number): Trace[] {
  const spans = Array.from({ length: spanCount }, (_, i) =>
    span({
      spanId: hex(i + 1, 16),
      parentSpanId: i === 0 ? '' : hex(((i - 1) >> 2) + 1, 16),
      startNanos: startNanos + BigInt(i * 1_000),
      attributes: attributes(['i', BigInt(i)], ['s', `v${i % 7}`]),
      resource,
      scope,
    }),
  )
  return [{ traceId, spans }]
}

function cycle(): Trace[] {
  const ids = ['0000000000000001', '0000000000000002', '0000000000000003']
  return traceOf(
    ...ids.map((spanId, i) => ({ spanId, parentSpanId: ids[(i + 1) % ids.length]! })),
    { spanId: '0000000000000004', parentSpanId: '0000000000000004' },
    { spanId: '0000000000000005', parentSpanId: 'ffffffffffffffff' },
  )
}

function oddIds(): Trace[] {
  const ids = ['', '00', 'ff', '0000000000000000', 'ffffffffffffffff', '0102030405', '00000000000000', '0001', '01']
  const spans = ids.flatMap(spanId => ids.map(parentSpanId => span({ spanId, parentSpanId })))
  const links = ids.map(spanId => ({ ...link, traceId: spanId, spanId }))
  const traceIds = [
    '',
    '0'.repeat(32),
    '0000',
    '00',
    'ab',
    'f'.repeat(32),
    `${'0'.repeat(16)}${'1'.repeat(16)}`,
    '1'.repeat(16),
  ]
  return traceIds.map(id => ({ traceId: id, spans: id === 'ab' ? [span({ links })] : spans }))
}

/** Every assumption about trace data that real or hostile data breaks, each in a small corpus. */
export const nastyCorpora: NastyCorpus[] = [
  { name: 'empty input', traces: [] },
  { name: 'one span', traces: traceOf({}) },
  {
    name: 'all fields empty',
    traces: [{ traceId: '', spans: [span({ spanId: '', name: '', kind: 0, startNanos: 0n, endNanos: 0n })] }],
  },
  { name: 'no resource, an empty one, a full one', traces: traceOf({}, { resource: emptyResource }, { resource }, {}) },
  {
    name: 'no scope, an empty one, a full one',
    traces: traceOf({}, { scope: emptyScope }, { scope }, { resource, scope }),
  },
  {
    name: 'resources and scopes that differ only in the schema URL',
    traces: traceOf(
      { resource, scope },
      { resource: { ...resource, schemaUrl: '' }, scope: { ...scope, schemaUrl: '' } },
    ),
  },
  {
    name: 'equal resources and scopes that are not the same object',
    traces: traceOf(
      ...Array.from({ length: 9 }, () => ({ resource: structuredClone(resource), scope: structuredClone(scope) })),
    ),
  },
  {
    name: 'no status, an empty one, a full one',
    traces: traceOf({}, { status: { code: 0, message: '' } }, { status: { code: 2, message: 'm' } }),
  },
  {
    name: '__proto__ as a key',
    traces: traceOf({ attributes: attributes(['__proto__', 'x'], ['a', { entries: attributes(['__proto__', 1n]) }]) }),
  },
  {
    name: 'keys that objects treat apart',
    traces: traceOf({ attributes: oddKeys.map((key, i) => ({ key, value: BigInt(i) })) }),
  },
  {
    name: 'a first key that begins with a dollar',
    traces: traceOf({ attributes: attributes(['$int', '1']) }, { attributes: attributes(['$kvlist', []]) }),
  },
  {
    name: 'keys twice',
    traces: traceOf({ attributes: attributes(['a', 1n], ['b', 2n], ['a', 1n], ['a', 'other'], ['b', null]) }),
  },
  {
    name: 'a key twice in nested lists only',
    traces: valuesOf({ entries: attributes(['k', 1n], ['k', 2n]) }, [{ entries: attributes(['k', 1n], ['k', 1n]) }]),
  },
  {
    name: 'the same keys in another order',
    traces: traceOf({ attributes: attributes(['a', 1n], ['b', 2n]) }, { attributes: attributes(['b', 2n], ['a', 1n]) }),
  },
  {
    name: 'one key with values of every type',
    traces: traceOf(...everyValue.map(value => ({ attributes: attributes(['k', value]) }))),
  },
  {
    name: 'lone surrogates',
    traces: traceOf({
      name: '\ud800',
      traceState: '\udc00',
      attributes: loneSurrogates.map(text => ({ key: text, value: text })),
      events: [{ ...event, name: '\udfff' }],
      status: { code: 2, message: '\ud800' },
      resource: { ...resource, attributes: attributes(['service.name', '\ud800']) },
      scope: { ...scope, name: '\ud800', version: '\udc00' },
    }),
  },
  {
    name: 'strings that need escapes',
    traces: valuesOf('"', '\\', '\u0000\u001f\n\r\t', '\u2028\u2029', '\ufeff', '\u007f', '\ud83d\ude00', 'e\u0301'),
  },
  {
    name: 'int64 extremes',
    traces: valuesOf(
      int64Min,
      int64Max,
      0n,
      -1n,
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 53n - 1n,
      -(2n ** 53n),
      1795210379922733248n,
    ),
  },
  { name: 'doubles: NaN, -0, Infinity, extremes', traces: valuesOf(...doubles) },
  { name: 'ints and doubles of one value', traces: valuesOf(1n, 1, 0n, 0, -0, 200n, 200, '200') },
  {
    name: 'arrays of one type',
    traces: valuesOf([1n, 2n, int64Min], [0.5, -0, Number.NaN], ['a', '', '\ud800'], [true, false], [null, null]),
  },
  { name: 'every value type', traces: valuesOf(...everyValue) },
  { name: 'every value type nested 60 deep', traces: valuesOf(nested(60)) },
  { name: 'short and empty ids', traces: oddIds() },
  {
    name: 'values of 100 KB',
    traces: traceOf({
      name: 'n'.repeat(100_000),
      attributes: attributes(['s', 'é"'.repeat(50_000)], ['b', new Uint8Array(100_000).fill(7)]),
    }),
  },
  { name: 'many spans in a trace', traces: manySpans(isThorough ? 10_000 : 2_500) },
  {
    name: '1,000 traces of one span',
    traces: Array.from({ length: 1_000 }, (_, i) => ({ traceId: hex(i, 32), spans: [span({ resource, scope })] })),
  },
  {
    name: '1,000 distinct keys',
    traces: traceOf(
      {
        attributes: Array.from({ length: 1_000 }, (_, i) => ({
          key: `k${i}`,
          value: i % 2 === 0 ? BigInt(i) : `v${i}`,
        })),
      },
      ...Array.from({ length: 50 }, (_, i) => ({ attributes: attributes([`only${i}`, i]) })),
    ),
  },
  { name: 'a cycle of parents', traces: cycle() },
  {
    name: 'spellings of one trace id, with parents across them, beside other ids',
    traces: [
      { traceId: 'ab'.padStart(32, '0'), spans: [span({ spanId: hex(1, 16), name: 'root', resource })] },
      { traceId: '00ab', spans: [span({ spanId: hex(2, 16), parentSpanId: hex(1, 16) })] },
      { traceId: 'ab', spans: [span({ spanId: hex(3, 16), parentSpanId: hex(2, 16), kind: 3 })] },
      { traceId: `${'1'.padEnd(30, '0')}ab`, spans: [span({ spanId: hex(1, 16) })] },
      { traceId: '', spans: [span({ spanId: hex(1, 16) })] },
    ],
  },
  {
    name: 'parents of zeros, in a trace with a span of zeros and in one that ends in zeros',
    traces: [traceId, `${'1'.repeat(16)}${zeros}`].map(id => ({
      traceId: id,
      spans: [zeros, hex(1, 16), hex(2, 16), hex(3, 16)].map((spanId, i) =>
        span({ spanId, parentSpanId: [zeros, zeros, hex(1, 16), '00'][i]! }),
      ),
    })),
  },
  {
    name: 'client and server halves with one span id, and what is below them',
    traces: traceOf(
      { spanId: hex(2, 16), parentSpanId: hex(1, 16), kind: 2, name: 'server half' },
      { spanId: hex(1, 16), kind: 2 },
      { spanId: hex(2, 16), parentSpanId: hex(1, 16), kind: 3, name: 'client half' },
      { spanId: hex(3, 16), parentSpanId: hex(2, 16), kind: 3, name: 'below the server half' },
      { spanId: hex(2, 16), parentSpanId: hex(2, 16), kind: 2, name: 'another server half' },
      { spanId: hex(4, 16), kind: 3 },
      { spanId: hex(4, 16), kind: 2, name: 'no root: below its client half' },
    ),
  },
  {
    name: 'roots with child_of links, into their own trace and into others',
    traces: [
      ...traceOf({}, { name: 'root', links: [childOf('1'.repeat(32))] }, { links: [childOf(traceId)] }),
      { traceId: `${zeros}${'2'.repeat(16)}`, spans: [span({}), span({ links: [childOf('2'.repeat(16))] })] },
      { traceId: '3'.repeat(32), spans: [span({ links: [childOf('3'.repeat(32))] })] },
    ],
  },
  {
    name: 'a service that stands twice, first as another type',
    traces: traceOf({
      resource: {
        ...resource,
        attributes: attributes(['service.name', 7n], ['service.name', 'a'], ['service.name', 'b']),
      },
    }),
  },
  {
    name: 'unknown enums',
    traces: traceOf(...[-(2 ** 31), -1, 6, 99, 2 ** 31 - 1].map(n => ({ kind: n, status: { code: n, message: '' } }))),
  },
  {
    name: 'the same span id twice',
    traces: traceOf({ kind: 2 }, { kind: 3 }, { kind: 2, parentSpanId: 'eee19b7ec3c1b174' }),
  },
  {
    name: 'equal spans twice',
    traces: traceOf({ resource, scope, events: [event] }, { resource, scope, events: [event] }),
  },
  {
    name: 'the same span id in two traces',
    traces: [...traceOf({}), { traceId: '0'.repeat(31).concat('1'), spans: [span({})] }],
  },
  {
    name: 'links',
    traces: traceOf(
      { links: [link, { ...link, spanId: '', traceId: '' }, link] },
      {
        links: [
          {
            traceId: 'ff',
            spanId: 'ff',
            traceState: '',
            flags: 2 ** 32 - 1,
            attributes: [],
            droppedAttributesCount: 9,
          },
        ],
      },
    ),
  },
  {
    name: 'events before the span, at 0 and out of order',
    traces: traceOf({ events: [event, { ...event, timeNanos: 0n }, { ...event, timeNanos: uint64Max, name: '' }] }),
  },
  {
    name: 'extremes of flags and dropped counts',
    traces: traceOf({
      flags: 2 ** 32 - 1,
      droppedAttributesCount: 2 ** 32 - 1,
      droppedEventsCount: 2 ** 31,
      droppedLinksCount: 2 ** 32 - 1,
      events: [{ ...event, droppedAttributesCount: 2 ** 32 - 1 }],
      resource: { ...resource, droppedAttributesCount: 2 ** 32 - 1 },
      scope: { ...scope, droppedAttributesCount: 2 ** 32 - 1 },
    }),
  },
  {
    name: 'times: 0, extremes, end before start',
    traces: traceOf(
      { startNanos: 0n, endNanos: 0n },
      { startNanos: uint64Max, endNanos: 0n },
      { startNanos: 0n, endNanos: uint64Max },
      { startNanos: int64Max, endNanos: int64Max + 1n },
      { startNanos: startNanos + 1n, endNanos: startNanos },
    ),
  },
]
