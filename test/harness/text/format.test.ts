import { expect, test } from 'vitest'
import { fixed, whole } from '../../../harness/text/format.ts'
import { drawsOf } from '../../support/draws.ts'

test('numbers are grouped as Intl would, which starts have no time to load', () => {
  const draw = drawsOf(14)
  for (let i = 0; i < 2000; i++) {
    const value = (draw() - 0.2) * 10 ** (draw() * 18 - 3)
    if (Math.round(value) !== 0) expect(whole(value)).toBe(Math.round(value).toLocaleString('en'))
    for (const digits of [0, 1, 2, 3]) {
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
      expect(fixed(digits)(value), `${value}`).toBe(value.toLocaleString('en', options))
    }
  }
})
