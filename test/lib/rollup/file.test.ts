import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinSpelled } from '../../../lib/import/group.ts'
import { getOrInsert } from '../../../lib/maps.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { Answer, Question } from '../../../lib/model/question.ts'
import { serviceOf } from '../../../lib/model/service.ts'
import { int64Max, int64Min, type Trace } from '../../../lib/model/trace.ts'
import { askSource } from '../../../lib/questions/ask-source.ts'
import { countTrace } from '../../../lib/rollup/count-trace.ts'
import { RollupReader, RollupWriter } from '../../../lib/rollup/file.ts'
import { levels, planLevels } from '../../../lib/rollup/levels.ts'
import { groupings, Summary } from '../../../lib/rollup/summary.ts'
import { weightOf } from '../../../lib/sampling/threshold.ts'
import { weightedSource } from '../../../lib/sampling/weights.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { streamOf } from '../../support/chunks.ts'
import { drawsOf } from '../../support/draws.ts'
import { generatedTraces } from '../../support/generated.ts'
import { nastyCorpora, span } from '../../support/nasty.ts'

async function rolledUp(traces: readonly Trace[], zstdLevel = 1): Promise<Uint8Array> {
  const sink = new MemorySink()
  const rollup = new RollupWriter(sink, zstdLevel)
  for await (const batch of joinSpelled(streamOf([traces])))
    for (const trace of batch) countTrace(rollup, trace, weightOf)
  await rollup.finish()
  return sink.bytes()
}

async function readAll(bytes: Uint8Array): Promise<number> {
  const reader = await RollupReader.open(openMemory(bytes))
  let spanCount = 0
  for (const level of levels.keys())
    for await (const { rows } of reader.chunks(level))
      for (const count of rows.counts.subarray(0, rows.length)) spanCount += count
  return spanCount
}

async function summaryOf(bytes: Uint8Array, by: keyof typeof groupings, level = 2): Promise<Summary> {
  const reader = await RollupReader.open(openMemory(bytes))
  const summary = new Summary()
  for await (const chunk of reader.chunks(level)) summary.addChunk(chunk, groupings[by], 0, Number.POSITIVE_INFINITY)
  return summary
}

function valuesOf(answer: Answer) {
  if (answer.kind !== 'values') throw new Error(answer.kind)
  return answer.values
}

/** In whole numbers, which a query engine rounds where they are far apart. */
function durationsOf(traces: readonly Trace[], by: 'service' | 'operation') {
  const durations = new Map<string, { duration: bigint; weight: number }[]>()
  const all = traces.flatMap(({ traceId, spans }) =>
    spans.map(span => ({ ...span, weight: weightOf(traceId, span.traceState) })),
  )
  for (const { resource, name, startNanos, endNanos, weight } of all) {
    const service = serviceOf(resource)
    const own = BigInt.asIntN(64, endNanos - startNanos)
    const isWide = own !== endNanos - startNanos
    const duration = isWide ? (endNanos > startNanos ? int64Max : int64Min) : own
    getOrInsert(durations, by === 'service' ? service : `${service}\0${name}`, () => []).push({ duration, weight })
  }
  return durations
}

function durationAt(durations: readonly { duration: bigint; weight: number }[], quantile: number): bigint {
  const sorted = [...durations].sort((a, b) => (a.duration < b.duration ? -1 : 1))
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0)
  let before = 0
  for (const { duration, weight } of sorted) {
    before += weight
    if (before >= quantile * total) return duration
  }
  return sorted.at(-1)!.duration
}

/** Every count is that of the spans, every quantile within its bounds, at every level. */
async function expectExact(traces: readonly Trace[]): Promise<void> {
  const bytes = await rolledUp(traces)
  const source = weightedSource(memorySource(traces))
  const ask = async (question: Question) => valuesOf(await askSource(source, question))
  for (const level of levels.keys()) {
    for (const by of ['service', 'operation'] as const) {
      const summary = await summaryOf(bytes, by, level)
      expect(summary.spanCounts()).toEqual(await ask({ ask: 'spans', by }))
      expect(summary.errorShares()).toEqual(await ask({ ask: 'errors', by }))
      const durations = durationsOf(traces, by)
      for (const quantile of [0, 0.5, 0.95, 0.99, 1]) {
        for (const [group, { value, low, high }] of summary.durations(quantile)) {
          const truth = Number(durationAt(durations.get(group)!, quantile))
          expect(low! <= truth && truth <= high!, `${group}: ${truth} in [${low}, ${high}]`).toBe(true)
          expect(Math.abs(value - truth)).toBeLessThanOrEqual(0.0055 * Math.abs(truth))
        }
      }
    }
    expect((await summaryOf(bytes, 'edge', level)).spanCounts()).toEqual(await ask({ ask: 'edges' }))
  }
}

describe('counts are exact and quantiles within their bounds', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) => {
    await expectExact(traces)
  })

  test('arbitrary traces', async () => {
    await fc.assert(fc.asyncProperty(arbitraryTraces, expectExact), seeded(25))
  })

  test.each(['otel', 'classic', 'agent'])('generated traces: %s', async name => {
    await expectExact(generatedTraces(name, 300))
  })

  test('times at both ends, no service, NUL in names, zero and negative durations, all in any order', async () => {
    const draw = drawsOf(7)
    const times = [0n, 1n, 999_999_999n, 1_000_000_000n, 2n ** 63n, 2n ** 64n - 1n]
    const names = ['', 'a\0b', 'a', 'b', '\0', 'a\0', '\ud800']
    const pick = <T>(from: readonly T[]) => from[Math.floor(draw() * from.length)]!
    const traces = Array.from({ length: 300 }, (_, i): Trace => {
      const attributes = draw() < 0.3 ? [] : [{ key: 'service.name', value: pick(names) }]
      const resource = draw() < 0.2 ? null : { attributes, droppedAttributesCount: 0, schemaUrl: '' }
      const status = { code: pick([0, 1, 2, 3, -1, 2 ** 31 - 1, -(2 ** 31)]), message: '' }
      const fields = { resource, status, name: pick(names), startNanos: pick(times), endNanos: pick(times) }
      const ids = { spanId: '01'.repeat(8), parentSpanId: '' }
      const child = { spanId: '02'.repeat(8), parentSpanId: ids.spanId, startNanos: pick(times), endNanos: pick(times) }
      return { traceId: i.toString(16).padStart(32, '0'), spans: [span({ ...fields, ...ids }), span(child)] }
    })
    await expectExact(traces)
  })
})

test('a stream in any order has the counts of one in order', async () => {
  const traces = generatedTraces('otel', 300)
  const shuffled = [...traces].sort((a, b) => (a.traceId < b.traceId ? -1 : 1))
  const [one, other] = [await rolledUp(traces), await rolledUp(shuffled)]
  for (const by of ['service', 'operation', 'edge'] as const)
    expect((await summaryOf(one, by)).spanCounts()).toEqual((await summaryOf(other, by)).spanCounts())
})

test('more series than a chunk holds, and more rows than a level holds, are written in several chunks', async () => {
  const sink = new MemorySink()
  const rollup = new RollupWriter(sink, 1)
  for (let i = 0; i < 200_000; i++) {
    const series = { caller: undefined, service: 's', operation: `op ${i % 70_000}`, status: 0, weight: 1 }
    rollup.add(series, BigInt(i) * 500_000_000n, i)
  }
  await rollup.finish()
  expect(await readAll(sink.bytes())).toBe(600_000)
  const summary = await summaryOf(sink.bytes(), 'operation')
  const counts = [...summary.spanCounts().values()].map(({ value }) => value)
  expect(counts.length).toBe(70_000)
  expect(new Set(counts)).toEqual(new Set([2, 3]))
})

test('the plan of a range has each of its seconds once, and no other', () => {
  const second = fc.integer({ min: 0, max: 20_000 })
  fc.assert(
    fc.property(second, second, (first, end) => {
      const seconds = planLevels(first, end).flatMap(piece => {
        const width = levels[piece.level]!.seconds
        return Array.from({ length: (piece.end - piece.first) * width }, (_, i) => piece.first * width + i)
      })
      expect(seconds).toEqual(Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i))
    }),
    seeded(200),
  )
})
