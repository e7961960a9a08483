import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { LabError } from '../error.ts'
import { unzigzag, zigzag } from './zigzag.ts'

/** Of the strings of a segment together, or of a column that is compressed on its own, in bytes. */
export const maxTextBytes: number = 2 ** 28

/** Refuses to write what a reader would refuse. */
export function checkTextBytes(byteLength: number): void {
  if (byteLength > maxTextBytes)
    throw new LabError('unsupported', `${byteLength} bytes of distinct strings in one trace, at most ${maxTextBytes}`)
}

/** Appends a string to `texts`; returns twice its byte length, plus 1 if it is written as UTF-16. */
export function writeTextTo(texts: ByteWriter, text: string): number {
  const start = texts.length
  if (text.isWellFormed()) {
    texts.utf8(text)
    return (texts.length - start) * 2
  }
  texts.raw(Buffer.from(text, 'utf16le'))
  return (texts.length - start) * 2 + 1
}

/** The next string of `texts`, given what `writeTextTo` returned. */
export function readTextOf(texts: ByteReader, length: number): string {
  if (length < 0) texts.fail('corrupt', `a string of length ${length}`)
  const byteLength = Math.floor(length / 2)
  if (length % 2 === 0) return texts.utf8(byteLength)
  if (byteLength % 2 !== 0) texts.fail('corrupt', `UTF-16 of ${byteLength} bytes`)
  return texts.raw(byteLength).toString('utf16le')
}

/** A whole number of either sign, below 2^52 in magnitude, zigzag. */
export function writeSigned(writer: ByteWriter, value: number): void {
  writer.varint(zigzag(value))
}

export function readSigned(reader: ByteReader): number {
  return unzigzag(reader.varint())
}
