import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Compacted, compactBlockpack } from '../../../../lib/formats/blockpack/compact.ts'
import { decodeBlockpack } from '../../../../lib/formats/blockpack/read/reader.ts'
import { type BlockpackConfig, profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { Digester } from '../../../../lib/model/digest.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { collect } from '../../../support/chunks.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { generated, packed } from './blocks.ts'

const config: BlockpackConfig = profiles.default
const seed = Number(process.env.SEED ?? 20261127)

async function compacted(
  files: readonly (readonly Trace[])[],
  to: BlockpackConfig = config,
): Promise<{ bytes: Buffer; done: Compacted }> {
  const inputs = await Promise.all(
    files.map(async (traces, i) => ({ name: `file ${i}`, file: openMemory(await packed(traces, smallPages)) })),
  )
  const sink = new MemorySink()
  const done = await compactBlockpack(inputs, sink, to)
  return { bytes: sink.bytes(), done }
}

/** So that even small files have several page groups and row groups. */
const smallPages: BlockpackConfig = { ...config, columnBlockSize: 1, writeBufferSize: 1 }

async function tracesIn(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(decodeBlockpack(openMemory(bytes)))).flat()
}

/** By trace id: its digest, whatever the order of its spans. */
function digests(traces: readonly Trace[]): Map<string, string> {
  const digester = new Digester({ spanOrder: false, attributeOrder: true })
  return new Map(traces.map(trace => [trace.traceId, digester.digest(trace)]))
}

/** The spans dealt to two files; a trace without spans in a file is not there. */
function deal(traces: readonly Trace[], draw: () => number): Trace[][] {
  const halves: Trace[][] = [[], []]
  for (const { traceId, spans } of traces) {
    const isFirst = spans.map(() => draw() < 0.5)
    for (const [half, isWanted] of [true, false].entries()) {
      const own = spans.filter((_, i) => isFirst[i] === isWanted)
      if (own.length > 0) halves[half]!.push({ traceId, spans: own })
    }
  }
  return halves
}

test.each(Object.entries(profiles))('one file becomes the bytes of a fresh one: %s', async (_, to) => {
  const traces = generated(300)
  const { bytes, done } = await compacted([traces], to)
  expect(Buffer.compare(bytes, await packed(traces, to))).toBe(0)
  expect(done.joinedCount + done.droppedCount).toBe(0)
})

test('halves by trace become the bytes of the whole', async () => {
  const traces = generated(300)
  const { bytes } = await compacted([traces.slice(0, 120), traces.slice(120)])
  expect(Buffer.compare(bytes, await packed(traces))).toBe(0)
})

test(`halves by span become the same traces (seed ${seed})`, async () => {
  const traces = generated(300)
  const { bytes, done } = await compacted(deal(traces, drawsOf(seed)))
  expect(digests(await tracesIn(bytes))).toEqual(digests(traces))
  expect(done.joinedCount).toBeGreaterThan(100)
  expect(done.droppedCount).toBe(0)
  expect(done.traceCount).toBe(traces.length)
})

test('a file with itself, and with an older part of it, is the file', async () => {
  const traces = generated(200)
  const spanCount = traces.reduce((sum, { spans }) => sum + spans.length, 0)
  const { bytes, done } = await compacted([traces, traces.slice(50, 90), traces])
  expect(Buffer.compare(bytes, await packed(traces))).toBe(0)
  expect([done.joinedCount, done.spanCount]).toEqual([traces.length, spanCount])
})

test('equal spans count once over files, and as often as they stand in one of them', async () => {
  const [a, b] = [span({ spanId: '0a' }), span({ spanId: '0b' })]
  const files = [[a, a, b], [a], [a, a, a]].map(spans => [{ traceId: '01', spans }])
  const { bytes, done } = await compacted(files)
  expectSameTraces([{ traceId: '01', spans: [a, a, b, a] }], await tracesIn(bytes))
  expect(done).toEqual({ traceCount: 1, spanCount: 4, joinedCount: 1, droppedCount: 3 })
})

test('spans that share an id and differ are both kept', async () => {
  const [a, b] = [span({ name: 'a' }), span({ name: 'b' })]
  const { bytes } = await compacted([[{ traceId: '01', spans: [a] }], [{ traceId: '01', spans: [b] }]])
  expectSameTraces([{ traceId: '01', spans: [a, b] }], await tracesIn(bytes))
})

test('of a file that has a trace in two pieces next to each other none is lost', async () => {
  const pieces = [[span({ spanId: '0a' })], [span({ spanId: '0b' })]].map(spans => ({ traceId: '01', spans }))
  const { bytes, done } = await compacted([pieces])
  expectSameTraces([{ traceId: '01', spans: pieces.flatMap(({ spans }) => spans) }], await tracesIn(bytes))
  expect([done.traceCount, done.spanCount]).toEqual([1, 2])
})

test('files without traces', async () => {
  const traces = generated(3)
  expect(Buffer.compare((await compacted([[], traces, []])).bytes, await packed(traces))).toBe(0)
  expect(Buffer.compare((await compacted([[]])).bytes, await packed([]))).toBe(0)
})

test.each(nastyCorpora)('nasty: $name', async ({ traces }) => {
  const half = traces.length >> 1
  const { bytes } = await compacted([traces.slice(0, half), traces.slice(half), traces])
  expectSameTraces(traces, await tracesIn(bytes))
})

test('arbitrary traces, dealt by span', () =>
  fc.assert(
    fc.asyncProperty(arbitraryTraces, fc.nat(), async (traces, seed) => {
      const { bytes } = await compacted(deal(traces, drawsOf(seed)))
      expect(digests(await tracesIn(bytes))).toEqual(digests(traces))
    }),
    seeded(40),
  ))

test('what is wrong with a file is told with its name', async () => {
  const bytes = await packed(generated(3))
  bytes[20] = bytes[20]! ^ 1
  const inputs = [{ name: 'a.bp', file: openMemory(bytes) }]
  const error = await labRejection(compactBlockpack(inputs, new MemorySink(), config))
  expect(error.message).toMatch(/^a\.bp: blockpack .*checksum \d+ expected, found \d+/)
})
