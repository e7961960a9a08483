import type { RangeReader } from '../../bytes/range.ts'
import { parquetParts } from '../../parquet/read/parts.ts'
import { openPack } from '../../storage/pack.ts'
import { tableOf } from './tables.ts'

/** Bytes by column of each table (`span_attrs.str`), its footer and indexes; and of the list of the tables. */
export async function otelArrowParts(file: RangeReader): Promise<Record<string, number>> {
  const parts = new Map<string, number>()
  let left = file.byteLength
  for (const [name, object] of await openPack(file)) {
    left -= object.byteLength
    for (const [part, byteLength] of Object.entries(await parquetParts(object))) {
      const own = `${tableOf(name)}.${part}`
      parts.set(own, (parts.get(own) ?? 0) + byteLength)
    }
  }
  return { ...Object.fromEntries(parts), 'list of tables': left }
}
