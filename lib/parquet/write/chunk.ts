import { checksum } from '../../bytes/checksum.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { compressor, type GeneralCodec } from '../../codecs/compress.ts'
import type { Codec, WrittenEncoding } from '../schema.ts'
import type { Column } from './columns.ts'
import { writeHybrid } from './hybrid.ts'
import { encodingIds, pageTypes } from './ids.ts'
import { ThriftWriter } from './thrift.ts'
import type { Bounds } from './values.ts'

/** Bytes of the bounds of strings. */
const maxBoundBytes = 16

/** The least and greatest value of a page or a column, cut to what they are told by. */
export interface Statistics {
  readonly nullCount: number
  readonly bounds: Bounds
  /** Whether the least and the greatest are values, not cut. */
  readonly isExact: readonly [least: boolean, greatest: boolean]
}

export interface WrittenPage {
  readonly offset: number
  readonly byteLength: number
  readonly firstRow: number
  readonly valueCount: number
  readonly statistics: Statistics
}

/** A column chunk as the footer and the indexes tell of it. */
export interface WrittenChunk {
  readonly column: Column
  readonly encoding: WrittenEncoding
  readonly dictionaryOffset: number | undefined
  readonly pages: readonly WrittenPage[]
  readonly entryCount: number
  readonly rawLength: number
  readonly storedLength: number
  readonly statistics: Statistics
  /** How many entries have each level. */
  readonly repetitions: readonly number[]
  readonly definitions: readonly number[]
}

/** Entries of a page, and of these the values that are there. */
interface Part {
  readonly firstRow: number
  readonly rowCount: number
  readonly entries: readonly [start: number, end: number]
  readonly values: readonly [start: number, end: number]
}

const codecNames: Readonly<Record<Codec, GeneralCodec>> = { UNCOMPRESSED: 'none', SNAPPY: 'snappy', ZSTD: 'zstd' }

export interface FileOptions {
  readonly zstdLevel?: number | undefined
  /** A page ends with the row by which it has so many bytes of values and levels, before compression. */
  readonly pageBytes: number
}

/** Writes column chunks: a dictionary, where the column has one, and data pages of version 2. */
export class ChunkWriter {
  readonly #content = new ByteWriter(1 << 16)
  readonly #header = new ByteWriter(256)
  readonly #compress = new Map<Codec, (bytes: Uint8Array) => Uint8Array>()
  readonly #zstdLevel: number
  readonly #pageBits: number

  constructor({ zstdLevel = 3, pageBytes }: FileOptions) {
    this.#zstdLevel = zstdLevel
    this.#pageBits = 8 * pageBytes
  }

  /** Appends the chunk to `out`, whose first byte stands at `offset` of the file. */
  write(out: ByteWriter, offset: number, column: Column): WrittenChunk {
    const from = out.length
    const [repetitions, definitions] = [column.repetitions, column.definitions]
    const { encoding } = column.values
    const isCoded = encoding === 'RLE_DICTIONARY'
    const dictionaryOffset = isCoded ? offset + out.length : undefined
    let rawLength = isCoded ? this.#dictionary(out, column) : 0
    const pages: WrittenPage[] = []
    for (const part of partsOf(column, repetitions, definitions, this.#pageBits)) {
      const at = out.length
      const statistics = statisticsOf(column, part)
      rawLength += this.#page(out, column, { part, statistics, repetitions, definitions })
      const valueCount = part.values[1] - part.values[0]
      pages.push({ offset: offset + at, byteLength: out.length - at, firstRow: part.firstRow, valueCount, statistics })
    }
    const whole = {
      firstRow: 0,
      rowCount: 0,
      entries: [0, definitions.length],
      values: [0, column.values.count],
    } as const
    return {
      column,
      encoding,
      dictionaryOffset,
      pages,
      entryCount: definitions.length,
      rawLength,
      storedLength: out.length - from,
      statistics: pages.length === 1 ? pages[0]!.statistics : statisticsOf(column, whole),
      ...column.levelCounts,
    }
  }

  /** Returns the bytes before compression, as does `#page`. */
  #dictionary(out: ByteWriter, column: Column): number {
    this.#content.clear()
    const entryCount = column.values.writeDictionary!(this.#content)
    const content = this.#content.view()
    const stored = this.#compressor(column)(content)
    const lengths = [content.length, stored.length] as const
    const head = this.#head(pageTypes.dictionary, lengths, checksum(stored), thrift =>
      thrift.struct(7, () => {
        thrift.i32(1, entryCount)
        thrift.i32(2, encodingIds.PLAIN)
      }),
    )
    out.raw(head)
    out.raw(stored)
    return head.length + content.length
  }

  #page(out: ByteWriter, column: Column, { part, statistics, repetitions, definitions }: PageContent): number {
    const content = this.#content
    content.clear()
    const [start, end] = part.entries
    const repetitionBytes = writeLevels(content, repetitions, part.entries, column.maxRepetition)
    const levelBytes = repetitionBytes + writeLevels(content, definitions, part.entries, column.maxDefinition)
    column.values.write(content, ...part.values)
    const [levels, values] = [content.view().subarray(0, levelBytes), content.view().subarray(levelBytes)]
    const stored = this.#compressor(column)(values)
    const lengths = [content.length, levelBytes + stored.length] as const
    const head = this.#head(pageTypes.data, lengths, checksum(stored, checksum(levels)), thrift =>
      thrift.struct(8, () => {
        thrift.i32(1, end - start)
        thrift.i32(2, statistics.nullCount)
        thrift.i32(3, part.rowCount)
        thrift.i32(4, encodingIds[column.values.encoding])
        thrift.i32(5, levelBytes - repetitionBytes)
        thrift.i32(6, repetitionBytes)
        thrift.bool(7, column.leaf.codec !== 'UNCOMPRESSED')
        thrift.struct(8, () => writeStatistics(thrift, statistics))
      }),
    )
    out.raw(head)
    out.raw(levels)
    out.raw(stored)
    return head.length + content.length
  }

  #head(
    type: number,
    [rawLength, storedLength]: readonly [number, number],
    crc: number,
    write: (thrift: ThriftWriter) => void,
  ): Buffer {
    this.#header.clear()
    const thrift = new ThriftWriter(this.#header)
    thrift.root(() => {
      thrift.i32(1, type)
      thrift.i32(2, rawLength)
      thrift.i32(3, storedLength)
      thrift.i32(4, crc | 0)
      write(thrift)
    })
    return this.#header.view()
  }

  #compressor({ leaf: { codec } }: Column): (bytes: Uint8Array) => Uint8Array {
    let compress = this.#compress.get(codec)
    if (compress === undefined) {
      compress = compressor(codecNames[codec], codec === 'ZSTD' ? this.#zstdLevel : 0)
      this.#compress.set(codec, compress)
    }
    return compress
  }
}

interface PageContent {
  readonly part: Part
  readonly statistics: Statistics
  readonly repetitions: Uint8Array
  readonly definitions: Uint8Array
}

/** The pages: one ends with the row by which it has its bytes of values. */
function partsOf(column: Column, repetitions: Uint8Array, definitions: Uint8Array, pageBits: number): Part[] {
  const { maxRepetition, maxDefinition, values } = column
  const parts: Part[] = []
  let [entryStart, valueStart, firstRow] = [0, 0, 0]
  let [value, row, bits] = [0, 0, 0]
  const levelBits = (maxRepetition > 0 ? 8 : 0) + (maxDefinition > 0 ? 8 : 0)
  const { valueBits } = values
  for (let entry = 0; entry < definitions.length; entry++) {
    if (repetitions[entry] === 0) {
      if (bits >= pageBits) {
        parts.push(partOf(firstRow, row, [entryStart, entry], [valueStart, value]))
        ;[entryStart, valueStart, firstRow, bits] = [entry, value, row, 0]
      }
      row++
    }
    bits += levelBits
    if (definitions[entry] !== maxDefinition) continue
    bits += valueBits ?? values.bitsOf!(value)
    value++
  }
  parts.push(partOf(firstRow, row, [entryStart, definitions.length], [valueStart, value]))
  return parts
}

function partOf(firstRow: number, endRow: number, entries: Part['entries'], values: Part['values']): Part {
  return { firstRow, rowCount: endRow - firstRow, entries, values }
}

function writeLevels(out: ByteWriter, levels: Uint8Array, range: Part['entries'], max: number): number {
  if (max === 0) return 0
  const from = out.length
  writeHybrid(out, levels, range, 32 - Math.clz32(max))
  return out.length - from
}

function statisticsOf({ values, leaf }: Column, { entries, values: [start, end] }: Part): Statistics {
  const nullCount = entries[1] - entries[0] - (end - start)
  const exact = start === end ? undefined : values.bounds(start, end)
  if (exact === undefined || leaf.type !== 'BYTE_ARRAY') return { nullCount, bounds: exact, isExact: [true, true] }
  const bounds = cut(exact)
  return { nullCount, bounds, isExact: [bounds?.[0] === exact[0], bounds?.[1] === exact[1]] }
}

/** Bounds of few bytes around those of strings; undefined where no short string is as great as the greatest. */
function cut([least, greatest]: NonNullable<Bounds>): Bounds {
  const above = greatest.length <= maxBoundBytes ? greatest : next(greatest.subarray(0, maxBoundBytes))
  return above && [least.length <= maxBoundBytes ? least : least.subarray(0, maxBoundBytes), above]
}

/** The least bytes that are greater than all that begin so. Of text the last letters are cut, so that UTF-8 remains. */
function next(bytes: Buffer): Buffer | undefined {
  for (let end = bytes.length; end > 0; end--) {
    const last = bytes[end - 1]!
    if (last < 0x7f) return Buffer.from([...bytes.subarray(0, end - 1), last + 1])
  }
  return undefined
}

export function writeStatistics(thrift: ThriftWriter, { nullCount, bounds, isExact }: Statistics): void {
  thrift.i64(3, nullCount)
  if (bounds === undefined) return
  thrift.binary(5, bounds[1])
  thrift.binary(6, bounds[0])
  thrift.bool(7, isExact[1])
  thrift.bool(8, isExact[0])
}
