import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { LabError } from '../../error.ts'
import { type Attribute, type Attributes, type Value, valueType } from '../../model/trace.ts'
import { valueTypes } from '../../shred/attributes.ts'
import { CborReader } from '../../wire/cbor/heads.ts'
import { readValue, writeValue } from '../../wire/cbor/value.ts'
import { quasiDelta, unquasiDelta } from './ids.ts'
import type { Cell, TableRows } from './table.ts'
import { type AttributeRow, attributeColumns, isSameAttribute, valueLeaves } from './tables.ts'

/** The rows of a table of attributes, in its order: by type, key, value and parent. */
export function attributeRows(owners: Iterable<readonly [id: number, attributes: Attributes]>): AttributeRow[] {
  const rows: AttributeRow[] = []
  for (const [parentId, attributes] of owners)
    for (const { key, value } of attributes) {
      const type = valueTypes.indexOf(valueType(value))
      rows.push({ parentId, key, type, cell: cellOf(value) })
    }
  rows.sort((a, b) => a.type - b.type || order(a.key, b.key) || order(a.cell, b.cell) || a.parentId - b.parentId)
  const parents = quasiDelta(
    rows.map(({ parentId }) => parentId),
    i => isSameAttribute(rows[i]!, rows[i - 1]!),
  )
  return rows.map((row, i) => ({ ...row, parentId: parents[i]! }))
}

/** Numbers that are none come last. */
function order(a: Cell, b: Cell): number {
  if (a === undefined || b === undefined || a === b) return 0
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : 1
}

function cellOf(value: Value): Cell {
  if (value === null) return undefined
  if (typeof value !== 'object') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  const cbor = new ByteWriter(64)
  writeValue(cbor, value)
  return cbor.view().toString('hex')
}

/** By the id of the owner its attributes; there are `ownerCount` ids. */
export function attributesOf(table: TableRows | undefined, ownerCount: number): (id: number) => Attributes {
  const owned: Attribute[][] = []
  for (const { parentId, key, type, cell } of readRows(table)) {
    if (parentId >= ownerCount) throw new LabError('corrupt', `parent_id: ${parentId}, there are ${ownerCount}`)
    owned[parentId] ??= []
    owned[parentId]!.push({ key, value: decodeCell(type, cell) })
  }
  return id => owned[id] ?? []
}

function readRows(table: TableRows | undefined): AttributeRow[] {
  if (!table) return []
  const [parents, keys, types] = attributeColumns.map(({ leaf }) => table.cells(leaf.name))
  const values = valueLeaves.flatMap(([leaf, ...types]) => types.map(type => [type, table.cells(leaf.name)] as const))
  const valuesOf = new Map(values)
  const rows = Array.from({ length: table.rowCount }, (_, row) => {
    const type = types!(row) as number
    const read = valuesOf.get(type)
    if (type >= valueTypes.length) throw new LabError('unsupported', `type: ${type} is no type of values`)
    const cell = read?.(row)
    if (read && cell === undefined) throw new LabError('corrupt', `row ${row}: no value of type ${type}`)
    return { parentId: parents!(row) as number, key: keys!(row) as string, type, cell }
  })
  const ids = unquasiDelta(
    rows.map(({ parentId }) => parentId),
    i => isSameAttribute(rows[i]!, rows[i - 1]!),
  )
  return rows.map((row, i) => ({ ...row, parentId: ids[i]! }))
}

function decodeCell(type: number, cell: Cell): Value {
  switch (valueTypes[type]) {
    case 'empty':
      return null
    case 'bytes':
      return Uint8Array.from(Buffer.from(cell as string, 'hex'))
    case 'array':
    case 'kvlist':
      return readSerialized(cell as string)
    default:
      return cell as Value
  }
}

function readSerialized(hex: string): Value {
  const reader = new ByteReader(Buffer.from(hex, 'hex'), 'ser')
  const value = readValue(new CborReader(reader), 0)
  reader.end()
  return value
}
