import type { AttributeType } from '../../../../lib/formats/flat/schema.ts'
import { type AnyValue, formatDuration } from '../../../../lib/traceql/engine/answer-value.ts'
import type { Attribute, Field, Intrinsic } from '../../../../lib/traceql/language/ast.ts'
import { printField } from '../../../../lib/traceql/language/print-expression.ts'
import { checkRoots, quote, quoteName, refuse, type SpanTable } from './table.ts'

export type SqlType = AttributeType | 'duration' | 'status' | 'kind'

/** Where a value may be found, and of which type it is there. */
export interface Place {
  readonly sql: string
  readonly type: SqlType
}

/** By a condition that must hold for them to count, the places of a field's values; a value is in one of them. */
export interface Places {
  readonly unless: string | undefined
  readonly places: readonly Place[]
}

const ofSpans: Readonly<Partial<Record<Intrinsic['name'], Place>>> = {
  'span:name': { sql: 'name', type: 'string' },
  'span:statusMessage': { sql: 'status_message', type: 'string' },
  'span:kind': { sql: 'kind', type: 'kind' },
  'span:status': { sql: `coalesce(status_code, 'unset')`, type: 'status' },
  'span:duration': { sql: 'duration', type: 'duration' },
  'trace:rootName': { sql: 'trace_root_name', type: 'string' },
  'trace:rootService': { sql: 'trace_root_service', type: 'string' },
  'trace:duration': { sql: 'trace_length', type: 'duration' },
}

/** Where the values of a field are: of any scope, the span's come before the resource's. */
export function placesOf(field: Field, table: SpanTable): readonly Places[] {
  if (field.ofParent) refuse(printField(field))
  if (field.kind === 'intrinsic' && field.name.startsWith('trace:root')) checkRoots(table)
  if (field.kind === 'intrinsic')
    return [{ unless: undefined, places: [ofSpans[field.name] ?? refuse(printField(field))] }]
  if (field.scope === 'span' || field.scope === 'resource')
    return [{ unless: undefined, places: placesIn(field.scope, field, table) }]
  if (field.scope !== 'any') refuse(printField(field))
  const own = placesIn('span', field, table)
  const isAbsent = own.map(({ sql }) => `${sql} IS NULL`).join(' AND ')
  return [
    { unless: undefined, places: own },
    { unless: isAbsent, places: placesIn('resource', field, table) },
  ]
}

function placesIn(owner: 'span' | 'resource', field: Attribute, { columns, inMaps, inJson }: SpanTable): Place[] {
  const name = `${owner}.${field.name}`
  if (inJson.has(name)) refuse(`${printField(field)}, of which some values are in ${owner}_attributes_json,`)
  if (name === 'resource.service.name') return [{ sql: 'service_name', type: 'string' }]
  const type = columns.get(name)
  const own: Place[] = type === undefined ? [] : [{ sql: quoteName(name), type }]
  if (type !== undefined && !inMaps.has(name)) return own
  return [{ sql: `${owner}_attributes[${quote(field.name)}]`, type: 'string' }, ...own]
}

/** A field as one value; fails where its values are of several types. */
export function fieldValue(field: Field, table: SpanTable): Place {
  const places = placesOf(field, table).flatMap(own => own.places)
  const [first, ...others] = places
  if (others.some(({ type }) => type !== first!.type)) refuse(`${printField(field)}, of values of several types,`)
  return {
    sql: others.length === 0 ? first!.sql : `coalesce(${places.map(({ sql }) => sql).join()})`,
    type: first!.type,
  }
}

/** A place as JSON can have it without loss: ints as text. */
export function printable({ sql, type }: Place): string {
  return type === 'int' || type === 'duration' ? `${sql}::VARCHAR` : sql
}

/** A value as `printable` gives it, as answers have it. */
export function answerOf(value: unknown, type: SqlType): AnyValue {
  if (value === null || value === undefined) return { stringValue: 'nil' }
  switch (type) {
    case 'int':
      return { intValue: String(value) }
    case 'double':
      return { doubleValue: Number(value) }
    case 'bool':
      return { boolValue: value === true }
    case 'duration':
      return { stringValue: formatDuration(Number(value)) }
    default:
      return { stringValue: String(value) }
  }
}
