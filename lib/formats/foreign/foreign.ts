import { type Attribute, spanIdDigits, traceIdDigits, type Value } from '../../model/trace.ts'
import { isIntegerText, parseDouble, parseInt64 } from '../../wire/json/number.ts'
import type { JsonReader } from '../../wire/json/reader.ts'
import { readValue, type ValueForm } from '../../wire/json/value.ts'

const hex = /^[0-9a-f]*$/
const zeros = /^0*$/

/** A trace id in hex, zeros put in front up to 16 digits, or up to 32 where there are more; the empty one stays. */
export function readTraceId(reader: JsonReader): string {
  const id = readHex(reader, traceIdDigits)
  return id === '' ? id : id.padStart(id.length > spanIdDigits ? traceIdDigits : spanIdDigits, '0')
}

/** A span id of hex digits, zeros put in front up to 16 digits; the empty one stays. */
export function readSpanId(reader: JsonReader): string {
  const id = readHex(reader, spanIdDigits)
  return id === '' ? id : id.padStart(spanIdDigits, '0')
}

/** As readSpanId, for a parent: zero means none. */
export function readParentId(reader: JsonReader): string {
  const id = readSpanId(reader)
  return zeros.test(id) ? '' : id
}

function readHex(reader: JsonReader, maxDigits: number): string {
  const id = reader.string().toLowerCase()
  if (!hex.test(id)) return reader.fail(`${JSON.stringify(id.slice(0, 80))} is not hex`)
  return id.length > maxDigits
    ? reader.fail(`${JSON.stringify(id.slice(0, 80))} has more than ${maxDigits} digits`)
    : id
}

/** A JSON value by its own type: an integer is an int, another number a double, an object a kvlist. */
export function readNatural(reader: JsonReader, depth = 1): Value {
  return readValue(reader, depth, natural)
}

const natural: ValueForm = {
  readNumber: reader => {
    const text = reader.number()
    return isIntegerText(text) && text !== '-0' ? parseInt64(text, reader) : parseDouble(text, reader)
  },
  readObject: (reader, depth) => ({ entries: readMembers(reader, depth + 1) }),
}

/** The members of an object, in order. */
export function readMembers(reader: JsonReader, depth = 1): Attribute[] {
  const members: Attribute[] = []
  reader.beginObject()
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey())
    members.push({ key, value: readNatural(reader, depth) })
  return members
}
