import { ByteReader } from '../bytes/reader.ts'
import type { StringCache } from '../bytes/string-cache.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { type Value, type ValueType, valueType } from '../model/trace.ts'
import { CborReader } from '../wire/cbor/heads.ts'
import { readValue, writeValue } from '../wire/cbor/value.ts'

/** Bytes, arrays and kvlists as their CBOR, a character a byte. */
export function encodeValue(value: Value): string {
  const writer = new ByteWriter(64)
  writeValue(writer, value)
  return writer.view().toString('latin1')
}

export function decodeValue(place: string, text: string, type: ValueType, strings: StringCache): Value {
  const reader = new ByteReader(Buffer.from(text, 'latin1'), place, 0, strings)
  if (/[^\0-\xff]/.test(text)) reader.fail('corrupt', 'a character beyond a byte')
  const value = readValue(new CborReader(reader), 0)
  reader.end()
  const found = valueType(value)
  return found === type ? value : reader.fail('corrupt', `should be of type ${type}, is ${found}`)
}
