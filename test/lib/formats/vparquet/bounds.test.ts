import { parquetMetadata } from 'hyparquet'
import { expect, test } from 'vitest'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { encodeVparquet } from '../../../../lib/formats/vparquet/writer/writer.ts'
import { joinById } from '../../../../lib/import/sort.ts'
import type { Column } from '../../../../lib/parquet/read/column.ts'
import { RowGroupColumns } from '../../../../lib/parquet/read/row-group-columns.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { streamOf } from '../../../support/chunks.ts'
import { generatedTraces } from '../../../support/generated.ts'

type Bound = string | bigint | number | Uint8Array

/** Strings as bytes, so that all are compared as Parquet compares them. */
function order(a: Bound, b: Bound): number {
  if (typeof a === 'bigint' || typeof a === 'number' || typeof a === 'boolean')
    return a < (b as never) ? -1 : a > (b as never) ? 1 : 0
  return Buffer.compare(Buffer.from(a as never), Buffer.from(b as never))
}

test('what footer and indexes say of each row group holds all its values', async () => {
  const sink = new MemorySink()
  await encodeVparquet(joinById(streamOf([generatedTraces('otel', 120)])), sink, { rowGroupSpans: 400 })
  const bytes = sink.bytes()
  const metadata = parquetMetadata(Uint8Array.from(bytes).buffer, {
    parsers: { stringFromBytes: (raw: Uint8Array) => raw } as never,
  })
  const block = await openVparquet(openMemory(bytes))
  expect(metadata.row_groups.length).toBeGreaterThan(3)
  for (const [number, group] of metadata.row_groups.entries()) {
    const columns = new RowGroupColumns(block, number)
    await columns.load([...block.footer.leaves.keys()])
    for (const { meta_data, column_index_offset } of group.columns) {
      const name = [...block.footer.leaves.values()].find(
        ({ path }) => path === meta_data!.path_in_schema.join('.'),
      )!.name
      const values = valuesOf(columns.get(name).values)
      const { min_value, max_value } = meta_data!.statistics ?? {}
      if (values.length === 0) expect([min_value, max_value], name).toEqual([undefined, undefined])
      else {
        expect(
          values.every(value => order(min_value as Bound, value) <= 0),
          `${name} least`,
        ).toBe(true)
        expect(
          values.every(value => order(value, max_value as Bound) <= 0),
          `${name} greatest`,
        ).toBe(true)
      }
      expect(column_index_offset, name).toBeDefined()
    }
  }
})

function valuesOf(values: Column['values']): Bound[] {
  if (values.type === 'BYTE_ARRAY') return Array.from(values.codes, code => values.entries.bytes(code))
  if (values.type === 'BOOLEAN') return Array.from(values.numbers, value => (value === 1) as never)
  return Array.from(values.numbers as ArrayLike<number>)
}
