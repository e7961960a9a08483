import { describe, expect, test } from 'vitest'
import { PageWriter } from '../../../../lib/encodings/pages/page.ts'
import { writeRunLists } from '../../../../lib/encodings/pages/pooled.ts'
import { LabError } from '../../../../lib/error.ts'
import { inspectBlockpack } from '../../../../lib/formats/blockpack/inspect.ts'
import { columnId } from '../../../../lib/formats/blockpack/layout/columns.ts'
import { blockpackParts } from '../../../../lib/formats/blockpack/parts.ts'
import { blockpackSource } from '../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader, decodeBlockpack } from '../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../lib/formats/blockpack/write/writer.ts'
import { memorySource } from '../../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { countReads } from '../../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { streamOf } from '../../../support/chunks.ts'
import { expectRefusal } from '../../../support/corruption.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawn } from '../../../support/effort.ts'
import { labRejection } from '../../../support/errors.ts'
import { longTexts, repetitions } from '../../../support/long-texts.ts'
import { span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { packed } from './blocks.ts'
import { decode, forged, type OpenFile, type OpenPage, placed } from './forge.ts'
import { mutate } from './mutate.ts'

const seed = Number(process.env.SEED ?? 20261129)
const blocks = columnId('text.blocks')
const lengths = columnId('text.lengths')

/** Page groups of a few traces, all in one row group. */
async function small(traces: readonly Trace[]): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces]), sink, profiles.default, { spansPerPageGroup: 50 })
  return sink.bytes()
}

const pagesOf = (file: OpenFile) => file.rowGroups.flatMap(({ pageGroups }) => pageGroups.flatMap(({ pages }) => pages))

describe.each(repetitions)(`%s (seed ${seed})`, repetition => {
  test.each(Object.entries(profiles))('kept, by %s', async (_, config) => {
    const traces = longTexts(repetition, seed, 5, 15)
    const file = await packed(traces, config)
    expectSameTraces(traces, await decode(file))
    const parts = await blockpackParts(openMemory(file))
    expect(Object.values(parts).reduce((sum, byteLength) => sum + byteLength, 0)).toBe(file.length)
    expect((await inspectBlockpack(openMemory(file))).spanCount).toBe(75)
  })

  test('each trace is found alone, in one page group and in several', async () => {
    const traces = longTexts(repetition, seed, 7, 20)
    for (const file of [await packed(traces), await small(traces)]) {
      const reader = await BlockpackReader.open(openMemory(file))
      for (const trace of traces) expectSameTraces([trace], [(await reader.findTrace(trace.traceId))!])
    }
  })

  test('answers are those of the traces', async () => {
    const traces = longTexts(repetition, seed, 6, 20)
    const first = traces[3]!.spans.flatMap(({ attributes }) => attributes).find(({ key }) => key === 'input')
    const text = JSON.stringify(typeof first?.value === 'string' && first.value.isWellFormed() ? first.value : '')
    const queries = [
      `{ span.input = ${text} }`,
      `{ span.input != ${text} } | select(span.output)`,
      '{ span.input =~ ".*a.*" } | select(span.input)',
      '{ span.output =~ ".*" && span.short != "" } | select(span.map, span.bytes)',
      '{ event.input =~ ".*b.*" } | select(event.input)',
      '{ span.nothing = "x" }',
    ]
    const truth = memorySource(traces)
    for (const file of [await packed(traces), await small(traces)]) {
      const source = blockpackSource(await BlockpackReader.open(openMemory(file)))
      for (const query of queries) {
        const ask = async (of: SpanSource) => (await search(of, parseQuery(query), { limit: 1e9, spss: 1e9 })).traces
        expect(await ask(source), query.slice(0, 60)).toEqual(await ask(truth))
      }
    }
  })
})

test.each([
  ['', profiles.default],
  [', with blocks that need no vocabulary', profiles['high-throughput']],
])('one trace of many is read with at most twice the bytes that it takes alone%s', async (_, profile) => {
  const traces = longTexts('conversations that grow', seed, 40, 25)
  const file = await packed(traces, profile)
  const alone = (await packed([traces[9]!], profile)).length
  expect(file.length).toBeLessThan(traces.length * alone)
  const counting = countReads(openMemory(file))
  const reader = await BlockpackReader.open(counting)
  counting.reset()
  expectSameTraces([traces[9]!], [(await reader.findTrace(traces[9]!.traceId))!])
  expect(counting.reads.bytes).toBeLessThan(alone * 2)
})

test('a text of a hundred thousand runs is found: no call has an argument for each', async () => {
  const pieces = Array.from({ length: 40 }, (_, i) => String(Math.sin(i + 1)).repeat(40))
  const piece = (i: number) => pieces[(i * i * 7 + (i >> 3)) % 40]!.slice(0, 220)
  const other = Array.from({ length: 250_000 }, (_, i) => piece(i)).join('')
  const values = Array.from({ length: 20 }, (_, row) => pieces.join('').repeat(9) + row)
  const attributes = [...values.map(value => ({ key: 'long', value })), { key: 'other', value: other }]
  const trace = { traceId: '1'.repeat(32), spans: attributes.map(one => span({ attributes: [one] })) }
  const reader = await BlockpackReader.open(openMemory(await packed([trace])))
  expectSameTraces([trace], [(await reader.findTrace(trace.traceId))!])
})

test('prefixes and flips are refused', async () => {
  const traces = longTexts('conversations that grow', seed, 2, 12)
  const bytes = await packed(traces)
  for (let length = 0; length < bytes.length; length += length < 100 ? 1 : 173)
    await expectRefusal(bytes.subarray(0, length), decodeBlockpack, `${length} of ${bytes.length} bytes`)
  const draw = drawsOf(seed)
  for (let i = 0; i < drawn(300); i++) {
    const broken = Uint8Array.from(bytes)
    broken[Math.floor(draw() * bytes.length)]! ^= 1 << Math.floor(draw() * 8)
    const outcome = await decode(broken).catch(error => error)
    if (Array.isArray(outcome)) expectSameTraces(traces, outcome)
    else expect((outcome as LabError).message).toMatch(placed)
  }
})

describe(`mutations behind right checksums end in an error of ours or in traces (seed ${seed})`, () => {
  test.each<[string, (page: OpenPage) => boolean]>([
    ['pooled columns', ({ entry }) => entry.statistic.kind === 'pooled'],
    ['blocks', ({ entry }) => entry.column === blocks],
    ['lengths of blocks', ({ entry }) => entry.column === lengths],
  ])('%s', async (_, isMutated) => {
    const traces = longTexts('documents under several keys and types', seed, 3, 9)
    const bytes = await packed(traces)
    const draw = drawsOf(seed)
    let most = 0
    for (let i = 0; i < drawn(150); i++) {
      const file = await forged(bytes, open => {
        for (const page of pagesOf(open)) if (isMutated(page)) page.content = mutate(page.content, draw)
      })
      const before = process.memoryUsage().rss
      const outcome = await decode(file).catch(error => error)
      most = Math.max(most, process.memoryUsage().rss - before)
      if (Array.isArray(outcome)) continue
      expect(outcome, `mutation ${i}`).toBeInstanceOf(LabError)
      expect((outcome as LabError).message).toMatch(placed)
    }
    expect(most).toBeLessThan(300 << 20)
  })
})

test.each<[string, (file: OpenFile) => void, RegExp]>([
  [
    'a page group without a pool',
    file => removePages(file, column => column === blocks),
    /column text.blocks: pooled texts without a pool/,
  ],
  [
    'a page group without the lengths of blocks',
    file => removePages(file, column => column === lengths),
    /column text.blocks: pooled texts without a pool/,
  ],
  [
    'a pooled page that the directory does not call so',
    file => {
      for (const page of pagesOf(file))
        if (page.entry.statistic.kind === 'pooled') page.entry = { ...page.entry, statistic: { kind: 'none' } }
    },
    /text: layout 2/,
  ],
  ['more text than may be', file => setRuns(file, 600, 10_000), /more than 268435456 bytes of pooled texts/],
  ['more runs than the bytes vouch for', file => setRuns(file, 3e9, 1), /runs of texts/],
])('refused: %s', async (_, change, message) => {
  const bytes = await packed(longTexts('conversations that grow', seed, 4, 20))
  const error = await labRejection(decode(await forged(bytes, change)))
  expect(error.message).toMatch(message)
})

function removePages(file: OpenFile, isRemoved: (column: number) => boolean): void {
  for (const { pageGroups } of file.rowGroups)
    for (const pageGroup of pageGroups)
      pageGroup.pages = pageGroup.pages.filter(({ entry }) => !isRemoved(entry.column))
}

/** Every pooled text becomes so many runs of as many bytes. */
function setRuns(file: OpenFile, runCount: number, length: number): void {
  for (const page of pagesOf(file)) {
    if (page.entry.statistic.kind !== 'pooled') continue
    const count = page.entry.rowCount
    const held = Math.min(runCount * count, 1e6)
    const writer = new PageWriter({ packsBits: true })
    writer.out.u8(2)
    writeRunLists(writer, {
      kept: new Float64Array(count),
      added: new Float64Array(count).fill(runCount),
      steps: new Float64Array(held).fill(length, 1),
      lengths: new Float64Array(held).fill(length),
    })
    page.content = writer.out.take()
  }
}
