import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { formatNamed } from '../../../lib/formats/formats.ts'
import { type Bad, type Dropped, Losses } from '../../../lib/formats/losses.ts'
import { readInputs } from '../../../lib/import/input.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { readLines } from '../../../lib/wire/json/lines.ts'
import { seeded } from '../../support/arbitrary.ts'
import { formatSamples } from '../../support/captures.ts'
import { chunked, collect } from '../../support/chunks.ts'
import { droppedCounts } from '../../support/losses.ts'
import { delimited, fixed64, number, prefixed } from '../../support/protobuf.ts'
import { expectSameTraces, joinPieces } from '../../support/traces.ts'

interface Outcome {
  traces: Trace[]
  bad: Bad[]
  dropped: Dropped[]
}

async function read(format: string, bytes: Uint8Array | string, length = 1e6, skipsBad = true): Promise<Outcome> {
  const losses = new Losses({ skipsBad })
  losses.enter('f', `f: ${format}`)
  const pieces = (await collect(formatNamed(format).read(chunked(Buffer.from(bytes), length), losses))).flat()
  return { traces: joinPieces(pieces), bad: losses.listBad(), dropped: droppedCounts(losses) }
}

function told({ bad }: Outcome): string[] {
  return bad.map(({ unit, count, first }) => `${unit} ×${count}: ${first}`)
}

function idsOf({ traces }: Outcome): string[] {
  return traces.map(({ traceId, spans }) => `${Number(`0x${traceId}`)}:${spans.length}`)
}

interface Damage {
  unit: number
  /** Where in the unit, from 0 to 1. */
  at: number
  bytes: Uint8Array
  removed: number
}

const damage: fc.Arbitrary<Damage> = fc.record({
  unit: fc.nat(9),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  bytes: fc.uint8Array({ maxLength: 4 }),
  removed: fc.nat(40),
})

/** The unit with some bytes replaced by others; its length stays where it stands in front. */
function damaged(unit: Buffer, start: number, { at, bytes, removed }: Damage): Buffer {
  const from = start + Math.floor(at * (unit.length - start - 1))
  const end = unit.length - (start > 0 ? 0 : 1)
  if (start > 0)
    return Buffer.concat([unit.subarray(0, from), bytes, unit.subarray(from + bytes.length)]).subarray(0, end)
  const cut = Math.min(end, from + removed)
  return Buffer.concat([unit.subarray(0, from), bytes, unit.subarray(cut, end), Buffer.from('\n')])
}

describe.each(formatSamples)('$format, $form', ({ format, unit, headLength = 0 }) => {
  const unitCount = 10
  const ids = Array.from({ length: unitCount }, (_, i) => i + 0xabcde1)
  const units = ids.map(id => Buffer.from(unit(id)))

  test('without damage nothing is left out, whether asked for or not', async () => {
    const whole = Buffer.concat(units)
    const strict = await read(format, whole, 1e6, false)
    expect(strict.traces).toHaveLength(unitCount)
    for (const length of [1, 7, 200, 1e6]) expect(await read(format, whole, length)).toEqual({ ...strict, bad: [] })
  })

  test('random damage: the units without it come out unchanged', async () => {
    const expected = (await read(format, Buffer.concat(units), 1e6, false)).traces
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { maxLength: 3 }), fc.integer({ min: 1, max: 400 }), async (all, length) => {
        const broken = new Map(all.map(one => [one.unit, damaged(units[one.unit]!, headLength, one)]))
        const bytes = Buffer.concat(units.map((good, i) => broken.get(i) ?? good))
        const { traces, bad } = await read(format, bytes, length)
        const isGood = ({ traceId }: Trace) => expected.some((one, i) => one.traceId === traceId && !broken.has(i))
        const good = expected.filter(isGood)
        expectSameTraces(good, traces.filter(isGood))
        expect(bad.reduce((sum, { count }) => sum + count, 0)).toBeLessThan(20)
        if (broken.size === 0) expect(bad).toEqual([])
      }),
      seeded(300),
    )
  })
})

test('a bad line', async () => {
  const line = (id: string) =>
    `{"traceId":"${id}","spanId":"01","name":"n","startTimeUnixNano":"1","endTimeUnixNano":"2"}\n`
  const outcome = await read('ndjson', `${line('01')}{"x":1,"traceId":"02"}\n${line('03')}x\n\n${line('04')}{`)
  expect(idsOf(outcome)).toEqual(['1:1', '3:1', '4:1'])
  expect(told(outcome)).toEqual(['line ×3: f: ndjson: line 2: byte 22: the field "spanId" is missing'])
  expect(outcome.dropped).toEqual([])
})

test('a line that is too long is not held', async () => {
  for (const length of [1, 5, 100]) {
    const losses = new Losses({ skipsBad: true })
    const lines = await collect(readLines(chunked(Buffer.from('a\nbcdefgh\nij\nklmnopqrst'), length), 4, losses))
    expect(lines.map(({ bytes, line, offset }) => [bytes.toString(), line, offset])).toEqual([
      ['a', 1, 0],
      ['ij', 3, 10],
    ])
    expect(losses.listBad()).toMatchObject([{ unit: 'line', count: 2 }])
  }
})

describe('OTLP JSON', () => {
  const element = (...ids: string[]) =>
    `{"scopeSpans":[{"spans":[${ids.map(id => `{"traceId":"${id}"}`).join(',')}]}],"odd":1}`
  const document = (...elements: string[]) => `{"resourceSpans":[${elements.join(',')}]}`

  test.each([
    [
      'a bad span, and a bad element',
      document(element('01'), element('02', 'xx'), 'null', element('03')),
      ['1:1', '2:1', '3:1'],
      [
        /^span ×1: f: otlp-json: byte 129: resourceSpans\.scopeSpans\.spans\.traceId: "xx" is not whole/,
        /^ResourceSpans ×1: f: otlp-json: byte 143: resourceSpans: expected an object, found null/,
      ],
    ],
    [
      'a document of something else',
      `${document(element('01'))}{"resourceThings":[1]}[${document(element('02'))}]`,
      ['1:1', '2:1'],
      [/^document ×1: f: otlp-json: byte 73: no traces here: expected resourceSpans, found key "resourceThings"/],
    ],
    [
      'a line that breaks off in a string, before one that begins',
      `${document(element('01'))}\n{"resourceSpans":[${element('02')},{"a":"b\n${document(element('03'))}\n`,
      ['1:1', '2:1', '3:1'],
      [/^document ×1: .*a document begins inside the value that begins at byte/],
    ],
    [
      'a line that breaks off between elements',
      `{"resourceSpans":[${element('02')},\n${document(element('03'))}\n{"resourceSpans":\n${document(element('04'))}`,
      ['2:1', '3:1', '4:1'],
      [/^document ×2: .*a document begins inside another one/],
    ],
    [
      'the rest of an array of documents',
      `[${document(element('01'))},\n{"resourceSpans":[[},\n${document(element('02'))},\n${document(element('03'))}]`,
      ['1:1', '2:1', '3:1'],
      [/^ResourceSpans ×1: .*expected an object, found array/, /^document ×1: .*inside another one/],
    ],
    [
      'the rest of the file',
      `${document(element('01'))} {"resourceSpans":[${element('02')} ${element('03')}]} ${document(element('04'))}`,
      ['1:1', '2:1'],
      [/^rest of the file ×1: f: otlp-json: byte \d+: ',' or '\]' should stand here/],
    ],
    [
      'an end that is cut off',
      document(element('01'), element('02')).slice(0, -4),
      ['1:1'],
      [/^rest of the file ×1: f: otlp-json: byte \d+: ends inside the value/],
    ],
  ])('%s', async (_, text, ids, messages) => {
    for (const length of [1, 10, 1e6]) {
      const outcome = await read('otlp-json', text, length)
      expect(idsOf(outcome)).toEqual(ids)
      expect(told(outcome)).toEqual(messages.map(message => expect.stringMatching(message)))
      expect(outcome.dropped).toEqual([{ field: 'resourceSpans.odd', count: ids.length }])
    }
  })
})

describe('OTLP protobuf', () => {
  const element = (id: number, ...rest: Buffer[]) =>
    delimited(1, delimited(2, delimited(2, delimited(1, Buffer.from([id])), fixed64(7, 1n), ...rest)))
  const badElement = element(9, delimited(4, Buffer.alloc(9)))
  const noTag = Buffer.from([0x00, 0x01])

  test.each([
    [
      'a bad span',
      Buffer.concat([element(1), badElement, element(2)]),
      ['1:1', '2:1'],
      /^span ×1: f: otlp-proto: byte \d+: resourceSpans\.scopeSpans\.spans\.parentSpanId: an id of 9 bytes/,
    ],
    [
      'a bad ResourceSpans',
      Buffer.concat([element(1), delimited(1, delimited(2, Buffer.from([0x0a, 5]))), element(2)]),
      ['1:1', '2:1'],
      /^ResourceSpans ×1: f: otlp-proto: byte \d+: resourceSpans\.scopeSpans\.scope: 5 bytes should follow, 0 are left/,
    ],
    [
      'a bad message',
      Buffer.concat([
        prefixed(element(1)),
        prefixed(Buffer.concat([element(2), noTag, element(3)])),
        prefixed(Buffer.concat([element(4), element(5).subarray(0, -1)])),
        prefixed(element(6)),
        prefixed(Buffer.concat([element(7), Buffer.from([0x0a, 0xff])])),
        prefixed(element(8)),
      ]),
      ['1:1', '2:1', '4:1', '6:1', '7:1', '8:1'],
      /^message ×3: f: otlp-proto: byte \d+: a tag of field number 0/,
    ],
    [
      'a message without length',
      Buffer.concat([element(1), noTag, element(3)]),
      ['1:1'],
      /^rest of the file ×1: f: otlp-proto: byte 19: a tag of field number 0/,
    ],
    [
      'a last message that is cut off',
      Buffer.concat([prefixed(element(1)), prefixed(element(2)).subarray(0, -1)]),
      ['1:1'],
      /^rest of the file ×1: f: otlp-proto: byte \d+: resourceSpans: \d+ bytes should follow/,
    ],
    [
      'a length that is cut off',
      Buffer.concat([prefixed(element(1)), Buffer.alloc(3)]),
      ['1:1'],
      /^rest of the file ×1: f: otlp-proto: byte \d+: a length takes 4 bytes, 3 are left/,
    ],
  ])('%s', async (_, bytes, ids, message) => {
    for (const length of [1, 10, 1e6]) {
      const outcome = await read('otlp-proto', bytes, length)
      expect(idsOf(outcome)).toEqual(ids)
      expect(told(outcome)).toEqual([expect.stringMatching(message)])
    }
  })

  test('what is dropped of a bad span does not count', async () => {
    const bytes = Buffer.concat([element(1, number(99, 1)), element(9, number(99, 1), delimited(4, Buffer.alloc(9)))])
    const { dropped } = await read('otlp-proto', bytes)
    expect(dropped).toEqual([{ field: 'resourceSpans.scopeSpans.spans.99', count: 1 }])
  })
})

describe('Jaeger', () => {
  const span = (id: string, members = '') => `{"traceID":"${id}","spanID":"${id}","startTime":1${members}}`
  const trace = (id: string, ...spans: string[]) => `{"traceID":"${id}","spans":[${spans.join(',')}],"odd":1}`
  const inlined = (outer: string, inner: string) =>
    span(outer, `,"references":[{"refType":"CHILD_OF","traceID":"7","spanID":"7","span":${inner}}]`)

  test('a bad trace, of which nothing is left for the next: neither what was inlined nor what was dropped', async () => {
    const bad = trace('2', inlined('2', span('7', ',"flags":2'))).replace('"odd":1', '"processes":[]')
    const outcome = await read('jaeger', `{"data":[${trace('1', span('1'))},${bad},${trace('3', span('3'))}]}`)
    expect(idsOf(outcome)).toEqual(['1:1', '3:1'])
    expect(told(outcome)).toEqual([
      expect.stringMatching(/^trace ×1: f: jaeger: byte \d+: processes: expected an object, found array/),
    ])
    expect(outcome.dropped).toEqual([{ field: 'odd', count: 2 }])
  })

  test('a bad span, of which what was dropped does not count; what is inlined in it is a span of its own', async () => {
    const bad = inlined('2', span('7', ',"flags":2')).replace(/}$/, ',"flags":2,"duration":-2}')
    const outcome = await read('jaeger', `{"data":[${trace('1', span('1'), bad, span('1'))}]}`)
    expect(idsOf(outcome)).toEqual(['1:2', '7:1'])
    expect(told(outcome)).toEqual([
      expect.stringMatching(
        /^span ×1: f: jaeger: byte \d+: spans: the span ends before 1970, with a duration of -2 µs/,
      ),
    ])
    expect(outcome.dropped).toEqual([
      { field: 'spans.flags', count: 1 },
      { field: 'odd', count: 1 },
    ])
  })

  test('a bad span that is inlined costs nothing but itself', async () => {
    const outcome = await read('jaeger', trace('1', inlined('1', span('x')), inlined('2', span('7'))))
    expect(idsOf(outcome)).toEqual(['1:1', '2:1', '7:1'])
    expect(told(outcome)).toEqual([
      expect.stringMatching(/^span ×1: f: jaeger: byte \d+: spans\.traceID: "x" is not hex/),
    ])
  })

  test('spans inlined in one another without end are bad, not the end of the run', async () => {
    let bomb = span('7')
    for (let i = 0; i < 5_000; i++) bomb = inlined('7', bomb)
    const { bad } = await read('jaeger', trace('1', span('1'), bomb))
    expect(bad[0]!.first).toContain('nested deeper than 400 levels')
  })
})

describe('what costs a span costs no more', () => {
  const bad: [string, string, string][] = [
    ['no JSON', '"name":nul', 'expected null'],
    ['a word of Python', '"name":NaN', "a value should stand here, found 'N'"],
    ['no UTF-8', '"name":"\xff"', 'the string is not valid UTF-8'],
    ['a wrong escape', '"name":"\\x"', 'the string has a wrong escape'],
    ['a control character', '"name":"\n"', 'a control character stands unescaped'],
    ['another type', '"name":5', 'expected a string, found number'],
    ['nothing behind a colon', '"name":', 'a value should stand here'],
    ['nested values', `"x":${'['.repeat(500)}${']'.repeat(500)}`, 'nested deeper than 400 levels'],
  ]
  /** Three spans, the second with a member more. */
  const formats: Record<string, (member: string) => string> = {
    'otlp-json': member =>
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0a"},{"traceId":"0b",${member}},{"traceId":"0c"}]}]}]}`,
    jaeger: member => {
      const span = (id: string, more = '') => `{"traceID":"${id}"${more},"spanID":"1","startTime":1}`
      const bad = span('b', `,${member.replace('name', 'operationName')}`)
      return `{"data":[{"traceID":"a","spans":[${span('a')},${bad},${span('c')}]}]}`
    },
    zipkin: member => {
      const span = (id: string, more = '') => `{"traceId":"${id}"${more},"id":"1","timestamp":1}`
      return `[${span('a')},${span('b', `,${member}`)},${span('c')}]`
    },
  }

  test.each(Object.keys(formats).flatMap(format => bad.map(one => [format, ...one] as const)))(
    '%s: %s',
    async (format, _, member, message) => {
      const bytes = Buffer.from(formats[format]!(member), 'latin1')
      for (const length of [1, 1e6]) {
        const outcome = await read(format, bytes, length)
        expect(idsOf(outcome)).toEqual(['10:1', '12:1'])
        expect(told(outcome)).toEqual([expect.stringMatching(new RegExp(`^span ×1: f: ${format}: byte \\d+: `))])
        expect(outcome.bad[0]!.first).toContain(message)
      }
    },
  )
})

describe('Zipkin', () => {
  test('a bad span in an array, and one that breaks off in a line', async () => {
    const span = (id: string) => `{"traceId":"${id}","id":"${id}","name":""}`
    const array = await read('zipkin', `[[${span('1')},${span('x')}],[5,${span('2')}]]`)
    expect(idsOf(array)).toEqual(['1:1', '2:1'])
    expect(told(array)).toEqual(['span ×2: f: zipkin: byte 51: traceId: "x" is not hex'])
    const lines = await read('zipkin', `[\n${span('1')},\n${span('2').slice(0, -1)},\n${span('3')},\n${span('4')}\n]`)
    expect(idsOf(lines)).toEqual(['1:1', '3:1', '4:1'])
    expect(lines.bad).toMatchObject([{ unit: 'document', count: 1 }])
  })
})

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skip-bad-test-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const line = (i: number) =>
    `{"traceId":"${i.toString(16).padStart(32, '0')}","spanId":"01","name":"n","startTimeUnixNano":"1","endTimeUnixNano":"2"}\n`

  function file(name: string, content: string | Uint8Array): string {
    const path = join(folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  async function readFiles(paths: string[], format?: string) {
    const losses = new Losses({ skipsBad: true })
    const inputs = readInputs(paths, { losses, format })
    return { traces: (await collect(inputs.batches)).flat(), bad: losses.listBad(), skipped: inputs.skipped }
  }

  test('what comes before the place where gzip breaks off counts', async () => {
    const text = Array.from({ length: 20_000 }, (_, i) => line(i)).join('')
    const bytes = gzipSync(text)
    const path = file('cut.gz', bytes.subarray(0, bytes.length / 2))
    const { traces, bad } = await readFiles([path])
    expect(traces.length).toBeGreaterThan(5_000)
    expect(traces.every(({ traceId }, i) => Number(`0x${traceId}`) === i)).toBe(true)
    expect(bad[0]).toEqual({
      file: path,
      unit: 'rest of the file',
      count: 1,
      first: `${path}: ndjson: gzip: ends at byte ${Math.floor(bytes.length / 2)} inside a member`,
    })
  })

  test('files that cannot be read at all, named and in a folder; a missing one still ends the run', async () => {
    const page = file('page.json', '<html>')
    file('a/good', line(1))
    file('a/cut.gz', gzipSync(line(2)).subarray(0, 20))
    file('a/note', 'x')
    const { traces, bad, skipped } = await readFiles([page, join(folder, 'a'), page])
    expect(traces).toHaveLength(1)
    expect(bad.map(({ unit, count, first }) => [unit, count, first.replace(/;.*/, '')])).toEqual([
      ['file', 1, `${page}: this is an HTML page, not traces`],
      ['file', 1, `${join(folder, 'a/cut.gz')}: gzip: ends at byte 20 inside a member`],
      ['file', 1, `${page}: this is an HTML page, not traces`],
    ])
    expect(skipped.map(({ path }) => path)).toEqual([join(folder, 'a/note')])
    await expect(readFiles([join(folder, 'none')])).rejects.toThrow(/none: no such file/)
    symlinkSync(join(folder, 'none'), join(folder, 'a/link'))
    const withLink = await readFiles([join(folder, 'a')])
    expect(withLink.traces).toHaveLength(1)
    expect(withLink.bad.at(-1)?.first).toBe(`${join(folder, 'a/link')}: no such file`)
  })
})
