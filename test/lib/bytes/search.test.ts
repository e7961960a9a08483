import { expect, test } from 'vitest'
import { firstWhere } from '../../../lib/bytes/search.ts'

test('the first is found at every place of lists of every length, or none', () => {
  for (let count = 0; count < 40; count++)
    for (let first = 0; first <= count; first++) expect(firstWhere(count, index => index >= first)).toBe(first)
})
