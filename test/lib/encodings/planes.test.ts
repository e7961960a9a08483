import { expect, test } from 'vitest'
import { decodePlanes, encodePlane, planeCountOf } from '../../../lib/encodings/planes.ts'
import { unzigzag, zigzag } from '../../../lib/encodings/zigzag.ts'
import { drawsOf } from '../../support/draws.ts'

const seed = Number(process.env.SEED ?? 20261128)

function roundTrip(values: readonly number[]): number[] {
  const column = Float64Array.from(values)
  const planeCount = planeCountOf(Math.max(0, ...values))
  const planes = Array.from({ length: planeCount }, (_, plane) => encodePlane(column, plane))
  return Array.from(decodePlanes(planeCount, plane => planes[plane]!, new Uint32Array(column.length)))
}

test('the lowest byte comes first', () => {
  expect(Array.from(encodePlane(Float64Array.from([0x1234, 0xff]), 0))).toEqual([0x34, 0xff])
  expect(Array.from(encodePlane(Float64Array.from([0x1234, 0xff]), 1))).toEqual([0x12, 0])
})

test('as many planes as the largest number has bytes, none for zeros', () => {
  expect([0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].map(planeCountOf)).toEqual([0, 1, 1, 2, 4, 5, 7])
})

test('the edges of each width come back', () => {
  const edges = Array.from({ length: 53 }, (_, bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]).flat()
  for (const edge of edges) expect(roundTrip([0, edge])).toEqual([0, edge])
  expect(roundTrip(edges)).toEqual(edges)
})

test(`drawn numbers come back, and so does their zigzag (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  const values = Array.from({ length: 10_000 }, () => Math.floor(draw() * 2 ** (1 + Math.floor(draw() * 51))))
  expect(roundTrip(values)).toEqual(values)
  for (const value of values) {
    expect(unzigzag(zigzag(value))).toBe(value)
    expect(unzigzag(zigzag(-value - 1))).toBe(-value - 1)
  }
})

test('zigzag counts 0, -1, 1, -2', () => {
  expect([0, -1, 1, -2, 2].map(zigzag)).toEqual([0, 1, 2, 3, 4])
})
