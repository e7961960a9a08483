import { LabError } from '../error.ts'
import { type RangeDecoder, RangeEncoder } from './entropy.ts'
import { TreeModels } from './entropy-symbols.ts'
import { readPermutation, writePermutation } from './permutation.ts'

/** The orders that the members of sets have, row by row (FORMAT.md of blockpack, Orders). */

/** So many orders of a set have numbers; the next number says that another one follows. */
const maxOrders = 63
const maxBits = 6
/** Orders of a set come and go little. */
const rateLimit = 9

/** Rows of sets whose members have an order. */
export interface OrderedRows {
  /** By row: its set. */
  readonly sets: ArrayLike<number>
  /** By row: its list, a number for each set and order. */
  readonly lists: ArrayLike<number>
  /** By list: the place in the set of each of its members; undefined for the order of the set itself. */
  readonly places: readonly (ArrayLike<number> | undefined)[]
}

/** `lengths` are the numbers of members, by set. */
export function encodeOrders({ sets, lists, places }: OrderedRows, lengths: readonly number[]): Buffer {
  const encoder = new RangeEncoder()
  const models = modelsOf(lengths.length)
  const counts = new Uint8Array(lengths.length).fill(1)
  const numbers = Int16Array.from(places, order => (order ? -1 : 0))
  for (let row = 0; row < sets.length; row++) {
    const [set, list] = [sets[row]!, lists[row]!]
    if (lengths[set]! < 2) continue
    const [number, count] = [numbers[list]!, counts[set]!]
    models.encode(encoder, contextOf(set, count), number < 0 ? count : number, bitLength(count))
    if (number >= 0) continue
    writePermutation(encoder, places[list]!)
    if (count < maxOrders) numbers[list] = counts[set]!++
  }
  return encoder.finish()
}

/** Reads the orders of rows of these sets: by row its list, and the lists, the first of which are the sets. */
export function decodeOrders(
  decoder: RangeDecoder,
  rowSets: ArrayLike<number>,
  sets: readonly (readonly number[])[],
): { codes: Uint32Array; values: (readonly number[])[] } {
  const models = modelsOf(sets.length)
  const values = [...sets]
  /** By set: its lists by the number of their order. */
  const known = sets.map((_, set) => [set])
  const codes = Uint32Array.from(rowSets)
  for (let row = 0; row < codes.length; row++) {
    const set = rowSets[row]!
    const members = sets[set]!
    if (members.length < 2) continue
    const orders = known[set]!
    const number = models.decode(decoder, contextOf(set, orders.length), bitLength(orders.length))
    if (number < orders.length) codes[row] = orders[number]!
    else if (number === orders.length) {
      codes[row] = values.push(Array.from(readPermutation(decoder, members.length), place => members[place]!)) - 1
      if (orders.length < maxOrders) orders.push(codes[row]!)
    } else throw new LabError('corrupt', `orders: order ${number} of ${orders.length} at row ${row}`)
  }
  decoder.end()
  return { codes, values }
}

/** Numbers up to a count are symbols of as many bits as it takes: each length has models of its own. */
function modelsOf(setCount: number): TreeModels {
  return new TreeModels(setCount * maxBits, maxBits, rateLimit)
}

function contextOf(set: number, count: number): number {
  return set * maxBits + bitLength(count) - 1
}

function bitLength(count: number): number {
  return 32 - Math.clz32(count)
}
