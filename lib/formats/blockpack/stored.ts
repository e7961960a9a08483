import type { RangeReader } from '../../bytes/range.ts'
import type { ValueType } from '../../model/trace.ts'
import type { StoredColumn, StoredPart } from '../stored/stored.ts'
import type { Values } from '../stored/weights.ts'
import { dictionaryBytes } from './inspect.ts'
import {
  type ColumnId,
  columnId,
  columnName,
  firstFieldId,
  fixedColumn,
  poolColumns,
  valueTypeOf,
} from './layout/columns.ts'
import type { Toc } from './layout/toc.ts'
import { partsOf } from './parts.ts'
import { decodePageGroup } from './read/page-group-decoder.ts'
import { BlockpackReader } from './read/reader.ts'

/** What each column of a file takes, with its traces, page group by page group; then dictionaries, and what is shared. */
export async function* storedBlockpack(file: RangeReader): AsyncIterable<StoredPart> {
  const reader = await BlockpackReader.open(file)
  const { block } = reader
  const { toc } = block
  const everPooled = new Set<number>()
  for (const pageGroup of toc.pageGroups) {
    const { open, places, pages } = await reader.openPages(pageGroup)
    const pooled = new Set(pages.pooledColumns())
    for (const column of pooled) everPooled.add(column)
    const columns = Array.from(places, ({ entry }): StoredColumn => {
      return { ...columnOf(entry.column, toc, pooled), byteLength: entry.storedLength }
    })
    yield { traces: decodePageGroup(open), columns }
  }
  const { others } = await partsOf(block)
  const dictionaries = [...(await dictionaryBytes(block))].map(([column, byteLength]): StoredColumn => {
    return { ...columnOf(column, toc, everPooled), share: 'entries', byteLength }
  })
  const shared = [...others].filter(([name]) => name !== 'dictionaries')
  yield {
    traces: [],
    columns: [...dictionaries, ...shared.map(([name, byteLength]) => ({ name, share: 'shared' as const, byteLength }))],
  }
}

/** Bytes that one attribute or field takes, or what several share, under a name in words. */
export interface ColumnBytes {
  readonly name: string
  readonly kind: 'attribute' | 'field' | 'shared'
  readonly byteLength: number
}

/**
 * What a file stores of each attribute and field that has columns of its own, with their dictionaries, and what columns of
 * several and all else take; the largest first. They sum to the file's size. No page is read for it.
 */
export async function columnBytes(file: RangeReader): Promise<ColumnBytes[]> {
  const { block } = await BlockpackReader.open(file)
  const { columns, others } = await partsOf(block)
  const sums = new Map<string, ColumnBytes>()
  const add = (name: string, kind: ColumnBytes['kind'], byteLength: number) =>
    sums.set(name, { name, kind, byteLength: byteLength + (sums.get(name)?.byteLength ?? 0) })
  for (const sizes of [columns, await dictionaryBytes(block)])
    for (const [column, byteLength] of sizes) add(...lineOf(column, block.toc), byteLength)
  for (const [name, byteLength] of others) if (name !== 'dictionaries') add(name, 'shared', byteLength)
  const lines = [...sums.values()].filter(({ byteLength }) => byteLength > 0)
  return lines.sort((a, b) => b.byteLength - a.byteLength || (a.name < b.name ? -1 : 1))
}

function lineOf(column: number, toc: Toc): [name: string, kind: ColumnBytes['kind']] {
  const field = toc.fields[column - firstFieldId]
  if (field !== undefined) return [`${field.owner}.${field.key}`, 'attribute']
  const { name, share, holds } = columnOf(column, toc, new Set())
  return [name, share === 'spans' || holds !== undefined ? 'shared' : 'field']
}

/** Fields of spans by their columns. */
const fields: Readonly<Partial<Record<ColumnId, string>>> = {
  'trace.idKind': 'trace:id',
  'trace.idHigh': 'trace:id',
  'trace.idLow': 'trace:id',
  'trace.idOdd': 'trace:id',
  'trace.start': 'span:start',
  'span.parentKind': 'span:parentID',
  'span.parentDistance': 'span:parentID',
  'span.parentRepeat': 'span:parentID',
  'span.parentIdKind': 'span:parentID',
  'span.parentIdRepeat': 'span:parentID',
  'span.parentId': 'span:parentID',
  'span.parentIdOdd': 'span:parentID',
  'span.name': 'span:name',
  'span.kind': 'span:kind',
  'span.status': 'span:status',
  'span.traceState': 'span:traceState',
  'span.flags': 'span:flags',
  'span.start': 'span:start',
  'span.duration': 'span:duration',
  'span.idKind': 'span:id',
  'span.idRepeat': 'span:id',
  'span.id': 'span:id',
  'span.idOdd': 'span:id',
  'event.name': 'event:name',
  'event.time': 'event:time',
  'link.traceId': 'link:traceID',
  'link.spanId': 'link:spanID',
  'link.traceState': 'link:traceState',
}

const resources = columnId('span.resource')
const scopes = columnId('span.scope')
const poolIds: readonly number[] = poolColumns.map(columnId)

/** What a column holds; the pool the texts of the columns that are in it. */
function columnOf(column: number, toc: Toc, pooled: ReadonlySet<number>): Omit<StoredColumn, 'byteLength'> {
  if (poolIds.includes(column)) {
    const members = [...pooled].map(one => columnOf(one, toc, new Set()))
    return {
      name: 'pool of long texts',
      share: 'entries',
      holds: values => members.some(({ name, holds }) => (holds ? holds(values) : values.name === name)),
    }
  }
  const type = valueTypeOf(column, toc.fields)
  if (type === undefined) return fixedOf(column)
  if (column < firstFieldId) return { name: columnName(column, toc.fields), share: 'values', holds: isRare(type, toc) }
  const { owner, key } = toc.fields[column - firstFieldId]!
  const name = `${owner}.${key}`
  return { name, share: 'values', holds: values => values.name === name && values.type === type }
}

function fixedOf(column: number): Omit<StoredColumn, 'byteLength'> {
  if (column === resources) return ofScope('resources', 'resource.')
  if (column === scopes) return ofScope('scopes', 'instrumentation')
  const field = fields[fixedColumn(column)!.name as ColumnId]
  return field === undefined ? { name: 'structure', share: 'spans' } : { name: field, share: 'values' }
}

function ofScope(name: string, prefix: string): Omit<StoredColumn, 'byteLength'> {
  return { name, share: 'values', holds: values => values.name.startsWith(prefix) }
}

/** True for the values of attributes that are rare in some page group. */
function isRare(type: ValueType, { fields, rareFields }: Toc): (values: Values) => boolean {
  const rare = [...rareFields].map(field => fields[field]!).filter(field => field.type === type)
  const names = new Set(rare.map(({ owner, key }) => `${owner}.${key}`))
  return values => values.type === type && names.has(values.name)
}
