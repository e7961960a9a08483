import { parquetHeader } from 'hyparquet/src/column.js'
import { checksum } from '../../bytes/checksum.ts'
import { ByteReader } from '../../bytes/reader.ts'
import { decompressor, type GeneralCodec } from '../../codecs/compress.ts'
import { LabError, naming } from '../../error.ts'
import { readHybrid } from './hybrid.ts'
import type { Leaf } from './leaves.ts'
import { maxHeaderBytes, maxPageBytes, maxPageValues } from './limits.ts'
import { zstdPageDecompressor } from './zstd-page.ts'

/** The header of a page as hyparquet reads it. */
type PageHeader = ReturnType<typeof parquetHeader>

/** A page of values, and what holds those that are there. */
export interface DataPage {
  /** Of values, those that are absent among them. */
  readonly entryCount: number
  /** Of values that are there. */
  readonly valueCount: number
  /** Rows that begin in the page. */
  readonly rowCount: number
  /** Decodes the levels, a byte each; many a column is read without. */
  repetitions(): Uint8Array
  definitions(): Uint8Array
  readonly encoding: string
  readonly values: ByteReader
  /** The least and greatest value as stored; undefined where the header does not say. */
  readonly bounds: readonly [least: Uint8Array, greatest: Uint8Array] | undefined
}

/** What a page of a dictionary holds, without levels. */
export interface DictionaryPage {
  readonly valueCount: number
  readonly encoding: string
  readonly values: ByteReader
}

/** Where a column chunk is, and how its pages are compressed. */
export interface ChunkPlace {
  readonly start: number
  readonly end: number
  readonly codec: GeneralCodec
  /** Values of all its pages, those that are absent among them. */
  readonly valueCount: number
}

/** The pages of a column chunk, of which `bytes` are all; errors name the place of the page. */
export function* readPages(
  bytes: Uint8Array,
  leaf: Leaf,
  place: ChunkPlace,
): Iterable<{ dictionary: DictionaryPage } | { data: DataPage }> {
  for (let at = 0; at < bytes.length; ) {
    const subject = `${leaf.name}: page at byte ${place.start + at}`
    const { header, headerLength } = readHeader(bytes.subarray(at), subject)
    const start = at + headerLength
    at = start + sizeOf(header.compressed_page_size, bytes.length - start, `${subject}: stored bytes`)
    const stored = bytes.subarray(start, at)
    if (header.crc !== undefined && Number(header.crc) >>> 0 !== checksum(stored))
      throw new LabError('corrupt', `${subject}: the checksum does not match`)
    const page: StoredPage = { header, stored, subject, offset: place.start + start, codec: place.codec }
    if (header.dictionary_page_header) yield { dictionary: readDictionaryPage(page) }
    else if (header.data_page_header_v2) yield { data: readDataPage(page, leaf) }
    else
      throw new LabError(
        'unsupported',
        `${subject}: a page of ${header.type === undefined ? 'a type that is none' : `the type ${header.type}`}`,
      )
  }
}

function readHeader(bytes: Uint8Array, subject: string): { header: PageHeader; headerLength: number } {
  const head = bytes.subarray(0, maxHeaderBytes)
  const cursor = { view: new DataView(head.buffer, head.byteOffset, head.byteLength), offset: 0 }
  try {
    return { header: parquetHeader(cursor), headerLength: cursor.offset }
  } catch (cause) {
    throw new LabError('corrupt', `${subject}: no header of a page stands there`, { cause })
  }
}

interface StoredPage {
  readonly header: PageHeader
  readonly stored: Uint8Array
  readonly subject: string
  /** Of the stored bytes in the file. */
  readonly offset: number
  readonly codec: GeneralCodec
}

function readDictionaryPage(page: StoredPage): DictionaryPage {
  const { num_values, encoding } = page.header.dictionary_page_header!
  return {
    valueCount: sizeOf(num_values, maxPageValues, `${page.subject}: entries`),
    encoding: encoding === 'PLAIN_DICTIONARY' ? 'PLAIN' : encoding,
    values: readContent(page, 0, true),
  }
}

function readDataPage(page: StoredPage, leaf: Leaf): DataPage {
  const { subject, stored } = page
  const head = page.header.data_page_header_v2!
  const entryCount = sizeOf(head.num_values, maxPageValues, `${subject}: values`)
  const lengthOf = (levels: string, told: number | undefined, max: number, room: number) =>
    sizeOf(told, max === 0 ? 0 : room, `${subject}: bytes of ${levels} levels`)
  const [maxRepetition, { maxDefinition }] = [leaf.depths.length, leaf]
  const repetitionBytes = lengthOf('repetition', head.repetition_levels_byte_length, maxRepetition, stored.length)
  const room = stored.length - repetitionBytes
  const levelBytes = repetitionBytes + lengthOf('definition', head.definition_levels_byte_length, maxDefinition, room)
  const levels = (start: number, end: number, max: number) =>
    readLevels(new ByteReader(stored.subarray(start, end), subject, page.offset + start), max, entryCount)
  const absentCount = maxDefinition === 0 ? 0 : sizeOf(head.num_nulls, entryCount, `${subject}: absent values`)
  return {
    entryCount,
    valueCount: entryCount - absentCount,
    rowCount: maxRepetition === 0 ? entryCount : sizeOf(head.num_rows, entryCount, `${subject}: rows`),
    repetitions: () => levels(0, repetitionBytes, maxRepetition),
    definitions: () => levels(repetitionBytes, levelBytes, maxDefinition),
    encoding: head.encoding,
    values: readContent(page, levelBytes, head.is_compressed !== false),
    bounds: boundsOf(head.statistics),
  }
}

function boundsOf(told: { min_value?: unknown; max_value?: unknown } | undefined): DataPage['bounds'] {
  const [least, greatest] = [told?.min_value, told?.max_value]
  return least instanceof Uint8Array && greatest instanceof Uint8Array ? [least, greatest] : undefined
}

/** How many levels are this one. Indices, as iterators take ten times as long on tens of thousands of levels. */
export function countOf(levels: Uint8Array, wanted: number): number {
  let count = 0
  for (let i = 0; i < levels.length; i++) if (levels[i] === wanted) count++
  return count
}

/** A level for each of `count` values, at most `max`. */
function readLevels(reader: ByteReader, max: number, count: number): Uint8Array {
  const levels = new Uint8Array(count)
  if (max === 0) return levels
  const bitWidth = 32 - Math.clz32(max)
  readHybrid(reader, bitWidth, levels)
  reader.end()
  if (max < 2 ** bitWidth - 1) refuseAbove(reader, levels, max)
  return levels
}

function refuseAbove(reader: ByteReader, levels: Uint8Array, max: number): void {
  for (let i = 0; i < levels.length; i++) if (levels[i]! > max) reader.fail('corrupt', `level ${levels[i]} of ${max}`)
}

/** What follows the levels, which are never compressed. */
function readContent(page: StoredPage, levelBytes: number, isCompressed: boolean): ByteReader {
  const { subject, codec, header, offset } = page
  const stored = page.stored.subarray(levelBytes)
  const byteLength = sizeOf(header.uncompressed_page_size, maxPageBytes, `${subject}: bytes`) - levelBytes
  return naming(subject, () => {
    const decompress = codec === 'zstd' ? zstdPageDecompressor() : decompressor(codec)
    const content = isCompressed && byteLength > 0 ? decompress(stored, byteLength) : stored
    if (!isCompressed && stored.length !== byteLength)
      throw new LabError('corrupt', `${stored.length} bytes of values, the header says ${byteLength}`)
    return new ByteReader(content, subject, codec === 'none' ? offset + levelBytes : 0)
  })
}

/** A count of a header, from 0 to `max`; `subject` ends with what is counted. */
function sizeOf(count: number | undefined, max: number, subject: string): number {
  if (Number.isInteger(count) && count! >= 0 && count! <= max) return count!
  throw new LabError(
    'corrupt',
    `${subject}: ${typeof count === 'number' ? count : 'no number'}, at most ${max} can be there`,
  )
}
