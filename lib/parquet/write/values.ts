import type { ByteWriter } from '../../bytes/writer.ts'
import type { LeafNode, WrittenEncoding } from '../schema.ts'

/** What a part of a column's values has: copies of the bytes that compare least and greatest; undefined where it has no order. */
export type Bounds = readonly [least: Buffer, greatest: Buffer] | undefined

/** The values of a column that are there, in order, in the memory of their type. */
export interface ColumnValues {
  readonly count: number
  /** That of the pages: settled when all values of a row group are there. */
  readonly encoding: WrittenEncoding
  clear(): void
  /** About what a value takes in a page before compression, in bits; undefined where `bitsOf` says it of each. */
  readonly valueBits?: number | undefined
  bitsOf?(index: number): number
  /** About what all of them take in memory; undefined where it is as many bits for each as in a page. */
  readonly heldBytes?: number
  /** The values from `start` to `end`, in the column's encoding. */
  write(out: ByteWriter, start: number, end: number): void
  bounds(start: number, end: number): Bounds
  /** What stands in front of pages of RLE_DICTIONARY; returns how many entries it has. */
  writeDictionary?(out: ByteWriter): number
}

/** The encoding of what has no dictionary. */
export function written(encoding: LeafNode['encoding']): WrittenEncoding {
  if (encoding === 'DICTIONARY_IF_SMALLER') throw new TypeError('only strings and bytes have dictionaries')
  return encoding
}
