import { StringCache } from '../../bytes/string-cache.ts'
import { findScale, maxScale } from '../../encodings/decimal-scale.ts'
import type { Value, ValueType } from '../../model/trace.ts'
import type { AttributeColumn } from '../../shred/attributes.ts'
import { valuesByRow } from '../../shred/table.ts'
import { decodeValue } from '../../shred/value-texts.ts'
import { readCodes, writeCodes } from './codes.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { readExact, writeExact } from './exact-columns.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import type { Prediction } from './prediction.ts'
import { type Reference, readStrings, writeStrings } from './strings.ts'

/** In place of a scale: the doubles are written as the 16 hex digits of their bits. */
const asBits = 15

/** Writes the values of one attribute column; returns the codes of strings that have a dictionary. */
export function writeValues(
  writer: ColumnWriter,
  column: AttributeColumn,
  prediction: Prediction,
  references: readonly Reference[],
): Uint32Array | undefined {
  const { values } = column.numbers
  switch (column.type) {
    case 'empty':
      break
    case 'string':
      return writeStrings(writer, valuesByRow(column.texts.table()), prediction, references)
    case 'bool':
      writeCodes(writer, Uint32Array.from(values), 2, prediction)
      break
    case 'int':
      writeExact(writer, column.numbers, prediction)
      break
    case 'double':
      writeDoubles(writer, values, prediction)
      break
    default:
      return writeStrings(writer, valuesByRow(column.texts.table()), prediction)
  }
  return undefined
}

/** Values, and their codes if they are a dictionary of strings. */
export interface Values {
  readonly values: readonly Value[]
  readonly codes?: Uint32Array | undefined
}

export function readValues(
  reader: ColumnReader,
  name: string,
  type: ValueType,
  count: number,
  prediction: Prediction,
  references: readonly Reference[],
): Values {
  switch (type) {
    case 'empty':
      return { values: new Array<Value>(count).fill(null) }
    case 'string':
      return readStrings(reader, name, count, prediction, references)
    case 'bool':
      return { values: Array.from(readCodes(reader, name, count, 2, prediction), code => code === 1) }
    case 'int':
      return { values: readBigints(reader, name, count, prediction) }
    case 'double':
      return { values: readDoubles(reader, name, count, prediction) }
    default:
      return readEncoded(reader, name, type, count, prediction)
  }
}

function readEncoded(
  reader: ColumnReader,
  name: string,
  type: ValueType,
  count: number,
  prediction: Prediction,
): Values {
  const strings = new StringCache(1024)
  const place = `${reader.subject}, column ${name}`
  const { values, codes } = readStrings(reader, name, count, prediction)
  return { values: values.map(text => decodeValue(place, text, type, strings)), codes }
}

function readBigints(reader: ColumnReader, name: string, count: number, prediction: Prediction): bigint[] {
  const { values, exceptions } = readExact(reader, name, count, prediction)
  const bigints = Array.from(values, value => BigInt(value))
  for (const { row, value } of exceptions) {
    if (BigInt.asIntN(64, value) !== value) reader.head.fail('corrupt', `${name}: ${value} exceeds 64 bits`)
    bigints[row] = value
  }
  return bigints
}

function writeDoubles(writer: ColumnWriter, values: Float64Array, prediction: Prediction): void {
  if (values.length === 0) return
  const scale = findScale(values)
  writer.head.u8(scale ?? asBits)
  if (scale === undefined) {
    writeStrings(writer, Array.from(values, bitsOf), prediction)
    return
  }
  const factor = 10 ** scale
  writeNumbers(
    writer,
    values.map(value => Math.round(value * factor)),
    prediction,
  )
}

function readDoubles(reader: ColumnReader, name: string, count: number, prediction: Prediction): number[] {
  if (count === 0) return []
  const scale = reader.head.u8()
  if (scale === asBits)
    return readStrings(reader, name, count, prediction).values.map(digits => fromBits(reader, name, digits))
  if (scale > maxScale) reader.head.fail('unsupported', `${name}: scale ${scale}`)
  const factor = 10 ** scale
  return Array.from(readNumbers(reader, name, count, prediction), value => value / factor)
}

const scratch = Buffer.alloc(8)

function bitsOf(value: number): string {
  scratch.writeDoubleBE(value)
  return scratch.toString('hex')
}

function fromBits(reader: ColumnReader, name: string, digits: string): number {
  if (!/^[0-9a-f]{16}$/.test(digits)) reader.head.fail('corrupt', `${name}: no double's bits`)
  scratch.write(digits, 'hex')
  return scratch.readDoubleBE(0)
}
