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
import { blockBeside, decodeBlock, readMeta, searchableBlock } from './vparquet/format.ts'

/** Parquet of either kind: blocks as Grafana Tempo stores them, and tables of spans. Which it is stands at its end. */
export const vparquet: Format = {
  name: 'vparquet',
  title: "Tempo's blocks, vParquet4 and vParquet5, and tables of spans in Parquet",
  detect: isParquet,
  async *read(chunks, losses) {
    yield* decode(await holdStream(chunks, maxStreamedBytes), undefined, losses)
  },
  async *readFile(path, losses, isListed) {
    const file = await openLocal(path)
    try {
      yield* decode(file, { path, isListed }, losses)
    } finally {
      await file.close()
    }
  },
  async open(file, path, isListed) {
    const opened = await readBlockFile(file, await readMeta(path))
    return isFlat(opened.footer) ? undefined : searchableBlock(blockBeside(opened, path, isListed))
  },
}

/** The format is named before it. */
function withoutFormat(error: unknown): never {
  throw error instanceof LabError
    ? new LabError(error.kind, error.message.replace(/^Parquet: /, ''), { cause: error })
    : error
}

/** Where a file lies, and whether the folder that it is in was named. */
interface Place {
  readonly path: string
  readonly isListed: boolean
}

/** True where bytes begin as a Parquet file does. */
export function isParquet(head: Uint8Array): boolean {
  return head.length >= headBytes && new DataView(head.buffer, head.byteOffset, headBytes).getUint32(0, true) === magic
}

async function* decode(file: RangeReader, place: Place | undefined, losses: Losses): AsyncIterable<readonly Trace[]> {
  const [head] = await file.read([{ start: 0, end: Math.min(headBytes, file.byteLength) }])
  if (!isParquet(head!)) throw new LabError('corrupt', 'byte 0: no Parquet file begins so')
  const meta = place && (await readMeta(place.path))
  const opened = await readBlockFile(file, meta).catch(withoutFormat)
  if (isFlat(opened.footer)) yield* decodeFlatFile(opened)
  else yield* decodeBlock(place ? blockBeside(opened, place.path, place.isListed) : blockOf(opened), losses)
}
