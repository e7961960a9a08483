import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LabError } from '../../../../../lib/error.ts'
import { ColumnTrace } from '../../../../../lib/formats/blockpack/read/column-shredder.ts'
import { BlockpackReader, openWhole } from '../../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../../lib/formats/blockpack/write/writer.ts'
import { countSpans, type Trace } from '../../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../../support/arbitrary.ts'
import { streamOf } from '../../../../support/chunks.ts'
import { drawsOf } from '../../../../support/draws.ts'
import { drawn } from '../../../../support/effort.ts'
import { generatedTraces } from '../../../../support/generated.ts'
import { nastyCorpora, span } from '../../../../support/nasty.ts'

type Reading = 'readRows' | 'readColumns'

async function encode(batches: AsyncIterable<readonly Trace[]>, spansPerPageGroup: number): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeBlockpack(batches, sink, profiles.default, { spansPerPageGroup })
  return sink.bytes()
}

/** The files one after the other, of which only some traces are wanted. */
async function* read(files: readonly Buffer[], how: Reading, isWanted: (trace: number) => boolean) {
  let trace = 0
  for (const bytes of files) {
    const reader = await openWhole(openMemory(bytes))
    for (const pageGroup of reader.block.toc.pageGroups)
      yield (await reader[how](pageGroup)).filter(() => isWanted(trace++))
  }
}

/** Copied by columns, files give the very bytes that they give by rows, wherever page groups end and what is left out. */
async function expectSame(traces: readonly Trace[]): Promise<void> {
  const half = traces.length >> 1
  const parts = [traces.slice(0, half), traces.slice(half)]
  const files = await Promise.all(parts.map(part => encode(streamOf([part]), 20)))
  for (const isWanted of [() => true, (trace: number) => trace % 3 !== 1])
    for (const spansPerPageGroup of [7, 33]) {
      const [ofColumns, ofRows] = (['readColumns', 'readRows'] as const).map(how =>
        encode(read(files, how, isWanted), spansPerPageGroup),
      )
      expect((await ofColumns!).equals(await ofRows!)).toBe(true)
    }
}

test.each(nastyCorpora)('$name', ({ traces }) => expectSame(traces))

test('generated traces, and those of agents: texts that are pooled', async () => {
  await expectSame(generatedTraces('otel', 60))
  await expectSame(generatedTraces('agent', 6))
})

test('arbitrary traces', async () => {
  await fc.assert(fc.asyncProperty(arbitraryTraces, expectSame), seeded(60))
}, 60_000)

async function tracesOf(traces: readonly Trace[]): Promise<Trace[]> {
  const reader = await BlockpackReader.open(openMemory(await encode(streamOf([traces]), 20)))
  const read = await Promise.all(reader.block.toc.pageGroups.map(pageGroup => reader.readColumns(pageGroup)))
  return read.flat()
}

test('traces are copied by columns; where ids of spans repeat, by rows', async () => {
  const traces = generatedTraces('otel', 10)
  const copied = await tracesOf(traces)
  expect(copied.every(trace => trace instanceof ColumnTrace)).toBe(true)
  expect(countSpans(copied)).toBe(countSpans(traces))
  expect(copied.map(({ spans }) => spans)).toEqual(traces.map(({ spans }) => spans))
  const [repeated] = await tracesOf([{ traceId: '01', spans: [span({}), span({ name: 'other' })] }])
  expect(repeated).not.toBeInstanceOf(ColumnTrace)
})

async function outcome(bytes: Buffer, how: Reading): Promise<string> {
  try {
    return (
      await encode(
        read([bytes], how, () => true),
        20,
      )
    ).toString('hex')
  } catch (error) {
    expect(error).toBeInstanceOf(LabError)
    return 'refused'
  }
}

test('flipped bits are refused by both or by neither, which then give the same bytes', async () => {
  const draw = drawsOf(20261129)
  const traces = nastyCorpora.flatMap(({ traces: own }) => own.slice(0, 2)).filter(({ spans }) => spans.length < 50)
  const bytes = await encode(streamOf([traces.slice(0, 40)]), 20)
  for (let i = 0; i < drawn(300); i++) {
    const flipped = Buffer.from(bytes)
    flipped[Math.floor(draw() * bytes.length)]! ^= 1 << Math.floor(draw() * 8)
    expect(await outcome(flipped, 'readColumns')).toBe(await outcome(flipped, 'readRows'))
  }
}, 60_000)
