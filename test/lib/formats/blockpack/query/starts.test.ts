import { expect, test } from 'vitest'
import { LabError } from '../../../../../lib/error.ts'
import { blockpackSource } from '../../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../../../lib/formats/blockpack/read/reader.ts'
import { memorySource } from '../../../../../lib/model/memory-source.ts'
import type { ColumnData, SpanBatch, SpanSource } from '../../../../../lib/model/scan.ts'
import type { Span, Trace } from '../../../../../lib/model/trace.ts'
import { weightedBatch } from '../../../../../lib/sampling/weights.ts'
import { namedBatch } from '../../../../../lib/search/named-source.ts'
import { openMemory } from '../../../../../lib/storage/memory.ts'
import { parseQuery } from '../../../../../lib/traceql/engine/validate.ts'
import { queryRange } from '../../../../../lib/traceql/metrics/metrics.ts'
import { drawsOf } from '../../../../support/draws.ts'
import { drawn } from '../../../../support/effort.ts'
import { labRejection } from '../../../../support/errors.ts'
import { span } from '../../../../support/nasty.ts'
import { generated, packed } from '../blocks.ts'

const seed = Number(process.env.SEED ?? 20261128)
const second = 1_000_000_000n
const now = 1_700_000_000n * second

/** Traces of several roots and of none, with orphans, parents behind their children, starts before the root's. */
function drawTraces(draw: () => number, isWild: boolean): Trace[] {
  const pick = (count: number) => Math.floor(draw() * count)
  const id = (number: number, digits: number) => (number + 1).toString(16).padStart(digits, '0')
  return Array.from({ length: 60 }, (_, trace) => {
    const count = 1 + pick(12)
    const edge = now + BigInt(trace) * second + BigInt(pick(3) - 1)
    const spans: Span[] = Array.from({ length: count }, (_, row) => {
      // Half a second, an edge to the nanosecond, a child before its parent, and now and then a far one.
      const offsets = [BigInt(pick(2 ** pick(30))), BigInt(pick(3)) * second, -BigInt(pick(2_000_000)), 0n]
      const far = isWild && draw() < 0.02 ? 2n ** BigInt(48 + pick(12)) : 0n
      const startNanos = edge + offsets[pick(4)]! + far
      const parent = pick(count + 2)
      const parentSpanId = row === 0 && draw() < 0.8 ? '' : parent > count ? '' : id(trace * 100 + parent, 16)
      return span({
        spanId: id(trace * 100 + row, 16),
        parentSpanId: parent === row ? '' : parentSpanId,
        startNanos,
        endNanos: startNanos + BigInt(pick(3) * 1_000_000 - 1_000_000),
        name: `operation ${pick(3)}`,
        kind: pick(4),
      })
    })
    return { traceId: id(trace, 32), spans }
  }).map(trace => ({ ...trace, spans: withoutCycles(trace.spans) }))
}

/** Parents of spans that are their own ancestors are dropped. */
function withoutCycles(spans: readonly Span[]): Span[] {
  const kept = spans.map(own => ({ ...own }))
  const byId = new Map(kept.map(own => [own.spanId, own]))
  for (const own of kept) {
    const seen = new Set([own.spanId])
    for (let at = byId.get(own.parentSpanId); at; at = byId.get(at.parentSpanId)) {
      if (seen.has(at.spanId)) {
        own.parentSpanId = ''
        break
      }
      seen.add(at.spanId)
    }
  }
  return kept
}

const noSpans: SpanBatch = { spanCount: 0, read: () => Promise.reject(), release: () => {} }

async function sourceOf(traces: readonly Trace[]): Promise<SpanSource> {
  return blockpackSource(await BlockpackReader.open(openMemory(await packed(traces))))
}

function startOf({ values }: ColumnData, row: number): bigint {
  if ('bigints' in values) return values.bigints[row]!
  return 'numbers' in values ? values.base + BigInt(values.numbers[row]!) : 0n
}

test(`starts by row are those of all (seed ${seed})`, async () => {
  const draw = drawsOf(seed)
  for (let round = 0; round < drawn(40); round++) {
    const source = await sourceOf(drawTraces(draw, round % 4 === 0))
    for await (const batch of source.scan({ needs: [], columns: [] })) {
      const rows = Uint32Array.from({ length: batch.spanCount }, (_, row) => row).filter(() => draw() < 0.1)
      const some = (await batch.read(['span:start'], rows)).get('span:start')[0]!
      const found = rows.map((_, i) => i).map(i => Number(startOf(some, rows[i]!) % 1000n))
      const all = (await batch.read(['span:start'])).get('span:start')[0]!
      expect([...found]).toEqual([...rows].map(row => Number(startOf(all, row) % 1000n)))
    }
  }
})

test(`spans start after as many times as their starts are above, whether these are decoded or bounded (seed ${seed})`, async () => {
  const draw = drawsOf(seed + 1)
  for (let round = 0; round < drawn(16); round++) {
    const source = await sourceOf(round % 2 === 0 ? drawTraces(draw, round % 4 === 0) : generated(60, seed + round))
    for await (const batch of source.scan({ needs: [], columns: [] })) {
      const data = (await batch.read(['span:start'])).get('span:start')[0]!
      const starts = Array.from({ length: batch.spanCount }, (_, row) => startOf(data, row))
      const times = [
        ...new Set(starts.filter(() => draw() < 3 / starts.length).map(time => time + (draw() < 0.5 ? 0n : -1n))),
      ]
      times.sort((a, b) => (a < b ? -1 : 1))
      const rows = Uint32Array.from(starts.keys()).filter(() => draw() < 0.2)
      const after = (row: number) => times.filter(time => starts[row]! > time).length
      expect([...(await batch.startsAfter!(times))]).toEqual(starts.map((_, row) => after(row)))
      const some = await batch.startsAfter!(times, rows)
      expect([...rows].map(row => some[row])).toEqual([...rows].map(after))
    }
  }
})

test('a batch that is named or weighed says where its spans start as it does itself, errors by name', async () => {
  const source = await sourceOf(generated(20))
  for await (const batch of source.scan({ needs: [], columns: [] })) {
    const times = [batch.startExtent![0], batch.startExtent![0] + second / 2n]
    const expected = await batch.startsAfter!(times)
    const weighed = weightedBatch(batch, new Float64Array(batch.spanCount).fill(2))
    for (const own of [namedBatch(batch, 'a'), weighed]) expect(await own.startsAfter!(times)).toEqual(expected)
    const failing = namedBatch({ ...noSpans, startsAfter: () => Promise.reject(new LabError('corrupt', 'cut')) }, 'a')
    expect((await labRejection(failing.startsAfter!(times))).message).toBe('a: cut')
    expect(namedBatch(noSpans, 'a').startsAfter).toBeUndefined()
  }
})

test.each([
  '{ } | rate()',
  '{ kind = server } | rate()',
  '{ } | max_over_time(duration) by (name)',
  '{ kind = client } | count_over_time() by (name)',
])(`spans at edges, before their parents and far away count as in memory: %s (seed ${seed})`, async text => {
  const draw = drawsOf(seed + text.length)
  for (let round = 0; round < drawn(25); round++) {
    const traces = drawTraces(draw, round % 4 === 0)
    const source = await sourceOf(traces)
    const [from, length] = [BigInt(Math.floor(draw() * 70) - 5), BigInt(1 + Math.floor(draw() * 50))]
    const range = {
      startNanos: now + from * second,
      endNanos: now + (from + length) * second + 1n,
      stepNanos: [second, 7n * second, 10n * second + 1n][Math.floor(draw() * 3)]!,
    }
    const [stored, expected] = await Promise.all(
      [source, memorySource(traces)].map(own => queryRange(own, parseQuery(text), range)),
    )
    expect(stored!.series).toEqual(expected!.series)
  }
})
