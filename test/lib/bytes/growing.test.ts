import { expect, test } from 'vitest'
import { growingCodes, growingNumbers } from '../../../lib/bytes/growing.ts'

test('grows from nothing past each doubling, and keeps what it has', () => {
  const codes = growingCodes()
  const numbers = growingNumbers()
  for (let i = 0; i < 1000; i++) {
    codes.push(2 ** 32 - 1 - i)
    numbers.push(-i / 2)
  }
  expect([...codes.view()]).toEqual(Array.from({ length: 1000 }, (_, i) => 2 ** 32 - 1 - i))
  expect([...numbers.view()]).toEqual(Array.from({ length: 1000 }, (_, i) => -i / 2))
  expect([codes.at(999), numbers.at(1)]).toEqual([2 ** 32 - 1000, -0.5])
})
