import { isKeyValueList, type Value } from '../model/trace.ts'

/** A value as text, as the collector compares values: of the integer 1 and the string `1` it is the same. */
export function valueText(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(plain(value)) : String(value)
}

function plain(value: Value): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (isKeyValueList(value)) return Object.fromEntries(value.entries.map(entry => [entry.key, plain(entry.value)]))
  return value.map(plain)
}
