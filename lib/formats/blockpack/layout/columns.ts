import type { ValueType } from '../../../model/trace.ts'
import { valueTypes } from '../../../shred/attributes.ts'

/** The columns of a block, as the format numbers them (FORMAT.md, Columns). */

/** Which pages of a row group are adjacent: what most questions read, times, and the rest. */
export const bands = { scan: 0, times: 1, bulk: 2 } as const
export const bandCount = 3
export type Band = (typeof bands)[keyof typeof bands]

/** What a page of a column holds: whole numbers, strings, strings of bytes, blocks of the pool of texts, or orders of attributes. */
export type ColumnKind = 'numbers' | 'text' | 'binary' | 'blocks' | 'orders'

export interface ColumnDefinition {
  readonly id: number
  readonly name: string
  readonly kind: ColumnKind
  readonly band: Band
}

const { scan, times, bulk } = bands

/** By id. */
const definitions = [
  ['trace.spans', 'numbers', scan],
  ['trace.idKind', 'numbers', bulk],
  ['trace.idHigh', 'text', bulk],
  ['trace.idLow', 'text', bulk],
  ['trace.idOdd', 'text', bulk],
  ['trace.start', 'numbers', times],
  ['span.parentKind', 'numbers', scan],
  ['span.parentDistance', 'numbers', scan],
  ['span.parentRepeat', 'numbers', scan],
  ['span.parentIdKind', 'numbers', bulk],
  ['span.parentIdRepeat', 'numbers', bulk],
  ['span.parentId', 'text', bulk],
  ['span.parentIdOdd', 'text', bulk],
  ['span.name', 'text', scan],
  ['span.resource', 'binary', scan],
  ['span.scope', 'binary', scan],
  ['span.kind', 'numbers', scan],
  ['span.status', 'text', scan],
  ['span.traceState', 'text', bulk],
  ['span.flags', 'numbers', bulk],
  ['span.dropped', 'text', bulk],
  ['span.start', 'numbers', times],
  ['span.duration', 'numbers', times],
  ['span.idKind', 'numbers', bulk],
  ['span.idRepeat', 'numbers', bulk],
  ['span.id', 'text', bulk],
  ['span.idOdd', 'text', bulk],
  ['span.shape', 'binary', scan],
  ['span.events', 'numbers', scan],
  ['span.links', 'numbers', scan],
  ['event.name', 'text', bulk],
  ['event.time', 'numbers', bulk],
  ['event.dropped', 'numbers', bulk],
  ['event.shape', 'binary', bulk],
  ['link.traceId', 'text', bulk],
  ['link.spanId', 'text', bulk],
  ['link.traceState', 'text', bulk],
  ['link.flags', 'numbers', bulk],
  ['link.dropped', 'numbers', bulk],
  ['link.shape', 'binary', bulk],
  ['text.lengths', 'numbers', bulk],
  ['text.blocks', 'blocks', bulk],
  ['span.order', 'orders', bulk],
  ['event.order', 'orders', bulk],
  ['link.order', 'orders', bulk],
] as const satisfies readonly (readonly [name: string, kind: ColumnKind, band: Band])[]

/** The name of a column that is not one of attributes. */
export type ColumnId = (typeof definitions)[number][0]

/** What the texts of a page group that are pooled take beyond their own columns. */
export const poolColumns = ['text.lengths', 'text.blocks'] as const satisfies readonly ColumnId[]

/** Ids of the columns that hold values of rare attributes, by the number of their type. */
export const firstTailId = 48
/** Ids of the columns of attributes: this and the number of the field. */
export const firstFieldId = 64

const ids = new Map<string, number>(definitions.map(([name], id) => [name, id]))

/** The number of one of the fixed columns. */
export function columnId(name: ColumnId): number {
  return ids.get(name)!
}

/** The fixed column of an id, or undefined where there is none. */
export function fixedColumn(id: number): ColumnDefinition | undefined {
  return fixedColumns[id]
}

function defineColumn(id: number): ColumnDefinition | undefined {
  const definition = definitions[id]
  if (definition) return { id, name: definition[0], kind: definition[1], band: definition[2] }
  const type = valueTypes[id - firstTailId]
  return type && type !== 'empty' ? { id, name: `rare ${type}s`, kind: kindOfValues(type), band: bulk } : undefined
}

/** The column that holds the values of rare attributes of a type. */
export function tailId(type: ValueType): number {
  return firstTailId + valueTypes.indexOf(type)
}

/** How values of a type are stored. */
export function kindOfValues(type: ValueType): ColumnKind {
  if (type === 'string') return 'text'
  return type === 'bool' || type === 'int' || type === 'double' ? 'numbers' : 'binary'
}

/** An attribute of one kind of owner, of one type: a column. */
export interface Field {
  readonly owner: FieldOwner
  readonly key: string
  readonly type: ValueType
}

export const fieldOwners = ['span', 'event', 'link'] as const
export type FieldOwner = (typeof fieldOwners)[number]

/** What pages of a column hold; undefined where there is no such column. */
export function columnKind(column: number, fields: readonly Field[]): ColumnKind | undefined {
  if (column < firstFieldId) return fixedColumn(column)?.kind
  const field = fields[column - firstFieldId]
  return field && kindOfValues(field.type)
}

/** The name of a column: `span.name`; `span.attributes.http.method (string)` where it is of an attribute. */
export function columnName(column: number, fields: readonly Field[]): string {
  const field = fields[column - firstFieldId]
  if (field) return `${field.owner}.attributes.${field.key} (${field.type})`
  return fixedColumn(column)?.name ?? `column ${column}`
}

/** The type of the values of an attribute's column, or of the rare ones of a type; undefined for all others. */
export function valueTypeOf(column: number, fields: readonly Field[]): ValueType | undefined {
  return column < firstFieldId ? valueTypes[column - firstTailId] : fields[column - firstFieldId]?.type
}

const fixedColumns = Array.from({ length: firstFieldId }, (_, id) => defineColumn(id))
