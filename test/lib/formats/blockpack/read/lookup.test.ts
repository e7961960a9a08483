import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabError } from '../../../../../lib/error.ts'
import { BlockpackReader } from '../../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../../../lib/formats/blockpack/write/writer.ts'
import type { Trace } from '../../../../../lib/model/trace.ts'
import { countReads } from '../../../../../lib/storage/counting.ts'
import { MemorySink, openMemory } from '../../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../../support/arbitrary.ts'
import { drawsOf } from '../../../../support/draws.ts'
import { drawn } from '../../../../support/effort.ts'
import { attributes, nastyCorpora, span } from '../../../../support/nasty.ts'
import { expectSameTraces } from '../../../../support/traces.ts'
import { sampleTraces } from '../../columnar/samples.ts'
import { packed } from '../blocks.ts'

const seed = Number(process.env.SEED ?? 20261127)
const draw = drawsOf(seed)
const small = { ...profiles.default, columnBlockSize: 1, writeBufferSize: 1 }
const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(draw() * 16).toString(16)).join('')

async function open(bytes: Uint8Array) {
  const file = countReads(openMemory(bytes))
  const reader = await BlockpackReader.open(file)
  return { file, reader }
}

/** A trace of two spans, alike but for what chance gives. */
function usualTrace(): Trace {
  const rootId = hex(16)
  const startNanos = 1_700_000_000_000_000_000n + BigInt(Math.floor(draw() * 1e12))
  const list = attributes(['http.status_code', 200n], ['user', `user-${Math.floor(draw() * 1e6)}`])
  return {
    traceId: hex(32),
    spans: [
      span({ spanId: rootId, startNanos, endNanos: startNanos + 7_000_000n, attributes: list }),
      span({ spanId: hex(16), parentSpanId: rootId, name: 'get', startNanos, endNanos: startNanos + 1_000_000n }),
    ],
  }
}

/** A file of so many usual traces, which are not kept, and their ids. */
async function usualFile(traceCount: number, config = profiles.default as typeof small) {
  const sink = new MemorySink()
  const ids: string[] = []
  const batches = async function* () {
    for (let i = 0; i < traceCount; i += 50) {
      const traces = Array.from({ length: 50 }, usualTrace)
      ids.push(...traces.map(({ traceId }) => traceId))
      yield traces
    }
  }
  await encodeBlockpack(batches(), sink, config)
  return { bytes: sink.bytes(), ids }
}

describe(`traces by id (seed ${seed})`, () => {
  test('every one of a file of several row groups is found as it was', async () => {
    const traces = sampleTraces(1500, seed)
    const { reader } = await open(await packed(traces, small))
    expect(reader.block.toc.root.rowGroups.length).toBeGreaterThan(1)
    for (let i = 0; i < traces.length; i += i % 100 < 3 ? 1 : 25)
      expectSameTraces([traces[i]!], [(await reader.findTrace(traces[i]!.traceId))!])
  })

  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) => {
    for (const config of [profiles.default, { ...profiles['low-memory'], enableDictionary: false }]) {
      const { reader } = await open(await packed(traces, config))
      for (const trace of traces.slice(0, 30)) expectSameTraces([trace], [(await reader.findTrace(trace.traceId))!])
    }
  })

  test('arbitrary traces, several to a page group', () =>
    fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        const { reader } = await open(await packed(traces))
        for (const trace of traces) expectSameTraces([trace], [(await reader.findTrace(trace.traceId))!])
      }),
      seeded(150),
    ))

  test('an absent id is not found: in a file without traces, and in others', async () => {
    for (const traces of [[], sampleTraces(1, seed), sampleTraces(300, seed)]) {
      const { reader } = await open(await packed(traces))
      for (const id of ['', 'ab', hex(32), '0'.repeat(32), 'no id at all'])
        expect(await reader.findTrace(id)).toBeUndefined()
    }
  })
})

test('a read that failed is asked again: a store that comes back answers', async () => {
  // Opening the file reads its last 32 KiB: in a large one, indexes and dictionaries precede them.
  const traces = sampleTraces(3000, seed)
  const bytes = await packed(traces, small)
  const { traceId } = traces[123]!
  for (let failing = 0; failing < 5; failing++) {
    const file = openMemory(bytes)
    let left = -1
    const read: typeof file.read = ranges =>
      left-- === 0 ? Promise.reject(new LabError('missing', 'the store is away')) : file.read(ranges)
    const reader = await BlockpackReader.open({ ...file, read })
    left = failing
    const first = await reader.findTrace(traceId).catch((error: Error) => error.message)
    if (typeof first === 'string') expect(first).toBe('the store is away')
    else expect(failing).toBeGreaterThan(2)
    left = -1
    expectSameTraces([traces[123]!], [(await reader.findTrace(traceId))!])
  }
})

describe('what a question costs', () => {
  const lookups = usualFile(100_000)

  test('opening a file takes one read, and two where its table of contents is long', async () => {
    const one = await open((await usualFile(50)).bytes)
    expect(one.file.reads.calls).toBe(1)
    const { file, reader } = await open((await lookups).bytes)
    expect(file.reads.calls).toBeLessThanOrEqual(2)
    expect(file.reads.bytes).toBeLessThan(256 * 1024)
    expect(reader.block.toc.traceCount).toBe(100_000)
  })

  test('a root and fields of more than 32 KiB take two reads, together', async () => {
    const traces = Array.from({ length: 200 }, (_, trace) => ({
      traceId: (trace + 1).toString(16).padStart(32, '0'),
      spans: [span({ attributes: attributes(...Array.from({ length: 50 }, () => [hex(24), 1n] as const)) })],
    }))
    const { file, reader } = await open(await packed(traces))
    const fields = reader.block.toc.sections.fields
    expect(fields.end - fields.start).toBeGreaterThan(2 ** 15)
    expect(file.reads.calls).toBe(2)
    expect(file.roundTrips).toBe(2)
  })

  test('a trace by id takes three round trips and eight ranges at the most', async () => {
    const { bytes, ids } = await lookups
    for (const id of [ids[0]!, ids[54_321]!, ids.at(-1)!]) {
      const { file, reader } = await open(bytes)
      file.reset()
      expect((await reader.findTrace(id))?.traceId).toBe(id)
      expect(file.roundTrips).toBeLessThanOrEqual(3)
      expect(file.reads.ranges).toBeLessThanOrEqual(8)
      expect(file.reads.bytes).toBeLessThan(256 * 1024)
    }
  })

  test('an absent id takes one read, by chance a few more', async () => {
    const { file, reader } = await open((await lookups).bytes)
    const counts: number[] = []
    for (let i = 0; i < drawn(300); i++) {
      file.reset()
      expect(await reader.findTrace(hex(32))).toBeUndefined()
      counts.push(file.reads.calls)
    }
    expect(counts.filter(count => count > 2)).toHaveLength(0)
  })

  test('the trace index takes about six bytes a trace', async () => {
    const { reader } = await open((await lookups).bytes)
    const { start, end } = reader.block.toc.sections['trace index']
    expect((end - start) / 100_000).toBeLessThan(6.5)
  })
})
