import { AttributeNames } from '../../../model/attribute-names.ts'
import { parseName } from '../../../model/column-name.ts'
import type { AttributeName, ColumnName, Intrinsic } from '../../../model/scan.ts'
import { type Attributes, type Value, valueType } from '../../../model/trace.ts'
import { parseStatus } from '../../../shred/field-texts.ts'
import { type ColumnId, columnId, firstFieldId } from '../layout/columns.ts'
import { PagePlaces } from '../layout/page-places.ts'
import { entryFailure } from '../layout/toc.ts'
import type { Block } from '../read/block.ts'
import { PageDecoder } from '../read/page-group-pages.ts'
import type { Tables } from '../read/tables.ts'
import { fieldsOf } from './column-plan.ts'

/** What a file holds distinct, from its dictionaries where they hold all. */

export async function attributeNames(block: Block, tables: Tables): Promise<AttributeName[]> {
  const names = new AttributeNames()
  for (const { owner, key, type } of block.toc.fields) names.add(owner, key, type)
  for (const [scope, items] of await sharedItems(block, tables))
    for (const item of items)
      for (const { key, value } of item?.attributes ?? []) names.add(scope, key, valueType(value))
  return names.list()
}

type Item = { readonly attributes: Attributes } | null

/** The distinct resources and scopes of the file; those that no dictionary holds are read from their pages. */
async function sharedItems(block: Block, tables: Tables): Promise<['resource' | 'instrumentation', Item[]][]> {
  const resources = await allEntries(block, columnId('span.resource'))
  const scopes = await allEntries(block, columnId('span.scope'))
  return [
    ['resource', resources.map(tables.resource.of)],
    ['instrumentation', scopes.map(tables.scope.of)],
  ]
}

/** The distinct strings of a column: of the dictionary, and of pages that hold others. */
async function allEntries(block: Block, column: number): Promise<string[]> {
  const entries = new Set((await block.dictionaries([column])).get(column) ?? [])
  if (!block.toc.openColumns.has(column)) return [...entries]
  for (const pageGroup of block.toc.pageGroups) {
    const { entries: directory } = await block.entriesOf(pageGroup)
    const places = new PagePlaces(block.toc, pageGroup, directory)
    const place = places.get(column)
    if (place?.entry.statistic.kind !== 'none') continue
    const [bytes] = await block.file.read([place])
    const pages = new PageDecoder(block, pageGroup, places, new Map([[column, bytes!]]))
    for (const text of pages.locals(column, place.entry.rowCount)) entries.add(text)
  }
  return [...entries]
}

/** The distinct values of a column whose values are all in dictionaries; else undefined. */
export async function distinctValues(
  block: Block,
  tables: Tables,
  name: ColumnName,
): Promise<readonly Value[] | undefined> {
  const named = parseName(name)
  if (named.intrinsic) return distinctTexts(block, tables, named.intrinsic)
  const { scope, key } = named
  if (scope === 'resource' || scope === 'instrumentation') {
    const items = (await sharedItems(block, tables)).find(([one]) => one === scope)![1]
    return items.flatMap(item => (item?.attributes ?? []).filter(one => one.key === key).map(({ value }) => value))
  }
  const fields = fieldsOf(block.toc, scope, key)
  const columns = fields.map(field => firstFieldId + field)
  const isKnown = fields.every(field => block.toc.fields[field]!.type === 'string' && !block.toc.rareFields.has(field))
  if (!isKnown || columns.some(column => block.toc.openColumns.has(column))) return undefined
  return [...(await block.dictionaries(columns)).values()].flat()
}

async function distinctTexts(block: Block, tables: Tables, name: Intrinsic): Promise<readonly Value[] | undefined> {
  const ofColumn = async (column: ColumnId, parse: (text: string) => Value) =>
    (await allEntries(block, columnId(column))).map(parse)
  switch (name) {
    case 'span:name':
      return ofColumn('span.name', text => text)
    case 'span:traceState':
      return ofColumn('span.traceState', text => text)
    case 'event:name':
      return ofColumn('event.name', text => text)
    case 'span:statusMessage':
      return ofColumn('span.status', text => parseStatus(text, entryFailure(block.toc))?.message ?? '')
    case 'span:status':
      return ofColumn('span.status', text => BigInt(parseStatus(text, entryFailure(block.toc))?.code ?? 0))
    case 'instrumentation:name':
      return ofColumn('span.scope', text => tables.scope.of(text)?.name ?? '')
    case 'instrumentation:version':
      return ofColumn('span.scope', text => tables.scope.of(text)?.version ?? '')
    default:
      return undefined
  }
}
