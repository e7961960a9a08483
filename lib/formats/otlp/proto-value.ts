import { type Attribute, type Attributes, isKeyValueList, maxValueDepth, type Value } from '../../model/trace.ts'
import type { WireReader } from '../../wire/protobuf/reader.ts'
import type { WireWriter } from '../../wire/protobuf/writer.ts'

/** One KeyValue, which is the next field. The cases are tags: a field's number times 8 plus its wire type. */
export function readAttribute(wire: WireReader, name: string, depth = 1): Attribute {
  const outer = wire.open(name)
  let key = ''
  let value: Value = null
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) key = wire.text('key')
    else if (tag === 0x12) value = readAnyValue(wire, 'value', depth, value)
    else wire.drop(tag)
  }
  wire.close(outer)
  return { key, value }
}

/** One AnyValue, which lies within `depth - 1` others, merged into what the same field has given before. */
function readAnyValue(wire: WireReader, name: string, depth: number, previous: Value): Value {
  const outer = wire.open(name)
  if (depth > maxValueDepth) wire.fail(`values lie within one another more than ${maxValueDepth} deep`)
  let value = previous
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) value = wire.text('stringValue')
    else if (tag === 0x10) value = wire.bool()
    else if (tag === 0x18) value = wire.int64()
    else if (tag === 0x21) value = wire.double('doubleValue')
    else if (tag === 0x2a) value = readArray(wire, depth, value)
    else if (tag === 0x32) value = readKeyValueList(wire, depth, value)
    else if (tag === 0x3a) value = wire.bytes('bytesValue')
    else wire.drop(tag)
  }
  wire.close(outer)
  return value
}

function readArray(wire: WireReader, depth: number, previous: Value): Value {
  const outer = wire.open('arrayValue')
  const items: Value[] = Array.isArray(previous) ? previous : []
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) items.push(readAnyValue(wire, 'values', depth + 1, null))
    else wire.drop(tag)
  }
  wire.close(outer)
  return items
}

function readKeyValueList(wire: WireReader, depth: number, previous: Value): Value {
  const outer = wire.open('kvlistValue')
  const list = isDraftOfList(previous) ? previous : { entries: [] }
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
    if (tag === 0x0a) list.entries.push(readAttribute(wire, 'values', depth + 1))
    else wire.drop(tag)
  }
  wire.close(outer)
  return list
}

/** True for a kvlist, which this file has made and may add to. */
function isDraftOfList(value: Value): value is { entries: Attribute[] } {
  return typeof value === 'object' && value !== null && 'entries' in value && !Array.isArray(value)
}

/** Each of the attributes as a KeyValue under a tag that takes one byte. */
export function writeAttributes(wire: WireWriter, tag: number, attributes: Attributes): void {
  for (let i = 0; i < attributes.length; i++) {
    const start = wire.begin(tag)
    writeAttribute(wire, attributes[i]!)
    wire.end(start)
  }
}

/** The fields of a KeyValue. */
export function writeAttribute(wire: WireWriter, { key, value }: Attribute): void {
  if (key !== '') wire.text(0x0a, key)
  writeAnyValue(wire, 0x12, value)
}

function writeAnyValue(wire: WireWriter, tag: number, value: Value): void {
  const start = wire.begin(tag)
  switch (typeof value) {
    case 'string':
      wire.text(0x0a, value)
      break
    case 'bigint':
      wire.int64(0x18, value)
      break
    case 'boolean':
      wire.uint32(0x10, value ? 1 : 0)
      break
    case 'number':
      wire.double(0x21, value)
      break
    default:
      if (value !== null) writeNested(wire, value)
  }
  wire.end(start)
}

function writeNested(wire: WireWriter, value: Exclude<Value, string | boolean | bigint | number | null>): void {
  if (value instanceof Uint8Array) return wire.bytes(0x3a, value)
  const isList = isKeyValueList(value)
  const start = wire.begin(isList ? 0x32 : 0x2a)
  if (isList) writeAttributes(wire, 0x0a, value.entries)
  else for (const item of value) writeAnyValue(wire, 0x0a, item)
  wire.end(start)
}
