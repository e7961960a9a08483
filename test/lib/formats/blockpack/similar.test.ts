import { expect, test } from 'vitest'
import { featuresOf, jaccard } from '../../../../lib/formats/blockpack/indexes/features.ts'
import { SimilarityIndex } from '../../../../lib/formats/blockpack/indexes/similarity.ts'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { findSimilar } from '../../../../lib/formats/blockpack/similar.ts'
import { type BlockpackConfig, profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { columnsOf } from '../../../../lib/formats/blockpack/write/segment-columns.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { shredTrace } from '../../../../lib/shred/objects.ts'
import { Segment } from '../../../../lib/shred/shred.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { span } from '../../../support/nasty.ts'
import { generated, packed } from './blocks.ts'

const seed = Number(process.env.SEED ?? 20261127)

/** The features of all traces, found together: a reader finds them trace by trace. */
function featuresOfAll(traces: readonly Trace[]): Uint32Array[] {
  const segment = new Segment()
  for (const trace of traces) shredTrace(segment, trace)
  return featuresOf(columnsOf(segment))
}

async function open(traces: readonly Trace[], settings: Partial<BlockpackConfig> = {}) {
  const config = { ...profiles.default, columnBlockSize: 1, writeBufferSize: 1, ...settings }
  const reader = await BlockpackReader.open(openMemory(await packed(traces, config)))
  return { reader, index: await SimilarityIndex.read(reader.block) }
}

function setName(features: Uint32Array): string {
  return [...features].sort((a, b) => a - b).join()
}

test.each([128, 64, 24, 8])(
  `what is found is as similar as said, and nothing is more similar: %d permutations (seed ${seed})`,
  async minhashPermutations => {
    const traces = generated(400)
    const features = featuresOfAll(traces)
    const { reader, index } = await open(traces, { minhashPermutations })
    const draw = drawsOf(seed)
    for (let round = 0; round < 8; round++) {
      const position = Math.floor(draw() * traces.length)
      const asked = await reader.locate(traces[position]!.traceId)
      expect(asked!.position).toBe(position)
      const { same, others } = await findSimilar(reader, index!, asked!, 400)
      const own = setName(features[position]!)
      const equals = features.filter((one, i) => i !== position && setName(one) === own).length
      expect(same?.traceCount ?? 0).toBe(equals)
      expect(others.map(({ exact }) => exact)).toEqual(others.map(({ exact }) => exact).sort((a, b) => b - a))
      expect(others.reduce((sum, { traceCount }) => sum + traceCount, equals)).toBe(traces.length - 1)
      for (const { exact, examples } of others)
        for (const { traceId } of examples) {
          const place = traces.findIndex(trace => trace.traceId === traceId)
          expect(jaccard(features[position]!, features[place]!)).toBe(exact)
        }
    }
  },
)

test('the estimates of 128 permutations bring the best ones among the first', async () => {
  const traces = generated(400)
  const features = featuresOfAll(traces)
  const { reader, index } = await open(traces)
  for (const position of [0, 50, 100, 150, 200]) {
    const { others } = await findSimilar(reader, index!, (await reader.locate(traces[position]!.traceId))!, 10)
    const own = setName(features[position]!)
    const best = Math.max(...features.filter(one => setName(one) !== own).map(one => jaccard(features[position]!, one)))
    expect(others).toHaveLength(10)
    expect(others[0]!.exact).toBeGreaterThan(best - 0.1)
    for (const { exact, estimate } of others) expect(Math.abs(exact - estimate)).toBeLessThan(0.45)
  }
})

test('a trace alone is similar to none, and a file without the index has none', async () => {
  const lone: Trace = { traceId: '01', spans: [span({})] }
  const { reader, index } = await open([lone])
  expect(await findSimilar(reader, index!, (await reader.locate('01'))!, 10)).toEqual({ same: undefined, others: [] })
  expect((await open([lone], { enableMinhash: false })).index).toBeUndefined()
})

test('every flipped byte of the index is refused', async () => {
  const bytes = await packed(generated(40))
  const { start, end } = (await BlockpackReader.open(openMemory(bytes))).block.toc.sections.similarity
  for (let at = start; at < end; at += 7) {
    const flipped = Buffer.from(bytes)
    flipped[at] = flipped[at]! ^ 0x10
    const { block } = await BlockpackReader.open(openMemory(flipped))
    expect((await labRejection(SimilarityIndex.read(block))).message).toMatch(/^blockpack similarity at byte \d+: /)
  }
})
