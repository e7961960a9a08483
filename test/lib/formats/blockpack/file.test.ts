import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { type BlockpackConfig, profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { sampleTraces } from '../columnar/samples.ts'
import { generated, packed } from './blocks.ts'
import { decode } from './forge.ts'

const seed = Number(process.env.SEED ?? 20261127)
/** Row groups of one page group each. */
const small = { ...profiles.default, writeBufferSize: 1, columnBlockSize: 1 }

/** Each key turned to what no profile has; the profiles are the variants of phase 06, whose round trips all phases share. */
const configs: [string, BlockpackConfig][] = [
  ['no codec', { ...profiles.default, compressionCodec: 'none' }],
  ['no dictionaries', { ...profiles.default, enableDictionary: false }],
  ['dictionaries of one byte', { ...profiles.default, dictionaryMaxSize: 1 }],
  ['whole bytes', { ...profiles.default, enableBitPacking: false }],
  ['one permutation', { ...profiles.default, minhashPermutations: 1 }],
  ['a row group a page group', small],
]

async function expectRoundTrip(traces: readonly Trace[], config: BlockpackConfig): Promise<Buffer> {
  const bytes = await packed(traces, config)
  expectSameTraces(traces, await decode(bytes))
  return bytes
}

describe.each(configs)('round trips, %s', (_, config) => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', (_, traces) =>
    expectRoundTrip(traces, config).then(() => {}),
  )

  test('arbitrary traces', () =>
    fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        await expectRoundTrip(traces, config)
      }),
      seeded(40),
    ))
})

test.each([...Object.entries(profiles), ...configs])(
  `sampled and generated traces (seed ${seed}), %s`,
  async (_, config) => {
    await expectRoundTrip(sampleTraces(400, seed), config)
    await expectRoundTrip(generated(150), config)
  },
)

describe('what each key changes', () => {
  const traces = sampleTraces(3000, seed)
  const shapeOf = async (config: Partial<BlockpackConfig>) => {
    const bytes = await expectRoundTrip(traces, { ...profiles.default, ...config })
    const { block } = await BlockpackReader.open(openMemory(bytes))
    return { bytes, root: block.toc.root, pageGroups: block.toc.pageGroups, dictionaries: block.toc.dictionarySizes }
  }
  const usual = shapeOf({})

  test('compression_codec: the codec that the root names, and the size', async () => {
    const sizes = new Map<string, number>()
    for (const compressionCodec of ['none', 'zstd', 'snappy', 'lz4'] as const) {
      const { bytes, root } = await shapeOf({ compressionCodec })
      expect(root.codec).toBe(compressionCodec)
      sizes.set(compressionCodec, bytes.length)
    }
    expect(new Set(sizes.values()).size).toBe(4)
    expect(sizes.get('zstd')).toBeLessThan(sizes.get('none')!)
  })

  test('compression_level: the bytes of pages', async () => {
    const { bytes, root } = await shapeOf({ compressionLevel: 19 })
    expect(root.level).toBe(19)
    expect(bytes.length).not.toBe((await usual).bytes.length)
  })

  test('column_block_size: how many spans share a page', async () => {
    const counts = async (columnBlockSize: number) =>
      (await shapeOf({ columnBlockSize })).pageGroups.map(({ spanCount }) => Math.floor(spanCount / 100))
    const [least, middle, most] = [await counts(1), await counts(65_536), await counts(2 ** 20)]
    expect(least.slice(0, -1)).toEqual([20, 20, 20, 20, 20])
    expect(middle[0]).toBeGreaterThan(20)
    expect(most[0]).toBeGreaterThan(middle[0]!)
    expect(most[0]).toBeGreaterThanOrEqual(79)
  })

  test('write_buffer_size: how many page groups share a row group', async () => {
    const { root, pageGroups } = await shapeOf({ writeBufferSize: 1 })
    expect(root.rowGroups).toHaveLength(pageGroups.length)
    expect(pageGroups.length).toBeGreaterThan(1)
    expect((await usual).root.rowGroups).toHaveLength(1)
  })

  test('enable_dictionary: strings stand in no dictionary; tables of resources, scopes and shapes stay', async () => {
    const { dictionaries } = await shapeOf({ enableDictionary: false })
    const { dictionaries: all } = await usual
    expect(dictionaries.size).toBeGreaterThan(0)
    expect(all.size).toBeGreaterThan(dictionaries.size)
  })

  test('dictionary_max_size: strings beyond stand in the pages', async () => {
    const { dictionaries } = await shapeOf({ dictionaryMaxSize: 20 })
    const entries = (sizes: ReadonlyMap<number, number>) => [...sizes.values()].reduce((sum, size) => sum + size, 0)
    expect(entries(dictionaries)).toBeLessThan(entries((await usual).dictionaries))
  })

  test('enable_minhash: an index of similar traces, or none', async () => {
    expect((await shapeOf({ enableMinhash: false })).root.similarity).toBeUndefined()
    expect((await usual).root.similarity?.permutations).toBe(128)
  })

  test('minhash_permutations: the bits of a signature', async () => {
    const { root } = await shapeOf({ minhashPermutations: 32 })
    const { root: other } = await usual
    expect(root.similarity?.permutations).toBe(32)
    expect(root.similarity?.bandLengths).toHaveLength(2)
    expect(other.similarity?.bandLengths).toHaveLength(8)
    expect(root.similarity?.signatureCount).toBe(other.similarity?.signatureCount)
  })

  test('enable_bit_packing: whole bytes take more where no codec follows', async () => {
    const packedBits = await shapeOf({ compressionCodec: 'none' })
    const wholeBytes = await shapeOf({ compressionCodec: 'none', enableBitPacking: false })
    expect(wholeBytes.bytes.length).toBeGreaterThan(packedBits.bytes.length * 1.05)
  })
})

describe('what a file holds', () => {
  test('the same traces give the same bytes', async () => {
    expect(await packed(generated(200))).toEqual(await packed(generated(200)))
  })

  test('several row groups of several page groups come back in order', async () => {
    const traces = sampleTraces(6000, seed)
    const bytes = await packed(traces, { ...small, writeBufferSize: 250_000 })
    const { block } = await BlockpackReader.open(openMemory(bytes))
    expect(block.toc.root.rowGroups.length).toBeGreaterThan(2)
    expect(block.toc.pageGroups.length).toBeGreaterThan(block.toc.root.rowGroups.length * 2)
    expectSameTraces(traces, await decode(bytes))
  })

  test('equal spans that stand for less than a bit each are vouched for by padding', async () => {
    const spans = Array.from({ length: 10_000 }, () => span({}))
    await expectRoundTrip([{ traceId: '01', spans }], profiles.default)
    const parents = spans.map(one => ({ ...one, parentSpanId: one.spanId }))
    await expectRoundTrip([{ traceId: '01', spans: parents }], profiles['low-memory'])
  })

  test('attributes without values that stand for less than a bit each are vouched for, too', async () => {
    const list = Array.from({ length: 200 }, (_, i) => [`k${i}`, null] as const)
    const spans = Array.from({ length: 3000 }, () => span({ attributes: attributes(...list) }))
    await expectRoundTrip([{ traceId: '01', spans }], profiles.default)
  })

  test('a trace of 100,000 spans is one page group', async () => {
    const spans = Array.from({ length: 100_000 }, (_, i) =>
      span({
        spanId: ((i * 2654435761) % 2 ** 48).toString(16).padStart(16, '0'),
        parentSpanId: i === 0 ? '' : (((i >> 3) * 2654435761) % 2 ** 48).toString(16).padStart(16, '0'),
        startNanos: 1_700_000_000_000_000_000n + BigInt(i * 977),
        attributes: attributes(['i', BigInt(i)], ['user', `user-${i % 777}`]),
      }),
    )
    const before = { traceId: '01', spans: [span({})] }
    const bytes = await expectRoundTrip(
      [before, { traceId: '02', spans }, { ...before, traceId: '03' }],
      profiles.default,
    )
    const { block } = await BlockpackReader.open(openMemory(bytes))
    expect(block.toc.pageGroups.map(({ spanCount }) => spanCount)).toEqual([1, 100_000, 1])
  })

  test('10,000 distinct keys take bytes for their names and values, and few columns', async () => {
    const traces = Array.from({ length: 100 }, (_, trace) => ({
      traceId: (trace + 1).toString(16).padStart(32, '0'),
      spans: Array.from({ length: 50 }, (_, i) => {
        const key = trace * 100 + i * 2
        return span({
          spanId: key.toString(16).padStart(16, '0'),
          attributes: attributes(
            ['usual', BigInt(i)],
            [`app.custom.key.${key}`, `value ${key * 7919}`],
            [`app.custom.key.${key + 1}`, BigInt(key * key)],
          ),
        })
      }),
    }))
    const bytes = await expectRoundTrip(traces, small)
    const { block } = await BlockpackReader.open(openMemory(bytes))
    expect(block.toc.fields).toHaveLength(10_001)
    expect(bytes.length / 10_000).toBeLessThan(16)
    for (const pageGroup of block.toc.pageGroups) {
      const { entries } = await block.entriesOf(pageGroup)
      expect(entries.count).toBeLessThan(60)
    }
    const { start, end } = block.toc.sections.root
    expect(end - start).toBeLessThan(4096)
  })
})
