import type { RangeReader } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import type { Trace } from '../../model/trace.ts'
import { holdStream, maxStreamedBytes } from '../../storage/held-stream.ts'
import { openLocal } from '../../storage/local.ts'
import type { Format, SearchableFile } from '../format.ts'
import { headerBytes, magic } from './layout/footer.ts'
import { blockpackSource } from './query/source.ts'
import { BlockpackReader, decodeBlockpackRows } from './read/reader.ts'
import { profiles } from './write/config.ts'
import { encodeBlockpack } from './write/writer.ts'

/** The lab's own blocks, of which lib/formats/blockpack/FORMAT.md is the description. */
export const blockpack: Format = {
  name: 'blockpack',
  title: 'blockpack of this lab',
  detect: isBlockpack,
  read: chunks => decodeStream(chunks, maxStreamedBytes),
  readFile: decodeLocal,
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

async function* decodeLocal(path: string): AsyncIterable<readonly Trace[]> {
  const file = await openLocal(path)
  try {
    yield* decode(file)
  } finally {
    await file.close()
  }
}

/** The traces of a file that can only be read from front to back, and has at most `maxBytes`. */
export async function* decodeStream(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<readonly Trace[]> {
  yield* decode(await holdStream(chunks, maxBytes))
}

async function* decode(file: RangeReader): AsyncIterable<readonly Trace[]> {
  const [head] = await file.read([{ start: 0, end: Math.min(headerBytes, file.byteLength) }])
  if (!isBlockpack(head!)) throw new LabError('corrupt', 'byte 0: no blockpack file begins so')
  yield* decodeBlockpackRows(file)
}
