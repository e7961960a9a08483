import {
  type ColumnChunk,
  type ColumnMetaData,
  type FileMetaData,
  parquetMetadata,
  type RowGroup as RawRowGroup,
} from 'hyparquet'
import type { Range, RangeReader } from '../../bytes/range.ts'
import { follow, type ReadSteps } from '../../bytes/read-steps.ts'
import type { GeneralCodec } from '../../codecs/compress.ts'
import { LabError } from '../../error.ts'
import { type Leaf, leavesOf } from './leaves.ts'
import { maxChunkValues, maxIndexBytes } from './limits.ts'
import type { ChunkPlace } from './pages.ts'

/** `PAR1`, at both ends of a file. */
export const magic = 0x31524150
/** The length and magic after the footer. */
export const tailBytes = 8
/** The leading magic. */
export const headBytes = 4
/** hyparquet reads a varint in a time that grows with the square of its length, and takes any length. */
const maxVarintBytes = 1 << 16

/** A column of a row group: where its pages are, and what its writer says of its values. */
export interface Chunk extends ChunkPlace {
  /** The least and greatest value of numbers; undefined where the writer does not say. */
  readonly extent: readonly [least: bigint, greatest: bigint] | undefined
  /** True where the writer says that no value is there. */
  readonly isEmpty: boolean
  /** How many values are there, as the writer says; undefined where it does not. */
  readonly presentCount: number | undefined
  /** Where a dictionary ends that holds all values; undefined where there is none, or some values are not in it. */
  readonly dictionaryEnd: number | undefined
  /** The first page of values; a dictionary stands before it. */
  readonly dataStart: number
  /** The least and greatest value of strings, or what is below and above; undefined where the writer does not say. */
  readonly bounds: readonly [least: Uint8Array, greatest: Uint8Array] | undefined
  /** Where it stands which pages there are, and what is in them. */
  readonly offsetIndex: Range | undefined
  readonly columnIndex: Range | undefined
}

export interface RowGroup {
  readonly rowCount: number
  /** By name of a leaf. */
  readonly chunks: ReadonlyMap<string, Chunk>
}

/** What a Parquet file says of itself. */
export interface Footer {
  readonly byteLength: number
  readonly rowCount: number
  readonly leaves: ReadonlyMap<string, Leaf>
  readonly rowGroups: readonly RowGroup[]
}

/** A file of which the footer has been read. */
export interface ParquetFile {
  readonly file: RangeReader
  readonly footer: Footer
}

/**
 * Reads the footer of a Parquet file, and checks all that it says of sizes and places. It takes one read where its length
 * is known, else two.
 */
export function readFooter(file: RangeReader, knownLength?: number): Promise<Footer> {
  return follow(footerSteps(file.byteLength, knownLength), ranges => file.read(ranges))
}

/** The same step by step, of a file of so many bytes. */
export function* footerSteps(fileLength: number, knownLength = 0): ReadSteps<Footer> {
  const [tail] = yield [tailRange(fileLength, knownLength)]
  const byteLength = footerLength(tail!, fileLength)
  const start = fileLength - tailBytes - byteLength
  const bytes = byteLength === knownLength ? tail! : (yield [{ start, end: fileLength }])[0]!
  refuseLongVarints(bytes)
  const metadata = parse(bytes)
  const leaves = attempt(() => leavesOf(metadata.schema))
  const rowGroups = metadata.row_groups.map((group, i) => attempt(() => rowGroupOf(group, leaves, start), i))
  const rowCount = attempt(() => count(metadata.num_rows, Number.MAX_SAFE_INTEGER, 'rows'))
  const inGroups = rowGroups.reduce((sum, group) => sum + group.rowCount, 0)
  refuseOverlaps(rowGroups)
  if (inGroups !== rowCount) fail(`tells of ${rowCount} rows, its row groups of ${inGroups}`)
  return { byteLength, rowCount, leaves: new Map(leaves.map(leaf => [leaf.name, leaf])), rowGroups }
}

/** A footer has no checksum: requiring that chunks do not overlap finds most corrupt ones. */
function refuseOverlaps(rowGroups: readonly RowGroup[]): void {
  const chunks = rowGroups.flatMap(({ chunks }, i) =>
    [...chunks].map(([name, { start, end }]) => ({ i, name, start, end })),
  )
  chunks.sort((a, b) => a.start - b.start || a.end - b.end)
  let end = headBytes
  for (const chunk of chunks) {
    if (chunk.start < end)
      fail(`row group ${chunk.i}: ${chunk.name}: begins at byte ${chunk.start}, what is in front ends at ${end}`)
    end = chunk.end
  }
}

function tailRange(fileLength: number, knownLength: number): Range {
  const least = headBytes + tailBytes
  if (fileLength < least)
    throw new LabError('truncated', `Parquet: needs ${least} bytes at least, file has ${fileLength}`)
  return { start: Math.max(0, fileLength - knownLength - tailBytes), end: fileLength }
}

function footerLength(tail: Uint8Array, fileLength: number): number {
  const view = new DataView(tail.buffer, tail.byteOffset + tail.byteLength - tailBytes, tailBytes)
  if (view.getUint32(4, true) !== magic)
    throw new LabError('truncated', `Parquet: no footer ends at byte ${fileLength}, where the file does`)
  const byteLength = view.getUint32(0, true)
  const most = fileLength - headBytes - tailBytes
  if (byteLength > most) throw new LabError('truncated', `Parquet footer: needs ${byteLength} bytes, file has ${most}`)
  return byteLength
}

function refuseLongVarints(bytes: Uint8Array): void {
  let length = 0
  for (const byte of bytes) {
    length = byte < 0x80 ? 0 : length + 1
    if (length > maxVarintBytes) fail(`a varint of over ${maxVarintBytes} bytes`)
  }
}

function parse(bytes: Uint8Array): FileMetaData {
  return attempt(() =>
    parquetMetadata(bytes, { geoparquet: false, parsers: { stringFromBytes: (text: Uint8Array) => text } }),
  )
}

function rowGroupOf({ num_rows, columns }: RawRowGroup, leaves: readonly Leaf[], end: number): RowGroup {
  if (columns.length !== leaves.length) fail(`${columns.length} columns, the schema has ${leaves.length}`)
  const chunks = columns.map((column, i): [string, Chunk] => {
    const leaf = leaves[i]!
    return [leaf.name, { ...chunkOf(column.meta_data!, leaf, end), ...indexesOf(column, leaf, end) }]
  })
  return { rowCount: count(num_rows, maxChunkValues, 'rows'), chunks: new Map(chunks) }
}

function indexesOf(column: ColumnChunk, { name }: Leaf, end: number): Pick<Chunk, 'offsetIndex' | 'columnIndex'> {
  const range = (what: string, offset?: bigint, length?: number): Range | undefined => {
    if (offset === undefined || length === undefined) return undefined
    const start = count(offset, end, `${name}: ${what}`)
    return { start, end: start + count(BigInt(length), Math.min(end - start, maxIndexBytes), `${name}: ${what}`) }
  }
  return {
    offsetIndex: range('offset index', column.offset_index_offset, column.offset_index_length),
    columnIndex: range('column index', column.column_index_offset, column.column_index_length),
  }
}

function chunkOf(meta: ColumnMetaData, leaf: Leaf, end: number): Omit<Chunk, 'offsetIndex' | 'columnIndex'> {
  const start = count(meta.dictionary_page_offset ?? meta.data_page_offset, end, `${leaf.name}: first byte`)
  const byteLength = count(meta.total_compressed_size, end - start, `${leaf.name}: bytes`)
  const path = meta.path_in_schema.join('.')
  if (path !== leaf.path) fail(`stands at ${path}, the schema says ${leaf.path}`)
  if (meta.type !== leaf.type) fail(`${leaf.name}: holds ${meta.type ?? 'no known type'}, the schema says ${leaf.type}`)
  const presentCount = presentCountOf(meta, leaf)
  return {
    start,
    end: start + byteLength,
    codec: codecOf(meta.codec, leaf.name),
    valueCount: count(meta.num_values, maxChunkValues, `${leaf.name}: values`),
    extent: extentOf(meta),
    isEmpty: presentCount === 0,
    presentCount,
    dictionaryEnd: dictionaryEndOf(meta, start, start + byteLength),
    dataStart: count(meta.data_page_offset, start + byteLength, `${leaf.name}: first page`),
    bounds: boundsOf(meta),
  }
}

function extentOf({ statistics }: ColumnMetaData): Chunk['extent'] {
  const [least, greatest] = [statistics?.min_value, statistics?.max_value]
  return typeof least === 'bigint' && typeof greatest === 'bigint' && least <= greatest ? [least, greatest] : undefined
}

function boundsOf({ statistics }: ColumnMetaData): Chunk['bounds'] {
  const [least, greatest] = [statistics?.min_value, statistics?.max_value]
  return least instanceof Uint8Array && greatest instanceof Uint8Array ? [least, greatest] : undefined
}

/** By the number of absences, and by that of entries of each level: what the writer tells must agree with itself. */
function presentCountOf(meta: ColumnMetaData, { name, depths, maxDefinition }: Leaf): number | undefined {
  const { statistics, size_statistics: sizes, num_values: valueCount } = meta
  checkHistogram(sizes?.repetition_level_histogram, depths.length, meta, name)
  const histogram = checkHistogram(sizes?.definition_level_histogram, maxDefinition, meta, name)
  const absentCount = statistics?.null_count
  const byHistogram = histogram && BigInt(histogram[maxDefinition]!)
  const byAbsences = absentCount === undefined ? undefined : valueCount - absentCount
  if (byHistogram !== undefined && byAbsences !== undefined && byHistogram !== byAbsences)
    fail(`${name}: ${byHistogram} values by their levels, ${byAbsences} by those that are absent`)
  const present = byHistogram ?? byAbsences
  if (present === 0n && statistics?.min_value !== undefined) fail(`${name}: no values, of which one is the least`)
  return present === undefined ? undefined : count(present, Number(valueCount), `${name}: values that are not absent`)
}

/** How many entries have each level; undefined where the writer does not say, as it need not of few levels. */
function checkHistogram(
  histogram: readonly bigint[] | undefined,
  maxLevel: number,
  { num_values: valueCount }: ColumnMetaData,
  name: string,
): readonly bigint[] | undefined {
  if (!histogram?.length) return undefined
  const sum = histogram.reduce((total, levels) => total + BigInt(levels), 0n)
  if (histogram.length !== maxLevel + 1 || sum !== valueCount)
    fail(`${name}: ${histogram.length} levels of ${sum} values, the column has ${maxLevel + 1} of ${valueCount}`)
  return histogram
}

function dictionaryEndOf(meta: ColumnMetaData, start: number, end: number): number | undefined {
  const pages = meta.encoding_stats ?? []
  const isCoded = pages.every(page => page.page_type === 'DICTIONARY_PAGE' || page.encoding === 'RLE_DICTIONARY')
  const at = Number(meta.data_page_offset)
  return meta.dictionary_page_offset !== undefined && pages.length > 1 && isCoded && at > start && at <= end
    ? at
    : undefined
}

const codecs: Readonly<Record<string, GeneralCodec>> = { UNCOMPRESSED: 'none', SNAPPY: 'snappy', ZSTD: 'zstd' }

function codecOf(codec: string | undefined, name: string): GeneralCodec {
  return codecs[codec ?? ''] ?? fail(`${name}: compressed by ${codec ?? 'no known codec'}`, 'unsupported')
}

/** A number of the footer, from 0 to `max`. */
function count(told: bigint | undefined, max: number, what: string): number {
  if (typeof told === 'bigint' && told >= 0n && told <= BigInt(max)) return Number(told)
  return fail(`${what}: ${typeof told === 'bigint' ? told : 'no number'}, at most ${max} can be there`)
}

/** What a reader gives that fails in its own ways. */
function attempt<T>(read: () => T, rowGroup?: number): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof LabError && rowGroup === undefined) throw error
    const place = rowGroup === undefined ? '' : ` row group ${rowGroup}:`
    // What hyparquet fails by on damaged Thrift are accidents of JavaScript, which tell a reader nothing.
    const [kind, message] =
      error instanceof LabError
        ? [error.kind, error.message.replace('Parquet footer: ', '')]
        : (['corrupt', 'is damaged: a field is missing, or of another type'] as const)
    throw new LabError(kind, `Parquet footer:${place} ${message}`, { cause: error })
  }
}

/** Names that are damaged may hold what would break a line. */
function fail(message: string, kind: 'corrupt' | 'unsupported' = 'corrupt'): never {
  throw new LabError(kind, `Parquet footer: ${message.replace(/\p{Cc}/gu, '\ufffd')}`)
}
