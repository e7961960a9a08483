import type { AnyValue, KeyedValue } from '../../lib/traceql/engine/answer-value.ts'
import { clean } from '../text/names.ts'

/** A value of an answer as a table shows it: texts as they are, without what would move the cursor. */
export function printAnyValue(value: AnyValue): string {
  if ('stringValue' in value) return clean(value.stringValue)
  if ('boolValue' in value) return String(value.boolValue)
  if ('intValue' in value) return value.intValue
  if ('doubleValue' in value) return String(value.doubleValue)
  if ('bytesValue' in value) return `base64 ${value.bytesValue}`
  if ('arrayValue' in value) return `[${value.arrayValue.values.map(printAnyValue).join(', ')}]`
  return `{${printKeyed(value.kvlistValue.values)}}`
}

/** key=value, key=value */
export function printKeyed(items: readonly KeyedValue[]): string {
  return items.map(({ key, value }) => `${clean(key)}=${printAnyValue(value)}`).join(', ')
}
