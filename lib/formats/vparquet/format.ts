import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { RangeReader } from '../../bytes/range.ts'
import { clip, LabError } from '../../error.ts'
import { countSpans, type Trace } from '../../model/trace.ts'
import { blockData } from '../../storage/files.ts'
import { objectText, openPath } from '../../storage/open-path.ts'
import { isS3Address } from '../../storage/s3/config.ts'
import { systemReason } from '../../system-reasons.ts'
import type { SearchableFile } from '../format.ts'
import type { Losses } from '../losses.ts'
import { type Block, type BlockFile, type BlockParts, blockOf } from './block.ts'
import type { BlockMeta } from './meta.ts'
import { decodeVparquet, notHeld } from './reader.ts'
import { vparquetSource } from './source.ts'

/** A block for queries. */
export function searchableBlock(block: Block): SearchableFile {
  const { footer, spanCount } = block
  return { source: vparquetSource(block), batchCount: footer.rowGroups.length, traceCount: footer.rowCount, spanCount }
}

/**
 * The block of an opened `data.parquet`, with the other parts, which stand beside it. A block of which a folder was named
 * is whole, a file that was named may be read alone.
 */
export function blockBeside(opened: BlockFile, path: string, isListed = false): Block {
  const block = blockOf(opened, partsOf(path))
  if (opened.meta) checkFolder(opened.meta, path)
  else if (basename(path) === blockData) tellAlone(path, isListed)
  return block
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A folder that has the name of a block is that of this one. */
function checkFolder({ blockId }: BlockMeta, path: string): void {
  const folder = basename(dirname(resolve(path)))
  if (uuid.test(folder) && folder.toLowerCase() !== blockId.toLowerCase())
    throw new LabError('corrupt', `meta.json: is of the block ${clip(blockId)}, in the folder of ${folder}`)
}

function tellAlone(path: string, isListed: boolean): void {
  if (isListed)
    throw new LabError(
      'truncated',
      `half a block: there is no meta.json beside it, which is written last; name ${blockData} itself to read it alone`,
    )
  process.emitWarning(
    `${path}: read alone, as there is no meta.json beside it: dedicated columns have no names, ids are looked for without filters`,
  )
}

/** The parts beside a block's data, as files. */
function partsOf(path: string): BlockParts {
  return {
    withPart: (name, use) => withPath(beside(path, name), use),
    warn: message => process.emitWarning(`${path}: ${message}`),
  }
}

/** The path of what stands beside a file. */
function beside(path: string, name: string): string {
  return isS3Address(path) ? path.replace(/[^/]*$/, name) : join(dirname(path), name)
}

async function withPath<T>(path: string, use: (file: RangeReader) => Promise<T>): Promise<T | undefined> {
  const file = await openPath(path).catch(() => undefined)
  try {
    return file && (await use(file))
  } finally {
    await file?.close()
  }
}

/** The text of the `meta.json` beside a block's data; undefined where there is none. */
export async function readMeta(path: string): Promise<string | undefined> {
  if (basename(path) !== blockData) return undefined
  const text = (name: string) =>
    isS3Address(path) ? objectText(beside(path, name)) : localText(beside(path, name), name)
  const meta = await text('meta.json')
  if (meta === undefined && (await text('meta.compacted.json')) !== undefined)
    throw new LabError(
      'unsupported',
      'a compacted block, whose traces stand in another; to read it, rename meta.compacted.json to meta.json',
    )
  return meta
}

function localText(path: string, name: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw new LabError('missing', `${name}: ${systemReason(error) ?? error.message}`, { cause: error })
  })
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
