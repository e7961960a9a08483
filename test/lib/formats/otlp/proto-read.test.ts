import { describe, expect, test } from 'vitest'
import { readOtlpProto } from '../../../../lib/formats/otlp/proto.ts'
import { countSpans, type Span, type Trace, type Value } from '../../../../lib/model/trace.ts'
import { chunked, collect, streamOf } from '../../../support/chunks.ts'
import { attributes } from '../../../support/nasty.ts'
import {
  full,
  fullTrace,
  resourceFields,
  scopeFields,
  scopeSpansFields,
  spanFields,
  spanMessage,
  valueMessage,
} from '../../../support/otlp-message.ts'
import { delimited, fixed32, fixed64, group, number, prefixed } from '../../../support/protobuf.ts'
import { expectSameTraces, joinPieces } from '../../../support/traces.ts'

async function read(bytes: Uint8Array, dropped?: (field: string) => void): Promise<Trace[]> {
  return (await collect(readOtlpProto(streamOf([bytes]), dropped))).flat()
}

async function readSpan(...fields: Uint8Array[]): Promise<Span> {
  return (await read(spanMessage(...fields)))[0]!.spans[0]!
}

async function readValue(...fields: Uint8Array[]): Promise<Value> {
  return (await read(valueMessage(...fields)))[0]!.spans[0]!.attributes[0]!.value
}

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
    const spans = (await read(Buffer.concat([full, full]))).flatMap(trace => trace.spans)
    expect(spans).toHaveLength(2 * fullTrace.spans.length)
    expect(spans[0]!.resource).toBe(spans[fullTrace.spans.length]!.resource)
    expect(spans[0]!.scope).toBe(spans[fullTrace.spans.length]!.scope)
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
    ...unknown,
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
      ...all(''),
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
