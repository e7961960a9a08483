import { expect, test } from 'vitest'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { joinSources } from '../../../lib/search/join-sources.ts'
import { portionSource, portionsOf } from '../../../lib/search/portions.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { streamOf } from '../../support/chunks.ts'
import { valuesOf } from '../../support/columns.ts'
import { drawsOf } from '../../support/draws.ts'
import { tempoSource } from '../../support/tempo-source.ts'
import { drawTraces } from '../traceql/queries.ts'

async function sourceOf(traces: readonly Trace[]): Promise<SpanSource> {
  const sink = new MemorySink()
  await encodeBlockpack(streamOf([traces]), sink, profiles.default, { spansPerPageGroup: 7 })
  return blockpackSource(await BlockpackReader.open(openMemory(sink.bytes())))
}

/** By batch the ids of its spans. */
async function batchesOf(source: SpanSource): Promise<string[]> {
  const batches: string[] = []
  for await (const batch of source.scan({ needs: [], columns: ['span:id', 'trace:id'] })) {
    const read = await batch.read(['span:id', 'trace:id'])
    batches.push(JSON.stringify([valuesOf(read.get('trace:id')), valuesOf(read.get('span:id'))]))
    batch.release()
  }
  return batches
}

for (let seed = 1; seed <= 5; seed++)
  test(`portions one after the other give the batches of the joined sources, however they are cut (seed ${seed})`, async () => {
    const draw = drawsOf(seed)
    const count = 1 + Math.floor(draw() * 5)
    const pieces: Trace[][] = Array.from({ length: count }, () => [])
    for (const { traceId, spans } of drawTraces(draw, 60))
      for (const own of pieces) {
        const some = spans.filter(() => draw() < 0.4)
        const isShort = draw() < 0.1
        if (some.length > 0) own.push({ traceId: isShort ? traceId.slice(16) : traceId, spans: some })
      }
    const opened = pieces.map((traces, i) => (i % 2 === 0 ? sourceOf(traces) : tempoSource(traces, 7)))
    // One is of a format that tells no ids without a scan.
    const sources = (await Promise.all(opened)).map((source, i) =>
      i === 1 ? { ...source, traceIds: undefined, parts: undefined } : source,
    )
    const whole = await batchesOf(joinSources(sources))
    for (const [size, partBytes] of [
      [1, 1e6],
      [2, 1e6],
      [5, 1e6],
      [1, 1],
      [1, 2_000],
    ] as const) {
      const portions = await portionsOf(sources, { mayJoin: group => group.length <= size, partBytes }, undefined)
      const batches: string[] = []
      for (const portion of portions) batches.push(...(await batchesOf(portionSource(portion))))
      expect(batches).toEqual(whole)
      const ownCount = portions.filter(({ kind }) => kind === 'own').length
      if (partBytes === 1e6) expect(ownCount).toBe(Math.ceil(count / size))
      else expect(ownCount).toBeGreaterThan(count)
    }
  })
