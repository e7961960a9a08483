import { expect, test } from 'vitest'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { inspectVparquet, printDedicatedSettings } from '../../../../lib/formats/vparquet/inspect.ts'
import { parseDedicatedColumns } from '../../../../lib/formats/vparquet/settings.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'
import { generatedTraces } from '../../../support/generated.ts'

const traces = generatedTraces('otel', 120)

async function factsOf(options = {}) {
  const sink = new MemorySink()
  await encodeVparquet(joinById(streamOf([traces])), sink, options)
  return inspectVparquet(await openVparquet(openMemory(sink.bytes())))
}

test.each(['vParquet4', 'vParquet5'] as const)('%s: columns, footer and indexes are all bytes', async version => {
  const facts = await factsOf({ version })
  const columns = facts.columns.reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(columns + facts.footerLength + facts.indexLength).toBe(facts.byteLength)
  expect(facts.version).toBe(version)
  const lists = facts.columns.filter(({ name }) => /\.Attrs\./.test(name)).reduce((sum, one) => sum + one.byteLength, 0)
  const shares = facts.attributes.filter(one => !one.isOwnColumn).reduce((sum, one) => sum + one.byteLength, 0)
  // Lists in which nothing stands take some bytes too.
  expect(shares).toBeLessThanOrEqual(lists + facts.attributes.length)
  expect(shares).toBeGreaterThan(0.8 * lists)
  const shown = facts.attributes.filter(({ scope, key }) => scope === 'span' && key === 'db.query.text')
  const count = traces
    .flatMap(({ spans }) => spans.flatMap(span => span.attributes))
    .filter(one => one.key === 'db.query.text')
  expect(shown.map(({ valueCount }) => valueCount)).toEqual([count.length])
})

test('a column that is advised saves what was told', async () => {
  const before = await factsOf()
  const { column, savedBytes } = before.advice[0]!
  expect(before.advisedSpans).toBe(before.spanCount)
  const after = await factsOf({ dedicatedColumns: [column] })
  expect(before.byteLength - after.byteLength).toBe(savedBytes)
})

test('the settings that are printed are those that Tempo reads', async () => {
  const { advice } = await factsOf()
  const columns = advice.map(({ column }) => column)
  expect(parseDedicatedColumns(printDedicatedSettings(columns), 'tempo.yaml')).toEqual(columns)
})
