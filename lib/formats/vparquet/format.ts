import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RangeReader } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import { countSpans, type Trace } from '../../model/trace.ts'
import { headBytes, magic } from '../../parquet/read/footer.ts'
import { blockData } from '../../storage/files.ts'
import { holdStream, maxStreamedBytes } from '../../storage/held-stream.ts'
import { openLocal } from '../../storage/local.ts'
import type { Format, SearchableFile } from '../format.ts'
import type { Losses } from '../losses.ts'
import { type BlockParts, openVparquet } from './block.ts'
import { decodeVparquet, notHeld } from './reader.ts'
import { vparquetSource } from './source.ts'

/** Blocks as Grafana Tempo stores them, described in lib/formats/vparquet/FORMAT.md. */
export const vparquet: Format = {
  name: 'vparquet',
  title: "Tempo's blocks, vParquet4 and vParquet5",
  detect: isParquet,
  read: decodeStream,
  readFile: decodeLocal,
  open: openFile,
}

async function openFile(file: RangeReader, path: string): Promise<SearchableFile> {
  const block = await openVparquet(file, await readMeta(path), partsOf(path))
  const { footer, spanCount } = block
  return { source: vparquetSource(block), batchCount: footer.rowGroups.length, traceCount: footer.rowCount, spanCount }
}

/** True where bytes begin as a Parquet file does. */
export function isParquet(head: Uint8Array): boolean {
  return head.length >= headBytes && new DataView(head.buffer, head.byteOffset, headBytes).getUint32(0, true) === magic
}

async function* decodeStream(chunks: AsyncIterable<Uint8Array>, losses: Losses): AsyncIterable<readonly Trace[]> {
  yield* decode(await holdStream(chunks, maxStreamedBytes), undefined, losses)
}

async function* decodeLocal(path: string, losses: Losses): AsyncIterable<readonly Trace[]> {
  const file = await openLocal(path)
  try {
    yield* decode(file, await readMeta(path), losses)
  } finally {
    await file.close()
  }
}

/** The parts beside a block's data, as files. */
function partsOf(path: string): BlockParts {
  return {
    withPart: (name, use) => withLocal(join(dirname(path), name), use),
    warn: message => process.emitWarning(`${path}: ${message}`),
  }
}

async function withLocal<T>(path: string, use: (file: RangeReader) => Promise<T>): Promise<T | undefined> {
  const file = await openLocal(path).catch(() => undefined)
  try {
    return file && (await use(file))
  } finally {
    await file?.close()
  }
}

/** The text of the `meta.json` beside a block's data; undefined where there is none. */
async function readMeta(path: string): Promise<string | undefined> {
  if (basename(path) !== blockData) return undefined
  const text = (name: string) => readFile(join(dirname(path), name), 'utf8').catch(() => undefined)
  const meta = await text('meta.json')
  if (meta === undefined && (await text('meta.compacted.json')) !== undefined)
    throw new LabError(
      'unsupported',
      'a compacted block, whose traces stand in another; to read it, rename meta.compacted.json to meta.json',
    )
  return meta
}

async function* decode(file: RangeReader, meta: string | undefined, losses: Losses): AsyncIterable<readonly Trace[]> {
  const [head] = await file.read([{ start: 0, end: Math.min(headBytes, file.byteLength) }])
  if (!isParquet(head!)) throw new LabError('corrupt', 'byte 0: no Parquet file begins so')
  const block = await openVparquet(file, meta)
  let spanCount = 0
  for await (const batch of decodeVparquet(block, (field, count) => losses.drop(field, count))) {
    spanCount += countSpans(batch)
    yield batch
  }
  losses.drop(`what ${block.layout.version} does not hold (${notHeld.join('; ')})`, spanCount)
}
