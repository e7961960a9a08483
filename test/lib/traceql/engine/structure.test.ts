import { expect, test } from 'vitest'
import { nestedSets } from '../../../../lib/model/nested-sets.ts'
import { hasRelative, type Relative } from '../../../../lib/traceql/engine/structure.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawn } from '../../../support/effort.ts'

const seed = Number(process.env.SEED ?? 20261127)
const relatives: readonly Relative[] = ['parent', 'child', 'ancestor', 'descendant', 'sibling']

/** Ancestors by walking the chain of parents, itself left out. */
function ancestors(parents: Int32Array, row: number): Set<number> {
  const seen = new Set<number>()
  for (let at = parents[row]!; at >= 0 && !seen.has(at); at = parents[at]!) seen.add(at)
  seen.delete(row)
  return seen
}

function related(relative: Relative, parents: Int32Array, row: number, other: number): boolean {
  switch (relative) {
    case 'parent':
      return parents[row] === other
    case 'child':
      return parents[other] === row
    case 'ancestor':
      return ancestors(parents, row).has(other)
    case 'descendant':
      return ancestors(parents, other).has(row)
    case 'sibling':
      return row !== other && parents[row]! >= 0 && parents[row] === parents[other]
  }
}

function slowly(relative: Relative, parents: Int32Array, mask: Uint8Array): number[] {
  return [...mask].map((_, row) => (mask.some((m, other) => m === 1 && related(relative, parents, row, other)) ? 1 : 0))
}

test(`relatives are those that every pair of spans gives, cycles and orphans included (seed ${seed})`, () => {
  const draw = drawsOf(seed)
  for (let run = 0; run < drawn(300); run++) {
    const length = 1 + Math.floor(draw() * 14)
    // Any span may be the parent of any other: cycles are common.
    const parents = Int32Array.from({ length }, (_, row) => {
      const parent = Math.floor(draw() * (length + 2)) - 2
      return parent === row ? -2 : parent
    })
    const mask = Uint8Array.from({ length }, () => (draw() < 0.4 ? 1 : 0))
    for (const relative of relatives)
      expect([...hasRelative(relative, parents, mask)], `${relative} of ${parents} in ${mask}`).toEqual(
        slowly(relative, parents, mask),
      )
  }
})

test.each([
  ['chain', (row: number) => row - 1],
  ['chain from the last', (row: number) => (row === 99_999 ? -1 : row + 1)],
  ['star', (row: number) => (row === 0 ? -1 : 0)],
  ['one cycle', (row: number) => (row + 1) % 100_000],
])('100,000 spans as %s are answered', (_, parentOf) => {
  const parents = Int32Array.from({ length: 100_000 }, (_, row) => parentOf(row))
  const all = new Uint8Array(100_000).fill(1)
  for (const relative of relatives) expect(hasRelative(relative, parents, all)).toHaveLength(100_000)
  const starts = Uint32Array.of(0, 100_000)
  expect(nestedSets(parents, starts).left.length).toBe(100_000)
})

test('nested sets are numbered a trace from 1, depth first, and leave out what reaches no root', () => {
  //      0       3 (orphan)   5, 6 a cycle; the second trace begins at 7
  //     / \      |
  //    1   2     4
  const parents = Int32Array.of(-1, 0, 0, -2, 3, 6, 5, -1, -1)
  const { left, right, parent } = nestedSets(parents, Uint32Array.of(0, 7, 9))
  expect([...left]).toEqual([1, 2, 4, 0, 0, 0, 0, 1, 3])
  expect([...right]).toEqual([6, 3, 5, 0, 0, 0, 0, 2, 4])
  expect([...parent]).toEqual([-1, 1, 1, 0, 0, 0, 0, -1, -1])
})
