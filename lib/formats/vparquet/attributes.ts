import type { AttributeScope } from '../../model/scan.ts'
import type { Attribute, Value } from '../../model/trace.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { GenericAttributes, genericColumns, listOf, ofInts, ofStrings } from './generic-attributes.ts'
import type { AttributeColumn, Layout } from './layout.ts'
import { ownerDepths, serviceName } from './schema.ts'

/** The columns of all attributes of a scope. */
export function attributeColumns(layout: Layout, scope: AttributeScope): string[] {
  const { keys, values } = genericColumns(scope)
  return [...(layout.readsLists ? [keys, ...values] : []), ...layout.attributes[scope].map(({ column }) => column)]
}

/** By owner its attributes: first those with a column of their own, then the generic ones in their order. */
export function attributesOf(
  columns: RowGroupColumns,
  layout: Layout,
  scope: AttributeScope,
  ownerCount: number,
): (owner: number) => Attribute[] {
  const filled = layout.attributes[scope].filter(({ column }) => !columns.chunk(column).isEmpty)
  const own = filled.map(one => ({ key: one.key, value: ownColumnValues(columns, scope, one, ownerCount) }))
  const hasGeneric = layout.readsLists && !columns.chunk(genericColumns(scope).keys).isEmpty
  const generic = hasGeneric ? new GenericAttributes(columns, scope, ownerCount) : undefined
  // Lists are gathered here and copied: one that grows by itself has room for 17.
  const found: Attribute[] = []
  return owner => {
    let count = 0
    for (let i = 0; i < own.length; i++) {
      const value = own[i]!.value(owner)
      if (value !== undefined) found[count++] = { key: own[i]!.key, value }
    }
    return found.slice(0, generic?.addTo(found, count, owner) ?? count)
  }
}

/** By owner the value of an attribute that has a column of its own, undefined where it has none. */
export function ownColumnValues(
  columns: RowGroupColumns,
  scope: AttributeScope,
  { key, column: name, isRepeated }: AttributeColumn,
  ownerCount: number,
): (owner: number) => Value | undefined {
  const column = columns.get(name, isRepeated ? undefined : ownerCount)
  const valuesOf = column.leaf.type === 'INT64' ? ofInts : ofStrings
  if (isRepeated) {
    return listOf(column, ownerDepths[scope] + 1, ownerCount, valuesOf)
  }
  const { places } = column
  const value = valuesOf(column)
  return owner => {
    const found = places[owner]! < 0 ? undefined : value(places[owner]!)
    return key === serviceName.key && found === '' ? undefined : found
  }
}
