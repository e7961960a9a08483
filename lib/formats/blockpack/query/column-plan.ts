import { parseName } from '../../../model/column-name.ts'
import type { ColumnName, Intrinsic } from '../../../model/scan.ts'
import { linkType } from '../../../model/tree.ts'
import { linkTypeName } from '../../../model/tree-columns.ts'
import { columnId, type FieldOwner, firstFieldId, tailId } from '../layout/columns.ts'
import type { Block } from '../read/block.ts'

/** Which columns of a block the columns of a query are made of. */

const traceIds = ['trace.idKind', 'trace.idHigh', 'trace.idLow', 'trace.idOdd']
const parents = ['span.parentKind', 'span.parentDistance']
/** With what tells, by its presence, that ids repeat or that parents may be zeros: ordinary page groups lack it. */
const parentRule = [...parents, 'span.idRepeat', 'span.parentIdOdd']
/** What those take beyond, where a page group has them. */
const companions: ReadonlyMap<number, readonly number[]> = new Map([
  [columnId('span.idRepeat'), ['span.idKind', 'span.kind'].map(columnId)],
  [columnId('span.parentIdOdd'), ['span.parentIdKind', 'span.parentRepeat'].map(columnId)],
])

/** What a column takes beyond, where a page group has it. */
export function companionsOf(column: number): readonly number[] {
  return companions.get(column) ?? []
}

const starts = ['trace.spans', 'trace.start', 'span.start']

/** By intrinsic: the fixed columns that it takes; all take the counts of spans. */
const intrinsics: Readonly<Record<Intrinsic, readonly string[]>> = {
  'trace:id': traceIds,
  'trace:root': parentRule,
  'span:id': [...traceIds, 'span.idKind', 'span.idRepeat', 'span.id', 'span.idOdd'],
  'span:parentID': [
    ...traceIds,
    ...['span.idKind', 'span.idRepeat', 'span.id', 'span.idOdd'],
    ...[
      ...parents,
      'span.parentRepeat',
      'span.parentIdKind',
      'span.parentIdRepeat',
      'span.parentId',
      'span.parentIdOdd',
    ],
  ],
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
export function fieldsOf(block: Block, owner: FieldOwner, key: string): number[] {
  return block.fieldNumbers.get(`${owner}.${key}`) ?? []
}

const linkColumns = [linkTypeName, 'link:traceID', 'trace:id'] as const

/** True where a link of the block has a type, which may tell of a parent. */
export function hasLinkTypes(block: Block): boolean {
  return fieldsOf(block, 'link', linkType.key).length > 0
}

/** The columns of a block that a column of a query is made of. */
export function blockColumns(block: Block, name: ColumnName): number[] {
  const named = parseName(name)
  if (name === 'trace:root' && hasLinkTypes(block))
    return [...parentRule.map(columnId), ...linkColumns.flatMap(column => blockColumns(block, column))]
  if (named.intrinsic) return ['trace.spans', ...intrinsics[named.intrinsic]].map(columnId)
  const { scope, key } = named
  if (scope === 'resource') return [columnId('trace.spans'), columnId('span.resource')]
  if (scope === 'instrumentation') return [columnId('trace.spans'), columnId('span.scope')]
  // A span without the attribute is found by its number of events or links, also where no field has the key.
  const counts = scope === 'span' ? [] : [`span.${scope}s`]
  const fields = fieldsOf(block, scope, key)
  const shapes = fields.length === 0 ? [] : [`${scope}.shape`]
  return [...[...counts, ...shapes].map(columnId), ...fields.map(field => firstFieldId + field)]
}

/** What a rare field takes beyond: the column that it shares, and the shapes by which its part of that is found. */
export function tailColumns(block: Block, field: number): number[] {
  const { type } = block.fields[field]!
  const shapes = ['span.shape', 'span.events', 'event.shape', 'span.links', 'link.shape']
  return type === 'empty' ? [] : [tailId(type), ...shapes.map(columnId)]
}
