import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readOtlpJson } from '../../../../lib/formats/otlp/json.ts'
import { encodeOtlpProto, readOtlpProto, writeOtlpProto } from '../../../../lib/formats/otlp/proto.ts'
import { decompress } from '../../../../lib/import/decompress.ts'
import { defaultMaxBytes, groupByTrace } from '../../../../lib/import/group.ts'
import { DatasetDigest } from '../../../../lib/model/digest.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { chunked, collect, collectBytes, streamOf } from '../../../support/chunks.ts'
import { corpusPath, describeCorpora } from '../../../support/corpora.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces, joinPieces } from '../../../support/traces.ts'

async function read(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(readOtlpProto(streamOf([bytes])))).flat()
}

function write(traces: readonly Trace[]): Promise<Buffer> {
  return collectBytes(encodeOtlpProto(streamOf([traces])))
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

  test.each(refused.map(({ name, traces }) => [name, wellFormed(traces)] as const))(
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
