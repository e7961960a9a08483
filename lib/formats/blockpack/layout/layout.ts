import { blockByteLength } from '../../../encodings/sketches/bloom.ts'
import { bands, firstFieldId, fixedColumn } from './columns.ts'

/** Constants and rules that fix the file: its reader and its writer share them. */

/** Layouts of a page of strings, its first byte: every row has its own, rows have codes, or are runs of a pool. */
export const textLayouts = { strings: 0, coded: 1, pooled: 2 } as const
/** In place of a scale: doubles as the words of their bits. */
export const asBits = 15

/** Traces, spans, events, links and values that a reader accepts per byte of a page group. */
export const itemsPerByte = 4

/** A block of a Bloom filter with its checksum, so that it can be read alone. */
export const bloomBlockBytes: number = blockByteLength + 4

/** Pages of attributes with more bytes per value belong to the bulk. */
const maxScannedBytesPerValue = 4

/** The band of a page. */
export function bandOf(column: number, rowCount: number, storedLength: number): number {
  if (column < firstFieldId) return fixedColumn(column)!.band
  return storedLength > rowCount * maxScannedBytesPerValue ? bands.bulk : bands.scan
}
