import { expect, test } from 'vitest'
import { Dictionary } from '../../lib/encodings/dictionary.ts'
import { getOrInsert } from '../../lib/maps.ts'

test('a value is made once for a key', () => {
  const map = new Map<string, number[]>()
  getOrInsert(map, 'a', () => []).push(1)
  getOrInsert(map, 'a', () => []).push(2)
  expect([...map]).toEqual([['a', [1, 2]]])
})

test('a dictionary whose keys tell 0 from -0 does so for neighbours too', () => {
  const numbers = new Dictionary<number>(value => (Object.is(value, -0) ? '-0' : value))
  expect([0, -0, 0, Number.NaN, Number.NaN].map(value => numbers.code(value))).toEqual([0, 1, 0, 2, 2])
})
