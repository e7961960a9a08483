import type { ByteSink, RangeReader } from '../../bytes/range.ts'
import { LabError } from '../../error.ts'
import type { Column } from '../../parquet/read/column.ts'
import { numbersOf, textsOf } from '../../parquet/read/fields.ts'
import { readFooter } from '../../parquet/read/footer.ts'
import { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import type { GroupNode, LeafNode, Node } from '../../parquet/schema.ts'
import type { Columns } from '../../parquet/write/columns.ts'
import { ParquetFileWriter } from '../../parquet/write/file.ts'
import { BooleanValues, DoubleValues, Int32Values, Int64Values } from '../../parquet/write/number-values.ts'
import { DictionaryValues } from '../../parquet/write/string-values.ts'

/** What is in a row of a column: a text, the hex digits of bytes, a number; undefined where nothing is. */
export type Cell = string | number | bigint | boolean | undefined

/** A column; a dot in its name is a level. */
export interface TableColumn<R> {
  readonly leaf: LeafNode
  readonly cell: (row: R) => Cell
}

const pageBytes = 1 << 20

/** Writes rows as a Parquet file of one row group. */
export async function writeTable<R>(
  sink: ByteSink,
  columns: readonly TableColumn<R>[],
  rows: readonly R[],
  zstdLevel: number,
): Promise<void> {
  const file = new ParquetFileWriter(schemaOf(columns.map(({ leaf }) => leaf)), sink, { zstdLevel, pageBytes })
  const adders = columns.map(column => ({ ...column, add: adderOf(file.columns, column.leaf) }))
  for (const row of rows) {
    file.columns.row()
    for (const { cell, add } of adders) add(cell(row))
  }
  await file.endRowGroup(rows.length)
  await file.finish()
}

function schemaOf(leaves: readonly LeafNode[]): GroupNode {
  const groups = new Map<string, Node[]>()
  const children: Node[] = []
  for (const leaf of leaves) {
    const [group, name] = leaf.name.split('.') as [string, string | undefined]
    if (name === undefined) children.push(leaf)
    else if (groups.has(group)) groups.get(group)!.push({ ...leaf, name })
    else {
      const within: Node[] = [{ ...leaf, name }]
      groups.set(group, within)
      children.push({ kind: 'group', name: group, children: within })
    }
  }
  return { kind: 'group', name: 'schema', children }
}

function adderOf(columns: Columns, leaf: LeafNode): (cell: Cell) => void {
  const column = columns.leaf(leaf.name)
  const add = valueAdderOf(columns, leaf)
  if (!leaf.isOptional) return add
  return cell => {
    if (column.present(cell !== undefined)) add(cell)
  }
}

function valueAdderOf(columns: Columns, { name, type, meaning }: LeafNode): (cell: Cell) => void {
  if (type === 'INT32') return of(columns.values(name, Int32Values))
  if (type === 'INT64') return of(columns.values(name, Int64Values))
  if (type === 'DOUBLE') return of(columns.values(name, DoubleValues))
  if (type === 'BOOLEAN') return of(columns.values(name, BooleanValues))
  const texts = columns.values(name, DictionaryValues)
  return meaning === 'string' ? cell => texts.addText(cell as string) : cell => texts.addHex(cell as string)
}

function of<T extends Cell>(values: { add(value: T): void }): (cell: Cell) => void {
  return cell => values.add(cell as T)
}

/** Rows of a table, by the columns that it has. */
export interface TableRows {
  readonly rowCount: number
  /** By row the cell of a column. */
  cells(name: string): (row: number) => Cell
}

/** Reads all columns of a table. */
export async function readTable(file: RangeReader, leaves: readonly LeafNode[]): Promise<TableRows> {
  const footer = await readFooter(file)
  if (footer.rowGroups.length !== 1)
    throw new LabError('corrupt', `${footer.rowGroups.length} row groups, a table of OTel-Arrow has 1`)
  for (const { name, type } of leaves)
    if (footer.leaves.get(name)?.type !== type)
      throw new LabError(
        'unsupported',
        `the column ${name} should hold ${type}, is ${footer.leaves.get(name)?.type ?? 'missing'}`,
      )
  const columns = new RowGroupColumns({ file, footer }, 0)
  await columns.load(leaves.map(({ name }) => name))
  const { rowCount } = columns
  const named = new Map(leaves.map(leaf => [leaf.name, leaf]))
  return { rowCount, cells: name => columns.named(() => cellsOf(columns.get(name, rowCount), named.get(name)!)) }
}

function cellsOf(column: Column, { type, meaning }: LeafNode): (row: number) => Cell {
  const cell = presentCells(column, type, meaning)
  return row => (column.places[row]! < 0 ? undefined : cell(row))
}

function presentCells(column: Column, type: LeafNode['type'], meaning: LeafNode['meaning']): (row: number) => Cell {
  const { places } = column
  if (type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY') {
    if (meaning === 'string') return textsOf(column)
    const { codes, entries } = column.bytes
    return row => entries.hex(codes[places[row]!]!)
  }
  if (type === 'INT32') {
    const { numbers } = numbersOf(column, type)
    return meaning === 'int32' ? row => numbers[places[row]!]! : row => numbers[places[row]!]! >>> 0
  }
  if (type === 'BOOLEAN') {
    const { numbers } = numbersOf(column, type)
    return row => numbers[places[row]!] === 1
  }
  const { numbers } = type === 'INT64' ? numbersOf(column, type) : numbersOf(column, 'DOUBLE')
  return row => numbers[places[row]!]!
}
