import { RangeDecoder, RangeEncoder } from '../../encodings/entropy.ts'
import { placesIn, readPermutation, writePermutation } from '../../encodings/permutation.ts'
import { getOrInsert } from '../../maps.ts'
import type { ColumnReader, ColumnWriter } from './columns.ts'

/**
 * Lists of columns as sets and orders. Lists with the same columns are orders of one set, whose own order is that of the
 * list met first. A frequent order is an entry of the table; a rare one is written where it occurs, as a permutation.
 */
export interface OrderTable {
  /** By set: its columns, in the order of the list met first. */
  readonly sets: readonly (readonly number[])[]
  /** By entry: its set. The first entries are the sets themselves. */
  readonly entrySets: readonly number[]
  /** By entry: its columns in order, or undefined where each owner has an order of its own. */
  readonly entries: readonly (readonly number[] | undefined)[]
}

/** An order that occurs less often is written each time. */
const minCount = 3
/** Longer lists always have an entry: the bits of a permutation grow faster than its length. */
const maxFree = 64
/** Longer ones share no set with others: no permutation is as long. */
const maxShared = 1 << 16

/** What the lists of owners become: a table, an entry an owner, and the orders of those whose entry has none. */
export interface Ordered {
  readonly table: OrderTable
  readonly codes: Uint32Array
  readonly free: readonly (readonly number[])[]
}

/** Sorts the lists (columns by code) of all owners (codes by row) into sets and orders. */
export function findOrders(lists: readonly (readonly number[])[], rows: Uint32Array): Ordered {
  const counts = new Uint32Array(lists.length)
  for (const code of rows) counts[code]!++
  const sets: (readonly number[])[] = []
  const setOf = new Map<string, number>()
  const listSets = lists.map(list => {
    const name = list.length > maxShared ? `=${list.join(' ')}` : [...list].sort((a, b) => a - b).join(' ')
    return getOrInsert(setOf, name, () => sets.push(list) - 1)
  })
  const entrySets = sets.map((_, set) => set)
  const entries: (readonly number[] | undefined)[] = [...sets]
  const freeEntries = new Map<number, number>()
  const entryOf = lists.map((list, code) => {
    const set = listSets[code]!
    if (sets[set] === list) return set
    const isFree = counts[code]! < minCount && list.length <= maxFree
    const known = isFree ? freeEntries.get(set) : undefined
    if (known !== undefined) return known
    if (isFree) freeEntries.set(set, entries.length)
    entrySets.push(set)
    return entries.push(isFree ? undefined : list) - 1
  })
  const free = Array.from(
    rows.filter(code => entries[entryOf[code]!] === undefined),
    code => lists[code]!,
  )
  return { table: { sets, entrySets, entries }, codes: rows.map(code => entryOf[code]!), free }
}

/** Writes the table, and the orders of its entries and of the owners without one. */
export function writeOrders(writer: ColumnWriter, { table, free, codes }: Ordered): void {
  const { head } = writer
  const { sets, entrySets, entries } = table
  head.varint(sets.length)
  for (const set of sets) {
    head.varint(set.length)
    for (const column of set) head.varint(column)
  }
  const more = entries.length - sets.length
  head.varint(more)
  if (more === 0) return
  const encoder = new RangeEncoder()
  for (let entry = sets.length; entry < entries.length; entry++) {
    const order = entries[entry]
    head.varint(entrySets[entry]! * 2 + (order ? 0 : 1))
    if (order) writePermutation(encoder, placesIn(sets[entrySets[entry]!]!, order))
  }
  let next = 0
  for (const code of codes)
    if (entries[code] === undefined) writePermutation(encoder, placesIn(sets[entrySets[code]!]!, free[next++]!))
  writer.blob(encoder.finish())
}

/** Reads the table; `readFree` then reads the orders of the owners without one, given the entries of all owners. */
export function readOrders(
  reader: ColumnReader,
  name: string,
  columnCount: number,
  rowCount: number,
): { table: OrderTable; readFree: (codes: Uint32Array) => number[][] } {
  const { head } = reader
  const readColumn = () => {
    const column = head.varint()
    return column < columnCount ? column : head.fail('corrupt', `${name}: column ${column} of ${columnCount}`)
  }
  let total = 0
  const readSet = () => {
    const length = head.count()
    total = reader.checkItems(total + length)
    return Array.from({ length }, readColumn)
  }
  reader.column = `${name} keys`
  const sets = Array.from({ length: reader.tableSize(rowCount) }, readSet)
  const more = reader.tableSize(rowCount)
  const marks = Array.from({ length: more }, () => head.varint())
  const entrySets = [...sets.keys(), ...marks.map(mark => Math.floor(mark / 2))]
  if (entrySets.some(set => set >= sets.length)) head.fail('corrupt', `${name}: an order of a set that is not there`)
  if (more === 0) return { table: { sets, entrySets, entries: sets }, readFree: () => [] }
  return reader.blob(`${name} orders`, bytes => {
    const decoder = new RangeDecoder(bytes)
    const read = (set: readonly number[]) => Array.from(readPermutation(decoder, set.length), place => set[place]!)
    const ordered = marks.map((mark, i) => (mark % 2 === 0 ? read(sets[entrySets[sets.length + i]!]!) : undefined))
    const entries = [...sets, ...ordered]
    const readFree = (codes: Uint32Array) => {
      const free: number[][] = []
      for (const code of codes) if (entries[code] === undefined) free.push(read(sets[entrySets[code]!]!))
      decoder.end()
      return free
    }
    return { table: { sets, entrySets, entries }, readFree }
  })
}
