import type { RangeReader } from '../../bytes/range.ts'
import { follow, followSync, type MemoryFile, type ReadSteps } from '../../bytes/read-steps.ts'
import { LabError } from '../../error.ts'
import { type Footer, footerSteps, type ParquetFile } from '../../parquet/read/footer.ts'
import { openMemory } from '../../storage/memory.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type BlockMeta, parseMeta } from './meta.ts'
import { prefixes } from './schema.ts'

const nanosPerSecond = 1_000_000_000n
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
  const layout = layoutOf(footer.leaves, meta)
  if (meta) checkNamed(layout, footer)
  return { file, footer, layout, spanCount, parts }
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
  checkTimes(meta, footer)
}

/** Tempo's times may leave out spans that it takes for late or early, but not all of them. */
function checkTimes({ seconds }: BlockMeta, { rowGroups }: Footer): void {
  const extents = (name: string) => rowGroups.map(({ chunks }) => chunks.get(name)?.extent)
  const [starts, ends] = [extents('StartTimeUnixNano'), extents('EndTimeUnixNano')]
  if (seconds === undefined || starts.length === 0 || ![...starts, ...ends].every(extent => extent !== undefined))
    return
  const first = starts.reduce((least, extent) => (extent![0] < least ? extent![0] : least), 2n ** 64n)
  const last = ends.reduce((greatest, extent) => (extent![1] > greatest ? extent![1] : greatest), 0n)
  const [start, end] = [BigInt(seconds[0]) * nanosPerSecond, BigInt(seconds[1]) * nanosPerSecond]
  // Where spans end before they start, times may go back; seconds are cut or rounded.
  if (first > last || (start <= end && start - nanosPerSecond <= last && end + nanosPerSecond >= first)) return
  const told = (nanos: bigint) => new Date(Number(nanos / (nanosPerSecond / 1000n))).toISOString()
  throw new LabError(
    'corrupt',
    `meta.json: says that traces are from ${told(start)} to ${told(end)}, in data.parquet they are from ${told(first)} to ${told(last)}`,
  )
}

/** Version 5 has no columns but those that are named; version 4 has all, and values of no name are told as lost. */
function checkNamed({ version, nameless }: Layout, { rowGroups }: Footer): void {
  if (version === 'vParquet4') return
  const name = nameless.find(column => rowGroups.some(({ chunks }) => (chunks.get(column)?.presentCount ?? 0) > 0))
  if (name !== undefined)
    throw new LabError('corrupt', `meta.json: names no attribute for the column ${name}, which has values`)
}
