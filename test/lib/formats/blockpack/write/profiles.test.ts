import { expect, test } from 'vitest'
import { noBasis } from '../../../../../lib/formats/blockpack/layout/bases.ts'
import { BlockpackReader, decodeBlockpack } from '../../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../../lib/formats/blockpack/write/config.ts'
import { openMemory } from '../../../../../lib/storage/memory.ts'
import { expectSameTraces } from '../../../../support/traces.ts'
import { generated, packed } from '../blocks.ts'

const traces = generated(120)

test('at zstd level 1 no page waits for another, and files are little larger', async () => {
  const file = openMemory(await packed(traces, profiles['high-throughput']))
  const { block } = await BlockpackReader.open(file)
  for (const pageGroup of block.toc.pageGroups)
    for (const { basis } of (await block.entriesOf(pageGroup)).entries) expect(basis).toBe(noBasis)
  for await (const batch of decodeBlockpack(file)) expectSameTraces(traces, batch)
  const size = async (config = profiles.default) => (await packed(traces, { ...config, enableMinhash: false })).length
  expect(await size({ ...profiles.default, compressionLevel: 1 })).toBeLessThan((await size()) * 1.1)
})

test('a profile that is to be smaller is', async () => {
  expect((await packed(traces, profiles['max-compression'])).length).toBeLessThan((await packed(traces)).length)
})
