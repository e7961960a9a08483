import type { ByteWriter } from '../../bytes/writer.ts'
import { decodeWtf8, encodeWtf8 } from '../../bytes/wtf8.ts'
import {
  type Attribute,
  type Attributes,
  int64Max,
  int64Min,
  isKeyValueList,
  maxValueDepth,
  type Value,
} from '../../model/trace.ts'
import {
  type CborReader,
  cborMajor,
  cborSimple,
  integerOf,
  writeBytes,
  writeDouble,
  writeHead,
  writeInteger,
  writeSimple,
  writeText,
} from './heads.ts'

const wtf8Tag = 273

/** Text, or WTF-8 under its tag where the string is not well-formed. */
export function writeString(writer: ByteWriter, text: string): void {
  if (text.isWellFormed()) return writeText(writer, text)
  writeHead(writer, cborMajor.tag, wtf8Tag)
  writeBytes(writer, encodeWtf8(text))
}

export function readString(cbor: CborReader): string {
  const { major, argument } = cbor.next()
  return readStringBody(cbor, major, argument)
}

function readStringBody(cbor: CborReader, major: number, argument: number): string {
  if (major === cborMajor.text) return cbor.reader.utf8(argument)
  if (major !== cborMajor.tag || argument !== wtf8Tag)
    return cbor.reader.fail('corrupt', `expected a string, found CBOR of major type ${major}`)
  return decodeWtf8(cbor.reader.raw(cbor.expect(cborMajor.bytes)))
}

export function writeAttributes(writer: ByteWriter, attributes: Attributes): void {
  writeHead(writer, cborMajor.map, attributes.length)
  for (const { key, value } of attributes) {
    writeString(writer, key)
    writeValue(writer, value)
  }
}

export function readAttributes(cbor: CborReader): Attributes {
  return readEntries(cbor, cbor.expect(cborMajor.map), 0)
}

const none: Attributes = []

function readEntries(cbor: CborReader, count: number, depth: number): Attributes {
  if (count === 0) return none
  cbor.reader.checkCount(count, 2)
  const entries: Attribute[] = []
  for (let i = 0; i < count; i++) entries.push({ key: readString(cbor), value: readValue(cbor, depth) })
  return entries
}

/** Any value as one item. */
export function writeValue(writer: ByteWriter, value: Value): void {
  switch (typeof value) {
    case 'string':
      return writeString(writer, value)
    case 'bigint':
      return writeInteger(writer, value)
    case 'number':
      return writeDouble(writer, value)
    case 'boolean':
      return writeSimple(writer, value ? cborSimple.true : cborSimple.false)
  }
  if (value === null) return writeSimple(writer, cborSimple.null)
  if (value instanceof Uint8Array) return writeBytes(writer, value)
  if (isKeyValueList(value)) return writeAttributes(writer, value.entries)
  writeHead(writer, cborMajor.array, value.length)
  for (const item of value) writeValue(writer, item)
}

/** The next item as a value; `depth` is that of what it lies in. */
export function readValue(cbor: CborReader, depth: number): Value {
  const { reader } = cbor
  if (depth > maxValueDepth) reader.fail('corrupt', `values nested deeper than ${maxValueDepth}`)
  const head = cbor.next()
  const { major, argument } = head
  switch (major) {
    case cborMajor.unsigned:
    case cborMajor.negative:
      return checkInt64(cbor, integerOf(head))
    case cborMajor.bytes:
      return Uint8Array.from(reader.raw(argument))
    case cborMajor.array:
      return readItems(cbor, reader.checkCount(argument), depth + 1)
    case cborMajor.map:
      return { entries: readEntries(cbor, argument, depth + 1) }
    case cborMajor.simple:
      return readSimple(cbor, argument)
    default:
      return readStringBody(cbor, major, argument)
  }
}

function readItems(cbor: CborReader, count: number, depth: number): Value[] {
  const items: Value[] = []
  for (let i = 0; i < count; i++) items.push(readValue(cbor, depth))
  return items
}

function readSimple(cbor: CborReader, simple: number): Value {
  if (simple === cborSimple.float64) return cbor.reader.f64BigEndian()
  if (simple === cborSimple.true) return true
  if (simple === cborSimple.false) return false
  return simple === cborSimple.null
    ? null
    : cbor.reader.fail('corrupt', `CBOR simple value ${simple} has no meaning here`)
}

function checkInt64(cbor: CborReader, value: bigint): bigint {
  return value >= int64Min && value <= int64Max ? value : cbor.reader.fail('corrupt', `${value} exceeds 64 bits`)
}

/** A number of at most 53 bits. */
export function writeNumber(writer: ByteWriter, value: number): void {
  if (value < 0) writeHead(writer, cborMajor.negative, -1 - value)
  else writeHead(writer, cborMajor.unsigned, value)
}

/** Reads the head of an array that must have this many items. */
export function expectArray(cbor: CborReader, itemCount: number): void {
  const count = cbor.expect(cborMajor.array)
  if (count !== itemCount) cbor.reader.fail('corrupt', `expected an array of ${itemCount}, found one of ${count}`)
}

export function readUint32(cbor: CborReader): number {
  const value = cbor.unsigned()
  return value <= 0xffffffff ? value : cbor.reader.fail('corrupt', `${value} exceeds 32 bits`)
}
