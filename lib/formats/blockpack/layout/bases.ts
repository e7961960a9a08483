import { type ColumnId, columnId, columnKind, type Field, type FieldOwner, firstFieldId } from './columns.ts'

/**
 * What the rows of a page may be predicted by (FORMAT.md, Bases): the names of their spans, with the resources or not;
 * from `firstFieldId` on the column of that number, another attribute of the same owners.
 */
export const bases = { name: 1, nameAndResource: 2 } as const
/** Of span.start alone: times are after the start of the parent, where the trace has it. */
export const parentBasis = 1
export const noBasis = 0

// biome-ignore format: a list of names
const spanColumns = [
  'span.parentKind', 'span.resource', 'span.scope', 'span.kind', 'span.status', 'span.traceState', 'span.flags',
  'span.dropped', 'span.idKind', 'span.shape', 'span.events', 'span.links',
] as const
const eventColumns = ['event.name', 'event.dropped', 'event.shape'] as const
const linkColumns = ['link.traceState', 'link.flags', 'link.dropped', 'link.shape'] as const

/** By fixed column that may have a basis: what its rows are. */
const owners = new Map<number, FieldOwner>(
  (
    [
      ['span', spanColumns],
      ['event', eventColumns],
      ['link', linkColumns],
    ] as const
  ).flatMap(([owner, names]) => names.map((name): [number, FieldOwner] => [columnId(name), owner])),
)

/** What the rows of a column that may have a basis are, or belong to; undefined for all others. */
export function ownerOf(column: number, fields: readonly Field[]): FieldOwner | undefined {
  return column < firstFieldId ? owners.get(column) : fields[column - firstFieldId]?.owner
}

/** True where a page of the column may have the basis: of no column is it, by way of others, the column itself. */
export function mayHaveBasis(column: number, basis: number, fields: readonly Field[]): boolean {
  if (basis === noBasis) return true
  if (column === columnId('span.start')) return basis === parentBasis
  const owner = ownerOf(column, fields)
  if (basis >= firstFieldId)
    return basis < column && fields[basis - firstFieldId]?.owner === owner && columnKind(basis, fields) !== 'numbers'
  const max = column === columnId('span.resource') ? bases.name : bases.nameAndResource
  return basis <= max && owner !== undefined
}

/** The columns without which a page of such a basis is not read. */
export function basisColumns(column: number, basis: number, fields: readonly Field[]): number[] {
  if (basis === noBasis) return []
  if (column === columnId('span.start')) return (['span.parentKind', 'span.parentDistance'] as const).map(columnId)
  const owner = ownerOf(column, fields)!
  const names: ColumnId[] = owner === 'span' ? [] : [`span.${owner}s`]
  if (column >= firstFieldId) names.push(`${owner}.shape`)
  if (basis >= firstFieldId) return [basis, ...names.map(columnId)]
  names.push('span.name')
  if (basis === bases.nameAndResource) names.push('span.resource')
  return names.map(columnId)
}
