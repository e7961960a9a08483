import type { RangeReader } from '../bytes/range.ts'
import { LabError } from '../error.ts'
import type { Trace } from '../model/trace.ts'
import { headBytes, magic } from '../parquet/read/footer.ts'
import { holdStream, maxStreamedBytes } from '../storage/held-stream.ts'
import { openLocal } from '../storage/local.ts'
import { decodeFlatFile, isFlat } from './flat/reader.ts'
import type { Format } from './format.ts'
import type { Losses } from './losses.ts'
import { blockOf, readBlockFile } from './vparquet/block.ts'
import { decodeBlock, openBlock, readMeta } from './vparquet/format.ts'

/** Parquet of either kind: blocks as Grafana Tempo stores them, and tables of spans. Which it is stands at its end. */
export const vparquet: Format = {
  name: 'vparquet',
  title: "Tempo's blocks, vParquet4 and vParquet5, and tables of spans in Parquet",
  detect: isParquet,
  async *read(chunks, losses) {
    yield* decode(await holdStream(chunks, maxStreamedBytes), undefined, losses)
  },
  async *readFile(path, losses) {
    const file = await openLocal(path)
    try {
      yield* decode(file, path, losses)
    } finally {
      await file.close()
    }
  },
  open: openBlock,
}

/** True where bytes begin as a Parquet file does. */
export function isParquet(head: Uint8Array): boolean {
  return head.length >= headBytes && new DataView(head.buffer, head.byteOffset, headBytes).getUint32(0, true) === magic
}

async function* decode(file: RangeReader, path: string | undefined, losses: Losses): AsyncIterable<readonly Trace[]> {
  const [head] = await file.read([{ start: 0, end: Math.min(headBytes, file.byteLength) }])
  if (!isParquet(head!)) throw new LabError('corrupt', 'byte 0: no Parquet file begins so')
  const opened = await readBlockFile(file, path === undefined ? undefined : await readMeta(path))
  if (isFlat(opened.footer)) yield* decodeFlatFile(opened)
  else yield* decodeBlock(blockOf(opened), losses)
}
