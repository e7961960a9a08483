import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'

/**
 * A string: its length in the head, its bytes among the texts. UTF-8, or UTF-16 where it is not well-formed (the lowest
 * bit of the length says so).
 */
export function writeText({ head, texts }: ColumnWriter, text: string): void {
  const isWellFormed = text.isWellFormed()
  const start = texts.length
  if (isWellFormed) texts.utf8(text)
  else texts.raw(Buffer.from(text, 'utf16le'))
  head.varint((texts.length - start) * 2 + (isWellFormed ? 0 : 1))
}

export function readText({ head, texts }: ColumnReader): string {
  const length = head.varint()
  const byteLength = Math.floor(length / 2)
  return length % 2 === 0 ? texts.utf8(byteLength) : texts.raw(byteLength).toString('utf16le')
}

/** A whole number of either sign, up to 2^52 in magnitude, zigzag. */
export function writeSigned(writer: ByteWriter, value: number): void {
  writer.varint(value < 0 ? -value * 2 - 1 : value * 2)
}

export function readSigned(reader: ByteReader): number {
  const value = reader.varint()
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
