import { isKeyValueList, type Value } from '../../model/trace.ts'
import { encodeValue } from './values.ts'

/** The types that columns distinguish; `other` are bytes, arrays and lists, whose values carry their type. */
const names = ['string', 'bool', 'int', 'double', 'empty', 'other'] as const

export type ColumnType = (typeof names)[number]

/** The types by number, as files name them. */
export const columnTypes = {
  names,
  /** The type of a value. */
  of(value: Value): ColumnType {
    if (typeof value === 'string') return 'string'
    if (typeof value === 'bigint') return 'int'
    if (typeof value === 'number') return 'double'
    if (typeof value === 'boolean') return 'bool'
    return value === null ? 'empty' : 'other'
  },
  /** What is the same for equal values of a type, and for no others. */
  nameOf(type: ColumnType, value: Value): unknown {
    if (type === 'double') return Object.is(value, -0) ? '-0' : value
    return type === 'other' ? encodeValue(value) : value
  },
}

/** Whether two values are the same in everything. */
export function isSame(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (isKeyValueList(a) !== isKeyValueList(b)) return false
  return encodeValue(a) === encodeValue(b)
}
