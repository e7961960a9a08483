import type { Attribute, Attributes, Value } from '../../../model/trace.ts'
import { valueType } from '../../../model/trace.ts'
import { printAnyValue } from '../../../wire/otlp-json/value.ts'
import type { Row } from './shred.ts'

/** The lists that take a type. */
const lists = { string: 'Value', int: 'ValueInt', double: 'ValueDouble', bool: 'ValueBool' } as const

/** Attributes that have columns of their own, by key the column and the type that it takes. */
export type OwnColumns = ReadonlyMap<string, { readonly column: string; readonly type: 'string' | 'int' }>

/** The attributes as rows of the list `Attrs`, but for the first of each key and type that has a column of its own. */
export function attributeRows(attributes: Attributes, own: OwnColumns = new Map()): Row {
  const found: Record<string, unknown> = {}
  const rows: Row[] = []
  for (const attribute of attributes) {
    const column = ownColumn(attribute, own)
    if (column === undefined || column in found) rows.push(attributeRow(attribute))
    else found[column] = attribute.value
  }
  return { Attrs: rows, ...found }
}

function ownColumn({ key, value }: Attribute, own: OwnColumns): string | undefined {
  const found = own.get(key)
  return found !== undefined && valueType(value) === found.type ? found.column : undefined
}

function attributeRow({ key, value }: Attribute): Row {
  if (value === null) return { Key: key, IsArray: false }
  const items = Array.isArray(value) ? (value as readonly Value[]) : undefined
  const list = items === undefined ? listOf(value) : listOfItems(items)
  if (list === undefined) return { Key: key, IsArray: false, ValueUnsupported: printAnyValue(value) }
  return { Key: key, IsArray: items !== undefined, [list]: items ?? [value] }
}

function listOf(value: Value): string | undefined {
  return (lists as Record<string, string>)[valueType(value)]
}

/** The list that takes all items, none where they are of different types or of one that has none. */
function listOfItems(items: readonly Value[]): string | undefined {
  if (items.length === 0) return lists.string
  const list = listOf(items[0]!)
  return items.every(item => listOf(item) === list) ? list : undefined
}
