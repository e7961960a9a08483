import { AttributeNames } from '../../model/attribute-names.ts'
import type { AttributeName, AttributeScope } from '../../model/scan.ts'
import { type Attribute, valueType } from '../../model/trace.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { attributeColumns, attributesOf } from './attributes.ts'
import type { Block } from './block.ts'
import { genericColumns } from './generic-attributes.ts'
import type { Layout } from './layout.ts'
import { ownerDepths } from './schema.ts'

const scopes: readonly AttributeScope[] = ['span', 'resource', 'event', 'link', 'instrumentation']

/** The attributes that occur in a block, of which all columns of attributes are read for it. */
export async function attributeNames(block: Block): Promise<AttributeName[]> {
  const names = new AttributeNames()
  const { layout, footer } = block
  for (let number = 0; number < footer.rowGroups.length; number++) {
    const columns = new RowGroupColumns(block, number)
    await columns.load(scopes.flatMap(scope => attributeColumns(layout, scope)))
    columns.named(() => {
      for (const scope of scopes)
        for (const { key, value } of allAttributes(columns, layout, scope)) names.add(scope, key, valueType(value))
    })
  }
  return names.list()
}

function* allAttributes(columns: RowGroupColumns, layout: Layout, scope: AttributeScope): Iterable<Attribute> {
  const ownerCount = columns.get(genericColumns(scope).keys).elementCount(ownerDepths[scope])
  const attributes = attributesOf(columns, layout, scope, ownerCount)
  for (let owner = 0; owner < ownerCount; owner++) yield* attributes(owner)
}
