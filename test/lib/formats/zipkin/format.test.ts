import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { detectFormat } from '../../../../lib/formats/detect.ts'
import { type Dropped, Losses } from '../../../../lib/formats/losses.ts'
import { zipkin } from '../../../../lib/formats/zipkin/format.ts'
import { readInputs } from '../../../../lib/import/input.ts'
import { countSpans, type Span, type Trace, type Value } from '../../../../lib/model/trace.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { chunked, collect, streamOf } from '../../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../../support/corpora.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes } from '../../../support/nasty.ts'
import { expectSameTraces, joinPieces } from '../../../support/traces.ts'

async function read(text: string, losses = new Losses(), length = text.length * 3 + 1): Promise<Trace[]> {
  return (await collect(zipkin.read(chunked(Buffer.from(text), length), losses))).flat()
}

const traceId = '5b8efff798038103d269b633813fc60c'
const times = '"timestamp":1543549826259342,"duration":2120'

/** A span as text. */
function spanOf(members = times, id = 'eee19b7ec3c1b174'): string {
  return `{"traceId":"${traceId}","id":"${id}"${members === '' ? '' : `,${members}`}}`
}

async function readSpan(members: string): Promise<{ span: Span; dropped: Dropped[] }> {
  const losses = new Losses()
  const [trace] = await read(`[${spanOf(members)}]`, losses)
  return { span: trace!.spans[0]!, dropped: losses.list() }
}

test('a span', async () => {
  const text = spanOf(
    `"parentId":"b","kind":"CLIENT","name":"get","localEndpoint":{"serviceName":"cart"},"tags":{"b":"1","a":""},` +
      `"annotations":[{"timestamp":1,"value":"x|y"}],${times}`,
  )
  expect(await read(`[${text}]`)).toEqual([
    {
      traceId,
      spans: [
        {
          spanId: 'eee19b7ec3c1b174',
          parentSpanId: '000000000000000b',
          traceState: '',
          flags: 0,
          name: 'get',
          kind: 3,
          startNanos: 1543549826259342000n,
          endNanos: 1543549826261462000n,
          attributes: attributes(['b', '1'], ['a', '']),
          droppedAttributesCount: 0,
          events: [{ timeNanos: 1_000n, name: 'x|y', attributes: [], droppedAttributesCount: 0 }],
          droppedEventsCount: 0,
          links: [],
          droppedLinksCount: 0,
          status: null,
          resource: { attributes: attributes(['service.name', 'cart']), droppedAttributesCount: 0, schemaUrl: '' },
          scope: null,
        },
      ],
    },
  ])
})

describe('forms', () => {
  const [a, b, c] = ['0a', '0b', '0c'].map(id => spanOf(times, id))
  test.each([
    ['an array', `[${a},${b},${c}]`],
    ['an array of traces', ` [ [${a},${b}], [], [${c}]]\n`],
    ['lines', `${a}\n${b}\r\n${c}\n`],
    ['arrays in lines', `[${a}]\n[${b},${c}]`],
    ['a byte order mark', `\ufeff[[${a},${b},${c}]]`],
  ])('%s, in any chunking', async (_, text) => {
    expect(detectFormat(Buffer.from(text)).name).toBe('zipkin')
    const expected = await read(text)
    expect(joinPieces(expected)[0]!.spans.map(span => span.spanId.slice(-1))).toEqual(['a', 'b', 'c'])
    for (let length = 1; length < 60; length++) expectSameTraces(expected, await read(text, new Losses(), length))
  })

  test('a head that ends early is recognised', () => {
    const text = `[${spanOf()}]`
    for (let end = 60; end < text.length; end++) expect(zipkin.detect(Buffer.from(text.slice(0, end)))).toBe(true)
  })

  test.each([
    '',
    '[]',
    '[[]]',
    '{}',
    '[1]',
    '{"id":"a"}',
    '[[[{"traceId":"a","id":"b"}]]]',
    '{"traceId":"a","spanId":"b","startTimeUnixNano":"1"}',
    '{"resourceSpans":[]}',
  ])('%s is not claimed', text => {
    expect(zipkin.detect(Buffer.from(text))).toBe(false)
  })

  test('batches have a bound', async () => {
    const text = Array.from({ length: 2_500 }, (_, i) => spanOf(times, i.toString(16))).join('\n')
    const batches = await collect(zipkin.read(chunked(Buffer.from(text), 65_536), new Losses()))
    expect(batches.map(countSpans)).toEqual([1_000, 1_000, 500])
  })
})

test('ids', async () => {
  const ids = ['abc', 'ABCDEF0123456789', '10123456789abcdef', '0'.repeat(32)]
  const traces = await read(ids.map(id => `{"traceId":"${id}","id":"1","parentId":"0000000000000000"}`).join('\n'))
  expect(traces.map(trace => trace.traceId)).toEqual([
    '0000000000000abc',
    'abcdef0123456789',
    '00000000000000010123456789abcdef',
    '0'.repeat(32),
  ])
  expect(traces[0]!.spans[0]).toMatchObject({ spanId: '0000000000000001', parentSpanId: '' })
})

test('client and server share an id and stay two spans', async () => {
  const [trace] = await read(
    `[${spanOf(`${times},"kind":"CLIENT"`)},${spanOf(`${times},"kind":"SERVER","shared":true`)}]`,
  )
  expect(trace!.spans.map(({ spanId, kind, attributes }) => ({ spanId, kind, attributes }))).toEqual([
    { spanId: 'eee19b7ec3c1b174', kind: 3, attributes: [] },
    { spanId: 'eee19b7ec3c1b174', kind: 2, attributes: attributes(['zipkin.shared', true]) },
  ])
})

describe('fields', () => {
  const [noStart, noDuration] = ['otel.zipkin.absentField.startTime', 'otel.zipkin.absentField.duration']
  test.each<[string, bigint, bigint, [string, Value][]]>([
    [
      '"kind":"CLIENT"',
      0n,
      0n,
      [
        [noStart, true],
        [noDuration, true],
      ],
    ],
    ['"timestamp":7', 7_000n, 7_000n, [[noDuration, true]]],
    ['"timestamp":7,"duration":0', 7_000n, 7_000n, []],
    ['"timestamp":0,"duration":3', 0n, 3_000n, [[noStart, true]]],
    [
      '"timestamp":null,"duration":null,"name":"n"',
      0n,
      0n,
      [
        [noStart, true],
        [noDuration, true],
      ],
    ],
    ['"timestamp":1531282088548312,"duration":1', 1531282088548312000n, 1531282088548313000n, []],
  ])('times: %s', async (members, startNanos, endNanos, expected) => {
    const { span, dropped } = await readSpan(members)
    expect(span).toMatchObject({ startNanos, endNanos, attributes: attributes(...expected) })
    expect(dropped).toEqual([])
  })

  test('endpoints', async () => {
    const { span } = await readSpan(
      `${times},"tags":{"t":"1"},"localEndpoint":{"ipv6":"::1","ipv4":"10.0.0.1","port":8080},` +
        '"remoteEndpoint":{"serviceName":"db","ipv4":"10.0.0.2","port":0},"debug":true,"shared":false',
    )
    expect(span.resource).toBeNull()
    expect(span.attributes).toEqual(
      attributes(
        ['t', '1'],
        ['network.local.address', '10.0.0.1'],
        ['network.local.address', '::1'],
        ['network.local.port', 8080n],
        ['service.peer.name', 'db'],
        ['network.peer.address', '10.0.0.2'],
        ['zipkin.debug', true],
      ),
    )
  })

  test('spans of a service share their resource', async () => {
    const local = `${times},"localEndpoint":{"serviceName":"a","port":1}`
    const [trace] = await read(`[${spanOf(local)},${spanOf(local, '0b')}]`)
    expect(trace!.spans[0]!.resource).toBe(trace!.spans[1]!.resource)
  })

  test.each<[string, Partial<Span>]>([
    ['"kind":"SERVER"', { kind: 2 }],
    ['"kind":"PRODUCER"', { kind: 4 }],
    ['"kind":"CONSUMER"', { kind: 5 }],
    ['"tags":{"span.kind":"internal"}', { kind: 1, attributes: [] }],
    ['"tags":{"span.kind":"server"}', { kind: 0, attributes: attributes(['span.kind', 'server']) }],
    ['"kind":"CLIENT","tags":{"span.kind":"internal"}', { kind: 3, attributes: attributes(['span.kind', 'internal']) }],
    ['"tags":{"error":"boom"}', { status: { code: 2, message: 'boom' }, attributes: attributes(['error', 'boom']) }],
    ['"tags":{"error":""}', { status: { code: 2, message: '' }, attributes: attributes(['error', '']) }],
    ['"tags":{"error":"true"}', { status: { code: 2, message: '' }, attributes: attributes(['error', 'true']) }],
    ['"tags":{"error":"false"}', { status: null, attributes: attributes(['error', 'false']) }],
    ['"tags":{"otel.status_code":"ERROR","error":"m"}', { status: { code: 2, message: 'm' }, attributes: [] }],
    ['"tags":{"otel.status_code":"OK"}', { status: { code: 1, message: '' }, attributes: [] }],
    ['"tags":{"otel.status_code":"ERROR","otel.status_description":"m"}', { status: { code: 2, message: 'm' } }],
    ['"tags":{"w3c.tracestate":"a=1","otel.dropped_events_count":"7"}', { traceState: 'a=1', droppedEventsCount: 7 }],
    [
      '"tags":{"n":1,"d":1.5,"b":true,"l":[1795210379922733248]}',
      {
        attributes: attributes(['n', 1n], ['d', 1.5], ['b', true], ['l', [1795210379922733248n]]),
      },
    ],
    ['"tags":{"a":"1","a":"2"}', { attributes: attributes(['a', '1'], ['a', '2']) }],
    ['"tags":null,"annotations":null,"localEndpoint":null,"name":null', { name: '', events: [], resource: null }],
  ])('%s', async (members, expected) => {
    const { span, dropped } = await readSpan(`${times},${members}`)
    expect(span).toMatchObject(expected)
    expect(dropped).toEqual([])
  })

  test('a scope', async () => {
    const { span } = await readSpan(`${times},"tags":{"otel.library.name":"s","otel.library.version":"1"}`)
    expect(span.scope).toMatchObject({ name: 's', version: '1' })
    expect(span.attributes).toEqual([])
  })

  test('what is dropped', async () => {
    const annotation = '{"timestamp":1,"value":"x","endpoint":{}}'
    const { dropped } = await readSpan(
      `${times},"kind":"X","odd":1,"localEndpoint":{"x":1},"annotations":[${annotation},${annotation}]`,
    )
    expect(dropped).toEqual([
      { field: 'kind', count: 1 },
      { field: 'odd', count: 1 },
      { field: 'localEndpoint.x', count: 1 },
      { field: 'annotations.endpoint', count: 2 },
    ])
  })
})

describe('what is refused', () => {
  test.each([
    [spanOf('"parentId":"x"'), 'parentId: "x" is not hex'],
    [spanOf('"parentId":"11111111111111111"'), 'has more than 16 digits'],
    ['{"traceId":"1"}', 'the field "id" is missing'],
    [spanOf('"name":5'), 'name: expected a string, found number'],
    [spanOf('"timestamp":-1'), 'timestamp: -1 µs is no unsigned 64-bit integer'],
    [spanOf('"timestamp":18446744073709551,"duration":1000'), 'the span ends beyond 64 bits'],
    [spanOf('"tags":[]'), 'tags: expected an object, found array'],
    [spanOf(''), 'no span: it has ids, but neither a name nor a time nor anything else of one'],
    [spanOf('"timestamp":null,"tags":null'), 'no span: it has ids, but neither a name nor a time'],
    [spanOf('"level":"info","message":"m"'), 'no span: it has ids, but neither a name nor a time'],
    [spanOf('"timestamp":1700000000000,"name":"n","level":"info"'), 'no span: it has "level", but no kind, endpoint'],
    [spanOf('"tags":{},"value":0.5'), 'no span: it has "value", but no kind, endpoint, annotations or duration'],
    [spanOf('"timestamp":"2026-11-28T06:00:00Z","message":"m"'), '"2026-11-28T06:00:00Z" is no number of microseconds'],
    [spanOf(`${times},"binaryAnnotations":[]`), 'a span of Zipkin v1, of which only v2 is read; Zipkin gives it as v2'],
    [spanOf('"name":"get","annotations":[{"timestamp":1,"value":"x","endpoint":{}}]'), 'a span of Zipkin v1'],
    [spanOf('"name":"get","annotations":[{"timestamp":1,"value":"sr"}]'), 'a span of Zipkin v1'],
    [spanOf('"binaryAnnotations":[{"key":"lc","value":""}]'), 'a span of Zipkin v1'],
    ['5\n', 'expected an object, found number'],
    [`[[[${spanOf()}]]]`, 'arrays lie within one another more than 2 deep'],
    [`[${spanOf()} ${spanOf()}]`, "',' or ']' should stand here"],
  ])('%s', async (text, message) => {
    for (const length of [1, 10_000]) {
      const error = await labRejection(read(text, new Losses(), length))
      expect(error.kind).toBe('invalid')
      expect(error.message).toMatch(/^byte \d+: /)
      expect(error.message).toContain(message)
    }
  })

  test('any change of a byte gives traces or an error with its place', async () => {
    const whole = Buffer.from(`[${spanOf(`${times},"kind":"CLIENT","tags":{"error":"x"},"localEndpoint":{"port":1}`)}]`)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        try {
          await collect(zipkin.read(streamOf([bytes]), new Losses()))
        } catch (error) {
          expect(error).toBeInstanceOf(LabError)
          expect((error as LabError).message).toMatch(/^byte \d+: /)
        }
      }),
      seeded(1_000),
    )
  })

  test.each([
    '"name":"n"',
    '"parentId":"1"',
    '"kind":"SERVER","odd":1',
    '"annotations":[],"odd":1',
    `${times},"odd":1`,
  ])('a span that lacks most is one: %s', async members => {
    expect((await readSpan(members)).span.spanId).toBe('eee19b7ec3c1b174')
  })

  test('every prefix, as truncated', async () => {
    const text = `[[${spanOf('"tags":{"a":"1"}')}]]`
    for (let end = 1; end < text.length; end++)
      await expect(read(text.slice(0, end)), text.slice(0, end)).rejects.toMatchObject({ kind: 'truncated' })
  })
})

interface RawSpan {
  id: string
  timestamp?: number
  duration?: number
  tags?: Record<string, string>
  annotations?: unknown[]
}

describeCorpora('real captures', () => {
  test('SmartThings: ten files, 1,293 spans', async () => {
    const losses = new Losses()
    const inputs = readInputs([corpusPath('zipkin-smartthings')], { losses })
    const spans = (await collect(inputs.batches)).flat().flatMap(trace => trace.spans)
    expect(spans).toHaveLength(1_293)
    expect(inputs.files).toHaveLength(10)
    expect(losses.list()).toEqual([])
    const having = (key: string) => spans.filter(span => span.attributes.some(attribute => attribute.key === key))
    expect(having('zipkin.shared')).toHaveLength(348)
    expect(having('otel.zipkin.absentField.startTime')).toHaveLength(84)
    expect(having('otel.zipkin.absentField.duration')).toHaveLength(194)
    expect(spans.filter(span => span.status?.code === 2)).toHaveLength(7)
  })

  test('nothing of them is lost, against JSON.parse', async () => {
    const files = readdirSync(corpusPath('zipkin-smartthings')).filter(file => file.endsWith('.gz'))
    for (const file of files) {
      const bytes = gunzipSync(readFileSync(corpusPath(`zipkin-smartthings/${file}`)))
      const raw = JSON.parse(bytes.toString()) as RawSpan[]
      const traces = joinPieces((await collect(zipkin.read(chunked(bytes, 1_000), new Losses()))).flat())
      expect(traces).toHaveLength(1)
      for (const [i, { tags = {}, annotations = [], ...span }] of raw.entries()) {
        const { spanId, events, startNanos, endNanos, attributes: read0 } = traces[0]!.spans[i]!
        expect([spanId, events.length]).toEqual([span.id, annotations.length])
        expect(startNanos).toBe(BigInt(span.timestamp ?? 0) * 1_000n)
        expect(endNanos - startNanos).toBe(BigInt(span.duration ?? 0) * 1_000n)
        expect(read0.slice(0, Object.keys(tags).length)).toEqual(attributes(...Object.entries(tags)))
      }
    }
  })
})
