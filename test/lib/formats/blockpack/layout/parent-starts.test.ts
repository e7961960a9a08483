import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addParents, parentRowsOf, subtractParents } from '../../../../../lib/formats/blockpack/layout/parent-starts.ts'
import { seeded } from '../../../../support/arbitrary.ts'

test('starts after those of parents come back, wherever the parents are', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.maxSafeNat())), spans => {
      const order = [...spans.keys()].sort((a, b) => spans[a]![0] - spans[b]![0])
      const parents = new Int32Array(spans.length).fill(-1)
      for (let i = 1; i < order.length; i++) parents[order[i]!] = i % 7 === 0 ? -1 : order[(i * 31) % i]!
      const starts = Float64Array.from(spans, ([, start]) => start % 2 ** 50)
      const after = subtractParents(starts, parents)
      expect(addParents(after, parents)).toBe(true)
      expect(after).toEqual(starts)
    }),
    seeded(200),
  ))

test('a chain as long as the rows is no circle; a circle is found, with rows that lead into it', () => {
  const chain = Int32Array.from({ length: 5000 }, (_, row) => (row === 4999 ? -1 : row + 1))
  const starts = new Float64Array(5000).fill(1)
  expect(addParents(starts, chain)).toBe(true)
  expect(starts[0]).toBe(5000)
  expect(addParents(new Float64Array(4), Int32Array.from([1, 2, 3, 1]))).toBe(false)
})

test('spans that are their own parents, and parents that are not there, are roots', () => {
  const kinds = [1, 0, 1, 1, 2, 1]
  expect([...parentRowsOf(kinds, [0, -9, 5, 3])]).toEqual([-1, -1, -1, -1, -1, 2])
})
