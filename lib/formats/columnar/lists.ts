import { AttributeAssembler, type AttributeShredder, valueTypes } from '../../shred/attributes.ts'
import { readCodes, writeCodes } from './codes.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'
import { findOrders, type OrderTable, readOrders, writeOrders } from './orders.ts'
import type { Prediction } from './prediction.ts'
import type { Reference } from './strings.ts'
import { readText, writeText } from './texts.ts'
import { readValues, writeValues } from './values.ts'

/** Writes the attributes of all owners: the columns' keys and types, the lists of columns, a list's code an owner, values. */
export function writeAttributeLists(
  writer: ColumnWriter,
  attributes: AttributeShredder,
  prediction: Prediction,
  references: readonly Reference[],
): void {
  const { head } = writer
  const { columns } = attributes
  head.varint(columns.length)
  for (const { key, type } of columns) {
    head.u8(valueTypes.indexOf(type))
    writeText(writer, key)
  }
  const orders = findOrders(attributes.listColumns(), attributes.lists.view())
  writeOrders(writer, orders)
  writeCodes(writer, orders.codes, orders.table.entries.length, prediction)
  const neighbours = new Neighbours(prediction.known(1))
  const columnRows = attributes.columnRows()
  for (const [i, column] of columns.entries()) {
    const rows = columnRows[i]!
    const codes = writeValues(writer, column, neighbours.predict(prediction, rows), at(references, rows))
    neighbours.add(rows, codes)
  }
}

/** Reads the attributes of `count` owners; the assembler hands them out in order. */
export function readAttributeLists(
  reader: ColumnReader,
  name: string,
  count: number,
  prediction: Prediction,
  references: readonly Reference[],
): AttributeAssembler {
  const { head } = reader
  reader.column = `${name} keys`
  const columnCount = reader.checkItems(head.count(2))
  const columns = Array.from({ length: columnCount }, () => {
    const type = valueTypes[head.u8()]
    return type ? { type, key: readText(reader) } : head.fail('unsupported', `${name}: a type of values`)
  })
  const { table, readFree } = readOrders(reader, name, columns.length, count)
  const codes = readCodes(reader, `${name} keys`, count, table.entries.length, prediction)
  const rows = rowsByColumn(reader, table, codes, columns.length)
  const free = readFree(codes)
  const neighbours = new Neighbours(prediction.known(1))
  const values = columns.map(({ type, key }, column) => {
    const own = rows[column]!
    const part = `${name} ${key} (${type})`
    const predicted = neighbours.predict(prediction, own)
    const read = readValues(reader, part, type, own.length, predicted, at(references, own))
    neighbours.add(own, read.codes)
    return read.values
  })
  const keys = columns.map(({ key }) => key)
  return new AttributeAssembler({ codes, entries: table.entries, free }, keys, values)
}

/** How many preceding columns are tried as predictors. */
const neighbourCount = 3
/** How many are remembered. */
const keptCount = 12
/** Columns with values at fewer of the rows are not: to hold them by row would take more time than they have values. */
const minShare = 1 / 256

/** The columns of codes met so far, by owner: what a later column of the same owners may be a function of. */
class Neighbours {
  readonly #names: Uint32Array
  readonly #columns: Uint32Array[] = []

  /** `names`: by owner, a hash of what it is called. */
  constructor(names: Uint32Array) {
    this.#names = names
  }

  add(rows: ArrayLike<number>, codes: Uint32Array | undefined): void {
    if (!codes || rows.length < this.#names.length * minShare || codes.every(code => code === codes[0])) return
    const column = new Uint32Array(this.#names.length)
    for (let i = 0; i < rows.length; i++) column[rows[i]!] = codes[i]! + 1
    this.#columns.unshift(column)
    if (this.#columns.length > keptCount) this.#columns.pop()
  }

  /** The prediction of a column with values at `rows`, with the nearest columns that have values there too. */
  predict(prediction: Prediction, rows: ArrayLike<number>): Prediction {
    const ends = [rows[0], rows[rows.length >> 1], rows[rows.length - 1]]
    const near = this.#columns.filter(column => ends.every(row => column[row!]! > 0)).slice(0, neighbourCount)
    const chains = near.map(column => [
      { known: [column, this.#names] as const, history: 0 },
      { known: column, history: 0 },
    ])
    return prediction.with(chains).at(rows)
  }
}

/** By column: the owner's row of each of its values. */
function rowsByColumn(
  reader: ColumnReader,
  { sets, entrySets }: OrderTable,
  codes: Uint32Array,
  columnCount: number,
): number[][] {
  const rows: number[][] = Array.from({ length: columnCount }, () => [])
  for (let row = 0; row < codes.length; row++) {
    const set = sets[entrySets[codes[row]!]!]!
    reader.spend(set.length)
    for (const column of set) rows[column]!.push(row)
  }
  return rows
}

/** The references of a column that has values at some rows only. */
function at(references: readonly Reference[], rows: ArrayLike<number>): Reference[] {
  return references.map(stringAt => row => stringAt(rows[row]!))
}
