import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { growForest } from '../../../../lib/formats/columnar/forest.ts'
import { seeded } from '../../../support/arbitrary.ts'

/** The steps of one trace, an end as `~row`, with the parents and siblings by row. */
function grow(...parents: number[]) {
  const forest = growForest([parents.length], Int32Array.from(parents))
  return {
    steps: [...forest.steps],
    parents: [...forest.parents],
    siblings: [...forest.siblings],
    lastChildren: [...forest.lastChildren],
    first: forest.firsts[0],
  }
}

describe('a forest', () => {
  test('of a root with two children, the second of which has one', () =>
    expect(grow(-1, 0, 0, 2)).toEqual({
      steps: [0, 1, ~1, 2, 3, ~3, ~2, ~0],
      parents: [-1, 0, 0, 2],
      siblings: [-1, -1, 1, -1],
      lastChildren: [2, -1, 3, -1],
      first: 0,
    }))

  test('whose children come before their parents', () =>
    expect(grow(2, 2, -1)).toMatchObject({ steps: [2, 0, ~0, 1, ~1, ~2], first: 2, siblings: [-1, 0, -1] }))

  test('of two roots', () => expect(grow(-1, -1)).toMatchObject({ steps: [0, ~0, 1, ~1], siblings: [-1, 0] }))

  test('of a span that is its own parent', () =>
    expect(grow(0)).toMatchObject({ steps: [0, ~0], parents: [-1], first: 0 }))

  test('of a circle, broken at its first row', () =>
    expect(grow(2, 0, 1)).toMatchObject({ steps: [0, 1, 2, ~2, ~1, ~0], parents: [-1, 0, 1] }))

  test('of a circle beside a root, and a child of the circle', () =>
    expect(grow(1, 0, -1, 1)).toMatchObject({ steps: [2, ~2, 0, 1, 3, ~3, ~1, ~0], parents: [-1, 0, -1, 1], first: 2 }))
})

test('any parents: each row starts once and ends once after its children, which start after it', () => {
  const trace = fc
    .integer({ min: 1, max: 8 })
    .chain(count => fc.array(fc.integer({ min: -1, max: count - 1 }), { minLength: count, maxLength: count }))
  fc.assert(
    fc.property(fc.array(trace, { minLength: 1, maxLength: 3 }), traces => {
      let start = 0
      const rows = traces.flatMap(parents => {
        const shifted = parents.map(parent => (parent < 0 ? -1 : parent + start))
        start += parents.length
        return shifted
      })
      const { steps, parents, firsts } = growForest(
        traces.map(({ length }) => length),
        Int32Array.from(rows),
      )
      const at = new Map([...steps].map((step, i) => [step, i]))
      expect(at.size).toBe(rows.length * 2)
      parents.forEach((parent, row) => {
        expect(at.get(row)).toBeLessThan(at.get(~row)!)
        if (parent < 0) return
        expect(parent).toBe(rows[row])
        expect(at.get(parent)).toBeLessThan(at.get(row)!)
        expect(at.get(~row)).toBeLessThan(at.get(~parent)!)
      })
      expect([...firsts].map(first => at.get(first)! % 2)).toEqual(traces.map(() => 0))
    }),
    seeded(300),
  )
})
