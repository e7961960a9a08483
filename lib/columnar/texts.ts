import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'

/** A string behind its length: UTF-8, or UTF-16 where it is not well-formed (the lowest bit of the length says so). */
export function writeText(writer: ByteWriter, text: string): void {
  const isWellFormed = text.isWellFormed()
  const byteLength = Buffer.byteLength(text, isWellFormed ? 'utf8' : 'utf16le')
  writer.varint(byteLength * 2 + (isWellFormed ? 0 : 1))
  if (isWellFormed) writer.utf8(text)
  else writer.raw(Buffer.from(text, 'utf16le'))
}

export function readText(reader: ByteReader): string {
  const length = reader.varint()
  const byteLength = Math.floor(length / 2)
  return length % 2 === 0 ? reader.utf8(byteLength) : reader.raw(byteLength).toString('utf16le')
}

/** A whole number of either sign, up to 2^52 in magnitude, zigzag. */
export function writeSigned(writer: ByteWriter, value: number): void {
  writer.varint(value < 0 ? -value * 2 - 1 : value * 2)
}

export function readSigned(reader: ByteReader): number {
  const value = reader.varint()
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
