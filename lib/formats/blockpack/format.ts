import type { RangeReader } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import type { Trace } from '../../model/trace.ts'
import { holdStream, maxStreamedBytes } from '../../storage/held-stream.ts'
import { openLocal } from '../../storage/local.ts'
import { parcelOf } from '../../workers/message.ts'
import type { Shared } from '../../workers/task.ts'
import type { Format, SearchableFile, TraceBatch, TraceBatches } from '../format.ts'
import { headerBytes, magic } from './layout/footer.ts'
import type { PageGroup } from './layout/toc.ts'
import { readerOf } from './query/received.ts'
import { type ReceivedFile, shareFile } from './query/share.ts'
import { blockpackSource } from './query/source.ts'
import { traceIdsOf } from './query/trace-ids.ts'
import { BlockpackReader, openWhole } from './read/reader.ts'
import { profiles } from './write/config.ts'
import { encodeBlockpack } from './write/writer.ts'

/** The lab's own blocks, of which lib/formats/blockpack/FORMAT.md is the description. */
export const blockpack: Format = {
  name: 'blockpack',
  title: 'blockpack of this lab',
  detect: isBlockpack,
  read: chunks => decodeStream(chunks, maxStreamedBytes),
  openBatches,
  readBatch,
  write: (batches, sink) => encodeBlockpack(batches, sink, profiles.default),
  open: openFile,
}

async function openFile(file: RangeReader): Promise<SearchableFile> {
  const reader = await BlockpackReader.open(file)
  const { pageGroups, traceCount, spanCount } = reader.block.toc
  return { source: blockpackSource(reader), batchCount: pageGroups.length, traceCount, spanCount }
}

/** True where bytes begin as a blockpack file does. */
export function isBlockpack(head: Uint8Array): boolean {
  if (head.length < headerBytes) return false
  return new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0, true) === magic
}

/** The traces of a file that can only be read from front to back, and has at most `maxBytes`. */
export async function* decodeStream(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<readonly Trace[]> {
  const reader = await openChecked(await holdStream(chunks, maxBytes))
  for (const pageGroup of reader.block.toc.pageGroups) yield await reader.readRows(pageGroup)
}

async function openBatches(path: string): Promise<TraceBatches> {
  const file = await openLocal(path)
  const close = () => file.close()
  try {
    const reader = await openChecked(file)
    return { batches: reader.block.toc.pageGroups.map((one, number) => batchOf(reader, one, number)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openChecked(file: RangeReader): Promise<BlockpackReader> {
  const [head] = await file.read([{ start: 0, end: Math.min(headerBytes, file.byteLength) }])
  if (!isBlockpack(head!)) throw new LabError('corrupt', 'byte 0: no blockpack file begins so')
  return openWhole(file)
}

/** A page group for a worker: its number in the file, and the bytes of its bands. */
interface SharedPageGroup {
  readonly number: number
  readonly bands: readonly Uint8Array[]
}

function batchOf(reader: BlockpackReader, pageGroup: PageGroup, number: number): TraceBatch {
  return {
    spanCount: pageGroup.spanCount,
    ids: () => traceIdsOf(reader, pageGroup),
    read: () => reader.readRows(pageGroup),
    copy: () => reader.readColumns(pageGroup),
    share: async () => {
      const batch: SharedPageGroup = { number, bands: await reader.readBands(pageGroup) }
      return { input: parcelOf(batch), file: shareFile(reader) as Shared }
    },
  }
}

async function readBatch({ number, bands }: SharedPageGroup, file: ReceivedFile): Promise<readonly Trace[]> {
  const reader = await readerOf(file)
  return reader.readRows(reader.block.toc.pageGroups[number]!, bands)
}
