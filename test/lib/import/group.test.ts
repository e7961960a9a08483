import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LabError } from '../../../lib/error.ts'
import { groupByTrace } from '../../../lib/import/group.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { collect, streamOf } from '../../support/chunks.ts'
import { labRejection } from '../../support/errors.ts'
import { nastyCorpora, span } from '../../support/nasty.ts'
import { expectSameTraces, joinPieces } from '../../support/traces.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

async function group(batches: readonly (readonly Trace[])[], maxBytes: number): Promise<Trace[]> {
  const traces = await collect(groupByTrace(streamOf(batches), { maxBytes, directory }))
  expect(await readdir(directory)).toEqual([])
  return traces.flat()
}

/** Every span alone, in an order that mixes the traces. */
function pieces(traces: readonly Trace[], order: (i: number) => number): Trace[] {
  const all = traces.flatMap(({ traceId, spans }) => spans.map(item => ({ traceId, spans: [item] })))
  return all
    .map((piece, i) => ({ piece, rank: order(i) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ piece }) => piece)
}

const noLimit = Number.POSITIVE_INFINITY

describe.each([
  ['in memory', noLimit],
  ['spilled now and then', 3000],
  ['spilled at once', 1],
])('%s', (_, maxBytes) => {
  test('spellings of one id come next to each other, each with its spans in order', async () => {
    const ids = ['48485a3953bb6124', 'ff', '000000000000000048485a3953bb6124', '48485a3953bb6124', '00ff', '']
    const all = ids.map((traceId, i) => ({ traceId, spans: [span({ name: `${i}` })] }))
    const grouped = await group(
      all.map(piece => [piece]),
      maxBytes,
    )
    expect(grouped.map(({ traceId }) => traceId)).toEqual([ids[0], ids[2], ids[1], ids[4], ids[5]])
    expect(grouped[0]!.spans.map(({ name }) => name)).toEqual(['0', '3'])
  })

  test('pieces of arbitrary traces, shuffled, come out whole in the order of first sight', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryTraces,
        fc.integer({ min: 1, max: 97 }),
        fc.integer({ min: 1, max: 4 }),
        async (traces, step, size) => {
          const all = pieces(traces, i => (i * step) % 101)
          const batches = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
            all.slice(i * size, (i + 1) * size),
          )
          expectSameTraces(joinPieces(all), await group(batches, maxBytes))
        },
      ),
      seeded(60),
    )
  })

  test.each(
    nastyCorpora
      .filter(({ name }) => name !== 'many spans in a trace')
      .map(({ name, traces }) => [name, traces] as const),
  )('%s', async (_, traces) => expectSameTraces(traces, await group([traces], maxBytes)))

  test('pieces that lie far apart', async () => {
    const traces = Array.from({ length: 3000 }, (_, i) => ({
      traceId: (i % 1000).toString(16).padStart(32, '0'),
      spans: [span({ name: `round ${i}` })],
    }))
    const batches = Array.from({ length: 30 }, (_, i) => traces.slice(i * 100, (i + 1) * 100))
    expectSameTraces(joinPieces(traces), await group(batches, maxBytes))
  })

  test('nothing', async () => expect(await group([[], []], maxBytes)).toEqual([]))
})

describe('the folder of what was spilled is gone', () => {
  const many = (first: number) =>
    Array.from({ length: 2000 }, (_, i) => ({ traceId: (first + i).toString(16).padStart(32, '0'), spans: [span({})] }))

  test('when the reader stops early', async () => {
    for await (const batch of groupByTrace(streamOf([many(0), many(1000)]), { maxBytes: 1, directory })) {
      expect(await readdir(directory)).toHaveLength(1)
      expect(batch.length).toBeGreaterThan(0)
      break
    }
    expect(await readdir(directory)).toEqual([])
  })

  test('when the source fails', async () => {
    async function* failing() {
      yield many(0)
      yield many(1)
      throw new LabError('corrupt', 'line 3: broken')
    }
    const { message } = await labRejection(collect(groupByTrace(failing(), { maxBytes: 1, directory })))
    expect(message).toBe('line 3: broken')
    expect(await readdir(directory)).toEqual([])
  })
})
