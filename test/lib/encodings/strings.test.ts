import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packStrings, unpackStrings } from '../../../lib/encodings/strings.ts'
import {
  decodeDecimalTemplate,
  decodeHexTemplate,
  encodeDecimalTemplate,
  encodeHexTemplate,
  findTemplate,
  type HexTemplate,
} from '../../../lib/encodings/template.ts'
import { bigintsOf } from '../../../lib/encodings/words.ts'
import { LabError } from '../../../lib/error.ts'
import { anyCharacter, seeded } from '../../support/arbitrary.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

const columns: Record<string, string[]> = {
  nothing: [],
  'one string': ['a'],
  'empty strings': ['', '', ''],
  'lone surrogates': ['\ud800', 'a\udfff\ud800b', '\udc00', 'é', '\ud83d\ude00', '\uffff'],
  'a character cut in two by the prefix': ['\u00e9', '\u00e8', '\ud83d\ude00', '\ud83d\ude01', '\ud83d'],
  'each longer than the last': ['', 'a', 'aa', 'aaa', 'aaab'],
  'each shorter than the last': ['aaab', 'aaa', 'aa', 'a', ''],
  'a long one': ['x'.repeat(100_000), `${'x'.repeat(99_999)}y`],
}

const anyStrings = fc.array(
  fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 6 }),
    fc.constantFrom('', '\ud800', '\udc00\ud800', '/api/v1/users', '/api/v1/carts'),
  ),
)

const roundTrip = (strings: readonly string[]) => unpackStrings(packStrings(strings))

test.each(Object.entries(columns))('%s', (_, strings) => {
  expect(roundTrip(strings)).toEqual(strings)
})

test('any strings', () => {
  fc.assert(
    fc.property(anyStrings, strings => {
      expect(roundTrip(strings)).toEqual(strings)
    }),
    seeded(300),
  )
})

test('lengths that do not add up or claim too much are refused', () => {
  const bytes = Buffer.from('abc')
  for (const lengths of [[4], [2], [], [2 ** 32 - 1, 4], [1, 1]])
    expect(labError(() => unpackStrings({ lengths: Uint32Array.from(lengths), bytes })).kind).toBe('corrupt')
})

describe('templates', () => {
  const draw = drawsOf(20261121)
  const digits = (count: number, alphabet: string) =>
    Array.from({ length: count }, () => alphabet[Math.floor(draw() * alphabet.length)]).join('')
  const hex = '0123456789abcdef'
  const many = (make: (i: number) => string) => Array.from({ length: 200 }, (_, i) => make(i))

  function roundTrip(strings: readonly string[]): string[] | undefined {
    const template = findTemplate(strings)
    if (template === undefined) return undefined
    if (template.digits === 'decimal') return decodeDecimalTemplate(encodeDecimalTemplate(strings, template), template)
    return decodeHexTemplate(encodeHexTemplate(strings, template), template, strings.length)
  }

  const uuids = many(
    () => `${digits(8, hex)}-${digits(4, hex)}-4${digits(3, hex)}-a${digits(3, hex)}-${digits(12, hex)}`,
  )
  const found: [string, string[], unknown][] = [
    ['a number behind a prefix', many(i => `user-${i}`), { digits: 'decimal', prefix: 'user-', suffix: '' }],
    ['shared digits', ['k1005x', 'k1015x', 'k1025x'], { digits: 'decimal', prefix: 'k', suffix: 'x' }],
    ['numbers alone', ['0', '18446744073709551615'], { digits: 'decimal', prefix: '', suffix: '' }],
    ['a number between', ['a7b', 'a70b', 'a7000b'], { digits: 'decimal', prefix: 'a', suffix: 'b' }],
    ['ends that overlap', ['aa', 'a1a'], undefined],
    ['a number too large', ['1', '18446744073709551616'], undefined],
    ['hex', many(() => `req-${digits(16, hex)}/x`), { digits: 'hex', literals: ['req-', '/x'], widths: [16] }],
    ['UUIDs', uuids, { digits: 'hex', literals: ['', '-', '-4', '-a', '-', ''], widths: [8, 4, 3, 3, 12] }],
    ['capitals', many(() => digits(9, hex).toUpperCase()), { digits: 'HEX', literals: ['', ''], widths: [9] }],
    ['leading zeros', ['id=007', 'id=010', 'id=999'], { digits: 'hex', literals: ['id=', ''], widths: [3] }],
    ['both cases', ['0a1', '0B1', '0c1'], undefined],
    ['other letters', ['0a1', '0g1'], undefined],
    ['other lengths', ['0a', '0ab'], undefined],
    ['a constant', ['a1', 'a1'], undefined],
    ['nothing', [], undefined],
    ['one string', ['a1'], undefined],
    ['a surrogate in front', ['\ud8001a', '\ud8002b'], { digits: 'hex', literals: ['\ud800', ''], widths: [2] }],
    ['no digits', ['', '1'], undefined],
  ]

  test.each(found)('%s', (_, strings, expected) => {
    expect(findTemplate(strings)).toEqual(expected)
    expect(roundTrip(strings)).toEqual(expected === undefined ? undefined : strings)
  })

  test('what is found comes back, whatever the strings', () => {
    const parts = fc.constantFrom('', 'a', '0', '1', '19', 'ab', 'AB', '-', 'é', '00')
    const strings = fc
      .tuple(parts, fc.array(fc.array(parts, { maxLength: 3 }), { maxLength: 6 }), parts)
      .map(([before, middles, after]) => middles.map(middle => before + middle.join('') + after))
    const property = fc.property(strings, all => {
      const back = roundTrip(all)
      if (back !== undefined) expect(back).toEqual(all)
    })
    fc.assert(property, seeded(2000))
  })

  test('the numbers are 64-bit words', () => {
    const words = encodeDecimalTemplate(['n0', 'n9007199254740993', 'n18446744073709551615'], {
      digits: 'decimal',
      prefix: 'n',
      suffix: '',
    })
    expect([...bigintsOf(words)].map(value => BigInt.asUintN(64, value))).toEqual([
      0n,
      9007199254740993n,
      2n ** 64n - 1n,
    ])
  })

  const template: HexTemplate = { digits: 'hex', literals: ['a', ''], widths: [3] }

  test('strings that are not of the template are refused', () => {
    for (const text of ['a12', 'b123', 'a12g', 'a12A', 'a1234', ''])
      expect(labError(() => encodeHexTemplate([text], template)).kind, text).toBe('invalid')
    for (const text of ['n', 'n01', 'n-1', 'm1', 'n1 ', 'n18446744073709551616'])
      expect(
        labError(() => encodeDecimalTemplate([text], { digits: 'decimal', prefix: 'n', suffix: '' })).kind,
        text,
      ).toBe('invalid')
  })

  test('counts, widths and bytes that do not fit each other are refused', () => {
    const bytes = Buffer.from('1230', 'hex')
    expect(decodeHexTemplate(bytes, template, 1)).toEqual(['a123'])
    const broken: [Uint8Array, HexTemplate, number][] = [
      [Buffer.from('1231', 'hex'), template, 1],
      [bytes, template, 2],
      [bytes, template, 2 ** 40],
      [bytes, template, -1],
      [bytes, { ...template, widths: [] }, 1],
      [bytes, { ...template, widths: [0] }, 2 ** 28],
      [bytes, { ...template, widths: [-1, 4], literals: ['', '', ''] }, 1],
      [bytes, { ...template, literals: ['a'] }, 1],
    ]
    for (const [data, shape, count] of broken) expect(() => decodeHexTemplate(data, shape, count)).toThrow(LabError)
  })
})
