import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readTraces } from '../../../../lib/formats/ndjson/parse.ts'
import { encodeTraces, printSpan, printTrace, writeTraces } from '../../../../lib/formats/ndjson/print.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { chunked, collect, streamOf } from '../../../support/chunks.ts'
import { nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'

async function parse(text: string, dropped?: (field: string) => void): Promise<Trace[]> {
  return (await collect(readTraces(streamOf([Buffer.from(text)]), dropped))).flat()
}

const golden = [...readFileSync('lib/formats/ndjson/FORMAT.md', 'utf8').matchAll(/```\n(.*)\n```/g)].map(
  match => match[1]!,
)

describe('golden lines of FORMAT.md', () => {
  test('there are three', () => expect(golden).toHaveLength(3))
  test.each(golden)('%s', async line => {
    const [trace] = await parse(line)
    expect(printTrace(trace!)).toBe(`${line}\n`)
  })
  test('the last one holds these values', async () => {
    const [trace] = await parse(golden[2]!)
    const values = trace!.spans[0]!.attributes.map(({ key, value }) => [key, value])
    expect(values).toEqual([
      ['a', null],
      ['a', true],
      ['int', -9007199254740991n],
      ['long', 9007199254740992n],
      ['zero', -0],
      ['large', 1e21],
      ['small', 5e-324],
      ['nan', Number.NaN],
      ['bytes', new Uint8Array([0, 255])],
      ['array', [1n, [], { entries: [] }]],
      ['map', { entries: ['__proto__', '2', '1', ''].map((key, i) => ({ key, value: BigInt(i + 1) })) }],
      ['tagged', { entries: [{ key: '$int', value: 'no' }] }],
    ])
  })
})

describe('print then parse is the identity', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) => {
    expectSameTraces(traces, await parse(traces.map(printTrace).join('')))
  })

  test('on arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        const text = traces.map(printTrace).join('')
        const parsed = await parse(text)
        expectSameTraces(traces, parsed)
        expect(parsed.map(printTrace).join('')).toBe(text)
      }),
      seeded(200),
    )
  })
})

test('printing twice the same key far apart and in lists within one another finds it', () => {
  const attributes = [
    { key: 'a', value: { entries: [{ key: 'a', value: 1n }] } },
    { key: 'b', value: { entries: [{ key: 'b', value: 1n }] } },
    { key: 'a', value: 2n },
  ]
  expect(printSpan('', span({ attributes }))).toContain('{"$kvlist":[["a",{"a":1}],["b",{"b":1}],["a",2]]}')
})

test('chunks of the encoding are its lines', async () => {
  const traces = [{ traceId: '0a', spans: Array.from({ length: 9 }, () => span({ name: 'x'.repeat(300_000) })) }]
  const chunks = [...encodeTraces(traces)]
  const written: Uint8Array[] = []
  await writeTraces(streamOf([traces, traces]), { write: async chunk => void written.push(chunk) })
  expect(Buffer.concat(written).equals(Buffer.concat([...chunks, ...chunks]))).toBe(true)
  expect(chunks.length).toBeGreaterThan(1)
  expect(Buffer.concat(chunks).toString()).toBe(printTrace(traces[0]!))
})

test('every chunking gives the same traces', async () => {
  const bytes = Buffer.from(`${golden.join('\n')}\r\n\n`)
  const expected = await parse(bytes.toString())
  for (let length = 1; length < 40; length++)
    expectSameTraces(expected, (await collect(readTraces(chunked(bytes, length)))).flat())
})

test('batches of about a thousand spans end with a trace', async () => {
  const traces = Array.from({ length: 5 }, (_, i) => ({ traceId: `0${i}`, spans: Array<Span>(700).fill(span({})) }))
  const batches = await collect(readTraces(streamOf(encodeTraces(traces))))
  expect(batches.map(batch => batch.length)).toEqual([2, 2, 1])
})

test('equal resources and scopes are shared, and what they drop is counted with each use', async () => {
  const rest = golden[1]!.replace('"scope":{', '"scope":{"extra":1,')
  const lines = Array.from({ length: 40 }, (_, i) => rest.replace('"cart"}}', `"cart${i % 20}"}}`))
  const drops: string[] = []
  const [trace] = await parse(lines.join('\n'), field => drops.push(field))
  expect(new Set(trace!.spans.map(({ resource }) => resource)).size).toBe(20)
  expect(new Set(trace!.spans.map(({ scope }) => scope)).size).toBe(1)
  expect(drops).toEqual(Array(40).fill('scope.extra'))
})

test('unknown members are counted by their path', async () => {
  const drops: string[] = []
  const line = golden[2]!
    .replace('"events":[{', '"events":[{"x":[1,{"y":"\\u0000"}],')
    .replace('{"traceId"', '{"q":1,"traceId"')
  expectSameTraces(await parse(golden[2]!), await parse(line, field => drops.push(field)))
  expect(drops).toEqual(['q', 'events.x'])
})

describe('refused, with the line', () => {
  const attribute = (value: string) => golden[0]!.replace(/}$/, `,"attributes":{"k":${value}}}`)
  const first = (from: string | RegExp, to: string) => golden[0]!.replace(from, to)
  test.each([
    ['{', 'truncated', 'line 2: byte 1: ends inside an object'],
    ['[]', 'invalid', 'line 2: byte 0: expected an object, found array'],
    [`${golden[0]} x`, 'invalid', 'more stands after the value'],
    [first('"name":"",', ''), 'invalid', 'the field "name" is missing'],
    [first('"name":""', '"name":null'), 'invalid', 'the field "name" is missing'],
    [first('{', '{"name":"",'), 'invalid', 'the field "name" stands twice'],
    [first('"traceId":""', '"traceId":"0A"'), 'invalid', 'traceId: "0A" is not whole bytes in lower-case hex'],
    [first('"traceId":""', '"traceId":"abc"'), 'invalid', 'not whole bytes'],
    [first('"spanId":""', '"spanId":"000000000000000000"'), 'invalid', 'longer than 8 bytes'],
    [first('"0"', '"18446744073709551616"'), 'invalid', 'startTimeUnixNano: 18446744073709551616 is no unsigned'],
    [first('"0"', '"-1"'), 'invalid', 'is no unsigned 64-bit integer'],
    [first('"0"', '"1.0"'), 'invalid', '"1.0" is no time'],
    [first('"0"', '1'), 'invalid', 'expected a string, found number'],
    [first('}', ',"flags":4294967296}'), 'invalid', 'flags: 4294967296 lies outside 0 to 4294967295'],
    [first('}', ',"kind":2147483648}'), 'invalid', 'kind: 2147483648 lies outside'],
    [first('}', ',"flags":1.5}'), 'invalid', '1.5 is no integer'],
    [attribute('{"$int":"9223372036854775808"}'), 'invalid', 'is no signed 64-bit integer'],
    [attribute('9223372036854775808'), 'invalid', 'is no signed 64-bit integer'],
    [attribute('{"$int":"1e3"}'), 'invalid', '"1e3" is no integer'],
    [attribute('{"$int":5}'), 'invalid', 'expected a string, found number'],
    [attribute('{"$int":"5","x":1}'), 'invalid', 'nothing may follow the tag'],
    [attribute('{"$double":"nan"}'), 'invalid', '"$double" knows'],
    [attribute('{"$bytes":"A"}'), 'invalid', 'not in base64'],
    [attribute('{"$uuid":""}'), 'invalid', '"$uuid" is no tag of a value'],
    [attribute('{"$kvlist":[["a"]]}'), 'invalid', 'needs a value'],
    [attribute('{"$kvlist":[[]]}'), 'invalid', 'needs a key'],
    [attribute('{"$kvlist":[["a",1,2]]}'), 'invalid', 'nothing more'],
    [attribute('-0'), 'invalid', '-0 is no int'],
    [attribute('1e400'), 'invalid', '1e400 is too large for a double'],
    [attribute('01'), 'invalid', '"01" is no number'],
    [attribute('"\u0001"'), 'invalid', 'control character'],
    [attribute(`${'['.repeat(65)}${']'.repeat(65)}`), 'invalid', 'more than 64 deep'],
    [golden[0]!.replace(/}$/, ',"attributes":{"$bytes":""}}'), 'invalid', '"$bytes" is no tag of attributes'],
  ])('%s', async (line, kind, message) => {
    const error = await parse(`${golden[1]}\n${line}\n`).catch((error: unknown) => error)
    expect(error).toMatchObject({ kind, message: expect.stringMatching(/^line 2: byte \d+: /) })
    expect((error as Error).message).toContain(message)
  })

  test('values 64 deep are read', async () => {
    const text = attribute(`${'['.repeat(64)}${']'.repeat(64)}`)
    expect(printTrace((await parse(text))[0]!)).toBe(`${text}\n`)
  })
})
