import { expect, test } from 'vitest'
import { Arena, allocatingIn, borrowArena, bytesToFill, floats, returnArena, words } from '../../../lib/bytes/arena.ts'

test('what an arena gives does not overlap, fits any type and is not given twice until it is cleared', () => {
  const arena = new Arena()
  const taken = allocatingIn(arena, () =>
    Array.from({ length: 100 }, (_, i) => [words(i), bytesToFill(i * 3 + 1), floats(i * 7)] as const),
  )
  for (const [i, [own, bytes, numbers]] of taken.entries()) {
    own.fill(i)
    bytes.fill(i)
    numbers.fill(i)
  }
  for (const [i, [own, bytes, numbers]] of taken.entries()) {
    expect(own).toEqual(new Uint32Array(i).fill(i))
    expect(bytes.equals(Buffer.alloc(i * 3 + 1, i))).toBe(true)
    expect(numbers).toEqual(new Float64Array(i * 7).fill(i))
  }
  arena.clear()
  const again = allocatingIn(arena, () => words(3))
  expect(again.buffer).toBe(taken[0]![1].buffer)
})

test('what is larger than a chunk is given as well, and smaller ones after it', () => {
  const arena = new Arena()
  const [large, small] = allocatingIn(arena, () => [floats(1 << 20), floats(8)])
  expect(large!.length).toBe(1 << 20)
  expect(small!.length).toBe(8)
})

test('outside of an arena, and after work that fails in one, memory is of its own', () => {
  const arena = borrowArena()
  expect(() =>
    allocatingIn(arena, () => {
      throw new Error('no')
    }),
  ).toThrow('no')
  expect([...floats(3)]).toEqual([0, 0, 0])
  expect(words(3).buffer.byteLength).toBe(12)
  returnArena(arena)
  expect(borrowArena()).toBe(arena)
})
