import type { RangeReader } from '../../../bytes/range.ts'
import { LabError } from '../../../error.ts'
import { getOrInsert } from '../../../maps.ts'
import type { SpanBatch } from '../../../model/scan.ts'
import { covers, cut } from '../../../storage/coalesce.ts'
import type { IndexReader } from '../read/index-reader.ts'
import { BlockpackReader } from '../read/reader.ts'
import { PageGroupBatch } from './batch.ts'
import { planPageGroup } from './plan.ts'
import type { PackedPages, PageGroupInput, ReceivedFile } from './share.ts'

const readers = new WeakMap<ReceivedFile, Promise<BlockpackReader>>()

/** Opens a page group in a worker. */
export async function openPageGroup(input: PageGroupInput, file: ReceivedFile): Promise<SpanBatch> {
  const reader = await readerOf(file)
  const { toc } = reader.block
  const pageGroup = toc.pageGroups[input.pageGroup]!
  const plan = planPageGroup(toc, pageGroup, await reader.block.entriesOf(pageGroup), [])
  const batch = new PageGroupBatch(reader, plan, undefined, async columns => {
    const pages = await file.ask({ batch: input.batch, columns })
    return pages as PackedPages
  })
  batch.keep(input.pages)
  return batch
}

/** The file of batches, opened once. */
export function readerOf(file: ReceivedFile): Promise<BlockpackReader> {
  return getOrInsert(readers, file, () => BlockpackReader.open(tailReader(file), askedIndex(file)))
}

function tailReader({ content: { byteLength, tail } }: ReceivedFile): RangeReader {
  return {
    byteLength,
    read: async ranges =>
      ranges.map(range => {
        if (!covers(tail, range)) throw new LabError('invalid', `byte ${range.start}: not read in a worker`)
        return cut(tail, range)
      }),
  }
}

function askedIndex({ ask }: ReceivedFile): IndexReader {
  return {
    directory: async directory => ((await ask({ directory })) as Uint8Array[])[0]!,
    dictionaryPages: async dictionaryPages =>
      dictionaryPages.length === 0 ? [] : ((await ask({ dictionaryPages })) as Uint8Array[]),
  }
}
