import type { RangeReader } from '../../bytes/range.ts'
import { follow, followSync, type MemoryFile, type ReadSteps } from '../../bytes/read-steps.ts'
import { LabError } from '../../error.ts'
import { type Footer, footerSteps, type ParquetFile } from '../../parquet/read/footer.ts'
import { openMemory } from '../../storage/memory.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type BlockMeta, parseMeta } from './meta.ts'
import { prefixes } from './schema.ts'

const spanIds = `${prefixes.span}.SpanID`

/** What stands beside `data.parquet`. */
export interface BlockParts {
  /** What `use` gives of a part, opened by its name; undefined where it is missing. */
  withPart<T>(name: string, use: (part: RangeReader) => Promise<T>): Promise<T | undefined>
  /** Told of parts without which answers only take longer. */
  warn(message: string): void
}

/** An open block: its data and what its footer and `meta.json` say of them. */
export interface Block extends ParquetFile {
  readonly layout: Layout
  /** By the number of values of span ids: a scope without spans counts as one. */
  readonly spanCount: number
  readonly parts: (BlockParts & { readonly shardCount: number }) | undefined
}

/** A block whose data is in memory. */
export interface MemoryBlock extends Block {
  readonly file: MemoryFile
}

/** `data.parquet` with its footer, and what the `meta.json` beside it says. */
export interface BlockFile extends ParquetFile {
  readonly meta: BlockMeta | undefined
}

/**
 * Opens `data.parquet`, with the text of the `meta.json` beside it if there is one, and a way to the parts of the block,
 * by which one trace is found faster. Both are checked against each other;
 * a version that is not read is `unsupported`, by name.
 */
export async function openVparquet(file: RangeReader, metaText?: string, beside?: BlockParts): Promise<Block> {
  return blockOf(await readBlockFile(file, metaText), beside)
}

/** The same at once, of a `data.parquet` in memory. */
export function openVparquetSync(bytes: Uint8Array, metaText?: string): MemoryBlock {
  const file = openMemory(bytes)
  const read = followSync(footerAndMeta(file.byteLength, metaText), file.readSync)
  return { ...blockOf({ file, ...read }), file }
}

/** Reads the footer of `data.parquet`, in one go where a `meta.json` tells its length, and checks it against that. */
export async function readBlockFile(file: RangeReader, metaText: string | undefined): Promise<BlockFile> {
  return { file, ...(await follow(footerAndMeta(file.byteLength, metaText), ranges => file.read(ranges))) }
}

function* footerAndMeta(byteLength: number, metaText: string | undefined): ReadSteps<Omit<BlockFile, 'file'>> {
  const meta = metaText === undefined ? undefined : parseMeta(metaText)
  if (meta && meta.byteLength !== byteLength)
    throw new LabError(
      meta.byteLength > byteLength ? 'truncated' : 'corrupt',
      `meta.json: says that data.parquet has ${meta.byteLength} bytes, it has ${byteLength}`,
    )
  const footer = yield* footerSteps(byteLength, meta?.footerLength)
  if (meta) checkMeta(meta, footer)
  return { footer, meta }
}

/** The block of a file whose columns are those of one. */
export function blockOf({ file, footer, meta }: BlockFile, beside?: BlockParts): Block {
  const spanCount = footer.rowGroups.reduce((sum, { chunks }) => sum + (chunks.get(spanIds)?.valueCount ?? 0), 0)
  const parts = beside && meta && { ...beside, shardCount: meta.bloomShardCount }
  return { file, footer, layout: layoutOf(footer.leaves, meta), spanCount, parts }
}

function checkMeta(meta: BlockMeta, footer: Footer): void {
  const told: [what: string, inMeta: number, inFile: number][] = [
    ['bytes of footer', meta.footerLength, footer.byteLength],
    ['traces', meta.traceCount, footer.rowCount],
    ['row groups', meta.rowGroupCount, footer.rowGroups.length],
  ]
  for (const [what, inMeta, inFile] of told)
    if (inMeta !== inFile)
      throw new LabError('corrupt', `meta.json: says ${inMeta} ${what}, data.parquet has ${inFile}`)
}
