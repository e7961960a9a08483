import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RangeDecoder, RangeEncoder } from '../../../lib/encodings/entropy.ts'
import { TreeModels } from '../../../lib/encodings/entropy-symbols.ts'
import { decodeOrders, encodeOrders } from '../../../lib/encodings/orders.ts'
import { placesIn, writePermutation } from '../../../lib/encodings/permutation.ts'
import { seeded } from '../../support/arbitrary.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

const seed = Number(process.env.SEED ?? 20261128)

/** Rows of lists, each of which belongs to the set of these members that is met first. */
function rowsOf(lists: readonly (readonly number[])[]) {
  const sets: (readonly number[])[] = []
  const setOf = new Map<string, number>()
  const rowSets = lists.map(list => {
    const key = [...list].sort((a, b) => a - b).join(' ')
    if (!setOf.has(key)) setOf.set(key, sets.push(list) - 1)
    return setOf.get(key)!
  })
  const codes = new Map<string, number>()
  const places: (Uint32Array | undefined)[] = []
  const rowLists = lists.map((list, row) => {
    const key = `${rowSets[row]}: ${list.join(' ')}`
    const set = sets[rowSets[row]!]!
    if (!codes.has(key)) codes.set(key, places.push(`${set}` === `${list}` ? undefined : placesIn(set, list)) - 1)
    return codes.get(key)!
  })
  return { sets, rows: { sets: rowSets, lists: rowLists, places } }
}

function expectRoundTrip(lists: readonly (readonly number[])[]): Buffer {
  const { sets, rows } = rowsOf(lists)
  const bytes = encodeOrders(
    rows,
    sets.map(set => set.length),
  )
  const { codes, values } = decodeOrders(new RangeDecoder(bytes), rows.sets, sets)
  expect(Array.from(codes, code => values[code])).toEqual(lists)
  return bytes
}

test('lists come back in their orders, members that repeat among them', () =>
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(4), { maxLength: 6 }), { maxLength: 80 }), lists => {
      expectRoundTrip(lists)
    }),
    seeded(300),
  ))

test(`orders drawn from all, more than have numbers (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  const shuffled = (length: number) =>
    Array.from({ length }, (_, member) => ({ member, key: draw() }))
      .sort((a, b) => a.key - b.key)
      .map(({ member }) => member)
  const bytes = expectRoundTrip(Array.from({ length: 900 }, (_, row) => shuffled(row % 3 === 0 ? 40 : 5)))
  expect(bytes.length).toBeLessThan(300 * 21 + 600)
})

test('lists that always have one order take next to nothing', () =>
  expect(expectRoundTrip(Array.from({ length: 5000 }, () => [3, 1, 2])).length).toBeLessThan(16))

test('every prefix, flips and orders that are not there are refused', () => {
  const lists = Array.from({ length: 60 }, (_, row) => (row % 2 === 0 ? [1, 2, 3] : [2, 3, 1, 4].slice(row % 3)))
  const { sets, rows } = rowsOf(lists)
  const bytes = encodeOrders(
    rows,
    sets.map(set => set.length),
  )
  const decode = (stored: Uint8Array) => decodeOrders(new RangeDecoder(stored), rows.sets, sets)
  for (let length = 0; length < bytes.length; length++)
    expect(labError(() => decode(bytes.subarray(0, length))).message).toMatch(/entropy|orders|permutation/)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const broken = Uint8Array.from(bytes)
    broken[bit >> 3]! ^= 1 << (bit & 7)
    try {
      for (const [row, code] of decode(broken).codes.entries())
        expect([...decode(broken).values[code]!].sort()).toEqual([...lists[row]!].sort())
    } catch (error) {
      expect(labError(() => decode(broken)).message, String(error)).toMatch(/entropy|orders/)
    }
  }
  const encoder = new RangeEncoder()
  const models = new TreeModels(6, 6, 9)
  for (const [bits, number] of [
    [1, 1],
    [2, 3],
  ] as const) {
    models.encode(encoder, bits - 1, number, bits)
    if (bits === 1) writePermutation(encoder, [1, 0])
  }
  const forged = new RangeDecoder(encoder.finish())
  expect(labError(() => decodeOrders(forged, [0, 0], [[1, 2]])).message).toMatch(/order 3 of 2 at row 1/)
})
