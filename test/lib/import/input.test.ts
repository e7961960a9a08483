import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { zstdCompressor } from '../../../lib/codecs/compress.ts'
import { decompressHeldZstd, decompressZstd } from '../../../lib/codecs/zstd-stream.ts'
import { type Dropped, Losses } from '../../../lib/formats/losses.ts'
import { printTrace } from '../../../lib/formats/ndjson/print.ts'
import { writeOtlpJson } from '../../../lib/formats/otlp/json.ts'
import { encodeOtlpProto } from '../../../lib/formats/otlp/proto.ts'
import { decompress } from '../../../lib/import/decompress.ts'
import { groupByTrace } from '../../../lib/import/group.ts'
import { readInputs } from '../../../lib/import/input.ts'
import { countSpans, type Trace } from '../../../lib/model/trace.ts'
import { chunked, collect, collectBytes, streamOf } from '../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../support/corpora.ts'
import { labRejection } from '../../support/errors.ts'
import { droppedCounts } from '../../support/losses.ts'
import { nastyCorpora, span } from '../../support/nasty.ts'
import { expectSameTraces, joinPieces } from '../../support/traces.ts'

const directory = mkdtempSync(join(tmpdir(), 'trace-lab-input-'))
afterAll(() => rmSync(directory, { recursive: true }))
let fileCount = 0

/** A new folder with these files; gives its path. */
function folder(files: Record<string, string | Uint8Array>): string {
  const path = join(directory, `${fileCount++}`)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  return path
}

function file(content: string | Uint8Array, name = 'input'): string {
  return join(folder({ [name]: content }), name)
}

interface ReadResult {
  traces: Trace[]
  files: [path: string, format: string, byteLength: number][]
  skipped: [path: string, reason: string][]
  dropped: Dropped[]
  byteLength: number
}

async function read(paths: string[], format?: string): Promise<ReadResult> {
  const losses = new Losses()
  const inputs = readInputs(paths, { format, losses })
  const traces = (await collect(inputs.batches)).flat()
  return {
    traces,
    files: inputs.files.map(({ path, format, byteLength }) => [path, format, byteLength]),
    skipped: inputs.skipped.map(({ path, reason }) => [path, reason]),
    dropped: droppedCounts(losses),
    byteLength: inputs.byteLength(),
  }
}

async function messageOfReading(path: string, format?: string): Promise<string> {
  const error: unknown = await read([path], format).catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'LabError' })
  const { message } = error as Error
  expect(message.startsWith(`${path}: `)).toBe(true)
  return message.slice(path.length + 2)
}

const traces = nastyCorpora.find(({ name }) => name === 'every value type')!.traces
const ndjsonText = traces.map(printTrace).join('')
const otlpText = await (async () => {
  const chunks: Uint8Array[] = []
  await writeOtlpJson(streamOf([traces]), { write: async chunk => void chunks.push(chunk) })
  return Buffer.concat(chunks).toString()
})()
const squeezedText = `${JSON.stringify({
  trace_id: 'trace-00000001-7bd3a5b7',
  span_id: '82be72e9602f416c',
  parent_span_id: null,
  operation_name: 'o',
  service_name: 's',
  start_time: 1,
  end_time: 2,
  duration_ns: 1,
  tags: {},
  logs: [],
  status_code: 0,
  status: 'OK',
})}\n`
const zstd = zstdCompressor(3)

describe('formats are told by their content', () => {
  test.each([
    ['ndjson', ndjsonText],
    ['ndjson', `\n\n${ndjsonText}`],
    ['ndjson', ndjsonText.replace('"operation"', JSON.stringify('n'.repeat(70_000)))],
    ['otlp-json', otlpText],
    ['otlp-json', `\ufeff${otlpText}`],
    ['otlp-json', `[${otlpText}]`],
    ['otlp-json', `{"trace":${otlpText},"status":"COMPLETE"}`],
    ['otlp-json', '{"resource_spans":[]}'],
    ['squeezed', squeezedText],
  ])('%s', async (format, text) => {
    const path = file(text)
    const { files, byteLength } = await read([path])
    expect(files).toEqual([[path, format, Buffer.byteLength(text)]])
    expect(byteLength).toBe(Buffer.byteLength(text))
  })

  test('a format that is named is not told', async () => {
    expect((await read([file('')], 'ndjson')).traces).toEqual([])
    expect(await messageOfReading(file(otlpText), 'ndjson')).toMatch(/^ndjson: line 1: /)
  })
})

describe('compression is told by the content and undone', () => {
  const half = Math.floor(ndjsonText.length / 2)
  const parts = [ndjsonText.slice(0, half), ndjsonText.slice(half)].map(part => Buffer.from(part))
  test.each([
    ['gzip', gzipSync(ndjsonText)],
    ['gzip members', Buffer.concat(parts.map(part => gzipSync(part)))],
    ['zstd', zstd(Buffer.from(ndjsonText))],
    ['zstd frames', Buffer.concat(parts.map(zstd))],
    ['gzip in zstd', zstd(gzipSync(ndjsonText))],
    ['zstd in gzip', gzipSync(zstd(Buffer.from(ndjsonText)))],
    [
      'zstd behind a skippable frame',
      Buffer.concat([Buffer.from('502a4d180100000078', 'hex'), zstd(Buffer.from(ndjsonText))]),
    ],
  ])('%s', async (_, bytes) => {
    const { traces: actual, byteLength } = await read([file(bytes)])
    expectSameTraces(traces, actual)
    expect(byteLength).toBe(Buffer.byteLength(ndjsonText))
  })

  test.each([
    ['every prefix of gzip', gzipSync(ndjsonText), /^gzip: ends at byte \d+ inside a member$/],
    ['every prefix of zstd', zstd(Buffer.from(ndjsonText)), /^zstd: ends at byte \d+ inside a frame$/],
  ])('%s is truncated', async (_, bytes, message) => {
    for (let end = 4; end < bytes.length; end += 1 + Math.floor(bytes.length / 40))
      await expect(decompress(streamOf([bytes.subarray(0, end)])).then(collectBytes)).rejects.toMatchObject({
        kind: 'truncated',
        message: expect.stringMatching(message),
      })
  })

  test.each([
    ['bytes behind gzip', Buffer.concat([gzipSync(ndjsonText), Buffer.from('rest')]), 'gzip: '],
    ['bytes behind zstd', Buffer.concat([zstd(Buffer.from(ndjsonText)), Buffer.from('rest')]), 'zstd: '],
    ['a changed gzip', gzipSync(ndjsonText).fill(0, 40, 60), 'gzip: '],
    ['a changed zstd', Buffer.from(zstd(Buffer.from(ndjsonText))).fill(0xff, 40, 60), 'zstd: '],
    ['three layers', gzipSync(gzipSync(gzipSync(ndjsonText))), 'compressed more than 2 times'],
  ])('%s: refused', async (_, bytes, message) => {
    expect(await messageOfReading(file(bytes))).toContain(message)
  })

  test('in any chunking, and more than one chunk of output', async () => {
    const content = Buffer.from(ndjsonText.repeat(400))
    const doubled = Buffer.concat([content, content])
    for (const [bytes, expected] of [
      [gzipSync(content), content],
      [zstd(content), content],
      [Buffer.concat([zstd(content), zstd(content)]), doubled],
    ] as const)
      for (const length of [1, 7, 1_000, 1e9]) {
        const actual = await collectBytes(await decompress(chunked(bytes, length)))
        expect(actual.equals(expected)).toBe(true)
      }
  })

  test('zstd without the native package', async () => {
    const content = Buffer.from(ndjsonText)
    const bytes = Buffer.concat([zstd(content), zstd(content)])
    expect(await collectBytes(decompressHeldZstd(chunked(bytes, 100)))).toEqual(Buffer.concat([content, content]))
    const cut = chunked(bytes.subarray(0, -1), 100)
    await expect(collectBytes(decompressHeldZstd(cut))).rejects.toMatchObject({ kind: 'truncated' })
  })

  test('zstd of a stream, whose size no frame declares', async () => {
    const { CompressStream } = createRequire(import.meta.url)('zstd-napi') as typeof import('zstd-napi')
    const stream = new CompressStream()
    stream.write(Buffer.from(ndjsonText))
    stream.end()
    const bytes = await collectBytes(stream as AsyncIterable<Uint8Array>)
    expect((await collectBytes(decompressZstd(streamOf([bytes])))).toString()).toBe(ndjsonText)
    await expect(collectBytes(decompressHeldZstd(streamOf([bytes])))).rejects.toMatchObject({ name: 'LabError' })
  })
})

describe('directories', () => {
  const one = (traceId: string) => printTrace({ traceId, spans: [span({})] })

  test('files below are read by path, others skipped with the reason', async () => {
    const path = folder({
      'b.json': one('0b'),
      'a/z.gz': gzipSync(one('0a')),
      LICENSE: 'Apache License',
      'page.json': '<!DOCTYPE html><html>',
      '.hidden': one('0c'),
      empty: '',
    })
    const { traces, files, skipped } = await read([path])
    expect(traces.map(({ traceId }) => traceId)).toEqual(['0a', '0b'])
    expect(files.map(([name, format]) => [name, format])).toEqual([
      [join(path, 'a/z.gz'), 'ndjson'],
      [join(path, 'b.json'), 'ndjson'],
    ])
    expect(skipped).toEqual([
      [join(path, 'LICENSE'), expect.stringContaining("no traces begin with 'Apache License'")],
      [join(path, 'empty'), expect.stringContaining('the input is empty')],
      [join(path, 'page.json'), expect.stringContaining('an HTML page')],
    ])
  })

  test('of a named format only the files that look like it', async () => {
    const path = folder({ a: one('0a'), b: otlpText })
    const { files, skipped } = await read([path], 'otlp-json')
    expect(files.map(([name]) => name)).toEqual([join(path, 'b')])
    expect(skipped).toEqual([[join(path, 'a'), 'not in the format otlp-json']])
  })

  test('a broken file among good ones is an error, not skipped', async () => {
    const path = folder({ a: one('0a'), 'b.gz': gzipSync(one('0b').repeat(50)).subarray(0, 30) })
    await expect(read([path])).rejects.toThrow(`${join(path, 'b.gz')}: gzip: ends at byte 30 inside a member`)
  })

  test('none with traces', async () => {
    expect(await messageOfReading(folder({ a: 'x', b: 'y' }))).toMatch(
      /^none of 2 files holds traces; .*a: no traces begin/,
    )
    expect(await messageOfReading(folder({ '.a': 'x' }))).toBe('none of 0 files holds traces')
  })
})

test('spans of one trace in several files, formats and a folder are one trace, in the order of the input', async () => {
  const ids = ['0a', '0b', '0a', '0a', '0c', '0b', '0a', '0b']
  const pieces = ids.map((traceId, i) => ({ traceId, spans: [span({ name: `span ${i}` })] }))
  const otlp = await collectBytes(encodeOtlpProto(streamOf([pieces.slice(4, 6)])))
  const path = folder({
    '1.jsonl': pieces.slice(0, 2).map(printTrace).join(''),
    '2/a.jsonl.gz': gzipSync(pieces.slice(2, 4).map(printTrace).join('')),
    '2/b.pb': otlp,
    '3.jsonl': printTrace(pieces[6]!),
  })
  const last = file(printTrace(pieces[7]!))
  for (const maxBytes of [1, 1e9]) {
    const { batches } = readInputs([path, last], { losses: new Losses() })
    expectSameTraces(joinPieces(pieces), (await collect(groupByTrace(batches, { maxBytes, directory }))).flat())
  }
})

describe('errors name the file', () => {
  test('that is not there', async () => {
    expect(await messageOfReading(join(directory, 'nothing'))).toBe('no such file')
    expect(await messageOfReading(join(directory, 'n'.repeat(256)))).toBe('the name is too long')
    await expect(read([join(directory, 'nothing')])).rejects.toMatchObject({ kind: 'missing' })
  })

  test.skipIf(process.getuid?.() === 0)('that may not be read', async () => {
    const path = file('x')
    chmodSync(path, 0)
    expect(await messageOfReading(path)).toBe('no permission to read it')
  })

  test.each([
    ['', 'the input is empty; the known formats are otlp-json (OTLP JSON)'],
    ['\n<html>', 'this is an HTML page, not traces'],
    ['{"data":[]}', `no traces begin with '{"data":[]}'`],
    ['\u0000\u0001é', String.raw`no traces begin with '\x00\x01\xc3\xa9'`],
    [`${ndjsonText}{"traceId":1`, 'line 2: byte 11: traceId: expected a string, found number'],
    [otlpText.slice(0, -10), 'byte '],
  ])('%j', async (text, message) => {
    expect(await messageOfReading(file(text))).toContain(message)
  })

  test('in a format that nobody knows', async () => {
    expect(() => readInputs([], { format: 'xml', losses: new Losses() })).toThrow('format "xml": none of otlp-json')
  })
})

test('what is dropped is counted over all files', async () => {
  const other = file(ndjsonText.replace('{', '{"foo":1,'))
  const { dropped } = await read([other, other])
  expect(dropped).toEqual([{ field: 'foo', count: 2 }])
})

test.skipIf(!existsSync('/proc/self/fd'))('leaving early closes the files', async () => {
  const path = file(ndjsonText.repeat(2_000))
  const other = folder({ a: ndjsonText, b: 'no traces'.repeat(100_000) })
  const before = readdirSync('/proc/self/fd').length
  for (let i = 0; i < 20; i++) {
    for await (const _ of readInputs([path], { losses: new Losses() }).batches) break
    await read([other])
  }
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 10)
})

test('the standard input', async () => {
  const readStdin = (input: Uint8Array) => {
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([input]) as typeof process.stdin)
    return read(['-']).finally(() => vi.restoreAllMocks())
  }
  const { traces: found, files } = await readStdin(gzipSync(ndjsonText))
  expect(countSpans(found)).toBe(countSpans(traces))
  expect(files).toEqual([['standard input', 'ndjson', Buffer.byteLength(ndjsonText)]])
  const { message } = await labRejection(readStdin(Buffer.from('x')))
  expect(message).toContain("standard input: no traces begin with 'x'")
})

describeCorpora('real captures', () => {
  test('a folder with a licence and a note', async () => {
    const { traces, skipped } = await read([corpusPath('otlp-essvt-java')])
    expect(countSpans(traces)).toBe(1_066 + 1_632)
    expect(joinPieces(traces)).toHaveLength(168 + 1)
    expect(skipped).toHaveLength(2)
  })

  test('the NDJSON of the Python pipeline', async () => {
    const { traces, files } = await read([corpusPath('squeezed/traces_small_ndjson.jsonl.gz')])
    expect([countSpans(traces), joinPieces(traces).length, files[0]?.[1]]).toEqual([246, 100, 'squeezed'])
  })
})
