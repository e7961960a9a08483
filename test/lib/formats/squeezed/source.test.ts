import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Dropped, Losses } from '../../../../lib/formats/losses.ts'
import { squeezed } from '../../../../lib/formats/squeezed/format.ts'
import { printSqueezed, squeezedByteLength } from '../../../../lib/formats/squeezed/print.ts'
import type { Span, Trace, Value } from '../../../../lib/model/trace.ts'

const folder = join(process.env.TRACE_CORPORA ?? join(import.meta.dirname, '../../../../shared/corpora'), 'squeezed')

const good: Record<string, unknown> = {
  trace_id: 'trace-00000007-00ff10ab',
  span_id: '0123456789abcdef',
  parent_span_id: null,
  operation_name: 'select',
  service_name: 'auth-db',
  start_time: 1000,
  end_time: 3000,
  duration_ns: 2000,
  tags: {},
  logs: [],
  status_code: 0,
  status: 'OK',
}

/** A line with some fields' JSON text replaced, or left out where it is undefined. */
function lineOf(changes: Record<string, string | undefined> = {}): string {
  const texts = { ...Object.fromEntries(Object.entries(good).map(([k, v]) => [k, JSON.stringify(v)])), ...changes }
  const members = Object.entries(texts).filter(([, text]) => text !== undefined)
  return `{${members.map(([key, text]) => `"${key}": ${text}`).join(', ')}}\n`
}

async function* cut(bytes: Uint8Array, byteLength: number): AsyncIterable<Uint8Array> {
  for (let i = 0; i < bytes.length; i += byteLength) yield bytes.subarray(i, i + byteLength)
}

async function readBatches(text: string | Uint8Array, losses = new Losses(), byteLength = 65_536) {
  const batches: (readonly Trace[])[] = []
  for await (const batch of squeezed.read(cut(Buffer.from(text), byteLength), losses)) batches.push(batch)
  return batches
}

async function readSpan(changes: Record<string, string | undefined>): Promise<{ span: Span; dropped: Dropped[] }> {
  const losses = new Losses()
  const batches = await readBatches(lineOf(changes), losses)
  return { span: batches[0][0].spans[0], dropped: losses.list() }
}

/** The text of what was read, printed again. */
async function reprint(text: string): Promise<string> {
  return (await readBatches(text)).flat().map(printSqueezed).join('')
}

describe('the original corpora', () => {
  for (const [file, spanCount, traceCount] of [
    ['traces_small_ndjson.jsonl.gz', 246, 100],
    ['traces_medium_ndjson.jsonl.gz', 2768, 1000],
  ] as const) {
    const path = join(folder, file)
    it.skipIf(!existsSync(path))(`${file} comes back byte for byte (skipped where ${folder} is absent)`, async () => {
      const bytes = gunzipSync(readFileSync(path))
      const losses = new Losses()
      const traces = (await readBatches(bytes, losses, 777)).flat()
      expect(losses.list()).toEqual([])
      expect(traces.length).toBe(traceCount)
      expect(traces.reduce((sum, { spans }) => sum + spans.length, 0)).toBe(spanCount)
      expect(Buffer.from(traces.map(printSqueezed).join('')).equals(bytes)).toBe(true)
      expect(traces.reduce((sum, trace) => sum + squeezedByteLength(trace), 0)).toBe(bytes.length)
      expect(squeezed.detect(bytes.subarray(0, 65_536))).toBe(true)
    })
  }
})

describe('the mapping', () => {
  it('puts counter and random part behind 8 zero bytes', async () => {
    const [[trace]] = await readBatches(lineOf({ trace_id: '"trace-12345678-00ff10ab"' }))
    expect(trace.traceId).toBe(`${'0'.repeat(16)}00bc614e00ff10ab`)
  })

  it('gives each field its place in the model', async () => {
    const logs = '[{"timestamp": 1500, "level": "ERROR", "n": 2}]'
    const { span, dropped } = await readSpan({ logs, status_code: '1', status: '"ERROR"', parent_span_id: '"ab"' })
    expect(dropped).toEqual([])
    expect(span).toEqual({
      spanId: '0123456789abcdef',
      parentSpanId: 'ab',
      traceState: '',
      flags: 0,
      name: 'select',
      kind: 0,
      startNanos: 1000n,
      endNanos: 3000n,
      attributes: [],
      droppedAttributesCount: 0,
      events: [
        {
          timeNanos: 1500n,
          name: 'log',
          attributes: [
            { key: 'level', value: 'ERROR' },
            { key: 'n', value: 2n },
          ],
          droppedAttributesCount: 0,
        },
      ],
      droppedEventsCount: 0,
      links: [],
      droppedLinksCount: 0,
      status: { code: 2, message: '' },
      resource: {
        attributes: [{ key: 'service.name', value: 'auth-db' }],
        droppedAttributesCount: 0,
        schemaUrl: '',
      },
      scope: null,
    })
  })

  it('keeps types, 64-bit digits, order and keys that stand twice', async () => {
    const tags =
      '{"z": 1795210379922733249, "a": 1.0, "a": -0.0, "e": 1e16, "b": true, "n": null, ' +
      '"l": [1, [], {"k": "v"}], "__proto__": -9223372036854775808}'
    const { span } = await readSpan({ tags })
    const expected: [string, Value][] = [
      ['z', 1795210379922733249n],
      ['a', 1],
      ['a', -0],
      ['e', 1e16],
      ['b', true],
      ['n', null],
      ['l', [1n, [], { entries: [{ key: 'k', value: 'v' }] }]],
      ['__proto__', -(2n ** 63n)],
    ]
    expect(span.attributes.map(({ key, value }) => [key, value])).toEqual(expected)
  })

  it('shares one resource a service', async () => {
    const [[{ spans }]] = await readBatches(lineOf() + lineOf())
    expect(spans.length).toBe(2)
    expect(spans[0].resource).toBe(spans[1].resource)
  })

  it('counts what the model cannot carry', async () => {
    expect((await readSpan({ extra: '[1]' })).dropped).toEqual([{ field: 'extra', count: 1 }])
    expect((await readSpan({ duration_ns: '1999' })).dropped).toEqual([{ field: 'duration_ns', count: 1 }])
    expect((await readSpan({ status: '"ERROR"' })).dropped).toEqual([{ field: 'status', count: 1 }])
    expect((await readSpan({ parent_span_id: '""' })).dropped).toHaveLength(1)
    const { span, dropped } = await readSpan({ status_code: '2' })
    expect(dropped.map(({ field }) => field)).toEqual(['status', 'status_code'])
    expect(span.status).toBe(null)
  })
})

describe('pieces and batches', () => {
  const other = { trace_id: '"trace-00000008-00ff10ab"' }

  it('a piece is what stands together, blank lines and missing newline or not', async () => {
    const batches = await readBatches(`${lineOf()}\n \r\n${lineOf()}${lineOf(other)}${lineOf().trimEnd()}`)
    expect(batches.flat().map(({ spans }) => spans.length)).toEqual([2, 1, 1])
  })

  it('cuts a batch between traces, and a trace that does not end', async () => {
    const batches = await readBatches(lineOf().repeat(1500) + lineOf(other).repeat(17_000))
    expect(batches.map(batch => batch.map(({ spans }) => spans.length))).toEqual([[1500], [16_384], [616]])
  })

  it('gives no batch for no input', async () => {
    expect(await readBatches('')).toEqual([])
  })
})

describe('bad lines', () => {
  const bad: [string, string, RegExp][] = [
    ['truncated', lineOf().slice(0, 190), /^line 2: byte \d+: ends inside/],
    ['missing field', lineOf({ start_time: undefined }), /^line 2: start_time is missing$/],
    [
      'field twice',
      lineOf().replace('"status_code"', '"span_id": "ab", "status_code"'),
      /^line 2: span_id stands twice/,
    ],
    ['wrong trace id', lineOf({ trace_id: '"trace-7-00ff10ab"' }), /^line 2: trace_id: .*"trace-7-00ff10ab" is not of/],
    ['trace id in capitals', lineOf({ trace_id: '"trace-00000007-00FF10AB"' }), /^line 2: trace_id: /],
    ['long span id', lineOf({ span_id: '"0123456789abcdef01"' }), /^line 2: span_id: .* is not lower-case hex/],
    ['odd parent id', lineOf({ parent_span_id: '"abc"' }), /^line 2: parent_span_id: /],
    ['time as string', lineOf({ start_time: '"1000"' }), /^line 2: start_time: .*expected a number, found string$/],
    ['time with a point', lineOf({ end_time: '1.5' }), /^line 2: end_time: .*1.5 is no integer$/],
    ['time below 0', lineOf({ end_time: '-1' }), /^line 2: end_time: .*-1 is not in 0\.\.18446744073709551615$/],
    ['time beyond 64 bits', lineOf({ end_time: '18446744073709551616' }), /^line 2: end_time: .*is not in/],
    ['tag beyond 64 bits', lineOf({ tags: '{"a": 9223372036854775808}' }), /^line 2: tags: a: .*is not in/],
    ['endless digits', lineOf({ tags: `{"a": 1${'0'.repeat(100_000)}}` }), /^line 2: tags: a: .{1,200}$/],
    ['tag beyond a double', lineOf({ tags: '{"a": 1e999}' }), /^line 2: tags: a: .*1e999 is beyond a double$/],
    ['log without time', lineOf({ logs: '[{"level": "x"}]' }), /^line 2: logs: .*timestamp is missing$/],
    ['deep value', lineOf({ tags: `{"a": ${'['.repeat(70)}1${']'.repeat(70)}}` }), /^line 2: tags: a: .*more than 64/],
    ['more behind it', `${lineOf().trimEnd()} {}\n`, /^line 2: .*more stands after the value$/],
    ['no object', '[]\n', /^line 2: .*expected an object, found array$/],
  ]
  for (const [what, line, message] of bad)
    it(`${what} names the line and the field`, async () => {
      await expect(readBatches(lineOf() + line)).rejects.toThrow(message)
    })

  it('every prefix of a line fails cleanly', async () => {
    const line = lineOf({ tags: '{"a": [1, {"b": null}], "c": 1.5}' }).trimEnd()
    for (let length = 1; length < line.length; length++)
      await expect(readBatches(line.slice(0, length)), line.slice(0, length)).rejects.toThrow(/^line 1: /)
  })
})

describe('detect', () => {
  it('wants both keys in the first line, which may be cut', () => {
    expect(squeezed.detect(Buffer.from(lineOf()))).toBe(true)
    expect(squeezed.detect(Buffer.from(lineOf().slice(0, 150)))).toBe(true)
    for (const text of ['', '[]', '{"trace_id": "a"}\n{"operation_name": "b"}', '{"traceID": "a"', '\u0000\u0001'])
      expect(squeezed.detect(Buffer.from(text)), text).toBe(false)
  })
})

describe('printing', () => {
  it('escapes as json.dumps does', async () => {
    const tags = '{"a": "\\u00e9\\ud83d\\ude00\\ud800\\n\\u0001\\u007f\\"\\\\/"}'
    expect(await reprint(lineOf({ tags }))).toBe(lineOf({ tags }))
  })

  it('writes floats as Python does', async () => {
    const floats = ['1.0', '-0.0', '0.1', '1e-05', '0.0001', '1e+16', '1234567890123456.0', '1.5e+300', '5e-324']
    const tags = `{"a": [${floats.join(', ')}]}`
    expect(await reprint(lineOf({ tags }))).toBe(lineOf({ tags }))
  })

  it('refuses what the format has no place for', async () => {
    const { span } = await readSpan({})
    const traceId = `${'0'.repeat(24)}00ff10ab`
    const wrong: [Partial<Span>, RegExp][] = [
      [{ kind: 1 }, /kind of span 0123/],
      [{ status: null }, /status/],
      [{ status: { code: 1, message: 'm' } }, /status/],
      [{ resource: null }, /resource/],
      [{ traceState: 'a=b' }, /trace state/],
      [{ droppedLinksCount: 1 }, /dropped count/],
      [{ events: [{ timeNanos: 0n, name: 'x', attributes: [], droppedAttributesCount: 0 }] }, /event/],
      [{ attributes: [{ key: 'a', value: new Uint8Array(1) }] }, /bytes/],
      [{ attributes: [{ key: 'a', value: Number.NaN }] }, /NaN/],
    ]
    for (const [change, message] of wrong)
      expect(() => printSqueezed({ traceId, spans: [{ ...span, ...change }] })).toThrow(message)
    expect(() => printSqueezed({ traceId: 'ab', spans: [span] })).toThrow(/trace id ab/)
    expect(() => printSqueezed({ traceId: `${'0'.repeat(16)}05f5e10000000000`, spans: [span] })).toThrow(/trace id/)
  })
})
