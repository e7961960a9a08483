import { expect, test } from 'vitest'
import { bytesRead, withSearchSource } from '../../../harness/open/search-source.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { describeReference, referencePath } from '../../lib/traceql/references.ts'

describeReference('a block of Tempo is searched as it lies', ['tempo-blocks/demo-blob/blocks-vParquet4'], () => {
  const folder = referencePath('tempo-blocks/demo-blob/blocks-vParquet4')

  test('by the columns that a question needs', async () => {
    const [bytes, file, found] = await withSearchSource([folder], async ({ source, files }) => {
      const { traces } = await search(source, parseQuery('{ status = error }'), { limit: 1e9 })
      return [bytesRead(files), files[0]!, traces.length] as const
    })
    expect(file).toMatchObject({ batchCount: 4, traceCount: 300, spanCount: 4434, byteLength: 679340 })
    expect(found).toBeGreaterThan(50)
    expect(bytes).toBeLessThan(file.byteLength / 2)
  })

  test('a value that no dictionary has costs little but the footer', async () => {
    const cost = await withSearchSource([folder], async ({ source, files }) => {
      const { traces } = await search(source, parseQuery('{ span.nowhere = "x" || name = "none" }'))
      expect(traces).toEqual([])
      const { file, toOpen } = files[0]!.reads!
      return [file.reads.bytes - toOpen.bytes, toOpen.calls]
    })
    expect(cost[0]).toBeLessThan(10_000)
    expect(cost[1]).toBe(1)
  })

  test('beside another capture', async () => {
    const input = referencePath('tempo-blocks/search/traces.otlp.jsonl.gz')
    const counts = await withSearchSource([folder, input], async ({ source, files }) => {
      const { traces } = await search(source, parseQuery('{ }'), { limit: 1e9 })
      return [traces.length, files.map(({ reads }) => reads !== undefined)]
    })
    expect(counts).toEqual([325, [true, false]])
  })
})
