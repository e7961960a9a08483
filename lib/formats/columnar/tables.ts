import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { Dictionary } from '../../encodings/dictionary.ts'
import { readSigned, writeSigned } from '../../encodings/texts.ts'
import type { Table } from '../../shred/table.ts'
import { CborReader } from '../../wire/cbor/heads.ts'
import { readCodes, writeCodes } from './codes.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import type { Prediction } from './prediction.ts'
import { readText, writeText } from './texts.ts'

/** Columns whose distinct values are in the head, once each, and their codes in the rows. */

/** What a column of whole numbers may hold. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}
export const int32: NumberRange = { min: -(2 ** 31), max: 2 ** 31 - 1 }
export const uint32: NumberRange = { min: 0, max: 2 ** 32 - 1 }

/** Writes a column of small whole numbers. */
export function writeNumberTable(writer: ColumnWriter, numbers: Float64Array, prediction: Prediction): void {
  const dictionary = new Dictionary<number>()
  const codes = Uint32Array.from(numbers, number => dictionary.code(number))
  writeTable(writer, { values: dictionary.values, codes }, value => writeSigned(writer.head, value), prediction)
}

export function readNumberTable(
  reader: ColumnReader,
  name: string,
  count: number,
  prediction: Prediction,
  { min, max }: NumberRange,
): Float64Array {
  const read = () => {
    const value = readSigned(reader.head)
    return value >= min && value <= max ? value : reader.head.fail('corrupt', `${name}: ${value} exceeds 32 bits`)
  }
  const { values, codes } = readTable(reader, name, count, read, prediction)
  return Float64Array.from(codes, code => values[code]!)
}

export function writeTextTable(writer: ColumnWriter, column: Table<string>, prediction: Prediction): Uint32Array {
  return writePrintedTable(writer, column, text => text, prediction)
}

/** Writes records as the texts that `print` gives. */
export function writePrintedTable<T>(
  writer: ColumnWriter,
  column: Table<T>,
  print: (value: T) => string,
  prediction: Prediction,
): Uint32Array {
  return writeTable(writer, column, value => writeText(writer, print(value)), prediction)
}

export function readTextTable(
  reader: ColumnReader,
  name: string,
  count: number,
  prediction: Prediction,
): Table<string> {
  return readTable(reader, name, count, () => readText(reader), prediction)
}

function writeTable<T>(
  writer: ColumnWriter,
  { values, codes }: Table<T>,
  write: (value: T) => void,
  prediction: Prediction,
): Uint32Array {
  writer.head.varint(values.length)
  for (const value of values) write(value)
  writeCodes(writer, codes, values.length, prediction)
  return codes
}

function readTable<T>(
  reader: ColumnReader,
  name: string,
  count: number,
  read: () => T,
  prediction: Prediction,
): Table<T> {
  reader.column = name
  const size = reader.tableSize(count)
  const values = Array.from({ length: size }, read)
  return { values, codes: readCodes(reader, name, count, size, prediction) }
}

/** Writes resources or scopes as CBOR; those that are equal become one. */
export function writeItems<T extends object>(
  writer: ColumnWriter,
  { values, codes }: Table<T | null>,
  encode: (writer: ByteWriter, item: T) => void,
  prediction: Prediction,
): Uint32Array {
  const distinct = new Dictionary<Buffer>(bytes => bytes.toString('latin1'))
  const recoded = values.map(item => distinct.code(item === null ? Buffer.alloc(0) : encodeItem(item, encode)))
  const column = { values: distinct.values, codes: codes.map(code => recoded[code]!) }
  const write = (bytes: Buffer) => {
    writer.head.varint(bytes.length)
    writer.texts.raw(bytes)
  }
  return writeTable(writer, column, write, prediction)
}

export function readItems<T>(
  reader: ColumnReader,
  name: string,
  count: number,
  decode: (cbor: CborReader) => T,
  prediction: Prediction,
): Table<T | null> {
  const read = () => {
    const byteLength = reader.head.varint()
    if (byteLength === 0) return null
    const bytes = new ByteReader(reader.texts.raw(byteLength), `${reader.subject}, column ${name}`)
    const item = decode(new CborReader(bytes))
    bytes.end()
    return item
  }
  return readTable(reader, name, count, read, prediction)
}

function encodeItem<T>(item: T, encode: (writer: ByteWriter, item: T) => void): Buffer {
  const writer = new ByteWriter(256)
  encode(writer, item)
  return writer.take()
}
