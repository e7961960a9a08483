import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RangeReader } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import { countSpans, type Trace } from '../../model/trace.ts'
import { blockData } from '../../storage/files.ts'
import { openLocal } from '../../storage/local.ts'
import type { SearchableFile } from '../format.ts'
import type { Losses } from '../losses.ts'
import { type Block, type BlockParts, openVparquet } from './block.ts'
import { decodeVparquet, notHeld } from './reader.ts'
import { vparquetSource } from './source.ts'

/** Opens a block that stands in a folder, with what is beside its data, for queries. */
export async function openBlock(file: RangeReader, path: string): Promise<SearchableFile> {
  const block = await openBeside(file, path)
  const { footer, spanCount } = block
  return { source: vparquetSource(block), batchCount: footer.rowGroups.length, traceCount: footer.rowCount, spanCount }
}

/** Opens `data.parquet` with the other parts of its block, which stand beside it. */
export async function openBeside(file: RangeReader, path: string): Promise<Block> {
  return openVparquet(file, await readMeta(path), partsOf(path))
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
export async function readMeta(path: string): Promise<string | undefined> {
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

/** The traces of a block; what its format does not hold is a loss. */
export async function* decodeBlock(block: Block, losses: Losses): AsyncIterable<readonly Trace[]> {
  let spanCount = 0
  for await (const batch of decodeVparquet(block, (field, count) => losses.drop(field, count))) {
    spanCount += countSpans(batch)
    yield batch
  }
  losses.drop(`what ${block.layout.version} does not hold (${notHeld.join('; ')})`, spanCount)
}
