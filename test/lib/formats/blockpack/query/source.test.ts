import { describe, expect, test } from 'vitest'
import type { Range, RangeReader } from '../../../../../lib/bytes/range.ts'
import { blockpackSource } from '../../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../../../lib/formats/blockpack/read/reader.ts'
import type { ColumnName, SpanBatch } from '../../../../../lib/model/scan.ts'
import { openMemory } from '../../../../../lib/storage/memory.ts'
import { generated, packed } from '../blocks.ts'

const bytes = await packed(generated(400))

/** The batches of a scan over a file whose reads are noted, and fail while `isBroken`. */
async function scanned(bytes: Buffer, columns: readonly ColumnName[]) {
  const state = { isBroken: false, ranges: [] as Range[] }
  const memory = openMemory(bytes)
  const file: RangeReader = {
    byteLength: memory.byteLength,
    read: async ranges => {
      state.ranges.push(...ranges)
      if (state.isBroken) throw new Error('the store is down')
      return memory.read(ranges)
    },
  }
  const source = blockpackSource(await BlockpackReader.open(file))
  const batches: SpanBatch[] = []
  for await (const batch of source.scan({ needs: [], columns })) batches.push(batch)
  return { state, batches }
}

const summary: readonly ColumnName[] = ['trace:id', 'trace:root', 'span:start', 'span:duration', 'span:name']
const details: readonly ColumnName[] = ['span:id', 'trace:id', 'span.http.route', 'resource.service.name']

function bytesReadTwice(ranges: readonly Range[]): number {
  const sorted = [...ranges].sort((a, b) => a.start - b.start)
  let [end, twice] = [0, 0]
  for (const range of sorted) {
    twice += Math.max(0, Math.min(end, range.end) - range.start)
    end = Math.max(end, range.end)
  }
  return twice
}

describe('what is read of a page group', () => {
  test('columns that are asked for together are read once', async () => {
    const { state, batches } = await scanned(bytes, [])
    expect(batches.length).toBeGreaterThan(1)
    state.ranges = []
    for (const batch of batches) await Promise.all([batch.read(summary), batch.read(details), batch.read(summary)])
    expect(bytesReadTwice(state.ranges)).toBe(0)
  })

  test('what came with a coalesced range is not read again', async () => {
    const small = await packed(generated(10))
    const { pageGroups } = (await BlockpackReader.open(openMemory(small))).block.toc
    const { state, batches } = await scanned(small, ['resource.service.name'])
    const [batch] = batches
    await batch!.read(['resource.service.name'])
    state.ranges = []
    const columns = await batch!.read(['span:name', 'span:parent'])
    // Behind the pages lie the dictionaries.
    expect(state.ranges.filter(({ start }) => start < pageGroups[0]!.bandRanges[0]!.end)).toEqual([])
    expect(columns.get('span:name')).toHaveLength(1)
  })

  test('a read that failed is asked again, and one beside it fails too', async () => {
    const { state, batches } = await scanned(bytes, [])
    state.isBroken = true
    const reads = await Promise.allSettled([batches[0]!.read(summary), batches[0]!.read(details)])
    expect(reads.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    state.isBroken = false
    const names = (await batches[0]!.read(summary)).get('span:name')
    expect(names).toHaveLength(1)
  })
})
