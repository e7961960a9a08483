import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { vparquetSource } from '../../../../lib/formats/vparquet/source.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { countReads } from '../../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { tagNames, tagValues } from '../../../../lib/traceql/answers/tags.ts'
import { parseFieldName, parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { print } from '../../../../lib/traceql/language/print.ts'
import { queryRange } from '../../../../lib/traceql/metrics/metrics.ts'
import { streamOf } from '../../../support/chunks.ts'
import { isThorough } from '../../../support/effort.ts'
import { span } from '../../../support/nasty.ts'
import { arbitraryQuery } from '../../traceql/language/arbitrary-query.ts'
import { describeReference, readJson, readLines } from '../../traceql/references.ts'
import { decode, readBlockFiles } from './blocks.ts'

const seed = Number(process.env.SEED ?? 20261127)
const whole = { limit: 1e9, spss: 1e9 }

const someBlocks = [
  ['search', 'vParquet4'],
  ['fullypopulated', 'vParquet5'],
  ['preview', 'vParquet4'],
] as const
const otherBlocks = [
  ['search', 'vParquet5'],
  ['demo-blob', 'vParquet4'],
  ['fullypopulated', 'vParquet4'],
] as const
const blocks = isThorough ? [...someBlocks, ...otherBlocks] : someBlocks

interface Metrics {
  q: string
  start: string
  end: string
  stepNs: string
}

const casesFile = 'traceql/search-cases.json'
const metricsFile = 'tempo-blocks/demo-blob/answers-metrics-vParquet4.ndjson.gz'
const searchFiles = [
  'tempo-blocks/search/answers-search-vParquet4.ndjson.gz',
  'tempo-blocks/search/answers-search-vParquet5.ndjson.gz',
  'tempo-blocks/demo-blob/answers-search-vParquet4.ndjson.gz',
  'tempo-blocks/fullypopulated/answers-vParquet4.ndjson',
  'tempo-blocks/fullypopulated/answers-vParquet5.ndjson',
]

/** What `answer` gives, or why it gives nothing; numbers with ten digits. */
async function outcomeOf(answer: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await answer(), (_, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(10)) : value,
    )
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}

test('durations around the end of 64 bits are those of the traces', async () => {
  const most = 2n ** 64n - 1n
  const times = [
    [most, 0n],
    [0n, most],
    [5n, 3n],
    [most, most],
    [1n, 2n],
    [2n ** 63n, 0n],
  ] as const
  for (const own of [
    times,
    [
      [5n, 9n],
      [7n, 7n],
    ] as const,
  ]) {
    const spans = own.map(([startNanos, endNanos], i) => span({ spanId: `0${i}`, startNanos, endNanos }))
    const sink = new MemorySink()
    await encodeVparquet(streamOf([[{ traceId: '01', spans }]]), sink)
    const source = vparquetSource(await openVparquet(openMemory(sink.bytes())))
    for (const text of ['{ duration < 0ns }', '{ duration >= 0ns }', '{ duration > 2ns } | select(duration)'])
      expect((await search(source, parseQuery(text))).traces, text).toEqual(
        (await search(memorySource([{ traceId: '01', spans }]), parseQuery(text))).traces,
      )
  }
})

test('numbers beyond those that the footer tells are found nowhere, at no cost', async () => {
  const spans = [200n, 404n].map((code, i) =>
    span({
      spanId: `0${i}`,
      kind: 2,
      startNanos: 5n,
      endNanos: 10n + code,
      attributes: [{ key: 'http.status_code', value: code }],
    }),
  )
  const sink = new MemorySink()
  await encodeVparquet(streamOf([[{ traceId: '01', spans }]]), sink)
  const file = countReads(openMemory(sink.bytes()))
  const source = vparquetSource(await openVparquet(file))
  const readBy = async (text: string) => {
    file.reset()
    return [(await search(source, parseQuery(text))).traces.length, file.reads.calls > 0]
  }
  for (const text of [
    'kind = client',
    'duration < 205ns',
    'duration >= 410ns',
    'status = error',
    'duration > 409ns',
    'duration <= 204ns',
  ])
    expect(await readBy(`{ ${text} }`), text).toEqual([0, false])
  for (const text of ['kind != client', 'duration <= 205ns', 'duration > 408.5ns', 'span.http.status_code >= 404.0'])
    expect((await readBy(`{ ${text} }`))[0], text).toBe(1)
  expect((await readBy('{ span.http.status_code > 404 }'))[0]).toBe(0)
})

const tenMinutes = 600_000_000_000n

for (const [set, version] of blocks)
  describeReference(
    `${set}, ${version}: the block answers as its traces do`,
    [`tempo-blocks/${set}/blocks-${version}`, casesFile, metricsFile, ...searchFiles],
    () => {
      let source: SpanSource
      let oracle: SpanSource
      let traces: readonly Trace[]
      let start: bigint
      beforeAll(async () => {
        const { data, meta } = readBlockFiles(set, version)
        source = vparquetSource(await openVparquet(openMemory(data), meta))
        traces = (await decode(data, meta)).traces
        oracle = keptSource(traces)
        start = traces.flatMap(({ spans }) => spans.map(span => span.startNanos)).reduce((a, b) => (a < b ? a : b))
      })

      /** How many of the answers are no error and hold something. */
      async function expectSame(texts: readonly string[], ask: (from: SpanSource, text: string) => Promise<unknown>) {
        let found = 0
        for (const text of texts) {
          const truth = await outcomeOf(() => ask(oracle, text))
          expect(await outcomeOf(() => ask(source, text)), text).toBe(truth)
          if (truth.startsWith('[') && truth !== '[]') found++
        }
        return found
      }

      const range = () => ({
        startNanos: start - tenMinutes,
        endNanos: start + tenMinutes,
        stepNanos: tenMinutes / 20n,
      })
      const series = async (from: SpanSource, text: string) =>
        (await queryRange(from, parseQuery(text), range())).series.map(own => JSON.stringify(own)).sort()

      test('searches', async () => {
        const { cases } = readJson(casesFile) as { cases: { query: string }[] }
        const answers = searchFiles.flatMap(file => readLines(file) as { q: string }[]).map(({ q }) => q)
        const texts = [...new Set([...cases.map(({ query }) => query), ...answers])]
        const found = await expectSame(
          texts,
          async (from, text) => (await search(from, parseQuery(text), whole)).traces,
        )
        expect(found).toBeGreaterThan(30)
      })

      test('metrics', async () => {
        const texts = [...new Set((readLines(metricsFile) as Metrics[]).map(({ q }) => q))]
        expect(await expectSame(texts, series)).toBeGreaterThan(10)
      })

      test(`any query (seed ${seed})`, async () => {
        const drawn = fc.sample(arbitraryQuery, { seed, numRuns: 60 })
        const searches = drawn.filter(({ kind }) => kind === 'search').map(print)
        const metrics = drawn.filter(({ kind }) => kind !== 'search').map(print)
        await expectSame(searches, async (from, text) => (await search(from, parseQuery(text), whole)).traces)
        await expectSame(metrics, series)
      })

      test('times', async () => {
        const second = 1_000_000_000n
        for (const [from, to] of [
          [start, start + 1n],
          [start + 1n, start + 2n * second],
          [0n, start],
        ] as const)
          await expectSame(['{ }'], async (asked, text) => {
            return (await search(asked, parseQuery(text), { ...whole, startNanos: from, endNanos: to })).traces
          })
      })

      test('tags and their values', async () => {
        await expectSame([''], async from => (await tagNames(from, {})) as unknown)
        const tags = ['resource.service.name', 'name', 'span.http.status_code', 'event:name', 'span.tags', '.cluster']
        await expectSame(tags, (from, tag) => tagValues(from, parseFieldName(tag), {}))
      })
    },
  )
