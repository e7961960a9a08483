import { expect, test } from 'vitest'
import { fixed, whole } from '../../../harness/text/format.ts'
import { drawsOf } from '../../support/draws.ts'

test('numbers are grouped as Intl would, which starts have no time to load', () => {
  const draw = drawsOf(14)
  for (let i = 0; i < 2000; i++) {
    const value = Math.round((draw() - 0.2) * 10 ** (draw() * 15)) || 0
    expect(whole(value), `seed 14, draw ${i}`).toBe(value.toLocaleString('en'))
    const digits = i % 4
    const part = (draw() - 0.2) * 10 ** (draw() * 12 - 3)
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
    expect(fixed(digits)(part), `seed 14, draw ${i}`).toBe(part.toLocaleString('en', options))
  }
})
