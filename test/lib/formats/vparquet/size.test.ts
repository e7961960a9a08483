import { expect, test } from 'vitest'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { parseMeta } from '../../../../lib/formats/vparquet/meta.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import type { Attributes, Trace } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'
import { attributes, span } from '../../../support/nasty.ts'
import { describeReference, readTraces, referencePath } from '../../traceql/references.ts'
import { readBlockFiles } from './blocks.ts'

test('row groups are cut by what they hold, not by how many spans they have', async () => {
  const tracesOf = (attributesOf: (i: number) => Attributes) =>
    Array.from({ length: 300 }, (_, i) => ({
      traceId: i.toString(16).padStart(32, '0'),
      spans: [span({ attributes: attributesOf(i) })],
    }))
  const groups = async (traces: readonly Trace[], options = {}) =>
    (await encodeVparquet(streamOf([traces]), new MemorySink(), options)).rowGroupCount
  const long = tracesOf(i => attributes(['text', `${i}`.padEnd(100_000, ' text')]))
  expect(await groups(long)).toBe(3)
  expect(await groups(long, { rowGroupBytes: 2 ** 40 })).toBe(1)
  expect(await groups(tracesOf(() => attributes(['text', 'x'.repeat(100_000)])))).toBe(1)
  expect(
    await groups(
      tracesOf(() => []),
      { rowGroupBytes: 1 },
    ),
  ).toBe(300)
})

describeReference('blocks as large as those of Tempo', ['tempo-blocks/search', 'tempo-blocks/demo-blob'], () => {
  test.each([
    ['search', 'vParquet4'],
    ['search', 'vParquet5'],
    ['demo-blob', 'vParquet4'],
  ] as const)('%s, %s: within a tenth, in as many row groups', async (set, version) => {
    const { data, meta } = readBlockFiles(set, version)
    const { dedicatedColumns, rowGroupCount } = parseMeta(meta)
    const { spanCount } = await openVparquet(openMemory(data), meta)
    const traces = await readTraces(referencePath(`tempo-blocks/${set}/traces.otlp.jsonl.gz`))
    const sink = new MemorySink()
    const rowGroupSpans = Math.ceil(spanCount / rowGroupCount)
    const written = await encodeVparquet(joinById(streamOf([traces])), sink, {
      version,
      dedicatedColumns,
      rowGroupSpans,
    })
    expect(written.rowGroupCount).toBe(rowGroupCount)
    expect(Math.abs(written.byteLength / data.length - 1)).toBeLessThan(0.1)
  })
})
