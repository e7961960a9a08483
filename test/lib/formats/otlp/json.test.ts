import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readOtlpJson, writeOtlpJson } from '../../../../lib/formats/otlp/json.ts'
import { countSpans, type Trace, type Value } from '../../../../lib/model/trace.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { chunked, collect, streamOf } from '../../../support/chunks.ts'
import { corpusPath, describeCorpora, describeTempoBlocks, tempoBlockPath } from '../../../support/corpora.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces, joinPieces } from '../../../support/traces.ts'

async function read(text: string | Uint8Array, dropped?: (field: string) => void): Promise<Trace[]> {
  return (await collect(readOtlpJson(streamOf([Buffer.from(text as string)]), dropped))).flat()
}

async function write(traces: readonly Trace[]): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const sink = { write: async (chunk: Uint8Array) => void chunks.push(chunk) }
  await writeOtlpJson(streamOf([traces]), sink)
  return Buffer.concat(chunks)
}

/** One document around the fields of a span. */
function spanDocument(fields: string): string {
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`
}

async function readValue(value: string): Promise<Value | undefined> {
  const [trace] = await read(spanDocument(`"attributes":[{"key":"k","value":${value}}]`))
  return trace?.spans[0]?.attributes[0]?.value
}

describe('write then read is the identity', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) => {
    expectSameTraces(joinPieces(traces), joinPieces(await read(await write(traces))))
  })

  test('on arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, fc.integer({ min: 1, max: 50 }), async (traces, length) => {
        const text = await write(traces)
        expect(() => JSON.parse(text.toString())).not.toThrow()
        expectSameTraces(traces, joinPieces((await collect(readOtlpJson(chunked(text, length)))).flat()))
      }),
      seeded(150),
    )
  })

  test('groups end where a reader would have to hold much', async () => {
    const spans = Array.from({ length: 12 }, (_, i) => span({ name: `${i}`.repeat(1_000_000) }))
    const text = await write([{ traceId: '0a', spans }])
    expect(text.toString().split('"scopeSpans"')).toHaveLength(3)
    expectSameTraces([{ traceId: '0a', spans }], joinPieces(await read(text)))
  })
})

test('the document that is written', async () => {
  const resource = { attributes: attributes(['service.name', 'a']), droppedAttributesCount: 0, schemaUrl: 'u' }
  const usual = { name: 'n', kind: 0, startNanos: 1n, endNanos: 2n }
  const traces = [
    {
      traceId: '0a',
      spans: [span(usual), span({ ...usual, resource }), span({ ...usual, resource: structuredClone(resource) })],
    },
  ]
  const printed =
    '{"traceId":"0a","spanId":"eee19b7ec3c1b174","name":"n","startTimeUnixNano":"1","endTimeUnixNano":"2"}'
  expect((await write(traces)).toString()).toBe(
    `{"resourceSpans":[\n{"scopeSpans":[{"spans":[${printed}]}]},\n` +
      '{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"schemaUrl":"u",' +
      `"scopeSpans":[{"spans":[${printed},${printed}]}]}\n]}\n`,
  )
  expect((await write([])).toString()).toBe('{"resourceSpans":[\n]}\n')
})

const full = {
  resourceSpans: [
    {
      scopeSpans: [
        {
          scope: {
            name: 's',
            version: '1',
            attributes: [{ key: 'a', value: { boolValue: true } }],
            droppedAttributesCount: 3,
          },
          spans: [
            {
              traceId: '5B8EFFF798038103D269B633813FC60C',
              spanId: 'EEE19B7EC3C1B174',
              parentSpanId: 'eee19b7ec3c1b173',
              traceState: 'a=1',
              flags: 257,
              name: 'GET',
              kind: 2,
              startTimeUnixNano: '1544712660000000001',
              endTimeUnixNano: '1544712661000000000',
              attributes: [
                { key: 's', value: { stringValue: '' } },
                { key: 'i', value: { intValue: '-9223372036854775808' } },
                { key: 'd', value: { doubleValue: 1 } },
                { key: 'b', value: { bytesValue: 'AP8=' } },
                { key: 'l', value: { arrayValue: { values: [{ intValue: 1 }, {}] } } },
                { key: 'm', value: { kvlistValue: { values: [{ key: 'x', value: { boolValue: false } }] } } },
                { key: 'e', value: {} },
                { key: 'f' },
              ],
              droppedAttributesCount: 1,
              events: [{ timeUnixNano: '1544712660500000000', name: 'e', attributes: [], droppedAttributesCount: 2 }],
              droppedEventsCount: 4,
              links: [{ traceId: '0a', spanId: '0b', traceState: 't', flags: 1, droppedAttributesCount: 5 }],
              droppedLinksCount: 6,
              status: { code: 2, message: 'm' },
            },
          ],
          schemaUrl: 'su',
        },
      ],
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'x' } }], droppedAttributesCount: 7 },
      schemaUrl: 'ru',
    },
  ],
}

function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      snake(item),
    ]),
  )
}

describe('forms of the same', () => {
  test('every field arrives', async () => {
    const [trace] = await read(JSON.stringify(full))
    expect(trace).toEqual({
      traceId: '5b8efff798038103d269b633813fc60c',
      spans: [
        {
          spanId: 'eee19b7ec3c1b174',
          parentSpanId: 'eee19b7ec3c1b173',
          traceState: 'a=1',
          flags: 257,
          name: 'GET',
          kind: 2,
          startNanos: 1544712660000000001n,
          endNanos: 1544712661000000000n,
          attributes: attributes(
            ['s', ''],
            ['i', -(2n ** 63n)],
            ['d', 1],
            ['b', new Uint8Array([0, 255])],
            ['l', [1n, null]],
            ['m', { entries: attributes(['x', false]) }],
            ['e', null],
            ['f', null],
          ),
          droppedAttributesCount: 1,
          events: [{ timeNanos: 1544712660500000000n, name: 'e', attributes: [], droppedAttributesCount: 2 }],
          droppedEventsCount: 4,
          links: [
            { traceId: '0a', spanId: '0b', traceState: 't', flags: 1, attributes: [], droppedAttributesCount: 5 },
          ],
          droppedLinksCount: 6,
          status: { code: 2, message: 'm' },
          resource: { attributes: attributes(['service.name', 'x']), droppedAttributesCount: 7, schemaUrl: 'ru' },
          scope: {
            name: 's',
            version: '1',
            attributes: attributes(['a', true]),
            droppedAttributesCount: 3,
            schemaUrl: 'su',
          },
        },
      ],
    })
  })

  const text = JSON.stringify(full)
  test.each([
    ['snake case', JSON.stringify(snake(full))],
    [
      'older names',
      text.replace('scopeSpans', 'instrumentationLibrarySpans').replace('"scope"', '"instrumentationLibrary"'),
    ],
    ['older names in snake case', JSON.stringify(snake(full)).replace('scope_spans', 'instrumentation_library_spans')],
    [
      'enums by name',
      text.replace('"kind":2', '"kind":"SPAN_KIND_SERVER"').replace('"code":2', '"code":"STATUS_CODE_ERROR"'),
    ],
    [
      'numbers as strings',
      text.replace('"flags":257', '"flags":"257"').replace('"doubleValue":1', '"doubleValue":"1.0"'),
    ],
    ['strings as numbers', text.replace('"1544712660000000001"', '1544712660000000001')],
    ['exponents', text.replace('"1544712661000000000"', '1.544712661e18').replace('"flags":257', '"flags":257.0')],
    [
      'null for absent fields',
      text.replace('"name":"GET"', '"name":"GET","foo":null').replace('{"key":"f"}', '{"key":"f","value":null}'),
    ],
    ['the wrapper of Tempo', `{"trace":${text}}`],
    ['batches', `{"trace":${text.replace('resourceSpans', 'batches')}}`],
    ['an array', `[${text}]`],
    ['blanks', JSON.stringify(full, null, 2)],
    ['URL base64 without padding', text.replace('AP8=', 'AP8')],
  ])('%s', async (_, other) => {
    expectSameTraces(await read(text), await read(other))
  })

  test('documents in sequence, with and without newlines, in any chunking', async () => {
    const sequence = Buffer.from(`${text}${text}\n${text}\r\n\n[${text}]`)
    const expected = await read(sequence)
    expect(expected).toHaveLength(4)
    for (const length of [1, 2, 3, 7, 64, 1000])
      expectSameTraces(expected, (await collect(readOtlpJson(chunked(sequence, length)))).flat())
  })

  test('every split point of a document', async () => {
    const bytes = Buffer.from(text)
    const expected = await read(text)
    for (let at = 1; at < bytes.length; at++)
      expectSameTraces(
        expected,
        (await collect(readOtlpJson(streamOf([bytes.subarray(0, at), bytes.subarray(at)])))).flat(),
      )
  })
})

test('ids in base64, as Tempo answers', async () => {
  const ids = '"traceId":"AAAAAAAAAABguiq7RPE+rg==","spanId":"cmteMBAvwNA=","parentSpanId":"OY8PIaPbma4="'
  const text = spanDocument(`${ids},"links":[{"traceId":"AQI=","spanId":"AQ=="}]`)
  const [trace] = await read(`{"trace":${text},"metrics":{}}`)
  expect(trace?.traceId).toBe('000000000000000060ba2abb44f13eae')
  expect(trace?.spans[0]).toMatchObject({
    spanId: '726b5e30102fc0d0',
    parentSpanId: '398f0f21a3db99ae',
    links: [{ traceId: '0102', spanId: '01' }],
  })
})

describe('absences', () => {
  const one = (resource: string, scope: string) =>
    `{"resourceSpans":[{${resource}"scopeSpans":[{${scope}"spans":[{}]}]}]}`
  const urlOnly = { attributes: [], droppedAttributesCount: 0, schemaUrl: 'u' }
  test.each([
    ['', '', null, null],
    ['"resource":null,', '"scope":null,', null, null],
    [
      '"resource":{},',
      '"scope":{},',
      { ...urlOnly, schemaUrl: '' },
      { name: '', version: '', ...urlOnly, schemaUrl: '' },
    ],
    ['"schemaUrl":"u",', '"schemaUrl":"u",', urlOnly, { name: '', version: '', ...urlOnly }],
  ])('resource %j, scope %j', async (resource, scope, expectedResource, expectedScope) => {
    const [trace] = await read(one(resource, scope))
    expect(trace?.spans[0]).toMatchObject({ resource: expectedResource, scope: expectedScope })
    expectSameTraces([trace!], await read(await write([trace!])))
  })

  test('equal resources and scopes of several elements are one object', async () => {
    const spans = (await read(JSON.stringify(full).repeat(3))).flatMap(trace => trace.spans)
    expect(new Set(spans.map(({ resource }) => resource)).size).toBe(1)
    expect(new Set(spans.map(({ scope }) => scope)).size).toBe(1)
  })
})

test.each([
  ['{"doubleValue":-0}', -0],
  ['{"doubleValue":-0.0}', -0],
  ['{"doubleValue":"NaN"}', Number.NaN],
  ['{"doubleValue":"-Infinity"}', Number.NEGATIVE_INFINITY],
  ['{"doubleValue":1e-400}', 0],
  ['{"intValue":9223372036854775807}', 2n ** 63n - 1n],
  ['{"intValue":"1e3"}', 1000n],
  ['{"intValue":10.0}', 10n],
  ['{"intValue":0e99}', 0n],
  ['{"stringValue":null}', null],
  ['{"stringValue":"\\ud800"}', '\ud800'],
  ['{"bytesValue":"-_-_"}', new Uint8Array([251, 255, 191])],
  ['{"arrayValue":{}}', []],
  ['{"arrayValue":{"values":null}}', []],
  ['{"kvlistValue":{}}', { entries: [] }],
])('the value %s', async (text, expected) => {
  expect(await readValue(text)).toEqual(expected)
})

test('unknown fields are counted by their path', async () => {
  const drops: string[] = []
  const text = JSON.stringify(full)
    .replace('"resource":{', '"resource":{"entityRefs":[{}],')
    .replace('"kind":2', '"kind":2,"foo":{"a":[1]}')
    .replace('{"boolValue":true}', '{"boolValue":true,"bar":1}')
    .replace('{"resourceSpans"', '{"top":1,"resourceSpans"')
  expectSameTraces(await read(JSON.stringify(full).repeat(2)), await read(text.repeat(2), field => drops.push(field)))
  const each = [
    'resourceSpans.scopeSpans.scope.attributes.value.bar',
    'resourceSpans.scopeSpans.spans.foo',
    'resourceSpans.resource.entityRefs',
    'top',
  ]
  expect(drops.toSorted()).toEqual([...each, ...each].toSorted())
})

describe('refused', () => {
  const value = (text: string) => spanDocument(`"attributes":[{"key":"k","value":${text}}]`)
  const nested = (depth: number) =>
    value(`${'{"arrayValue":{"values":['.repeat(depth - 1)}{"boolValue":true}${']}}'.repeat(depth - 1)}`)
  test.each([
    ['', 'byte 0: ', '{"foo":1}', 'no traces here: expected resourceSpans, found key "foo"'],
    ['.startTimeUnixNano', 'byte ', spanDocument('"startTimeUnixNano":"x"'), '"x" is no integer'],
    [
      '.startTimeUnixNano',
      'byte ',
      spanDocument('"startTimeUnixNano":"18446744073709551616"'),
      'is no unsigned 64-bit',
    ],
    ['.startTimeUnixNano', 'byte ', spanDocument('"startTimeUnixNano":1.5'), '1.5 is no integer'],
    ['.startTimeUnixNano', 'byte ', spanDocument('"startTimeUnixNano":1e40'), 'is no unsigned 64-bit'],
    ['.startTimeUnixNano', 'byte ', spanDocument('"startTimeUnixNano":1e999999999'), 'outside 64 bits'],
    ['.startTimeUnixNano', 'byte ', spanDocument('"startTimeUnixNano":""'), '"" is no integer'],
    ['.kind', 'byte ', spanDocument('"kind":"SERVER"'), '"SERVER" is none of SPAN_KIND_UNSPECIFIED'],
    ['.kind', 'byte ', spanDocument('"kind":2147483648'), 'lies outside'],
    ['.status.code', 'byte ', spanDocument('"status":{"code":"OK"}'), '"OK" is none of STATUS_CODE_UNSET'],
    ['.flags', 'byte ', spanDocument('"flags":-1'), 'lies outside 0 to'],
    ['.traceId', 'byte ', spanDocument(`"traceId":"${'0'.repeat(34)}"`), 'longer than 16 bytes'],
    ['.spanId', 'byte ', spanDocument(`"spanId":"${'0'.repeat(18)}"`), 'longer than 8 bytes'],
    ['.traceId', 'byte ', spanDocument('"traceId":"AAAAAAAAAAAAAAAAAAAAAAA="'), 'longer than 16 bytes'],
    ['.spanId', 'byte ', spanDocument('"spanId":"cmteMBAvwNA"'), 'not whole bytes in hex'],
    ['.spanId', 'byte ', spanDocument('"spanId":"abc"'), 'not whole bytes in hex'],
    ['.spanId', 'byte ', spanDocument('"spanId":"xx"'), 'not whole bytes in hex'],
    ['', 'byte ', spanDocument('"name":"a","name":"b"'), 'the field "name" stands twice'],
    ['', 'byte ', spanDocument('"span_id":"","span_id":""'), 'the field "span_id" stands twice'],
    [
      '.attributes.value',
      'byte ',
      value('{"intValue":1,"stringValue":"a"}'),
      '"stringValue" stands beside another value',
    ],
    ['.attributes.value.intValue', 'byte ', value('{"intValue":"9223372036854775808"}'), 'is no signed 64-bit'],
    ['.attributes.value.doubleValue', 'byte ', value('{"doubleValue":"inf"}'), '"inf" is no double'],
    ['.attributes.value.doubleValue', 'byte ', value('{"doubleValue":1e999}'), 'too large for a double'],
    ['.attributes.value.bytesValue', 'byte ', value('{"bytesValue":"A"}'), 'not in base64'],
    ['.attributes.value.bytesValue', 'byte ', value('{"bytesValue":"AA="}'), 'not in base64'],
    ['.attributes.value.bytesValue', 'byte ', value('{"bytesValue":"A!AA"}'), 'not in base64'],
    ['.attributes.value.bytesValue', 'byte ', value('{"bytesValue":"===="}'), 'not in base64'],
    ['.attributes.value.boolValue', 'byte ', value('{"boolValue":"true"}'), 'expected true or false, found string'],
    ['', 'byte ', nested(65), '…arrayValue.values: values lie within one another more than 64 deep'],
    ['.events', 'byte ', spanDocument('"events":[null]'), 'expected an object, found null'],
    ['', 'byte ', spanDocument('"name":"a" "kind":1'), "',' or '}' should stand here"],
  ])('%s: %s%s', async (path, start, text, message) => {
    const error: unknown = await read(text).catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'LabError', kind: 'invalid', message: expect.stringContaining(message) })
    expect((error as Error).message).toMatch(new RegExp(`^${start}`))
    expect((error as Error).message).toContain(path === '' ? '' : `resourceSpans.scopeSpans.spans${path}: `)
  })

  test('values 64 deep are read', async () => expect(await read(nested(64))).toHaveLength(1))

  test('maps 64 deep within an event are read', async () => {
    let value: Value = true
    for (let depth = 1; depth < 64; depth++) value = { entries: [{ key: 'k', value }] }
    const events = [{ timeNanos: 1n, name: 'e', attributes: attributes(['k', value]), droppedAttributesCount: 0 }]
    const deep = [{ traceId: '0a', spans: [span({ events })] }]
    expectSameTraces(deep, await read(await write(deep)))
  })

  test('every prefix of a document, as truncated', async () => {
    const text = JSON.stringify(full)
    for (let end = 1; end < text.length; end++)
      await expect(read(text.slice(0, end))).rejects.toMatchObject({ kind: 'truncated' })
  })

  test('the byte is that of the input, not of the element', async () => {
    const text = `${JSON.stringify(full)}\n${spanDocument('"kind":true')}`
    const at = text.indexOf('true', text.indexOf('\n'))
    await expect(read(text)).rejects.toMatchObject({ message: expect.stringContaining(`byte ${at}: `) })
  })
})

async function expectCounts(path: string, spanCount: number, traceCount: number): Promise<void> {
  const bytes = readFileSync(path)
  const drops: string[] = []
  const traces = joinPieces(await read(path.endsWith('.gz') ? gunzipSync(bytes) : bytes, field => drops.push(field)))
  expect({ spans: countSpans(traces), traces: traces.length, drops }).toEqual({
    spans: spanCount,
    traces: traceCount,
    drops: [],
  })
  expectSameTraces(traces, joinPieces(await read(await write(traces))))
}

describeCorpora('real captures', () => {
  test('essvt-java', () => expectCounts(corpusPath('otlp-essvt-java/otel-traces.jsonl.gz'), 1_066, 168))
  test('robot framework, in snake case', () =>
    expectCounts(corpusPath('otlp-essvt-java/robotframework-diverse_trace_full.json.gz'), 1_632, 1))
})

describeTempoBlocks('inputs of the blocks that Tempo wrote', () => {
  test('search', () => expectCounts(tempoBlockPath('search/traces.otlp.jsonl.gz'), 524, 25))
  test('demo-blob', () => expectCounts(tempoBlockPath('demo-blob/traces.otlp.jsonl.gz'), 4_434, 300))
  test.each([4, 5])('fullypopulated for vParquet%i', async version => {
    const text = readFileSync(tempoBlockPath(`fullypopulated/traces-vParquet${version}.otlp.jsonl`))
    expect(joinPieces(await read(text))).toHaveLength(21)
  })
})

describe('two names of one field', () => {
  const drops: string[] = []
  const read = async (text: string) => {
    drops.length = 0
    return (await collect(readOtlpJson(streamOf([Buffer.from(text)]), field => void drops.push(field)))).flat()
  }

  test.each([
    ['"spanId":"0a","span_id":"0b"', { spanId: '0a' }, ['spans.span_id']],
    ['"span_id":"0b","spanId":"0a"', { spanId: '0a' }, ['spans.span_id']],
    ['"span_id":null,"spanId":"0a"', { spanId: '0a' }, []],
    [
      '"attributes":[{"key":"k","value":{"int_value":"1","intValue":2}}]',
      { attributes: [{ key: 'k', value: 2n }] },
      ['spans.attributes.value.int_value'],
    ],
    [
      '"attributes":[{"key":"k","value":{"intValue":2,"int_value":"1"}}]',
      { attributes: [{ key: 'k', value: 2n }] },
      ['spans.attributes.value.int_value'],
    ],
  ])('the newer one counts: %s', async (members, expected, dropped) => {
    const [trace] = await read(spanDocument(members))
    expect(trace!.spans[0]).toMatchObject(expected)
    expect(drops).toEqual(dropped.map(field => `resourceSpans.scopeSpans.${field}`))
  })

  test.each([
    ['scopeSpans', 'instrumentationLibrarySpans', 'instrumentation_library_spans'],
    ['instrumentation_library_spans', 'scopeSpans', 'instrumentationLibrarySpans'],
    ['instrumentationLibrarySpans', 'instrumentation_library_spans', 'scopeSpans'],
  ])('%s, %s, %s', async (...names) => {
    const list = (name: string) => `"${name}":[{"spans":[{"traceId":"01","name":"${name}"}]}]`
    const traces = await read(`{"resourceSpans":[{${names.map(list).join(',')}}]}`)
    expect(traces.flatMap(({ spans }) => spans.map(({ name }) => name))).toEqual(['scopeSpans'])
    expect(drops.sort()).toEqual([
      'resourceSpans.instrumentationLibrarySpans',
      'resourceSpans.instrumentation_library_spans',
    ])
  })

  test('the resource, scope and schema URLs that stand behind the spans are theirs', async () => {
    const spans = Array.from({ length: 10_000 }, (_, i) => `{"traceId":"01","name":"${i}"}`)
    const scope = `"scope":{"name":"s"},"schemaUrl":"v"`
    const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans.join(',')}],${scope}}],"schemaUrl":"u","resource":{}}]}`
    const read10k = (await read(text)).flatMap(trace => trace.spans)
    expect(read10k.map(({ name }) => Number(name))).toEqual(spans.map((_, i) => i))
    for (const { resource, scope } of read10k)
      expect([resource?.schemaUrl, scope?.schemaUrl, scope?.name]).toEqual(['u', 'v', 's'])
  })
})
