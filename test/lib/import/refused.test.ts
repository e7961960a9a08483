import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formats } from '../../../lib/formats/formats.ts'
import { Losses } from '../../../lib/formats/losses.ts'
import { readInputs } from '../../../lib/import/input.ts'
import { collect } from '../../support/chunks.ts'
import { labRejection } from '../../support/errors.ts'
import { droppedCounts } from '../../support/losses.ts'
import { spanMessage, valueMessage } from '../../support/otlp-message.ts'
import { delimited, group, number, prefixed, tag } from '../../support/protobuf.ts'

const folder = mkdtempSync(join(tmpdir(), 'refused-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const page = '<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>'
const bomb = '['.repeat(5_000) + ']'.repeat(5_000)
const longNumber = '9'.repeat(2_000)

/** A span of each JSON format, in which tests put one member in place of another. */
const spans = {
  'otlp-json': (member: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01",${member}}]}]}]}`,
  jaeger: (member: string) => `{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"1",${member}}]}]}`,
  zipkin: (member: string) => `[{"traceId":"1","id":"1",${member}}]`,
  ndjson: (member: string) =>
    `{"traceId":"01","spanId":"01","name":"","startTimeUnixNano":"1",${member},"endTimeUnixNano":"2"}`,
  squeezed: (member: string) =>
    `{"trace_id":"trace-00000001-7bd3a5b7","parent_span_id":null,"operation_name":"o","service_name":"s",${member},"tags":{},"logs":[],"status_code":0,"status":"OK"}`,
}
type JsonFormat = keyof typeof spans

/** What is wrong, the member that is, and what the message says of it behind the place. */
const badMembers: readonly [JsonFormat, string, string, string][] = [
  [
    'otlp-json',
    'wrong hex',
    '"spanId":"xyz0"',
    'resourceSpans.scopeSpans.spans.spanId: "xyz0" is not whole bytes in hex',
  ],
  ['otlp-json', 'a long id', '"spanId":"000000000000000001"', 'spanId: "000000000000000001" is longer than 8 bytes'],
  [
    'otlp-json',
    'wrong base64',
    '"attributes":[{"key":"k","value":{"bytesValue":"a-b*"}}]',
    'attributes.value.bytesValue: the bytes are not in base64',
  ],
  ['otlp-json', '64-bit overflow', '"startTimeUnixNano":"18446744073709551616"', 'is no unsigned 64-bit integer'],
  [
    'otlp-json',
    'an int beyond 64 bits',
    '"attributes":[{"key":"k","value":{"intValue":"9223372036854775808"}}]',
    'intValue: 9223372036854775808 is no signed 64-bit integer',
  ],
  ['otlp-json', 'a time NaN', '"startTimeUnixNano":NaN', "a value should stand here, found 'N'"],
  ['otlp-json', 'a time "NaN"', '"startTimeUnixNano":"NaN"', 'startTimeUnixNano: "NaN" is no integer'],
  ['otlp-json', 'a time of 1e400', '"startTimeUnixNano":1e400', '1e400 lies outside 64 bits'],
  ['otlp-json', 'a nesting bomb', `"x":${bomb}`, 'nested deeper than 400 levels'],
  ['otlp-json', 'a very long number', `"kind":${longNumber}`, 'has too many digits'],

  ['jaeger', 'wrong hex', '"references":[{"traceID":"1","spanID":"0x1"}]', 'spans.references.spanID: "0x1" is not hex'],
  ['jaeger', '64-bit overflow', '"startTime":18446744073709552', 'is no unsigned 64-bit integer'],
  ['jaeger', 'an end beyond 64 bits', '"startTime":18446744073709551,"duration":1', 'ends beyond 64 bits'],
  [
    'jaeger',
    'an int beyond 64 bits',
    '"tags":[{"key":"k","value":9223372036854775808}]',
    'is no signed 64-bit integer',
  ],
  ['jaeger', 'a time NaN', '"startTime":NaN', "a value should stand here, found 'N'"],
  ['jaeger', 'a time "NaN"', '"startTime":"NaN"', 'spans.startTime: "NaN" is no number of microseconds'],
  ['jaeger', 'a time of 1e400', '"startTime":1e400', 'lies outside 64 bits'],
  ['jaeger', 'half an exponent', '"startTime":"1e"', 'spans.startTime: "1e" is no number of microseconds'],
  ['jaeger', 'two exponents', '"startTime":"1e2e3"', '"1e2e3" is no number of microseconds'],
  ['jaeger', 'a double of 1e400', '"tags":[{"key":"k","value":1e400}]', '1e400 is too large for a double'],
  ['jaeger', 'a nesting bomb', `"x":${bomb}`, 'nested deeper than 400 levels'],
  [
    'jaeger',
    'nested values',
    `"tags":[{"key":"k","value":${'['.repeat(200)}${']'.repeat(200)}}]`,
    'values lie within one another',
  ],

  ['zipkin', 'wrong hex', '"parentId":"-1"', 'parentId: "-1" is not hex'],
  ['zipkin', '64-bit overflow', '"timestamp":18446744073709552', 'is no unsigned 64-bit integer'],
  ['zipkin', 'an end beyond 64 bits', '"timestamp":18446744073709551,"duration":1', 'ends beyond 64 bits'],
  ['zipkin', 'a time NaN', '"timestamp":NaN', "a value should stand here, found 'N'"],
  ['zipkin', 'a time "NaN"', '"timestamp":"NaN"', 'timestamp: "NaN" is no number of microseconds'],
  [
    'zipkin',
    'a time "Infinity"',
    '"annotations":[{"timestamp":"Infinity"}]',
    '"Infinity" is no number of microseconds',
  ],
  ['zipkin', 'a time of 1e400', '"timestamp":1e400', 'lies outside 64 bits'],
  ['zipkin', 'a nesting bomb', `"x":${bomb}`, 'nested deeper than 400 levels'],
  ['zipkin', 'nested values', `"tags":{"k":${'{"a":'.repeat(200)}1${'}'.repeat(201)}`, 'values lie within one another'],

  ['ndjson', 'wrong hex', '"parentSpanId":"0G"', 'parentSpanId: "0G" is not whole bytes in lower-case hex'],
  ['ndjson', 'wrong base64', '"attributes":{"k":{"$bytes":"*"}}', 'base64'],
  ['ndjson', '64-bit overflow', '"attributes":{"k":9223372036854775808}', 'is no signed 64-bit integer'],
  ['ndjson', 'a time NaN', '"events":[{"timeUnixNano":NaN}]', "a value should stand here, found 'N'"],
  ['ndjson', 'a time "NaN"', '"events":[{"timeUnixNano":"NaN"}]', '"NaN" is no time'],
  ['ndjson', 'a double of 1e400', '"attributes":{"k":1e400}', '1e400 is too large for a double'],
  ['ndjson', 'a nesting bomb', `"x":${bomb}`, 'nested deeper than 400 levels'],

  ['squeezed', 'wrong hex', '"span_id":"0G"', 'span_id: byte'],
  ['squeezed', '64-bit overflow', '"start_time":18446744073709551616', 'is not in 0..18446744073709551615'],
  ['squeezed', 'a time NaN', '"start_time":NaN', "a value should stand here, found 'N'"],
  ['squeezed', 'a time "NaN"', '"start_time":"NaN"', 'expected a number, found string'],
  ['squeezed', 'a time of 1e400', '"start_time":1e400', '1e400 is no integer'],
  ['squeezed', 'a nesting bomb', `"x":${bomb}`, 'nested deeper than 400 levels'],
]

const longVarint = Buffer.alloc(10, 0xff)

function nestedArrays(depth: number): Buffer {
  let value = number(3, 1)
  for (let i = 0; i < depth; i++) value = delimited(5, delimited(1, value))
  return value
}

function nestedGroups(depth: number): Buffer {
  let content: Buffer = Buffer.alloc(0)
  for (let i = 0; i < depth; i++) content = group(99, content)
  return content
}

const badMessages: readonly [string, Uint8Array, string][] = [
  ['a varint of 11 bytes', spanMessage(tag(6, 0), longVarint, Buffer.from([1])), 'varint'],
  ['a varint of more than 64 bits', spanMessage(tag(6, 0), Buffer.alloc(9, 0xff), Buffer.from([0x7f])), 'varint'],
  ['a length past the end', spanMessage(tag(5, 2), Buffer.from([100]), Buffer.from('x')), '100 bytes should follow, 1'],
  ['a length of 2^60', spanMessage(tag(5, 2), Buffer.from('808080808080808010', 'hex')), 'should follow'],
  ['a ResourceSpans past the end', delimited(1, delimited(2, 'xx')).subarray(0, -1), 'should follow'],
  ['an end of a group', spanMessage(tag(99, 4)), 'group'],
  ['a group that does not end', spanMessage(tag(99, 3)), 'group'],
  ['groups without end', spanMessage(nestedGroups(5_000)), 'deep'],
  ['a nesting bomb', valueMessage(nestedArrays(5_000)), 'deep'],
  ['an id of 17 bytes', spanMessage(delimited(1, Buffer.alloc(17))), 'an id of 17 bytes'],
  ['a message past the end', prefixed(spanMessage()).subarray(0, -1), 'should follow'],
]

async function messageOf(name: string, content: string | Uint8Array, format?: string): Promise<string> {
  const path = join(folder, name)
  writeFileSync(path, content)
  const error = await labRejection(collect(readInputs([path], { format, losses: new Losses() }).batches))
  expect(error.message).not.toContain('\n')
  expect(error.message.length).toBeLessThan(2_000)
  expect(error.message.startsWith(`${path}: `)).toBe(true)
  return error.message.slice(path.length + 2)
}

/** Line formats name the line, and the byte in it where that says more. */
function placeOf(format: string): string {
  return format === 'ndjson' || format === 'squeezed' ? `${format}: line 1: ` : `${format}: byte \\d+: `
}

describe('the message names file, format, place and what is wrong', () => {
  test.each(badMembers)('%s: %s', async (format, _, member, message) => {
    const text = await messageOf('capture', spans[format](member), format)
    expect(text).toMatch(new RegExp(`^${placeOf(format)}`))
    expect(text).toContain(message)
  })

  test.each(badMessages)('otlp-proto: %s', async (_, bytes, message) => {
    const text = await messageOf('capture', bytes, 'otlp-proto')
    expect(text).toMatch(/^otlp-proto: byte \d+: /)
    expect(text).toContain(message)
  })

  test.each(formats.map(({ name }) => name))('%s: an HTML page', async format => {
    expect(await messageOf('page', page, format)).toMatch(new RegExp(`^${placeOf(format)}`))
    expect(await messageOf('page', page)).toMatch(/^this is an HTML page, not traces; the known formats are otlp-json/)
  })

  test.each(Object.keys(spans) as JsonFormat[])('%s: every kind of end', async format => {
    const text = spans[format]('"x":"y"')
    for (const end of [1, 20, text.length - 1])
      expect(await messageOf('cut', text.slice(0, end), format)).toMatch(new RegExp(`^${placeOf(format)}`))
  })
})

test('wrong base64 in a tag of Jaeger keeps the text, and the type counts as dropped', async () => {
  const path = join(folder, 'tags')
  writeFileSync(path, spans.jaeger('"startTime":1,"tags":[{"key":"k","type":"binary","value":"*"}]'))
  const losses = new Losses()
  const [piece] = (await collect(readInputs([path], { losses }).batches)).flat()
  expect(piece?.spans[0]?.attributes).toEqual([{ key: 'k', value: '*' }])
  expect(droppedCounts(losses)).toEqual([{ field: 'spans.tags.type', count: 1 }])
})
