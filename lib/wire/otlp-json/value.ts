import { bufferOf } from '../../bytes/buffer.ts'
import { type Attribute, type Attributes, isKeyValueList, maxValueDepth, type Value } from '../../model/trace.ts'
import { type DropContext, drop, fieldsOf, readList, readMessage } from '../json/message.ts'
import { parseDouble, parseInt64 } from '../json/number.ts'
import { printDouble, printString } from '../json/print.ts'
import type { JsonReader } from '../json/reader.ts'
import { snakeCase } from './names.ts'

type ValueReader = (reader: JsonReader, context: DropContext, depth: number) => Value

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const doubleNames = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

const valueReaders = new Map<string, { name: string; read: ValueReader }>()

/** The one member of an array or a kvlist; the target reads an item. */
const nestedFields = fieldsOf<() => void, DropContext>({
  values: (readItem, reader) => {
    readList(reader, readItem)
  },
})

function defineValue(name: string, read: ValueReader): void {
  for (const key of [name, snakeCase(name)]) valueReaders.set(key, { name, read })
}

defineValue('stringValue', reader => reader.string())
defineValue('boolValue', reader => reader.boolean())
defineValue('intValue', reader => parseInt64(readDigits(reader), reader))
defineValue('doubleValue', readDouble)
defineValue('bytesValue', readBytes)
defineValue('arrayValue', (reader, context, depth) => {
  const items: Value[] = []
  readMessage(reader, nestedFields, () => items.push(readAnyValue(reader, context, depth + 1)), context)
  return items
})
defineValue('kvlistValue', (reader, context, depth) => {
  const entries: Attribute[] = []
  readMessage(reader, nestedFields, () => entries.push(readEntry(reader, context, depth + 1)), context)
  return { entries }
})

/** Attributes from an array of KeyValue. */
export function readAttributes(reader: JsonReader, context: DropContext): Attributes {
  return readList(reader, () => readEntry(reader, context, 1))
}

/** The text of an integer that stands as a number or a string. */
export function readDigits(reader: JsonReader): string {
  return reader.peek() === 'string' ? reader.string() : reader.number()
}

function readEntry(reader: JsonReader, context: DropContext, depth: number): Attribute {
  let key: string | undefined
  let value: Value | undefined
  reader.beginObject()
  for (let name = reader.nextKey(); name !== undefined; name = reader.nextKey()) {
    if (reader.skipNull()) continue
    if (name !== 'key' && name !== 'value') {
      drop(reader, name, context)
      continue
    }
    if ((name === 'key' ? key : value) !== undefined) reader.fail(`the field "${name}" stands twice`)
    reader.path.push(name)
    if (name === 'key') key = reader.string()
    else value = readAnyValue(reader, context, depth)
    reader.path.pop()
  }
  return { key: key ?? '', value: value ?? null }
}

/** One AnyValue, which lies within `depth - 1` others. */
export function readAnyValue(reader: JsonReader, context: DropContext, depth: number): Value {
  if (depth > maxValueDepth) return reader.fail(`values lie within one another more than ${maxValueDepth} deep`)
  let value: Value | undefined
  let valueKey = ''
  reader.beginObject()
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    if (reader.skipNull()) continue
    const type = valueReaders.get(key)
    if (type === undefined) {
      drop(reader, key, context)
      continue
    }
    if (value !== undefined) {
      if (valueKey === key || valueReaders.get(valueKey)!.name !== type.name)
        reader.fail(`"${key}" stands beside another value`)
      if (valueKey === type.name) {
        drop(reader, key, context)
        continue
      }
      context.dropped([...reader.path, valueKey].join('.'))
    }
    valueKey = key
    reader.path.push(type.name)
    value = type.read(reader, context, depth)
    reader.path.pop()
  }
  return value ?? null
}

function readDouble(reader: JsonReader): number {
  if (reader.peek() === 'number') return parseDouble(reader.number(), reader)
  const text = reader.string()
  const named = doubleNames.get(text)
  if (named !== undefined) return named
  return decimal.test(text) ? parseDouble(text, reader) : reader.fail(`${JSON.stringify(text)} is no double`)
}

function readBytes(reader: JsonReader): Uint8Array {
  const text = reader.string()
  const digits = text.endsWith('=') ? text.indexOf('=') : text.length
  const isPadded = digits < text.length
  if (!base64.test(text) || digits % 4 === 1 || (isPadded && text.length % 4 !== 0))
    return reader.fail('the bytes are not in base64')
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** Attributes as an array of KeyValue. */
export function printAttributes(attributes: Attributes): string {
  let text = '['
  for (let i = 0; i < attributes.length; i++) {
    const { key, value } = attributes[i]!
    text += `${i === 0 ? '' : ','}{"key":${printString(key)},"value":${printAnyValue(value)}}`
  }
  return `${text}]`
}

export function printAnyValue(value: Value): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${printString(value)}}`
    case 'bigint':
      return `{"intValue":"${value}"}`
    case 'number':
      return `{"doubleValue":${Number.isFinite(value) ? printDouble(value) : `"${value}"`}}`
    case 'boolean':
      return `{"boolValue":${value}}`
    default:
      return value === null ? '{}' : printNested(value)
  }
}

function printNested(value: Exclude<Value, string | boolean | bigint | number | null>): string {
  if (value instanceof Uint8Array) return `{"bytesValue":"${bufferOf(value).toString('base64')}"}`
  return isKeyValueList(value)
    ? `{"kvlistValue":{"values":${printAttributes(value.entries)}}}`
    : `{"arrayValue":{"values":[${value.map(printAnyValue).join(',')}]}}`
}
