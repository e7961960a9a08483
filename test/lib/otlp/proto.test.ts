import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DatasetDigest } from '../../../lib/dataset/digest.ts'
import { defaultMaxBytes, groupByTrace } from '../../../lib/dataset/group.ts'
import { LabError } from '../../../lib/error.ts'
import { countSpans, maxValueDepth, type Span, type Trace, type Value } from '../../../lib/model/trace.ts'
import { readOtlpJson } from '../../../lib/otlp/json.ts'
import { encodeOtlpProto, readOtlpProto, writeOtlpProto } from '../../../lib/otlp/proto.ts'
import { decompress } from '../../../lib/sources/decompress.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { chunked, collect, collectBytes, streamOf } from '../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../support/corpora.ts'
import { attributes, nastyCorpora, span } from '../../support/nasty.ts'
import { delimited, fixed32, fixed64, group, number, prefixed, tag, varint } from '../../support/protobuf.ts'
import { expectSameTraces, joinPieces } from '../../support/traces.ts'

async function read(bytes: Uint8Array, dropped?: (field: string) => void): Promise<Trace[]> {
  return (await collect(readOtlpProto(streamOf([bytes]), dropped))).flat()
}

function write(traces: readonly Trace[]): Promise<Buffer> {
  return collectBytes(encodeOtlpProto(streamOf([traces])))
}

/** A TracesData around the fields of a span. */
function spanMessage(...fields: Uint8Array[]): Buffer {
  return delimited(1, delimited(2, delimited(2, ...fields)))
}

/** A TracesData around the fields of an attribute's AnyValue. */
function valueMessage(...fields: Uint8Array[]): Buffer {
  return spanMessage(delimited(9, delimited(1, 'k'), delimited(2, ...fields)))
}

async function readSpan(...fields: Uint8Array[]): Promise<Span> {
  return (await read(spanMessage(...fields)))[0]!.spans[0]!
}

async function readValue(...fields: Uint8Array[]): Promise<Value> {
  return (await read(valueMessage(...fields)))[0]!.spans[0]!.attributes[0]!.value
}

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed()
  return typeof value === 'object' && value !== null && Object.values(value).some(hasLoneSurrogate)
}

function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed() as T
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(wellFormed) as T
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wellFormed(item)])) as T
}

const readable = nastyCorpora.filter(({ traces }) => !hasLoneSurrogate(traces))
const refused = nastyCorpora.filter(({ traces }) => hasLoneSurrogate(traces))

describe('write then read is the identity', () => {
  test.each(readable.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) => {
    expectSameTraces(joinPieces(traces), joinPieces(await read(await write(traces))))
  })

  test.each(nastyCorpora.map(({ name, traces }) => [name, wellFormed(traces)] as const))(
    'without lone surrogates: %s',
    async (_, traces) => {
      expectSameTraces(joinPieces(traces), joinPieces(await read(await write(traces))))
    },
  )

  test('on arbitrary traces, in any chunking; again it gives the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces.map(wellFormed), fc.integer({ min: 1, max: 50 }), async (traces, length) => {
        const bytes = await write(traces)
        const back = joinPieces((await collect(readOtlpProto(chunked(bytes, length)))).flat())
        expectSameTraces(traces, back)
        expect(bytes.equals(await write(back))).toBe(true)
      }),
      seeded(200),
    )
  })

  test('groups end where a reader would have to hold much', async () => {
    const spans = Array.from({ length: 12 }, (_, i) => span({ name: `${i}`.repeat(1_000_000) }))
    const chunks = await collect(encodeOtlpProto(streamOf([[{ traceId: '0a', spans }]])))
    expect(chunks.length).toBe(2)
    expectSameTraces([{ traceId: '0a', spans }], joinPieces(await read(Buffer.concat(chunks))))
  })

  test('what goes to a sink is what is encoded', async () => {
    const chunks: Uint8Array[] = []
    const traces = readable.flatMap(corpus => corpus.traces)
    await writeOtlpProto(streamOf([traces]), { write: async chunk => void chunks.push(chunk) })
    expect((await write(traces)).equals(Buffer.concat(chunks))).toBe(true)
  })
})

const usual = { name: 'n', kind: 0, startNanos: 1n, endNanos: 2n }

test('the bytes that are written', async () => {
  const resource = { attributes: attributes(['a', 'é']), droppedAttributesCount: 0, schemaUrl: 'u' }
  const scope = { name: 's', version: '', attributes: [], droppedAttributesCount: 300, schemaUrl: '' }
  const spans = [
    span({ ...usual, status: { code: 0, message: '' } }),
    span({ ...usual, resource, scope, flags: 257, kind: -1 }),
    span({ ...usual, resource: structuredClone(resource), scope, attributes: attributes(['i', -2n], ['e', null]) }),
  ]
  const id = '0a010a 1208eee19b7ec3c1b174'
  const times = '390100000000000000 410200000000000000'
  const golden = [
    `0a28 1226 1224 ${id} 2a016e ${times} 7a00`,
    '0a8c01',
    '0a0b 0a09 0a0161 1204 0a02c3a9',
    '127a',
    '0a06 0a0173 20ac02',
    `1233 ${id} 2a016e 30ffffffffffffffffff01 ${times} 850101010000`,
    `123b ${id} 2a016e ${times} 4a10 0a0169 120b 18feffffffffffffffff01 4a05 0a0165 1200`,
    '1a0175',
  ].join('')
  expect((await write([{ traceId: '0a', spans }])).toString('hex')).toBe(golden.replaceAll(' ', ''))
  expect(await write([])).toEqual(Buffer.alloc(0))
})

describe('lone surrogates are refused with their path', () => {
  test.each(refused.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) => {
    await expect(write(traces)).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringMatching(/: a lone surrogate has no UTF-8$/),
    })
  })

  const bad = 'x\ud800'
  const list = attributes(['k', 'v'], ['a/b', [1n, { entries: attributes(['x', bad]) }]])
  const shared = { attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
  const event = { timeNanos: 1n, name: 'e', attributes: [], droppedAttributesCount: 0 }
  const link = { traceId: '', spanId: '', traceState: bad, flags: 0, attributes: [], droppedAttributesCount: 0 }
  test.each<[string, Partial<Span>]>([
    ['/name', { name: bad }],
    ['/name', { name: `${'long'.repeat(100)}${bad}` }],
    ['/traceState', { traceState: bad }],
    ['/status/message', { status: { code: 2, message: bad } }],
    ['/attributes/a~1b/1/x', { attributes: list }],
    ['/attributes/1', { attributes: attributes(['k', 1n], [bad, 1n]) }],
    ['/events/1/name', { events: [event, { ...event, name: bad }] }],
    ['/events/0/attributes/k', { events: [{ ...event, attributes: attributes(['k', bad]) }] }],
    ['/links/0/traceState', { links: [link] }],
    ['/resource/attributes/k', { resource: { ...shared, attributes: attributes(['k', bad]) } }],
    ['/scope/version', { scope: { ...shared, name: 's', version: bad } }],
  ])('%s', async (path, fields) => {
    const trace = { traceId: '0a', spans: [span({}), span(fields)] }
    const other = { traceId: '0b', spans: [span({})] }
    const message = `/2/spans/1${path}: a lone surrogate has no UTF-8`
    const encoded = collectBytes(encodeOtlpProto(streamOf([[other, other], [trace]])))
    await expect(encoded).rejects.toMatchObject({ kind: 'unsupported', message })
  })
})

const resourceFields = [delimited(1, delimited(1, 'a'), delimited(2, delimited(1, 'b'))), number(2, 7)]
const scopeFields = [delimited(1, 's'), delimited(2, '1'), delimited(3, delimited(1, 'k')), number(4, 3)]
const spanFields = [
  delimited(1, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex')),
  delimited(2, Buffer.from('eee19b7ec3c1b174', 'hex')),
  delimited(3, 'a=1'),
  delimited(4, Buffer.from('eee19b7ec3c1b173', 'hex')),
  delimited(5, 'GET'),
  number(6, 2),
  fixed64(7, 1544712660000000001n),
  fixed64(8, 2n ** 64n - 1n),
  delimited(9, delimited(1, 'i'), delimited(2, number(3, -(2n ** 63n)))),
  delimited(9, delimited(1, 'd'), delimited(2, fixed64(4, 0x3ff8000000000000n))),
  number(10, 2 ** 32 - 1),
  delimited(11, fixed64(1, 5n), delimited(2, 'e'), delimited(3, delimited(1, 'x')), number(4, 2)),
  number(12, 4),
  delimited(
    13,
    ...[delimited(1, Buffer.from([10])), delimited(2, Buffer.from([11])), delimited(3, 't')],
    ...[delimited(4, delimited(1, 'l')), number(5, 5), fixed32(6, 257)],
  ),
  number(14, 6),
  delimited(15, delimited(2, 'm'), number(3, 2)),
  fixed32(16, 2 ** 32 - 1),
]
const fullTrace: Trace = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spans: [
    {
      spanId: 'eee19b7ec3c1b174',
      parentSpanId: 'eee19b7ec3c1b173',
      traceState: 'a=1',
      flags: 2 ** 32 - 1,
      name: 'GET',
      kind: 2,
      startNanos: 1544712660000000001n,
      endNanos: 2n ** 64n - 1n,
      attributes: attributes(['i', -(2n ** 63n)], ['d', 1.5]),
      droppedAttributesCount: 2 ** 32 - 1,
      events: [{ timeNanos: 5n, name: 'e', attributes: attributes(['x', null]), droppedAttributesCount: 2 }],
      droppedEventsCount: 4,
      links: [
        {
          traceId: '0a',
          spanId: '0b',
          traceState: 't',
          flags: 257,
          attributes: attributes(['l', null]),
          droppedAttributesCount: 5,
        },
      ],
      droppedLinksCount: 6,
      status: { code: 2, message: 'm' },
      resource: { attributes: attributes(['a', 'b']), droppedAttributesCount: 7, schemaUrl: 'ru' },
      scope: {
        name: 's',
        version: '1',
        attributes: attributes(['k', null]),
        droppedAttributesCount: 3,
        schemaUrl: 'su',
      },
    },
  ],
}
const scopeSpansFields = [delimited(1, ...scopeFields), delimited(2, ...spanFields), delimited(3, 'su')]
const full = delimited(1, delimited(1, ...resourceFields), delimited(2, ...scopeSpansFields), delimited(3, 'ru'))

describe('forms of the same', () => {
  const backwards = (fields: readonly Uint8Array[]) => [...fields].reverse()
  const swapped = [...spanFields.slice(0, 8), spanFields[9]!, spanFields[8]!, ...spanFields.slice(10)]
  const reversed = delimited(
    1,
    delimited(3, 'ru'),
    delimited(2, delimited(3, 'su'), delimited(2, ...backwards(swapped)), delimited(1, ...backwards(scopeFields))),
    delimited(1, ...backwards(resourceFields)),
  )
  const padded = Buffer.concat([Buffer.from([0x8a, 0x80, 0x00]), full.subarray(1)])
  test.each([
    ['plain', full],
    ['fields in reverse order', reversed],
    ['a tag of more bytes than it needs', padded],
    [
      'the name of scopes before OTLP 0.15',
      delimited(1, delimited(1, ...resourceFields), delimited(1000, ...scopeSpansFields), delimited(3, 'ru')),
    ],
    ['a length in front', prefixed(full)],
    ['messages with lengths', Buffer.concat([prefixed(Buffer.alloc(0)), prefixed(full), prefixed(Buffer.alloc(0))])],
  ])('%s', async (_, bytes) => {
    const dropped: string[] = []
    expectSameTraces([fullTrace], await read(bytes, field => dropped.push(field)))
    expect(dropped).toEqual([])
  })

  test('two messages behind one another, plain and with lengths', async () => {
    const twice = [{ ...fullTrace, spans: [...fullTrace.spans, ...fullTrace.spans] }]
    expectSameTraces(twice, joinPieces(await read(Buffer.concat([full, full]))))
    expectSameTraces(twice, joinPieces(await read(Buffer.concat([prefixed(full), prefixed(full)]))))
  })

  test('every chunking', async () => {
    const bytes = Buffer.concat([prefixed(full), prefixed(Buffer.alloc(0)), prefixed(full)])
    for (const input of [Buffer.concat([full, number(9, 300), full]), bytes])
      for (let length = 1; length < 40; length++)
        expect(countSpans((await collect(readOtlpProto(chunked(input, length)))).flat())).toBe(2)
  })

  test('nothing is no trace', async () => {
    expect(await read(Buffer.alloc(0))).toEqual([])
    expect(await read(delimited(1))).toEqual([])
    expect(await read(Buffer.alloc(4))).toEqual([])
  })

  test('resources and scopes are shared by their bytes', async () => {
    const traces = await read(Buffer.concat([full, full]))
    expect(traces[0]!.spans[0]!.resource).toBe(traces[1]!.spans[0]!.resource)
    expect(traces[0]!.spans[0]!.scope).toBe(traces[1]!.spans[0]!.scope)
  })
})

describe('absent and empty', () => {
  const spans = delimited(2)
  test.each([
    ['absent', delimited(1, delimited(2, spans)), null, null],
    ['empty', delimited(1, delimited(1), delimited(2, delimited(1), spans)), '', ''],
    ['only a schema URL', delimited(1, delimited(2, spans, delimited(3, 's')), delimited(3, 'r')), 'r', 's'],
  ])('%s', async (_, bytes, resourceUrl, scopeUrl) => {
    const empty = { attributes: [], droppedAttributesCount: 0 }
    const [read0] = (await read(bytes))[0]!.spans
    expect(read0!.resource).toEqual(resourceUrl === null ? null : { ...empty, schemaUrl: resourceUrl })
    expect(read0!.scope).toEqual(scopeUrl === null ? null : { name: '', version: '', ...empty, schemaUrl: scopeUrl })
  })

  test('a status', async () => {
    expect((await readSpan()).status).toBeNull()
    expect((await readSpan(delimited(15))).status).toEqual({ code: 0, message: '' })
  })

  test('values', async () => {
    expect(await readValue()).toBeNull()
    expect(await readValue(delimited(1))).toBe('')
    expect(await readValue(number(2, 0))).toBe(false)
    expect(await readValue(number(2, 2n ** 40n))).toBe(true)
    expect(await readValue(delimited(5))).toEqual([])
    expect(await readValue(delimited(6))).toEqual({ entries: [] })
    expect(await readValue(delimited(7))).toEqual(new Uint8Array())
    expect((await readSpan(delimited(9))).attributes).toEqual(attributes(['', null]))
  })
})

describe('what protobuf merges', () => {
  test('the last scalar wins, a message is joined with the one before', async () => {
    const read0 = await readSpan(
      ...[delimited(5, 'a'), delimited(5, 'b'), number(6, 1), number(6, 2)],
      ...[delimited(15, delimited(2, 'm'), number(3, 1)), delimited(15, number(3, 2))],
      ...[delimited(9, delimited(1, 'x'), delimited(2, number(3, 1)), delimited(1, 'y'), delimited(2))],
    )
    expect(read0).toMatchObject({ name: 'b', kind: 2, status: { code: 2, message: 'm' } })
    expect(read0.attributes).toEqual(attributes(['y', 1n]))
  })

  test('resources and scopes', async () => {
    const parts = Buffer.concat([
      delimited(1, ...resourceFields),
      delimited(2, delimited(1, ...scopeFields), delimited(2), delimited(1, delimited(1, 'other'))),
      delimited(1, delimited(1, delimited(1, 'z')), number(2, 9)),
    ])
    const [read0] = (await read(delimited(1, parts)))[0]!.spans
    expect(read0!.resource).toEqual({
      attributes: attributes(['a', 'b'], ['z', null]),
      droppedAttributesCount: 9,
      schemaUrl: '',
    })
    expect(read0!.scope).toMatchObject({ name: 'other', version: '1', droppedAttributesCount: 3 })
  })

  test('values: lists of one kind are joined, of two kinds the last wins', async () => {
    const [one, two] = [delimited(1, number(3, 1)), delimited(1, number(3, 2))]
    const [entry, other] = [delimited(1, delimited(1, 'a')), delimited(1, delimited(1, 'b'))]
    expect(await readValue(delimited(5, one), delimited(5, two))).toEqual([1n, 2n])
    expect(await readValue(delimited(6, entry), delimited(6, other))).toEqual({
      entries: attributes(['a', null], ['b', null]),
    })
    expect(await readValue(delimited(5, one), delimited(6, entry))).toEqual({ entries: attributes(['a', null]) })
    expect(await readValue(delimited(6, entry), delimited(5, one))).toEqual([1n])
    expect(await readValue(delimited(5, one), delimited(1, 's'))).toBe('s')
    expect(await readValue(delimited(1, 's'), delimited(5, one))).toEqual([1n])
  })

  test('a longer number is cut to the size of its field', async () => {
    expect(await readSpan(number(6, 2n ** 32n + 5n), number(10, 2n ** 40n + 7n))).toMatchObject({
      kind: 5,
      droppedAttributesCount: 7,
    })
    expect((await readSpan(number(6, -3))).kind).toBe(-3)
  })
})

test('fields that are unknown, or of another wire type, are told by their path', async () => {
  const odd = [number(90, 1), fixed64(91, 2n), delimited(92, 'x'), fixed32(94, 3)]
  const unknown = [...odd, group(93, number(1, 1), group(2, delimited(3, 'x')), fixed32(1, 1), fixed64(2, 1n))]
  const dropped: string[] = []
  const event = delimited(11, ...unknown)
  const value = delimited(2, ...unknown, delimited(5, delimited(1, ...unknown), number(9, 1)))
  const spanBytes = delimited(2, ...unknown, number(5, 1), delimited(9, value, number(1, 1)), event)
  const resource = delimited(1, delimited(1, ...unknown), number(3, 1))
  const scope = delimited(1, fixed32(1, 7))
  const bytes = Buffer.concat([
    ...odd,
    delimited(1, resource, delimited(2, scope, spanBytes, ...unknown), ...unknown),
    delimited(1, resource),
    delimited(1, delimited(2, delimited(2, delimited(13, ...odd), delimited(15, ...odd)))),
  ])
  await read(bytes, field => dropped.push(field))
  const counts = new Map<string, number>()
  for (const field of dropped) counts.set(field, (counts.get(field) ?? 0) + 1)
  const all = (path: string, numbers = [90, 91, 92, 94, 93], count = 1) =>
    numbers.map(n => [`${path}${n}`, count] as const)
  const [spans, plainNumbers] = ['resourceSpans.scopeSpans.spans.', [90, 91, 92, 94]]
  expect(counts).toEqual(
    new Map([
      ...all('', plainNumbers),
      ...all('resourceSpans.'),
      ...all('resourceSpans.resource.attributes.', undefined, 2),
      ['resourceSpans.resource.3', 2],
      ...all('resourceSpans.scopeSpans.'),
      ['resourceSpans.scopeSpans.scope.1', 1],
      ...all(spans),
      [`${spans}5`, 1],
      [`${spans}attributes.1`, 1],
      ...all(`${spans}attributes.value.`),
      [`${spans}attributes.value.arrayValue.9`, 1],
      ...all(`${spans}attributes.value.arrayValue.values.`),
      ...all(`${spans}events.`),
      ...all(`${spans}links.`, plainNumbers),
      ...all(`${spans}status.`, plainNumbers),
    ]),
  )
})

function nestedArrays(depth: number): Buffer {
  let value = number(3, 1)
  for (let i = 1; i < depth; i++) value = delimited(5, delimited(1, value))
  return value
}

function nestedLists(depth: number): Buffer {
  let value = number(3, 1)
  for (let i = 1; i < depth; i++) value = delimited(6, delimited(1, delimited(2, value)))
  return value
}

function nestedGroups(depth: number): Buffer {
  return depth === 0 ? Buffer.alloc(0) : group(99, nestedGroups(depth - 1))
}

test('the deepest that are read', async () => {
  await readValue(nestedArrays(maxValueDepth))
  await readValue(nestedLists(maxValueDepth))
  await readSpan(nestedGroups(100))
})

const spans = 'resourceSpans.scopeSpans.spans'
const longVarint = Buffer.alloc(10, 0xff)

describe('what is refused', () => {
  test.each<[string, Uint8Array, string, string]>([
    [
      'an id of 17 bytes',
      spanMessage(delimited(1, Buffer.alloc(17))),
      'corrupt',
      `byte 7: ${spans}.traceId: an id of 17 bytes, at most 16 are known`,
    ],
    [
      'an id of 9 bytes',
      spanMessage(delimited(4, Buffer.alloc(9))),
      'corrupt',
      `byte 7: ${spans}.parentSpanId: an id of 9 bytes, at most 8 are known`,
    ],
    [
      "a link's id",
      spanMessage(delimited(13, delimited(2, Buffer.alloc(9)))),
      'corrupt',
      `${spans}.links.spanId: an id of 9 bytes`,
    ],
    [
      'a name in Latin-1',
      spanMessage(delimited(5, Buffer.from([0x61, 0xe9]))),
      'corrupt',
      `byte 8: ${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'one byte that is no UTF-8',
      spanMessage(delimited(5, Buffer.from([0xff]))),
      'corrupt',
      `${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'a surrogate in UTF-8',
      spanMessage(delimited(5, Buffer.from([0xed, 0xa0, 0x80]))),
      'corrupt',
      `${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'a long string that is no UTF-8',
      spanMessage(delimited(5, 'x'.repeat(200), Buffer.from([0x80]))),
      'corrupt',
      `${spans}.name: the string is not valid UTF-8`,
    ],
    [
      'a key',
      spanMessage(delimited(9, delimited(1, Buffer.from([0xc0])))),
      'corrupt',
      `${spans}.attributes.key: the string is not valid UTF-8`,
    ],
    [
      'a value',
      valueMessage(delimited(1, Buffer.from([0xc0]))),
      'corrupt',
      `${spans}.attributes.value.stringValue: the string is not valid UTF-8`,
    ],
    [
      'a value in an array',
      valueMessage(delimited(5, delimited(1, delimited(1, Buffer.from([0xc0]))))),
      'corrupt',
      'attributes.value.arrayValue.values.stringValue: the string',
    ],
    [
      'a resource',
      delimited(1, delimited(1, delimited(1, delimited(1, Buffer.from([0xc0]))))),
      'corrupt',
      'byte 8: resourceSpans.resource.attributes.key: the string',
    ],
    [
      'a schema URL',
      delimited(1, delimited(3, Buffer.from([0xc0]))),
      'corrupt',
      'byte 4: resourceSpans.schemaUrl: the string',
    ],
    [
      'a varint of 11 bytes',
      spanMessage(tag(6, 0), longVarint, Buffer.from([0])),
      'corrupt',
      `byte 7: ${spans}: a varint is longer than 10 bytes`,
    ],
    [
      'a varint of 65 bits',
      spanMessage(tag(6, 0), longVarint.subarray(1), Buffer.from([2])),
      'corrupt',
      `byte 7: ${spans}: a varint exceeds 64 bits`,
    ],
    [
      'a varint that is cut off',
      spanMessage(tag(6, 0), Buffer.from([0x80])),
      'corrupt',
      `byte 7: ${spans}: the message ends inside a varint`,
    ],
    [
      'a length past the end',
      spanMessage(tag(5, 2), Buffer.from([5, 65])),
      'corrupt',
      `byte 7: ${spans}.name: 5 bytes should follow, 1 are left`,
    ],
    [
      'a length of 64 bits',
      spanMessage(tag(5, 2), varint(2n ** 63n)),
      'corrupt',
      `byte 7: ${spans}.name: 9223372036854775808 bytes should follow, 0 are left`,
    ],
    [
      'a message past the end',
      spanMessage(tag(9, 2), Buffer.from([2, 10])),
      'corrupt',
      `byte 7: ${spans}.attributes: 2 bytes should follow, 1 are left`,
    ],
    [
      'a time that is cut off',
      spanMessage(tag(7, 1), Buffer.alloc(7)),
      'corrupt',
      `byte 7: ${spans}.startTimeUnixNano: needs 8 bytes, 7 are left`,
    ],
    ['field number 0', spanMessage(Buffer.from([0x02, 0])), 'corrupt', `byte 6: ${spans}: a tag of field number 0`],
    [
      'a tag of 33 bits',
      spanMessage(varint(2n ** 32n + 0x2an)),
      'corrupt',
      `byte 6: ${spans}: a tag of field number beyond 32 bits`,
    ],
    ['wire type 6', spanMessage(Buffer.from([0x2e])), 'corrupt', `${spans}: field 5 has the wire type 6`],
    [
      'the end of a group that never began',
      spanMessage(tag(99, 4)),
      'corrupt',
      `${spans}: group 99 ends and never began`,
    ],
    ['a group that never ends', spanMessage(tag(99, 3)), 'corrupt', `${spans}: the message ends inside group 99`],
    [
      'a group that another ends',
      spanMessage(tag(99, 3), tag(98, 4)),
      'corrupt',
      `${spans}: group 98 ends and never began`,
    ],
    [
      '101 groups within one another',
      spanMessage(nestedGroups(101)),
      'corrupt',
      `${spans}: groups lie within one another more than 100 deep`,
    ],
    [
      'values 65 deep',
      valueMessage(nestedArrays(maxValueDepth + 1)),
      'corrupt',
      'values lie within one another more than 64 deep',
    ],
    [
      'lists 65 deep',
      valueMessage(nestedLists(maxValueDepth + 1)),
      'corrupt',
      'values lie within one another more than 64 deep',
    ],
    [
      'values 1,000 deep',
      valueMessage(nestedArrays(1000)),
      'corrupt',
      'values lie within one another more than 64 deep',
    ],
    ['a group around', group(3, full), 'unsupported', 'byte 1: field 3 has the wire type 3'],
    ['field number 0 around', Buffer.from([0x01]), 'corrupt', 'byte 1: a tag of field number 0'],
    [
      'a varint of 11 bytes around',
      Buffer.concat([tag(2, 0), longVarint, Buffer.from([0])]),
      'corrupt',
      'byte 1: a varint is longer than 10 bytes',
    ],
    ['more than the message holds', prefixed(delimited(1, full)).fill(3, 3, 4), 'corrupt', 'byte 4: a field of'],
    [
      'a ResourceSpans of 2 GiB',
      Buffer.concat([tag(1, 2), varint(2 ** 31), tag(1, 2), Buffer.from([0])]),
      'unsupported',
      'byte 6: resourceSpans: 2147483648 bytes, at most 1073741824',
    ],
  ])('%s', async (_, bytes, kind, message) => {
    for (const length of [1, 7, 1000])
      await expect(collect(readOtlpProto(chunked(bytes, length)))).rejects.toMatchObject({
        kind,
        message: expect.stringContaining(message),
      })
  })

  test('every prefix of a message, plain and with its length in front, as truncated', async () => {
    for (const bytes of [Buffer.concat([full]), prefixed(full)])
      for (let end = 1; end < bytes.length; end++)
        await expect(read(bytes.subarray(0, end)), `the first ${end} bytes`).rejects.toMatchObject({
          kind: 'truncated',
          message: expect.stringMatching(/^byte \d+: /),
        })
  })

  test('a declared length allocates nothing', async () => {
    const bytes = Buffer.concat([tag(1, 2), varint(2 ** 29), full.subarray(3)])
    const before = process.memoryUsage().arrayBuffers
    await expect(read(bytes)).rejects.toMatchObject({ kind: 'truncated' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27)
  })

  test('any change of a byte gives traces or an error with its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(full.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(full)
        bytes[at] = byte
        try {
          await read(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(LabError)
          expect((error as LabError).message).toMatch(/^byte \d+: /)
        }
      }),
      seeded(1_000),
    )
  })
})

describeCorpora('real captures', () => {
  async function digestOf(pieces: AsyncIterable<readonly Trace[]>) {
    const digest = new DatasetDigest()
    let [traceCount, spanCount] = [0, 0]
    for await (const traces of groupByTrace(pieces, { maxBytes: defaultMaxBytes }))
      for (const trace of traces) {
        digest.add(trace)
        traceCount++
        spanCount += trace.spans.length
      }
    return { digest: digest.finish(), traceCount, spanCount }
  }

  test('hipstershop equals its OTLP JSON, and itself written and read again', async () => {
    const folder = 'otlp-stef-hipstershop/hipstershop-oteltraces'
    const packed = readFileSync(corpusPath(`${folder}.otlp-multipart.pb.zst`))
    const dropped: string[] = []
    const proto = await collect(readOtlpProto(await decompress(chunked(packed, 65_536)), field => dropped.push(field)))
    const json = chunked(gunzipSync(readFileSync(corpusPath(`${folder}.otlp.jsonl.gz`))), 1 << 20)
    const expected = await digestOf(readOtlpJson(json))
    expect(await digestOf(streamOf(proto))).toEqual(expected)
    expect(expected).toMatchObject({ traceCount: 9_047, spanCount: 86_583 })
    expect(dropped).toEqual([])
    expect(await digestOf(readOtlpProto(encodeOtlpProto(streamOf(proto))))).toEqual(expected)
  })
})
