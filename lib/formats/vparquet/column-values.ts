import { getOrInsert } from '../../maps.ts'
import { startsOf } from '../../model/owners.ts'
import type { ColumnData } from '../../model/scan.ts'
import { type Value, type ValueType, valueType } from '../../model/trace.ts'
import { exactInts } from './exact-numbers.ts'
import { TextCodes } from './text-codes.ts'

/** Values of one type, by row; strings as codes. */
interface Gathered {
  readonly rows: number[]
  readonly values: unknown[]
}

/**
 * Gathers values by row, and gives a column a type that occurs, in the order of first sight. Rows may come in any order;
 * the values of one stay in theirs.
 */
export class ColumnValues {
  readonly #gathered = new Map<ValueType, Gathered>()
  readonly #texts = new TextCodes()

  /** Takes strings of a list by their place in it. */
  strings(texts: readonly string[]): (row: number, place: number) => void {
    const codeOf = this.#texts.within(texts)
    return (row, place) => this.#push('string', row, codeOf(place))
  }

  add(row: number, value: Value): void {
    this.#push(valueType(value), row, typeof value === 'string' ? this.#texts.of(value) : value)
  }

  #push(type: ValueType, row: number, value: unknown): void {
    const gathered = getOrInsert(this.#gathered, type, () => ({ rows: [], values: [] }))
    gathered.rows.push(row)
    gathered.values.push(value)
  }

  /** The columns, of an owner with so many rows. */
  finish(rowCount: number): ColumnData[] {
    const inOrder = [...this.#gathered].map(([type, gathered]) => ({ type, ...ascending(gathered) }))
    inOrder.sort((a, b) => a.rows[0]! - b.rows[0]!)
    return inOrder.map(({ type, rows, values }) => {
      const isWhole = rows.length === rowCount && rows.every((row, i) => row === i)
      return { type, rows: isWhole ? undefined : Uint32Array.from(rows), values: this.#pack(type, values) }
    })
  }

  #pack(type: ValueType, values: readonly unknown[]): ColumnData['values'] {
    if (type === 'string') return { codes: Uint32Array.from(values as number[]), dictionary: this.#texts.dictionary }
    if (type === 'int') return exactInts(values as bigint[])
    if (type === 'double') return { base: 0n, numbers: Float64Array.from(values as number[]) }
    if (type === 'bool') return { codes: Uint32Array.from(values as boolean[], Number), dictionary: [false, true] }
    return { codes: Uint32Array.from(values.keys()), dictionary: values as Value[] }
  }
}

function ascending({ rows, values }: Gathered): Gathered {
  if (rows.every((row, i) => i === 0 || rows[i - 1]! <= row)) return { rows, values }
  const order = [...rows.keys()].sort((a, b) => rows[a]! - rows[b]! || a - b)
  return { rows: order.map(i => rows[i]!), values: order.map(i => values[i]!) }
}

/** The same values for the rows of a lower owner: `ownerOf` gives the row of each in the column. */
export function spread({ type, rows, values }: ColumnData, ownerOf: Uint32Array, ownerCount: number): ColumnData {
  if (rows === undefined) return { type, values: pick(values, ownerOf) }
  const counts = new Uint32Array(ownerCount)
  for (const row of rows) counts[row]!++
  const starts = startsOf(counts)
  const [spreadRows, places]: [number[], number[]] = [[], []]
  for (let row = 0; row < ownerOf.length; row++)
    for (let i = starts[ownerOf[row]!]!; i < starts[ownerOf[row]! + 1]!; i++) {
      spreadRows.push(row)
      places.push(i)
    }
  return { type, rows: Uint32Array.from(spreadRows), values: pick(values, Uint32Array.from(places)) }
}

function pick(values: ColumnData['values'], places: Uint32Array): ColumnData['values'] {
  if ('codes' in values) return { codes: places.map(place => values.codes[place]!), dictionary: values.dictionary }
  if ('numbers' in values) {
    const { base, numbers } = values
    return { base, numbers: Float64Array.from(places, place => numbers[place]!) }
  }
  const { bigints } = values
  const picked = bigints instanceof BigInt64Array ? new BigInt64Array(places.length) : new BigUint64Array(places.length)
  for (let i = 0; i < places.length; i++) picked[i] = bigints[places[i]!]!
  return { bigints: picked }
}
