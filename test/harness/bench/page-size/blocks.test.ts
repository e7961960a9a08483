import { expect, test } from 'vitest'
import { measureLookups } from '../../../../harness/bench/page-size/lookups.ts'
import { measureBlocks } from '../../../../harness/bench/page-size/measure.ts'
import {
  blocksDocument,
  curveTable,
  problemsOf,
  sectionTable,
  taxTable,
} from '../../../../harness/bench/page-size/report.ts'
import { drawSvg } from '../../../../harness/charts/svg.ts'
import { generatedSource } from '../../../../harness/open/source.ts'
import { silent } from '../../../../harness/text/progress.ts'
import { isPicture } from '../../../../harness/view/document.ts'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { generated, packed } from '../../../lib/formats/blockpack/blocks.ts'
import { labRejection } from '../../../support/errors.ts'

test('every row is proved; one that cannot be is told, and has no numbers', async () => {
  const source = generatedSource({ workload: 'otel', size: 'small', seed: 1 })
  const blocks = await measureBlocks(source, 1, silent, {
    curves: [{ codec: 'zstd', given: {} }],
    blockSizes: [4096],
    taxed: [
      { name: 'default', given: {} },
      { name: 'without similar traces', given: { enableMinhash: false } },
      { name: 'broken', given: { compressionCodec: 'brotli' as 'none' } },
    ],
  })
  expect(blocks.traceCount).toBe(100)
  const [usual, plain, broken] = blocks.taxed
  expect(usual!.costs!.sizeBytes).toBeGreaterThan(plain!.costs!.sizeBytes)
  expect(Object.values(usual!.costs!.parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(usual!.costs!.sizeBytes)
  expect([broken!.costs, problemsOf(blocks).length]).toEqual([null, 1])
  expect(problemsOf(blocks)[0]).toMatch(/^broken: ./)
  expect(
    taxTable(blocks)
      .rows[2]!.slice(1)
      .every(cell => cell === null),
  ).toBe(true)
  for (const { columns, rows } of [curveTable(blocks), taxTable(blocks), sectionTable(blocks)])
    for (const row of rows) expect(row).toHaveLength(columns.length)
  const pictures = blocksDocument(blocks).filter(isPicture)
  expect(pictures.map(({ suffix }) => suffix)).toEqual(['-size', '-lookup'])
  for (const { figure } of pictures) expect(await drawSvg(figure)).toMatch(/^<svg .*>zstd<\/text>.*<\/svg>\n$/s)
}, 60_000)

test('lookups are counted by part, and each trace must come back as it was', async () => {
  const traces = generated(100)
  const file = openMemory(await packed(traces))
  const { start, end } = (await BlockpackReader.open(file)).block.toc.sections['trace index']
  const { present, absent, openRanges } = await measureLookups(file, traces.slice(0, 10))
  expect(openRanges).toBe(1)
  for (const cost of [present, absent])
    expect(Object.values(cost.parts).reduce((sum, bytes) => sum + bytes, 0)).toBeCloseTo(cost.bytes)
  // Opening the file has read its last 32 KiB.
  expect(present.parts['trace index'] ?? 0).toBe(Math.max(0, Math.min(end, file.byteLength - 2 ** 15) - start))
  expect(present.parts.columns).toBeGreaterThan(absent.parts.columns ?? 0)
  const changed = { ...traces[0]!, spans: traces[0]!.spans.slice(1) }
  expect((await labRejection(measureLookups(file, [changed]))).message).toMatch(/came back changed$/)
  const foreign = { ...traces[0]!, traceId: 'ab'.repeat(16) }
  expect((await labRejection(measureLookups(file, [foreign]))).message).toMatch(/was not found$/)
})
