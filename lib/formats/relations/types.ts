import { type Value, valueType } from '../../model/trace.ts'
import { encodeValue } from './values.ts'

/** The types that columns distinguish; `other` are bytes, arrays and lists, whose values carry their type. */
const names = ['string', 'bool', 'int', 'double', 'empty', 'other'] as const

export type ColumnType = (typeof names)[number]

/** The types by number, as files name them. */
export const columnTypes = {
  names,
  /** The type of a value. */
  of(value: Value): ColumnType {
    const type = valueType(value)
    return type === 'bytes' || type === 'array' || type === 'kvlist' ? 'other' : type
  },
  /** What is the same for equal values of a type, and for no others. */
  nameOf(value: Value): unknown {
    if (Object.is(value, -0)) return '-0'
    return typeof value === 'object' && value !== null ? encodeValue(value) : value
  },
}
