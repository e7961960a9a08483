import { type Attribute, int64Max, int64Min, type Value } from '../../model/trace.ts'
import { type DropContext, fieldsOf, into, readInto, readList, readText } from '../../wire/json/message.ts'
import type { JsonReader } from '../../wire/json/reader.ts'
import { readNatural } from '../foreign/foreign.ts'

interface Tag {
  key: string
  type: string
  value: Value
}

const integer = /^-?\d{1,20}$/
const decimal = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const doubleNames = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
])

const tagFields = fieldsOf<Tag, DropContext>({
  key: into('key', readText),
  type: into('type', readText),
  value: into('value', reader => readNatural(reader)),
})

/**
 * Tags: `{key, type, value}` each, where the value is of the type (string, bool, int64, float64, binary as base64) or a
 * string that says it. Where it is neither, or the type is unknown, it keeps its JSON type, and the type is dropped.
 */
export function readTags(reader: JsonReader, context: DropContext): Attribute[] {
  return readList(reader, () => {
    const tag = readInto(reader, tagFields, { key: '', type: '', value: null }, context)
    const value = tag.type === '' ? tag.value : typed(tag)
    if (value === undefined) context.dropped([...reader.path, 'type'].join('.'))
    return { key: tag.key, value: value ?? tag.value }
  })
}

/** The value of a tag by its type; undefined where it is of another. */
function typed({ type, value }: Tag): Value | undefined {
  switch (type.toLowerCase()) {
    case 'string':
      return typeof value === 'string' ? value : undefined
    case 'bool':
      return toBool(value)
    case 'int64':
      return toInt(value)
    case 'float64':
      return toDouble(value)
    case 'binary':
      return typeof value === 'string' && base64.test(value) ? new Uint8Array(Buffer.from(value, 'base64')) : undefined
    default:
      return undefined
  }
}

function toBool(value: Value): boolean | undefined {
  if (value === 'true' || value === 'false') return value === 'true'
  return typeof value === 'boolean' ? value : undefined
}

function toInt(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string' || !integer.test(value)) return undefined
  const int = BigInt(value)
  return int >= int64Min && int <= int64Max ? int : undefined
}

function toDouble(value: Value): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') return undefined
  return decimal.test(value) ? Number(value) : doubleNames.get(value)
}
