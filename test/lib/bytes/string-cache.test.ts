import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StringCache } from '../../../lib/bytes/string-cache.ts'
import { anyCharacter, seeded } from '../../support/arbitrary.ts'

test('gives the text of the bytes, whatever it gave before: texts that share a slot, of every length and script', () => {
  const cache = new StringCache(2)
  const text = fc.oneof(
    fc.constantFrom('', 'a', 'b', 'ab', 'ba', 'a'.repeat(96), 'a'.repeat(97), 'é', '\u00e9\u0000', '\ud83d\ude00'),
    fc.string({ unit: anyCharacter, maxLength: 120 }).filter(candidate => candidate.isWellFormed()),
  )
  fc.assert(
    fc.property(text, fc.nat({ max: 5 }), (expected, start) => {
      const bytes = Buffer.concat([Buffer.alloc(start, 'x'), Buffer.from(expected), Buffer.from('y')])
      expect(cache.get(bytes, start, bytes.length - 1)).toBe(expected)
    }),
    seeded(2000),
  )
})

test('does not keep a view of bytes that change later', () => {
  const cache = new StringCache()
  const bytes = Buffer.from('abc')
  const text = cache.get(bytes, 0, 3)
  bytes[0] = 0x7a
  expect(text).toBe('abc')
  expect(cache.get(bytes, 0, 3)).toBe('zbc')
})
