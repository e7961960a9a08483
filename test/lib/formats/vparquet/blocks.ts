import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { decodeVparquet } from '../../../../lib/formats/vparquet/reader.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { collect } from '../../../support/chunks.ts'
import { referencePath } from '../../traceql/references.ts'

/** A set of blocks of the reference, as one of the versions wrote it. */
export interface BlockFiles {
  folder: string
  data: Buffer
  meta: string
}

/** The folder of a block of the reference, or a path that is not there. */
export function blockFolder(set: string, version: string): string {
  const tenant = referencePath(`tempo-blocks/${set}/blocks-${version}/single-tenant`)
  return existsSync(tenant) ? join(tenant, readdirSync(tenant)[0]!) : tenant
}

export function readBlockFiles(set: string, version: string): BlockFiles {
  const folder = blockFolder(set, version)
  return {
    folder,
    data: readFileSync(join(folder, 'data.parquet')),
    meta: readFileSync(join(folder, 'meta.json'), 'utf8'),
  }
}

/** The traces of a block, and what was passed over. */
export async function decode(
  data: Uint8Array,
  meta?: string,
): Promise<{ traces: Trace[]; dropped: Record<string, number> }> {
  const dropped: Record<string, number> = {}
  const block = await openVparquet(openMemory(data), meta)
  const batches = await collect(
    decodeVparquet(block, (field, count) => {
      dropped[field] = (dropped[field] ?? 0) + count
    }),
  )
  return { traces: batches.flat(), dropped }
}
