import type { ByteReader } from '../../../bytes/reader.ts'
import type { ByteWriter } from '../../../bytes/writer.ts'
import type { GeneralCodec } from '../../../codecs/compress.ts'
import { type BloomShape, blockByteLength, checkBloomShape } from '../../../encodings/sketches/bloom.ts'
import { messageOf } from '../../../error.ts'
import { bandCount } from './columns.ts'
import { itemsPerByte } from './layout.ts'
import type { Piece } from './stored.ts'

/** The root of the table of contents: what is where, in the order of the file. */
export interface Root {
  readonly codec: GeneralCodec
  readonly level: number
  readonly rowGroups: readonly RowGroup[]
  readonly dictionaries: readonly DictionaryPage[]
  readonly traceIndex: TraceIndexPlan
  readonly similarity: SimilarityPlan | undefined
  readonly fields: Piece
  /** Columns with strings that are in no dictionary, ascending. */
  readonly openColumns: readonly number[]
  /** Fields with values in the columns that rare ones share, ascending. */
  readonly rareFields: readonly number[]
}

/** Page groups whose pages are adjacent, band by band; the directory follows them. */
export interface RowGroup {
  readonly pageGroups: readonly PageGroupPlace[]
  readonly directory: Piece
  /** Filters of columns, after the directory. */
  readonly blooms: readonly BloomPlan[]
}

/** A filter of the strings of a column that are in no dictionary. */
export interface BloomPlan extends BloomShape {
  readonly column: number
}

export interface PageGroupPlace {
  readonly traceCount: number
  readonly spanCount: number
  /** Bytes in each band. */
  readonly bandLengths: readonly number[]
  /** Of the starts of spans, ns. */
  readonly minStart: bigint
  readonly maxStart: bigint
}

/** A piece with entries of one or several dictionaries, in order. */
export interface DictionaryPage extends Piece {
  readonly runs: readonly { readonly column: number; readonly entryCount: number }[]
}

/** Pages of hashes of trace ids, cut into equal ranges of hashes. */
export interface TraceIndexPlan {
  /** Leading bits of a hash that are kept. */
  readonly hashBits: number
  readonly pageLengths: readonly number[]
}

/** Signatures of the sets of features that traces have. */
export interface SimilarityPlan {
  readonly permutations: number
  readonly signatureCount: number
  /** The signatures, band by band. */
  readonly bandLengths: readonly number[]
  /** By row group: which signature each trace has. */
  readonly traceLengths: readonly number[]
}

const codecs: readonly GeneralCodec[] = ['none', 'zstd', 'snappy', 'lz4']

export function writeRoot(out: ByteWriter, root: Root): void {
  out.u8(codecs.indexOf(root.codec))
  out.u8(root.level)
  out.varint(root.rowGroups.length)
  for (const rowGroup of root.rowGroups) writeRowGroup(out, rowGroup)
  out.varint(root.dictionaries.length)
  for (const page of root.dictionaries) {
    writePiece(out, page)
    out.varint(page.runs.length)
    for (const { column, entryCount } of page.runs) {
      out.varint(column)
      out.varint(entryCount)
    }
  }
  out.u8(root.traceIndex.hashBits)
  writeLengths(out, root.traceIndex.pageLengths)
  out.varint(root.similarity?.permutations ?? 0)
  if (root.similarity) {
    out.varint(root.similarity.signatureCount)
    writeLengths(out, root.similarity.bandLengths)
    writeLengths(out, root.similarity.traceLengths)
  }
  writePiece(out, root.fields)
  writeAscending(out, root.openColumns)
  writeAscending(out, root.rareFields)
}

/** Entries of one dictionary in one piece: an entry may take no bytes, so the number itself is bounded. */
export const maxRunEntries: number = 2 ** 14

function readEntryCount(reader: ByteReader): number {
  const count = reader.varint()
  return count >= 1 && count <= maxRunEntries
    ? count
    : reader.fail('corrupt', `a dictionary of ${count} entries in a piece, at most ${maxRunEntries} are read`)
}

export function readRoot(reader: ByteReader): Root {
  const codec = codecs[reader.u8()] ?? reader.fail('unsupported', 'a codec of pages')
  const level = reader.u8()
  const rowGroups = Array.from({ length: reader.count(4) }, () => readRowGroup(reader))
  const dictionaries = Array.from({ length: reader.count(3) }, () => {
    const piece = readPiece(reader)
    const runs = Array.from({ length: reader.count(2) }, () => ({
      column: reader.varint(),
      entryCount: readEntryCount(reader),
    }))
    return { ...piece, runs }
  })
  const hashBits = reader.u8()
  if (hashBits > 32) reader.fail('unsupported', `hashes of ${hashBits} bits`)
  const traceIndex = { hashBits, pageLengths: readLengths(reader) }
  const permutations = reader.varint()
  const similarity =
    permutations === 0
      ? undefined
      : {
          permutations,
          signatureCount: reader.varint(),
          bandLengths: readLengths(reader),
          traceLengths: readLengths(reader),
        }
  const fields = readPiece(reader)
  const [openColumns, rareFields] = [readAscending(reader), readAscending(reader)]
  reader.end()
  return { codec, level, rowGroups, dictionaries, traceIndex, similarity, fields, openColumns, rareFields }
}

function writeRowGroup(out: ByteWriter, { pageGroups, directory, blooms }: RowGroup): void {
  writePiece(out, directory)
  out.varint(blooms.length)
  for (const { column, blockCount, probeCount } of blooms) {
    out.varint(column)
    out.varint(blockCount)
    out.varint(probeCount)
  }
  out.varint(pageGroups.length)
  for (const { traceCount, spanCount, bandLengths, minStart, maxStart } of pageGroups) {
    out.varint(traceCount)
    out.varint(spanCount)
    for (const length of bandLengths) out.varint(length)
    out.u64(minStart)
    out.u64(maxStart)
  }
}

function readRowGroup(reader: ByteReader): RowGroup {
  const directory = readPiece(reader)
  const blooms = Array.from({ length: reader.count(3) }, () => {
    const plan = { column: reader.varint(), blockCount: reader.varint(), probeCount: reader.varint() }
    try {
      checkBloomShape(plan, plan.blockCount * blockByteLength)
    } catch (error) {
      reader.fail('corrupt', messageOf(error))
    }
    return plan
  })
  const pageGroups = Array.from({ length: reader.count(18 + bandCount) }, () => ({
    traceCount: reader.varint(),
    spanCount: reader.varint(),
    bandLengths: Array.from({ length: bandCount }, () => reader.varint()),
    minStart: reader.u64(),
    maxStart: reader.u64(),
  }))
  for (const { traceCount, spanCount, bandLengths, minStart, maxStart } of pageGroups) {
    const byteLength = bandLengths.reduce((sum, length) => sum + length, 0)
    if (traceCount < 1 || spanCount < traceCount || minStart > maxStart || spanCount > byteLength * itemsPerByte)
      reader.fail('corrupt', `a page group of ${traceCount} traces and ${spanCount} spans in ${byteLength} bytes`)
  }
  return { pageGroups, directory, blooms }
}

function writePiece(out: ByteWriter, { storedLength, rawLength }: Piece): void {
  out.varint(storedLength)
  out.varint(rawLength)
}

function readPiece(reader: ByteReader): Piece {
  return { storedLength: reader.varint(), rawLength: reader.varint() }
}

function writeLengths(out: ByteWriter, lengths: readonly number[]): void {
  out.varint(lengths.length)
  for (const length of lengths) out.varint(length)
}

function readLengths(reader: ByteReader): number[] {
  return Array.from({ length: reader.count() }, () => reader.varint())
}

/** Numbers by their distances, the first from 0. */
function writeAscending(out: ByteWriter, numbers: readonly number[]): void {
  writeLengths(
    out,
    numbers.map((number, i) => number - (numbers[i - 1] ?? 0)),
  )
}

function readAscending(reader: ByteReader): number[] {
  let number = 0
  return readLengths(reader).map(step => {
    number += step
    return number
  })
}
