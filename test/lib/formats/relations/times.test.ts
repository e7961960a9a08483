import { expect, test } from 'vitest'
import { chooseUnits, units } from '../../../../lib/formats/relations/times.ts'

test('a unit divides all values of its node, also those before the one that lowered it (256 does not divide 1000)', () => {
  const values = Float64Array.of(117_000, 2_560_001 * 256, 3_000_000, 6_000, 512)
  const chosen = chooseUnits(3, [0, 0, 1, 1, 2], values)
  expect([...chosen].map(unit => units[unit])).toEqual([1, 1000, 256])
})

test('no value, and zero, leave the greatest unit', () => {
  expect([...chooseUnits(2, [0], Float64Array.of(0))].map(unit => units[unit])).toEqual([1e9, 1e9])
})
