import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeWtf8, encodeWtf8 } from '../../../lib/bytes/wtf8.ts'
import { anyCharacter, seeded } from '../../support/arbitrary.ts'

const pieces = ['', 'a', 'é', '\u20ac', '\ud7ff', '\ue000', '\ud83d\ude00', '\ud800', '\udbff', '\udc00', '\udfff']

describe('WTF-8', () => {
  test('keeps lone surrogates at every place among characters of every width', () => {
    for (const a of pieces)
      for (const b of pieces)
        for (const c of pieces)
          for (const d of pieces) expect(decodeWtf8(encodeWtf8(a + b + c + d))).toBe(a + b + c + d)
  })

  test('keeps any string of code units', () => {
    const units = fc.array(fc.oneof(fc.integer({ min: 0xd7f0, max: 0xe00f }), fc.integer({ min: 0, max: 0xffff })))
    fc.assert(
      fc.property(units, codes => {
        const text = String.fromCharCode(...codes)
        expect(decodeWtf8(encodeWtf8(text))).toBe(text)
      }),
      seeded(1000),
    )
  })

  test('is UTF-8 for well-formed text', () => {
    const text = fc.string({ unit: anyCharacter }).filter(candidate => candidate.isWellFormed())
    fc.assert(
      fc.property(text, candidate => {
        expect(encodeWtf8(candidate)).toEqual(Buffer.from(candidate))
      }),
      seeded(200),
    )
  })

  test('gives a lone surrogate the three bytes of its number', () =>
    expect(encodeWtf8('a\ud800\udfff\udc00').toString('hex')).toBe('61f090' + '8fbf' + 'edb080'))
})
