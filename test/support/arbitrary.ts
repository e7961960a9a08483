import fc from 'fast-check'
import {
  type Attribute,
  int64Max,
  int64Min,
  type Link,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  type Status,
  type Trace,
  uint64Max,
  type Value,
} from '../../lib/model/trace.ts'
import { drawn } from './effort.ts'

const uint32Max = 2 ** 32 - 1

/**
 * A fixed seed, or that of the variable SEED; fast-check prints it when a property fails. Then it looks for a smaller
 * case, which of large ones took so long that CI ended without a word: no more than these minutes.
 */
export function seeded(runCount: number) {
  const seed = Number(process.env.SEED ?? 20261120)
  return { seed, numRuns: drawn(runCount), interruptAfterTimeLimit: 3 * 60_000, markInterruptAsFailure: true }
}

/** Any character. The unit 'binary' of fast-check takes 1.5 s to map all of them, and holds the map to the end. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map(index => String.fromCodePoint(index < 0xd800 ? index : index + 0x800))

/** Any JavaScript string: escapes, lone surrogates, long runs, keys that objects treat apart. */
const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 2, arbitrary: fc.string({ unit: anyCharacter, maxLength: 8 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', '__proto__', '$int', '$', '1', '01', 'constructor', 'é', '\u0000', '"\\'),
  },
  { weight: 1, arbitrary: fc.constantFrom('\ud800', '\udc00x', 'a\udfff\ud800', '\u2028', '\ud83d\ude00', '\ufeff') },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 300 }).map(length => 'long'.repeat(length).slice(0, length)) },
)

const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'http.status_code', 'service.name') },
  { weight: 1, arbitrary: arbitraryText },
)

const double = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, 200, 1e21, 1e-7, 2 ** 53, -(2 ** 63), 5e-324, Number.MAX_VALUE, Number.NaN),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)

const int = fc.oneof(
  fc.bigInt({ min: int64Min, max: int64Max }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(int64Min, int64Max, 2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 2n ** 31n, -(2n ** 31n) - 1n, 0n),
)

const bytes = fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.constant(new Uint8Array(0)))

const plain: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: arbitraryText },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 3, arbitrary: int },
  { weight: 2, arbitrary: double },
  { weight: 1, arbitrary: bytes },
  { weight: 1, arbitrary: fc.constant(null) },
)

/** A value of every type, lists within lists among them. */
const arbitraryValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value; entry: Attribute }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 8, arbitrary: plain },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.record({ entries: fc.array(tie('entry'), { maxLength: 4 }) }) },
  ),
  entry: fc.record({ key, value: tie('value') }),
})).value

/** Attributes: some empty, some with a key that stands twice. */
const arbitraryAttributes: fc.Arbitrary<Attribute[]> = fc.array(fc.record({ key, value: arbitraryValue }), {
  maxLength: 6,
})

function idOf(byteLength: number): fc.Arbitrary<string> {
  const idOfLength = (length: number) =>
    fc
      .uint8Array({ minLength: length, maxLength: length })
      .map(id => Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex'))
  return fc.oneof(
    { weight: 6, arbitrary: idOfLength(byteLength) },
    { weight: 1, arbitrary: fc.constantFrom('', '0'.repeat(2 * byteLength), 'f'.repeat(2 * byteLength)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: byteLength - 1 }).chain(idOfLength) },
  )
}

const arbitraryTraceId = idOf(16)
const arbitrarySpanId = idOf(8)

const usualNanos = fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_800_000_000_000_000_000n })
const nanos = fc.oneof(
  { weight: 6, arbitrary: usualNanos },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: uint64Max }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, int64Max, int64Max + 1n, uint64Max) },
)
const count = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: uint32Max }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2 ** 31, uint32Max) },
)
const enumeration = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(-(2 ** 31), -1, 6, 99, 2 ** 31 - 1) },
)

const withAttributes = { attributes: arbitraryAttributes, droppedAttributesCount: count }

const arbitraryResource: fc.Arbitrary<Resource> = fc.record({ ...withAttributes, schemaUrl: arbitraryText })

const arbitraryScope: fc.Arbitrary<Scope> = fc.record({
  name: arbitraryText,
  version: arbitraryText,
  ...withAttributes,
  schemaUrl: arbitraryText,
})

const event: fc.Arbitrary<SpanEvent> = fc.record({ timeNanos: nanos, name: arbitraryText, ...withAttributes })

const link: fc.Arbitrary<Link> = fc.record({
  traceId: arbitraryTraceId,
  spanId: arbitrarySpanId,
  traceState: arbitraryText,
  flags: count,
  ...withAttributes,
})

const status: fc.Arbitrary<Status> = fc.record({ code: enumeration, message: arbitraryText })

/** A span of which every field takes every kind of value, with a resource and a scope from the given ones. */
function arbitrarySpan(resources: fc.Arbitrary<Resource | null>, scopes: fc.Arbitrary<Scope | null>) {
  return fc.record<Span>({
    spanId: arbitrarySpanId,
    parentSpanId: arbitrarySpanId,
    traceState: arbitraryText,
    flags: count,
    name: arbitraryText,
    kind: enumeration,
    startNanos: nanos,
    endNanos: nanos,
    ...withAttributes,
    events: fc.array(event, { maxLength: 3 }),
    droppedEventsCount: count,
    links: fc.array(link, { maxLength: 2 }),
    droppedLinksCount: count,
    status: fc.option(status),
    resource: resources,
    scope: scopes,
  })
}

/** Traces of distinct ids, whose spans share a few resources and scopes. */
export const arbitraryTraces: fc.Arbitrary<Trace[]> = fc
  .tuple(
    fc.array(fc.option(arbitraryResource), { minLength: 1, maxLength: 3 }),
    fc.array(fc.option(arbitraryScope), { minLength: 1, maxLength: 3 }),
  )
  .chain(([resources, scopes]) => {
    const span = arbitrarySpan(fc.constantFrom(...resources), fc.constantFrom(...scopes))
    const spans = fc.array(span, { minLength: 1, maxLength: 5 })
    const trace = fc.record<Trace>({ traceId: arbitraryTraceId, spans })
    return fc.uniqueArray(trace, { selector: ({ traceId }) => traceId, maxLength: 4 })
  })
