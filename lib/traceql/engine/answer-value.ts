import { isKeyValueList, type Value } from '../../model/trace.ts'
import type { Field } from '../language/ast.ts'
import { kindNames, statusNames } from '../language/fields.ts'
import { printField } from '../language/print-expression.ts'
import { type Cell, type Pool, Tag } from './vector.ts'

/** A value as OTLP's JSON writes it, which is how Tempo answers. Ints are decimal text, bytes base64. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly bytesValue: string }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyedValue[] } }

export interface KeyedValue {
  readonly key: string
  readonly value: AnyValue
}

/** A cell as a value; nil is the text `nil`, durations and keywords are texts. */
export function answerValue({ tag, number }: Cell, pool: Pool): AnyValue {
  switch (tag) {
    case Tag.bool:
      return { boolValue: number === 1 }
    case Tag.int:
      return { intValue: String(number) }
    case Tag.float:
      return { doubleValue: number }
    case Tag.duration:
      return { stringValue: formatDuration(number) }
    case Tag.status:
      return { stringValue: statusNames[number] ?? `status(${number})` }
    case Tag.kind:
      return { stringValue: kindNames[number] ?? `kind(${number})` }
    case Tag.text:
    case Tag.id:
      return { stringValue: pool.text(number) }
    case Tag.bigint:
      return { intValue: String(pool.bigint(number)) }
    case Tag.array:
    case Tag.several:
      return { arrayValue: { values: pool.cells(number).map(cell => answerValue(cell, pool)) } }
    case Tag.opaque:
      return modelValue(pool.values[number] as Value)
    default:
      return { stringValue: 'nil' }
  }
}

/** A value of the model as OTLP's JSON writes it. */
export function modelValue(value: Value): AnyValue {
  switch (typeof value) {
    case 'string':
      return { stringValue: value }
    case 'boolean':
      return { boolValue: value }
    case 'bigint':
      return { intValue: String(value) }
    case 'number':
      return { doubleValue: value }
    default:
      if (value === null) return { stringValue: 'nil' }
      if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
      if (isKeyValueList(value))
        return { kvlistValue: { values: value.entries.map(({ key, value }) => ({ key, value: modelValue(value) })) } }
      return { arrayValue: { values: value.map(modelValue) } }
  }
}

/** The name under which Tempo answers with a field's value: an attribute's without its scope. */
export function answerKey(field: Field): string {
  return field.kind === 'attribute' ? field.name : printField(field)
}

const smallUnits = [
  { nanos: 1e6, name: 'ms' },
  { nanos: 1e3, name: 'µs' },
] as const

/** Nanoseconds as Go writes durations: `1h2m3.5s`, `12ms`, `0s`. */
export function formatDuration(nanos: number): string {
  if (nanos < 0) return `-${formatDuration(-nanos)}`
  if (nanos === 0) return '0s'
  if (nanos < 1e9) {
    for (const { nanos: unit, name } of smallUnits) if (nanos >= unit) return `${trimmed(nanos, unit)}${name}`
    return `${nanos}ns`
  }
  const minutes = Math.floor(nanos / 6e10)
  const seconds = `${trimmed(nanos - minutes * 6e10, 1e9)}s`
  if (minutes === 0) return seconds
  const hours = Math.floor(minutes / 60)
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`
}

/** A quotient by a power of ten with the digits that matter. */
function trimmed(nanos: number, unit: number): string {
  const digits = Math.log10(unit)
  const whole = Math.floor(nanos / unit)
  const fraction = String(Math.floor(nanos - whole * unit))
    .padStart(Math.round(digits), '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(whole) : `${whole}.${fraction}`
}
