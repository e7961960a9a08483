import { getOrInsert } from '../../../maps.ts'
import { parseName } from '../../../model/column-name.ts'
import type { ColumnName, Intrinsic } from '../../../model/scan.ts'
import { linkType } from '../../../model/tree.ts'
import { linkTypeName } from '../../../model/tree-columns.ts'
import { type ColumnId, columnId, type FieldOwner, firstFieldId, tailId } from '../layout/columns.ts'
import type { Toc } from '../layout/toc.ts'

/** Which columns of a block the columns of a query are made of. */

const traceIds = ['trace.idKind', 'trace.idHigh', 'trace.idLow', 'trace.idOdd'] as const
const parents = ['span.parentKind', 'span.parentDistance'] as const
/** Columns whose presence means that ids repeat or that parents may be zeros: ordinary page groups lack them. */
const odd = ['span.idRepeat', 'span.parentIdOdd'] as const
export const parentCompanions: readonly number[] = odd.map(columnId)
const parentRule = [...parents, ...odd] as const
/** What those take beyond, where a page group has them. */
const companions: ReadonlyMap<number, readonly number[]> = new Map([
  [columnId('span.idRepeat'), (['span.idKind', 'span.kind'] as const).map(columnId)],
  [columnId('span.parentIdOdd'), (['span.parentIdKind', 'span.parentRepeat'] as const).map(columnId)],
])

/** What a column takes beyond, where a page group has it. */
export function companionsOf(column: number): readonly number[] {
  return companions.get(column) ?? []
}

const spanIds = ['span.idKind', 'span.idRepeat', 'span.id', 'span.idOdd'] as const
const parentIds = ['span.parentIdKind', 'span.parentIdRepeat', 'span.parentId', 'span.parentIdOdd'] as const
const starts = ['trace.spans', 'trace.start', 'span.start'] as const

/** By intrinsic: the fixed columns that it takes; all take the counts of spans. */
const intrinsics: Readonly<Record<Intrinsic, readonly ColumnId[]>> = {
  'trace:id': traceIds,
  'trace:root': parentRule,
  'span:id': [...traceIds, ...spanIds],
  'span:parentID': [...traceIds, ...spanIds, ...parents, 'span.parentRepeat', ...parentIds],
  'span:parent': parentRule,
  'span:name': ['span.name'],
  'span:kind': ['span.kind'],
  'span:status': ['span.status'],
  'span:statusMessage': ['span.status'],
  'span:traceState': ['span.traceState'],
  'span:start': starts,
  'span:duration': ['span.duration'],
  'event:name': ['span.events', 'event.name'],
  'event:time': [...starts, 'span.events', 'event.time'],
  'link:traceID': ['span.links', 'link.traceId'],
  'link:spanID': ['span.links', 'link.spanId'],
  'instrumentation:name': ['span.scope'],
  'instrumentation:version': ['span.scope'],
}

/** The numbers of the fields of a key. */
export function fieldsOf(toc: Toc, owner: FieldOwner, key: string): readonly number[] {
  return toc.fieldNumbers.get(`${owner}.${key}`) ?? []
}

const linkColumns = [linkTypeName, 'link:traceID', 'trace:id'] as const

/** True where a link of the block has a type, which may name a parent. */
export function hasLinkTypes(toc: Toc): boolean {
  return fieldsOf(toc, 'link', linkType.key).length > 0
}

/** By file and column of a query, as many page groups ask for the same. */
const knownColumns = new WeakMap<Toc, Map<ColumnName, readonly number[]>>()

/** The columns of a block that a column of a query is made of. */
export function blockColumns(toc: Toc, name: ColumnName): readonly number[] {
  const known = getOrInsert(knownColumns, toc, () => new Map<ColumnName, readonly number[]>())
  return getOrInsert(known, name, () => findColumns(toc, name))
}

function findColumns(toc: Toc, name: ColumnName): number[] {
  const named = parseName(name)
  if (name === 'trace:root' && hasLinkTypes(toc))
    return [...parentRule.map(columnId), ...linkColumns.flatMap(column => blockColumns(toc, column))]
  if (named.intrinsic) return [columnId('trace.spans'), ...intrinsics[named.intrinsic].map(columnId)]
  const { scope, key } = named
  if (scope === 'resource') return [columnId('trace.spans'), columnId('span.resource')]
  if (scope === 'instrumentation') return [columnId('trace.spans'), columnId('span.scope')]
  // A span without the attribute is found by its number of events or links, also where no field has the key.
  const counts = scope === 'span' ? [] : [columnId(`span.${scope}s`)]
  const fields = fieldsOf(toc, scope, key)
  const shapes = fields.length === 0 ? [] : [columnId(`${scope}.shape`)]
  return [...counts, ...shapes, ...fields.map(field => firstFieldId + field)]
}

/** What a rare field takes beyond: the column that it shares, and the shapes by which its part of that is found. */
export function tailColumns(toc: Toc, field: number): number[] {
  const { type } = toc.fields[field]!
  const shapes = ['span.shape', 'span.events', 'event.shape', 'span.links', 'link.shape'] as const
  return type === 'empty' ? [] : [tailId(type), ...shapes.map(columnId)]
}
