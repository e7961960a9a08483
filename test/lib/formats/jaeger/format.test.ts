import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { detectFormat } from '../../../../lib/formats/detect.ts'
import { jaeger } from '../../../../lib/formats/jaeger/format.ts'
import { type Dropped, Losses } from '../../../../lib/formats/losses.ts'
import { readInputs } from '../../../../lib/import/input.ts'
import { countSpans, type Span, type Trace, type Value } from '../../../../lib/model/trace.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { chunked, collect, streamOf } from '../../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../../support/corpora.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes } from '../../../support/nasty.ts'
import { expectSameTraces, joinPieces } from '../../../support/traces.ts'

async function read(text: string, losses = new Losses(), length = text.length * 3 + 1): Promise<Trace[]> {
  return (await collect(jaeger.read(chunked(Buffer.from(text), length), losses))).flat()
}

const traceId = '5b8efff798038103d269b633813fc60c'
const spanId = 'eee19b7ec3c1b174'

/** A trace object around spans, as text. */
function traceOf(...spans: string[]): string {
  const processes = '{"p1":{"serviceName":"cart","tags":[{"key":"pod","type":"int64","value":7}]}}'
  return `{"traceID":"${traceId}","spans":[${spans.join(',')}],"processes":${processes},"warnings":null}`
}

/** A span with more members, as text. */
function spanOf(members = '', id = spanId): string {
  const ids = `"traceID":"${traceId}","spanID":"${id}","operationName":"GET"`
  return `{${ids},"startTime":1000,"duration":5,"processID":"p1"${members === '' ? '' : `,${members}`}}`
}

async function readSpan(members: string): Promise<{ span: Span; dropped: Dropped[] }> {
  const losses = new Losses()
  const [trace] = await read(traceOf(spanOf(members)), losses)
  return { span: trace!.spans[0]!, dropped: losses.list() }
}

function tagsOf(...tags: [string, string, string][]): string {
  return `"tags":[${tags.map(([key, type, value]) => `{"key":"${key}","type":"${type}","value":${value}}`)}]`
}

const cart = { attributes: attributes(['service.name', 'cart'], ['pod', 7n]), droppedAttributesCount: 0, schemaUrl: '' }

test('a span', async () => {
  expect(await read(traceOf(spanOf()))).toEqual([
    {
      traceId,
      spans: [
        {
          spanId,
          parentSpanId: '',
          traceState: '',
          flags: 0,
          name: 'GET',
          kind: 0,
          startNanos: 1_000_000n,
          endNanos: 1_005_000n,
          attributes: [],
          droppedAttributesCount: 0,
          events: [],
          droppedEventsCount: 0,
          links: [],
          droppedLinksCount: 0,
          status: null,
          resource: cart,
          scope: null,
        },
      ],
    },
  ])
})

describe('forms', () => {
  const [one, two] = [traceOf(spanOf()), traceOf(spanOf('', '0b'))]
  test.each([
    [
      'an answer',
      `{"data":[${one},${two}],"total":0,"limit":0,"offset":0,"errors":null}`,
      ['total', 'limit', 'offset', 'errors'],
    ],
    ['an answer that begins with its counts', `{"total":0,"data":[${one},${two}]}`, ['total']],
    ['answers in lines', `{"data":[${one}]}\n{"data":[${two}]}\n`, []],
    ['an array of answers', `[{"data":[${one}]},{"data":[${two}]}]`, []],
    ['trace objects in lines', `${one}\n${two}`, []],
    ['an array of trace objects', `\ufeff [${one},\n${two}]`, []],
    ['one trace object', traceOf(spanOf(), spanOf('', '0b')), []],
    [
      'a trace object that ends with its id',
      `{"spans":[${spanOf()},${spanOf('', '0b')}],"processes":{"p1":{"serviceName":"cart","tags":[{"key":"pod","type":"int64","value":7}]}},"traceID":"${traceId}"}`,
      [],
    ],
  ])('%s', async (_, text, dropped) => {
    expect(detectFormat(Buffer.from(text)).name).toBe('jaeger')
    const losses = new Losses()
    const [trace, ...others] = joinPieces(await read(text, losses))
    expect(others).toEqual([])
    expect(trace!.spans.map(span => span.spanId)).toEqual([spanId, '000000000000000b'])
    expect(trace!.spans.every(({ resource }) => resource === trace!.spans[0]!.resource)).toBe(true)
    expect(trace!.spans[0]!.resource).toEqual(cart)
    expect(losses.list().map(({ field }) => field)).toEqual(dropped)
  })

  test('an answer without traces', async () => {
    for (const text of ['{"data":[],"total":0,"errors":null}', '{"data":null,"errors":[{"code":404,"msg":"no"}]}']) {
      expect(detectFormat(Buffer.from(text)).name).toBe('jaeger')
      expect(await read(text)).toEqual([])
    }
  })

  test('a head that ends early is recognised', () => {
    for (const text of [`{"data":[${one}]}`, one]) {
      const start = text.indexOf('"spans":[{"traceID"') + 19
      for (let end = start; end < text.length; end++) expect(jaeger.detect(Buffer.from(text.slice(0, end)))).toBe(true)
    }
  })

  test.each([
    '',
    '[]',
    '{}',
    'null',
    '{"data":[1]}',
    '{"data":{"spans":[]}}',
    '{"data":[{"id":"x"}]}',
    '{"spans":[1]}',
    '{"spans":[{"id":1}]}',
    '[{"traceId":"a","id":"b"}]',
    '{"resourceSpans":[]}',
    `${spanOf()}\n`,
  ])('%s is not claimed', text => {
    expect(jaeger.detect(Buffer.from(text))).toBe(false)
  })

  test('any chunking', async () => {
    const text = `{"data":[${one},${two}]}`
    const expected = await read(text)
    for (let length = 1; length < 60; length++) expectSameTraces(expected, await read(text, new Losses(), length))
  })
})

describe('ids and times', () => {
  test('zeros that Jaeger strips come back', async () => {
    const spans = ['abc', 'ABCDEF0123456789', '10123456789abcdef', 'f'.repeat(32)].map(
      id =>
        `{"traceID":"${id}","spanID":"1","startTime":0,"references":[{"refType":"CHILD_OF","traceID":"${id}","spanID":"2f"}]}`,
    )
    const traces = await read(`{"spans":[${spans}]}`)
    expect(traces.map(trace => trace.traceId)).toEqual([
      '0000000000000abc',
      'abcdef0123456789',
      '00000000000000010123456789abcdef',
      'f'.repeat(32),
    ])
    expect(traces.map(({ spans }) => spans[0]!.spanId + spans[0]!.parentSpanId)).toEqual(
      Array(4).fill('0000000000000001000000000000002f'),
    )
    expect(traces[0]!.spans[0]!).toMatchObject({ resource: null, links: [], startNanos: 0n })
  })

  test.each<[string, bigint, bigint]>([
    ['"startTime":1695943858155643,"duration":518', 1695943858155643000n, 1695943858156161000n],
    ['"startTime":1695943858155643.125,"duration":0.5', 1695943858155643125n, 1695943858155643625n],
    ['"startTime":1.5e3,"duration":"7"', 1_500_000n, 1_507_000n],
    ['"startTime":18446744073709551,"duration":0', 18446744073709551000n, 18446744073709551000n],
  ])('%s', async (members, startNanos, endNanos) => {
    const [trace] = await read(`{"spans":[{"traceID":"1","spanID":"1",${members}}]}`)
    expect(trace!.spans[0]).toMatchObject({ startNanos, endNanos })
  })
})

describe('tags', () => {
  test.each<[string, string, Value, boolean]>([
    ['string', '"a"', 'a', true],
    ['bool', 'true', true, true],
    ['bool', '"false"', false, true],
    ['int64', '1795210379922733248', 1795210379922733248n, true],
    ['int64', '"-9223372036854775808"', -(2n ** 63n), true],
    ['int64', '200.0', 200n, true],
    ['float64', '5', 5, true],
    ['float64', '-0', -0, true],
    ['float64', '1e300', 1e300, true],
    ['float64', '"0.25"', 0.25, true],
    ['float64', '"NaN"', Number.NaN, true],
    ['float64', '"+Inf"', Number.POSITIVE_INFINITY, true],
    ['binary', '"AP8="', new Uint8Array([0, 255]), true],
    ['', '1.5', 1.5, true],
    ['', '12', 12n, true],
    ['', '[1,{"a":null}]', [1n, { entries: attributes(['a', null]) }], true],
    ['INT64', '1', 1n, true],
    ['string', '5', 5n, false],
    ['int64', '"x"', 'x', false],
    ['int64', '1.5', 1.5, false],
    ['bool', '"yes"', 'yes', false],
    ['float64', 'true', true, false],
    ['binary', '"!"', '!', false],
    ['date', '"x"', 'x', false],
  ])('%s %s', async (type, value, expected, isTyped) => {
    const { span, dropped } = await readSpan(tagsOf(['k', type, value]))
    expect(span.attributes).toEqual(attributes(['k', expected]))
    expect(dropped).toEqual(isTyped ? [] : [{ field: 'spans.tags.type', count: 1 }])
  })

  test.each<[string, [string, string, string][], Partial<Span>]>([
    ['a kind', [['span.kind', 'string', '"producer"']], { kind: 4, attributes: [] }],
    ['an unknown kind', [['span.kind', 'string', '"x"']], { kind: 0, attributes: attributes(['span.kind', 'x']) }],
    [
      'a kind twice',
      [
        ['span.kind', 'string', '"client"'],
        ['span.kind', 'string', '"server"'],
      ],
      { kind: 3, attributes: attributes(['span.kind', 'server']) },
    ],
    ['error', [['error', 'bool', 'true']], { status: { code: 2, message: '' }, attributes: [] }],
    ['no error', [['error', 'bool', 'false']], { status: null, attributes: attributes(['error', false]) }],
    [
      'error as text',
      [['error', 'string', '"true"']],
      { status: { code: 2, message: '' }, attributes: attributes(['error', 'true']) },
    ],
    [
      'what OpenTelemetry writes',
      [
        ['otel.status_description', 'string', '"m"'],
        ['error', 'bool', 'true'],
        ['otel.status_code', 'string', '"ERROR"'],
      ],
      { status: { code: 2, message: 'm' }, attributes: [] },
    ],
    ['ok', [['otel.status_code', 'string', '"Ok"']], { status: { code: 1, message: '' }, attributes: [] }],
    [
      'an error that is ok',
      [
        ['error', 'bool', 'true'],
        ['otel.status_code', 'string', '"OK"'],
      ],
      { status: { code: 2, message: '' }, attributes: attributes(['otel.status_code', 'OK']) },
    ],
    [
      'a description of nothing',
      [['otel.status_description', 'string', '"m"']],
      { status: null, attributes: attributes(['otel.status_description', 'm']) },
    ],
    ['no status from HTTP', [['http.status_code', 'int64', '500']], { status: null }],
    ['a trace state', [['w3c.tracestate', 'string', '"a=1"']], { traceState: 'a=1', attributes: [] }],
    [
      'dropped counts',
      [
        ['otel.dropped_attributes_count', 'int64', '1'],
        ['otel.dropped_events_count', 'int64', '4294967295'],
        ['otel.dropped_links_count', 'string', '"3"'],
      ],
      { droppedAttributesCount: 1, droppedEventsCount: 2 ** 32 - 1, droppedLinksCount: 3, attributes: [] },
    ],
    [
      'counts that are none',
      [
        ['otel.dropped_attributes_count', 'int64', '-1'],
        ['otel.dropped_events_count', 'int64', '4294967296'],
      ],
      {
        droppedAttributesCount: 0,
        attributes: attributes(['otel.dropped_attributes_count', -1n], ['otel.dropped_events_count', 2n ** 32n]),
      },
    ],
    [
      'other tags keep their order',
      [
        ['b', 'int64', '1'],
        ['span.kind', 'string', '"client"'],
        ['a', 'int64', '2'],
        ['b', 'int64', '3'],
      ],
      { kind: 3, attributes: attributes(['b', 1n], ['a', 2n], ['b', 3n]) },
    ],
  ])('%s', async (_, tags, expected) => {
    expect((await readSpan(tagsOf(...tags))).span).toMatchObject(expected)
  })

  const scope = { attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
  test.each<[string, [string, string][], object, Value]>([
    [
      'scope',
      [
        ['otel.scope.name', 's'],
        ['otel.scope.version', '1'],
      ],
      { name: 's', version: '1' },
      [],
    ],
    [
      'the older names',
      [
        ['otel.library.name', 's'],
        ['otel.library.version', '1'],
      ],
      { name: 's', version: '1' },
      [],
    ],
    [
      'both',
      [
        ['otel.scope.name', 's'],
        ['otel.library.name', 's'],
      ],
      { name: 's', version: '' },
      [],
    ],
    [
      'both, unlike',
      [
        ['otel.library.name', 't'],
        ['otel.scope.name', 's'],
      ],
      { name: 's', version: '' },
      ['otel.library.name'],
    ],
    ['a version alone', [['otel.scope.version', '1']], { name: '', version: '1' }, []],
  ])('%s', async (_, tags, expected, left) => {
    const { span } = await readSpan(
      tagsOf(...tags.map(([key, value]) => [key, 'string', `"${value}"`] as [string, string, string])),
    )
    expect(span.scope).toEqual({ ...scope, ...expected })
    expect(span.attributes.map(({ key }) => key)).toEqual(left)
  })
})

test('logs become events', async () => {
  const field = (key: string, value: string) => `{"key":"${key}","type":"string","value":${value}}`
  const { span } = await readSpan(
    `"logs":[{"timestamp":2,"fields":[${field('a', '"1"')},${field('event', '"e"')},${field('event', '"f"')}]},` +
      `{"timestamp":1.5,"fields":[{"key":"event","type":"int64","value":1}]},{"timestamp":0,"fields":[${field('event', '""')}]}]`,
  )
  const none = { droppedAttributesCount: 0 }
  expect(span.events).toEqual([
    { timeNanos: 2_000n, name: 'e', attributes: attributes(['a', '1'], ['event', 'f']), ...none },
    { timeNanos: 1_500n, name: '', attributes: attributes(['event', 1n]), ...none },
    { timeNanos: 0n, name: '', attributes: attributes(['event', '']), ...none },
  ])
})

describe('references', () => {
  const reference = (type: string, id: string, trace = traceId) =>
    `{"refType":"${type}","traceID":"${trace}","spanID":"${id}"}`
  const link = (type: string, id: string, trace = traceId) => ({
    traceId: trace,
    spanId: id,
    traceState: '',
    flags: 0,
    attributes: attributes(['opentracing.ref_type', type]),
    droppedAttributesCount: 0,
  })
  const [a, b] = ['000000000000000a', '000000000000000b']

  test.each<[string, string[], string, object[]]>([
    ['a parent', [reference('CHILD_OF', 'a')], a, []],
    ['two parents', [reference('CHILD_OF', 'a'), reference('CHILD_OF', 'b')], a, [link('child_of', b)]],
    ['another trace', [reference('CHILD_OF', 'a', b), reference('CHILD_OF', 'b')], b, [link('child_of', a, b)]],
    ['what it follows', [reference('FOLLOWS_FROM', 'a')], a, [link('follows_from', a)]],
    ['both', [reference('FOLLOWS_FROM', 'a'), reference('CHILD_OF', 'b')], b, [link('follows_from', a)]],
    ['zero', [reference('CHILD_OF', '0')], '', [link('child_of', '0000000000000000')]],
    ['none', [], '', []],
  ])('%s', async (_, references, parentSpanId, links) => {
    expect((await readSpan(`"references":[${references}]`)).span).toMatchObject({ parentSpanId, links })
  })

  test('the older parentSpanID', async () => {
    expect((await readSpan('"parentSpanID":"a"')).span.parentSpanId).toBe(a)
    expect((await readSpan('"parentSpanID":"0"')).span.parentSpanId).toBe('')
    const { span, dropped } = await readSpan(`"parentSpanID":"b","references":[${reference('CHILD_OF', 'a')}]`)
    expect(span.parentSpanId).toBe(a)
    expect(dropped).toEqual([{ field: 'spans.parentSpanID', count: 1 }])
  })

  test('ancestors inlined come once, and not where the list has them', async () => {
    const process = '"process":{"serviceName":"front","tags":[]}'
    const root = spanOf(`${process},"depth":0`, '01')
    const inlined = (id: string, span: string) =>
      `"references":[{"refType":"CHILD_OF","traceID":"${traceId}","spanID":"${id}","span":${span}}]`
    const middle = spanOf(`${inlined('01', root)},"depth":1`, '02')
    const leaves = ['03', '04'].map(id => spanOf(inlined('02', middle), id))
    const losses = new Losses()
    const [trace] = await read(traceOf(...leaves, middle), losses)
    expect(trace!.spans.map(span => `${span.spanId.slice(-2)} under ${span.parentSpanId.slice(-2)}`)).toEqual([
      '03 under 02',
      '04 under 02',
      '02 under 01',
      '01 under ',
    ])
    expect(trace!.spans[3]!.resource!.attributes).toEqual(attributes(['service.name', 'front']))
    expect(losses.list()).toEqual([{ field: 'spans.depth', count: 2 }])
  })

  test('spans that stand twice in the list stay two, and halves of one id are told apart', async () => {
    const server = spanOf('"duration2":1').replace('"duration":5', '"duration":4')
    const child = spanOf(
      `"references":[{"refType":"CHILD_OF","traceID":"${traceId}","spanID":"${spanId}","span":${server}}]`,
      '03',
    )
    const [trace] = await read(traceOf(spanOf(), spanOf(), child))
    expect(trace!.spans.map(span => span.endNanos - span.startNanos)).toEqual([5_000n, 5_000n, 5_000n, 4_000n])
  })
})

test('flags, warnings, processes', async () => {
  const { span, dropped } = await readSpan('"flags":3,"warnings":["w",""],"odd":{"x":1}')
  expect(span).toMatchObject({ flags: 1, attributes: attributes(['@jaeger@warnings', ['w', '']]) })
  expect(dropped).toEqual([
    { field: 'spans.flags', count: 1 },
    { field: 'spans.odd', count: 1 },
  ])
  const losses = new Losses()
  const text = traceOf(spanOf().replace('p1', 'p9')).replace('null}', '["a","b"]}')
  expect((await read(text, losses))[0]!.spans[0]!.resource).toBeNull()
  expect(losses.list()).toEqual([
    { field: 'spans.processID', count: 1 },
    { field: 'warnings', count: 2 },
    { field: 'processes', count: 1 },
  ])
})

describe('what is refused', () => {
  test.each([
    [traceOf(spanOf().replace(spanId, 'xyz')), 'spans.spanID: "xyz" is not hex'],
    [traceOf(spanOf().replace(spanId, '1'.repeat(17))), 'has more than 16 digits'],
    [traceOf(spanOf().replace(traceId, '1'.repeat(33))), 'has more than 32 digits'],
    [traceOf('{"traceID":"1"}'), 'the field "spanID" is missing'],
    [traceOf(spanOf('"startTime":5')), 'spans: the field "startTime" stands twice'],
    [traceOf(spanOf().replace('1000', '-1')), 'spans.startTime: -1 µs is no unsigned 64-bit integer'],
    [traceOf(spanOf().replace('1000', '1.8446744073709552e16')), 'startTime: 1.8446744073709552e16 µs is no unsigned'],
    [traceOf(spanOf().replace('"duration":5', '"duration":-1001')), 'ends before 1970, with a duration of -1001 µs'],
    [
      traceOf(spanOf().replace('"duration":5', '"duration":9223372036854775808')),
      'ends before 1970, with a duration of 9223372036854775808 µs',
    ],
    [
      traceOf(spanOf().replace('"duration":5', '"duration":18446744073709551616')),
      'ends beyond 64 bits of nanoseconds, with a duration of 18446744073709551616 µs',
    ],
    [traceOf('{"traceID":"1","spanID":"1","operationName":"o"}'), 'the field "startTime" is missing'],
    [traceOf(spanOf().replace('1000', '18446744073709551')), 'spans: the span ends beyond 64 bits'],
    [traceOf(spanOf(tagsOf(['k', 'int64', '9223372036854775808']))), 'is no signed 64-bit integer'],
    [`{"traceID":"${traceId}"}`, 'the field "spans" is missing'],
    [`{"data":[${traceOf(spanOf())},5]}`, 'expected an object, found number'],
  ])('%s', async (text, message) => {
    for (const length of [1, 10_000]) {
      const error = await labRejection(read(text, new Losses(), length))
      expect(error.kind).toBe('invalid')
      expect(error.message).toMatch(/^byte \d+: /)
      expect(error.message).toContain(message)
    }
  })

  test('any change of a byte gives traces or an error with its place', async () => {
    const whole = Buffer.from(
      `{"data":[${traceOf(spanOf(tagsOf(['error', 'bool', 'true'], ['k', 'binary', '"AP8="'])))}]}`,
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        try {
          await collect(jaeger.read(streamOf([bytes]), new Losses()))
        } catch (error) {
          expect(error).toBeInstanceOf(LabError)
          expect((error as LabError).message).toMatch(/^byte \d+: /)
        }
      }),
      seeded(1_000),
    )
  })

  test('every prefix, as truncated', async () => {
    const text = `{"data":[${traceOf(spanOf('"flags":1'))}]}`
    for (let end = 1; end < text.length; end++)
      await expect(read(text.slice(0, end)), text.slice(0, end)).rejects.toMatchObject({ kind: 'truncated' })
  })

  test('ancestors nested without end', async () => {
    let span = spanOf('', '01')
    for (let i = 0; i < 1_000; i++)
      span = spanOf(`"references":[{"refType":"CHILD_OF","traceID":"1","spanID":"1","span":${span}}]`, '02')
    await expect(read(traceOf(span))).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/nested deeper than 400/),
    })
  })
})

describeCorpora('real captures', () => {
  test('DeathStarBench: ancestors inlined over and over are 660 spans, with the edges of its list', async () => {
    const losses = new Losses()
    const inputs = readInputs([corpusPath('jaeger-deathstarbench/traces-1695947455229.json.gz')], { losses })
    const traces = joinPieces((await collect(inputs.batches)).flat())
    expect([traces.length, countSpans(traces), inputs.files[0]!.format]).toEqual([20, 660, 'jaeger'])
    expect(losses.list().map(({ count }) => count)).toEqual([660, 660, 660, 660])
    const edges = traces.flatMap(({ traceId, spans }) =>
      spans.filter(span => span.parentSpanId !== '').map(span => `${traceId},${span.parentSpanId},${span.spanId}`),
    )
    const listed = gunzipSync(readFileSync(corpusPath('jaeger-deathstarbench/trace.csv.gz')))
      .toString()
      .trim()
    const cells = listed.split(/\r?\n/).map(line => line.split(','))
    const expected = cells.slice(1).map(row => `${row[0]},${row[4]},${row[5]}`)
    expect(edges.sort()).toEqual(expected.sort())
  })

  test('its digits, against JSON.parse', async () => {
    const bytes = gunzipSync(readFileSync(corpusPath('jaeger-deathstarbench/traces-1695947455229.json.gz')))
    const { data } = JSON.parse(bytes.toString()) as { data: { spans: Record<string, unknown>[] }[] }
    const expected = data.flatMap(({ spans }) => spans)
    const actual = (await collect(jaeger.read(streamOf([bytes]), new Losses()))).flat().flatMap(({ spans }) => spans)
    expect(
      actual.map(span => [span.spanId, span.name, Number(span.startNanos / 1000n), span.attributes.length]),
    ).toEqual(expected.map(span => [span.spanID, span.operationName, span.startTime, (span.tags as unknown[]).length]))
  })
})
