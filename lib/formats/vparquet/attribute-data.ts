import type { AttributeScope, ColumnData } from '../../model/scan.ts'
import type { Column } from '../../parquet/read/column.ts'
import { numbersOf, startsOf } from '../../parquet/read/fields.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { ownColumnValues } from './attributes.ts'
import { ColumnValues } from './column-values.ts'
import { exactWords } from './exact-numbers.ts'
import { genericAdder, genericColumns } from './generic-attributes.ts'
import type { AttributeColumn, Layout } from './layout.ts'
import { ownerDepths, serviceName } from './schema.ts'

/** The columns that show whether an attribute occurs in a scope; those that the footer calls empty are left out. */
export function keyColumns(columns: RowGroupColumns, layout: Layout, scope: AttributeScope, key: string): string[] {
  const { keys } = genericColumns(scope)
  const isAbsent = columns.dictionary(keys)?.includes(key) === false
  const own = ownColumns(layout, scope, key).map(({ column }) => column)
  return [...own, ...(isAbsent ? [] : [keys])].filter(column => !columns.chunk(column).isEmpty)
}

/** The further columns of its values, once they have been loaded; none where no list has the key. */
export function valueColumns(columns: RowGroupColumns, scope: AttributeScope, key: string): string[] {
  const { keys, values } = genericColumns(scope)
  if (columns.chunk(keys).isEmpty || columns.dictionary(keys)?.includes(key) === false) return []
  if (!columns.get(keys).texts.includes(key)) return []
  return values.filter(column => columns.has(column) && !columns.chunk(column).isEmpty)
}

function ownColumns(layout: Layout, scope: AttributeScope, key: string): AttributeColumn[] {
  return layout.attributes[scope].filter(one => one.key === key)
}

/** The values of an attribute, by owner; a column a type. Its columns must have been loaded. */
export function attributeData(
  columns: RowGroupColumns,
  layout: Layout,
  scope: AttributeScope,
  key: string,
  ownerCount: number,
): ColumnData[] {
  const own = ownColumns(layout, scope, key).filter(({ column }) => !columns.chunk(column).isEmpty)
  const isGeneric = valueColumns(columns, scope, key).length > 0
  if (!isGeneric && own.length === 1 && !own[0]!.isRepeated) {
    const column = columns.get(own[0]!.column, ownerCount)
    if (column.leaf.type === 'INT64') return intData(column)
  }
  const values = new ColumnValues()
  for (const one of own) addOwn(columns, scope, one, ownerCount, values)
  if (isGeneric) addGeneric(columns, scope, key, ownerCount, values)
  return values.finish(ownerCount)
}

/** The integers of a column of its own; none where there is none. */
function intData(column: Column): ColumnData[] {
  const { places } = column
  const { numbers } = numbersOf(column, 'INT64')
  if (numbers.length === 0) return []
  const isWhole = numbers.length === places.length
  const rows = isWhole ? undefined : Uint32Array.from(places.keys()).filter(owner => places[owner]! >= 0)
  return [{ type: 'int', rows, values: exactWords(numbers, false) }]
}

function addOwn(
  columns: RowGroupColumns,
  scope: AttributeScope,
  one: AttributeColumn,
  ownerCount: number,
  values: ColumnValues,
): void {
  const column = columns.get(one.column)
  if (!one.isRepeated && column.leaf.type === 'BYTE_ARRAY')
    return addStrings(columns.get(one.column, ownerCount), values)
  const value = ownColumnValues(columns, scope, one, ownerCount)
  for (let owner = 0; owner < ownerCount; owner++) {
    const found = value(owner)
    if (found !== undefined) values.add(owner, found)
  }
}

/** Strings without an object each; an empty service.name is none. */
function addStrings(column: Column, values: ColumnValues): void {
  const { places, texts, leaf } = column
  const { codes } = column.bytes
  const add = values.strings(texts)
  const isName = leaf.name.endsWith(`.${serviceName.column}`)
  for (let owner = 0; owner < places.length; owner++) {
    const code = codes[places[owner]!]
    if (code !== undefined && !(isName && texts[code] === '')) add(owner, code)
  }
}

function addGeneric(
  columns: RowGroupColumns,
  scope: AttributeScope,
  key: string,
  ownerCount: number,
  values: ColumnValues,
): void {
  const keys = columns.get(genericColumns(scope).keys)
  const depth = ownerDepths[scope] + 1
  const starts = startsOf(keys, depth, ownerCount)
  const add = genericAdder(columns, scope, keys.elementCount(depth), values)
  const isKey = Uint8Array.from(keys.texts, text => (text === key ? 1 : 0))
  const { places } = keys
  const { codes } = keys.bytes
  for (let owner = 0; owner < ownerCount; owner++)
    for (let attribute = starts[owner]!; attribute < starts[owner + 1]!; attribute++)
      if (isKey[codes[places[attribute]!]!] === 1) add(owner, attribute)
}
