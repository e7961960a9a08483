import { bufferOf } from '../../bytes/buffer.ts'
import { type Attributes, isKeyValueList, type Value } from '../../model/trace.ts'
import { printDouble, printInteger, printString } from '../../wire/json/print.ts'

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER)
const dollar = 0x24
const maxKeptLength = 1 << 24

/** A key as it is printed in front of its value; `list` is the number of the list that it was last seen in. */
interface PrintedKey {
  text: string
  list: number
}

/** Keys repeat from span to span: each is printed once. Bounded by the characters kept. */
let printedKeys = new Map<string, PrintedKey>()
let keptLength = 0
let listNumber = 0

/** Attributes as a plain object, or tagged where one could not be told apart or would repeat a key. */
export function printAttributes(attributes: Attributes): string {
  if (isPlain(attributes)) return printPlain(attributes)
  return `{"$kvlist":[${attributes.map(({ key, value }) => `[${printString(key)},${printValue(value)}]`).join(',')}]}`
}

function printValue(value: Value): string {
  switch (typeof value) {
    case 'string':
      return printString(value)
    case 'bigint':
      return value >= -maxSafe && value <= maxSafe ? printInteger(value) : `{"$int":"${value}"}`
    case 'number':
      return Number.isFinite(value) ? printDouble(value) : `{"$double":"${value}"}`
    case 'boolean':
      return value ? 'true' : 'false'
    default:
      return value === null ? 'null' : printObject(value)
  }
}

function printObject(value: Exclude<Value, string | boolean | bigint | number | null>): string {
  if (value instanceof Uint8Array) return `{"$bytes":"${bufferOf(value).toString('base64')}"}`
  return isKeyValueList(value) ? printAttributes(value.entries) : `[${value.map(printValue).join(',')}]`
}

function printPlain(attributes: Attributes): string {
  let text = '{'
  for (let i = 0; i < attributes.length; i++) {
    const { key, value } = attributes[i]!
    text += (i === 0 ? '' : ',') + printedKey(key).text + printValue(value)
  }
  return `${text}}`
}

/** The keys are seen before any value, so that a list within this one does not overwrite their marks. */
function isPlain(attributes: Attributes): boolean {
  if (attributes.length === 0) return true
  if (attributes[0]!.key.charCodeAt(0) === dollar) return false
  if (keptLength > maxKeptLength) forgetKeys()
  const list = ++listNumber
  for (const { key } of attributes) {
    const printed = printedKey(key)
    if (printed.list === list) return false
    printed.list = list
  }
  return true
}

function printedKey(key: string): PrintedKey {
  const known = printedKeys.get(key)
  if (known !== undefined) return known
  const printed = { text: `${printString(key)}:`, list: 0 }
  keptLength += printed.text.length
  printedKeys.set(key, printed)
  return printed
}

function forgetKeys(): void {
  printedKeys = new Map()
  keptLength = 0
}
