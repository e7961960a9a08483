import { openVparquet } from '../../lib/formats/vparquet/block.ts'
import { vparquetSource } from '../../lib/formats/vparquet/source.ts'
import { writeBlock } from '../../lib/formats/vparquet/writer/block.ts'
import { joinById } from '../../lib/import/sort.ts'
import type { SpanSource } from '../../lib/model/scan.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { openMemory } from '../../lib/storage/memory.ts'
import { memoryStore } from '../../lib/storage/memory-store.ts'
import { readObject } from '../../lib/storage/store.ts'
import { streamOf } from './chunks.ts'

/** A block of Tempo, whose ids have all 16 bytes; a row group ends with the trace that brings it to so many spans. */
export async function tempoSource(traces: readonly Trace[], rowGroupSpans: number): Promise<SpanSource> {
  const store = memoryStore()
  const key = await writeBlock(joinById(streamOf([traces])), { store, tenantId: 't' }, { rowGroupSpans })
  const [data, meta] = await Promise.all(['data.parquet', 'meta.json'].map(name => readObject(store, `${key}/${name}`)))
  return vparquetSource(await openVparquet(openMemory(data!), Buffer.from(meta!).toString()))
}
