import { expect, test } from 'vitest'
import { LabError } from '../../lib/error.ts'
import { compactBlockpack } from '../../lib/formats/blockpack/compact.ts'
import { blockpackSource } from '../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../lib/formats/blockpack/read/reader.ts'
import { type BlockpackConfig, profiles } from '../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../lib/formats/blockpack/write/writer.ts'
import { openVparquet } from '../../lib/formats/vparquet/block.ts'
import { decodeVparquet } from '../../lib/formats/vparquet/reader.ts'
import { vparquetSource } from '../../lib/formats/vparquet/source.ts'
import { encodeVparquet } from '../../lib/formats/vparquet/writer/writer.ts'
import { keptSource } from '../../lib/model/kept-source.ts'
import { memorySource } from '../../lib/model/memory-source.ts'
import { mergePieces } from '../../lib/model/merge.ts'
import type { SpanSource } from '../../lib/model/scan.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { traceKey } from '../../lib/model/trace-id.ts'
import { joinSources } from '../../lib/search/join-sources.ts'
import { MemorySink, openMemory } from '../../lib/storage/memory.ts'
import { search } from '../../lib/traceql/answers/search.ts'
import { tagNames, tagValues } from '../../lib/traceql/answers/tags.ts'
import { parseFieldName, parseQuery } from '../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../lib/traceql/metrics/metrics.ts'
import { packed } from '../lib/formats/blockpack/blocks.ts'
import { decode, readBlockFiles } from '../lib/formats/vparquet/blocks.ts'
import { strictSource } from '../lib/traceql/engine/hints.ts'
import { collect, streamOf } from '../support/chunks.ts'
import { describeTempoBlocks } from '../support/corpora.ts'
import { drawsOf } from '../support/draws.ts'
import { drawn } from '../support/effort.ts'
import { drawCorpus, drawQuestion, type Question } from './drawn-corpus.ts'

/**
 * No pruner may lose an answer: drawn data and drawn questions, and of each format the answer must be that of the traces.
 * PAIRS sets how many pairs of data and question are tried (npm run bench:answers tries 20,000), SEED the draw.
 */
const seed = Number(process.env.SEED ?? 20261128)
const pairCount = Number(process.env.PAIRS ?? drawn(240))
const questionsPerCorpus = 40

interface Subject {
  readonly name: string
  readonly source: SpanSource
  /** What the file keeps of the traces: what its answers are held against. */
  readonly truth: SpanSource
}

async function blockpackOf(traces: readonly Trace[], config: BlockpackConfig): Promise<SpanSource> {
  return blockpackSource(await BlockpackReader.open(openMemory(await packed(traces, config))))
}

async function compactedSource(traces: readonly Trace[]): Promise<SpanSource> {
  const middle = traces.length >> 1
  const halves = [traces.slice(0, middle), traces.slice(middle)]
  const inputs = await Promise.all(halves.map(async half => ({ name: 'half', file: openMemory(await packed(half)) })))
  const sink = new MemorySink()
  await compactBlockpack(inputs, sink, profiles.default)
  return blockpackSource(await BlockpackReader.open(openMemory(sink.bytes())))
}

/** Page groups of a few spans, some to a row group, so that short data has many dictionaries and constant pages. */
async function smallPageGroups(traces: readonly Trace[], spansPerPageGroup: number): Promise<SpanSource> {
  const sink = new MemorySink()
  await encodeBlockpack(
    streamOf([traces]),
    sink,
    { ...profiles.default, writeBufferSize: 3_000 },
    { spansPerPageGroup },
  )
  return blockpackSource(await BlockpackReader.open(openMemory(sink.bytes())))
}

/** A block of Tempo's format, read in place, beside its decoded traces: some of what was written is not held by it. */
async function vparquetSubject(traces: readonly Trace[], rowGroupSpans?: number): Promise<Subject> {
  const sink = new MemorySink()
  await encodeVparquet(streamOf([traces]), sink, rowGroupSpans === undefined ? {} : { rowGroupSpans })
  return blockSubject(`vparquet, row groups of ${rowGroupSpans ?? 'many'} spans`, sink.bytes())
}

async function blockSubject(name: string, data: Uint8Array, meta?: string): Promise<Subject> {
  const block = await openVparquet(openMemory(data), meta)
  const kept = (await collect(decodeVparquet(block))).flat()
  return { name, source: vparquetSource(block), truth: keptSource(kept) }
}

/** Whether each page group of a few spans is affordable: of long data a query would read hundreds of them. */
const isShort = (traces: readonly Trace[]) => traces.length < 300

/** The spans of the traces dealt out to three files, some to two of them; each answers for itself, joined they are one. */
async function joinedSubject(traces: readonly Trace[], draw: () => number): Promise<Subject> {
  const isApart = traces.map(() => draw() < 0.5)
  const parts = [0, 1, 2].map(part =>
    traces.flatMap(({ traceId, spans }, i) => {
      const own = isApart[i] ? spans.filter(() => draw() < 0.4) : part === i % 3 ? spans : []
      return own.length > 0 ? [{ traceId, spans: own }] : []
    }),
  )
  const sources = [
    await blockpackOf(parts[0]!, profiles.default),
    memorySource(parts[1]!, { batchSpanCount: 3 }),
    await smallPageGroups(parts[2]!, isShort(traces) ? 5 : 500),
  ]
  return { name: 'joined', source: joinSources(sources), truth: keptSource(mergedParts(parts)) }
}

/** The traces of one part alone, part by part, then those of several. */
function mergedParts(parts: readonly (readonly Trace[])[]): Trace[] {
  const keysOf = parts.map(traces => new Set(traces.map(({ traceId }) => traceKey(traceId))))
  const isShared = ({ traceId }: Trace) =>
    traceId !== '' && keysOf.filter(keys => keys.has(traceKey(traceId))).length > 1
  const all = parts.flat()
  const merged = groupsBy(all.filter(isShared), ({ traceId }) => traceKey(traceId)).flatMap(pieces =>
    groupsBy(pieces, ({ traceId }) => traceId).map(own => mergePieces(own).trace),
  )
  return [...all.filter(trace => !isShared(trace)), ...merged]
}

function groupsBy(traces: readonly Trace[], keyOf: (trace: Trace) => string): Trace[][] {
  const groups = new Map<string, Trace[]>()
  for (const trace of traces) groups.set(keyOf(trace), [...(groups.get(keyOf(trace)) ?? []), trace])
  return [...groups.values()]
}

/** Small buffers, so that each page group has a row group of its own. */
const smallRowGroups: BlockpackConfig = { ...profiles.default, writeBufferSize: 1, columnBlockSize: 1 }

async function subjectsOf(traces: readonly Trace[], draw: () => number): Promise<Subject[]> {
  const truth = keptSource(traces)
  const sources: Record<string, SpanSource | Promise<SpanSource>> = {
    default: blockpackOf(traces, profiles.default),
    compacted: compactedSource(traces),
    'small row groups': blockpackOf(traces, smallRowGroups),
  }
  if (isShort(traces))
    Object.assign(sources, {
      'page groups of 1 span': smallPageGroups(traces, 1),
      'page groups of 5 spans': smallPageGroups(traces, 5),
      'no dictionary': blockpackOf(traces, { ...profiles.default, enableDictionary: false, dictionaryMaxSize: 1 }),
      'high-throughput': blockpackOf(traces, profiles['high-throughput']),
      'max-compression': blockpackOf(traces, profiles['max-compression']),
      'low-memory': blockpackOf(traces, profiles['low-memory']),
      'hints at their word': strictSource(traces),
    })
  const subjects = Object.entries(sources).map(async ([name, source]) => ({ name, source: await source, truth }))
  const blocks = [vparquetSubject(traces), ...(isShort(traces) ? [vparquetSubject(traces, 7)] : [])]
  return Promise.all([...subjects, ...blocks, joinedSubject(traces, draw)])
}

const second = 1_000_000_000n
const range = { startNanos: 1_699_999_999n * second, endNanos: 1_700_000_080n * second, stepNanos: 10n * second }

async function answer(source: SpanSource, { kind, text, name }: Question): Promise<unknown> {
  switch (kind) {
    case 'search':
      return (await search(source, parseQuery(text), { limit: 1e9, spss: 1e9 })).traces
    case 'metrics':
      return (await queryRange(source, parseQuery(text), range)).series
        .map(one => JSON.stringify(one, toTenDigits))
        .sort()
    case 'tags':
      return tagNames(source, { filter: parseQuery(text) })
    case 'values':
      return tagValues(source, parseFieldName(name!), { filter: parseQuery(text), limit: 1e6 })
  }
}

/** The answer as text, or why there is none. */
async function outcome(source: SpanSource, question: Question): Promise<string> {
  try {
    return JSON.stringify(await answer(source, question), toTenDigits)
  } catch (error) {
    if (error instanceof LabError) return `refused: ${error.message}`
    throw error
  }
}

function toTenDigits(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(10)) : value
}

/** Checks pairs of one corpus; returns how many of the answers have something in them. */
async function checkCorpus(corpusSeed: number, isLong: boolean, count: number): Promise<number> {
  const draw = drawsOf(corpusSeed)
  const traces = isLong ? drawCorpus(draw, 3, 450, 10) : drawCorpus(draw, 1 + Math.floor(draw() * 3), 12)
  const questions = Array.from({ length: count }, () => drawQuestion(draw, traces))
  const subjects = await subjectsOf(traces, draw)
  return checkAll(questions, subjects, `corpus seed ${corpusSeed}`)
}

/** Asks each subject all questions; returns how many of the answers have something in them, per subject. */
async function checkAll(questions: readonly Question[], subjects: readonly Subject[], place: string): Promise<number> {
  let answered = 0
  for (const question of questions) {
    const truths = new Map<SpanSource, string>()
    for (const { name, source, truth } of subjects) {
      const expected = truths.get(truth) ?? (await outcome(truth, question))
      truths.set(truth, expected)
      const asked = `${name}, ${place}: ${question.kind} ${question.name ?? ''} ${question.text}`
      expect(await outcome(source, question), asked).toBe(expected)
      if (!expected.startsWith('refused') && expected !== '[]') answered++
    }
  }
  return answered / subjects.length
}

test(
  `${pairCount} drawn pairs of data and question have the same answer in every format (seed ${seed})`,
  async () => {
    let answered = 0
    for (let done = 0, corpus = 0; done < pairCount; done += questionsPerCorpus, corpus++)
      // One corpus in eight is long enough for several page groups.
      answered += await checkCorpus(seed + corpus, corpus % 8 === 2, Math.min(questionsPerCorpus, pairCount - done))
    expect(answered).toBeGreaterThan(pairCount / 6)
  },
  Number.POSITIVE_INFINITY,
)

describeTempoBlocks('blocks that Tempo wrote', () => {
  test.each([
    ['search', 'vParquet4'],
    ['search', 'vParquet5'],
    ['fullypopulated', 'vParquet4'],
    ['fullypopulated', 'vParquet5'],
    ['preview', 'vParquet4'],
  ])(`%s, %s: drawn questions have the answers of its traces (seed ${seed})`, async (set, version) => {
    const { data, meta } = readBlockFiles(set, version)
    const { traces } = await decode(data, meta)
    const draw = drawsOf(seed)
    const questions = Array.from({ length: 20 }, () => drawQuestion(draw, traces))
    const subject = await blockSubject(`${set} ${version}`, data, meta)
    expect(await checkAll(questions, [subject], `seed ${seed}`)).toBeGreaterThan(2)
  })
})
