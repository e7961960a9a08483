import type { Attribute, Attributes, Value } from '../../model/trace.ts'
import { readList } from '../../wire/json/message.ts'
import { isIntegerText, parseDouble, parseInt64 } from '../../wire/json/number.ts'
import type { JsonReader } from '../../wire/json/reader.ts'
import { readValue, type ValueForm } from '../../wire/json/value.ts'

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const doubleNames = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** Attributes from a plain object or its tagged form. */
export function parseAttributes(reader: JsonReader): Attributes {
  reader.beginObject()
  const key = reader.nextKey()
  if (key === undefined) return []
  if (!key.startsWith('$')) return parseMembers(reader, key, 1)
  if (key !== '$kvlist') return reader.fail(`${JSON.stringify(key)} is no tag of attributes`)
  return closeTag(
    reader,
    readList(reader, () => parseEntry(reader, 1)),
  )
}

const form: ValueForm = { readNumber: parseNumber, readObject: parseObject }

function parseNumber(reader: JsonReader): Value {
  const text = reader.number()
  if (text === '-0') return reader.fail('-0 is no int; the double is -0.0')
  return isIntegerText(text) ? parseInt64(text, reader) : parseDouble(text, reader)
}

function parseObject(reader: JsonReader, depth: number): Value {
  reader.beginObject()
  const key = reader.nextKey()
  if (key === undefined) return { entries: [] }
  return key.startsWith('$')
    ? closeTag(reader, parseTagged(reader, key, depth))
    : { entries: parseMembers(reader, key, depth + 1) }
}

function parseTagged(reader: JsonReader, tag: string, depth: number): Value {
  switch (tag) {
    case '$int':
      return parseDigits(reader)
    case '$double':
      return doubleNames.get(reader.string()) ?? reader.fail('"$double" knows NaN, Infinity and -Infinity')
    case '$bytes':
      return parseBytes(reader)
    case '$kvlist':
      return { entries: readList(reader, () => parseEntry(reader, depth + 1)) }
    default:
      return reader.fail(`${JSON.stringify(tag)} is no tag of a value`)
  }
}

function parseDigits(reader: JsonReader): bigint {
  const text = reader.string()
  if (!isIntegerText(text) || text === '-0') return reader.fail(`${JSON.stringify(text)} is no integer`)
  return parseInt64(text, reader)
}

function parseBytes(reader: JsonReader): Uint8Array {
  const text = reader.string()
  if (!base64.test(text)) return reader.fail('the bytes are not in base64')
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function parseMembers(reader: JsonReader, firstKey: string, depth: number): Attributes {
  const members: Attribute[] = []
  for (let key: string | undefined = firstKey; key !== undefined; key = reader.nextKey())
    members.push({ key, value: readValue(reader, depth, form) })
  return members
}

function parseEntry(reader: JsonReader, depth: number): Attribute {
  reader.beginArray()
  if (!reader.nextItem()) return reader.fail('an entry of "$kvlist" needs a key')
  const key = reader.string()
  if (!reader.nextItem()) return reader.fail('an entry of "$kvlist" needs a value')
  const value = readValue(reader, depth, form)
  if (reader.nextItem()) return reader.fail('an entry of "$kvlist" has a key and a value, nothing more')
  return { key, value }
}

function closeTag<T>(reader: JsonReader, value: T): T {
  return reader.nextKey() === undefined ? value : reader.fail('nothing may follow the tag of a value')
}
