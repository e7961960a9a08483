import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeDelta,
  decodeDeltaOfDelta,
  decodeZigzag,
  encodeDelta,
  encodeDeltaOfDelta,
  encodeZigzag,
} from '../../../lib/codecs/delta.ts'
import { divide, findDivisor, multiply } from '../../../lib/codecs/divisor.ts'
import { addBase, frameOf, subtractBase } from '../../../lib/codecs/frame.ts'
import { packWideVarints, unpackWideVarints } from '../../../lib/codecs/varint.ts'
import { bigintsOf, bitWidthOfWords, highWords, joinWords, lowWords, wordsOf } from '../../../lib/codecs/words.ts'
import { seeded } from '../../support/arbitrary.ts'
import { arbitraryColumn, nastyColumns, wordsFrom } from '../../support/columns.ts'
import { labError } from '../../support/errors.ts'

type Step = (words: Uint32Array, out?: Uint32Array) => Uint32Array

const int64 = (value: bigint) => BigInt.asIntN(64, value)
const stepsOf = (values: readonly bigint[]) => values.map((value, i) => int64(value - (i > 0 ? values[i - 1]! : 0n)))

/** Each step of arithmetic beside the same in BigInt. */
const pairs: [string, Step, Step, (values: readonly bigint[]) => bigint[]][] = [
  ['delta', encodeDelta, decodeDelta, stepsOf],
  ['delta of delta', encodeDeltaOfDelta, decodeDeltaOfDelta, values => stepsOf(stepsOf(values))],
  ['zigzag', encodeZigzag, decodeZigzag, values => values.map(value => int64((value << 1n) ^ (value >> 63n)))],
]

function everyColumn(check: (values: readonly bigint[]) => void): void {
  for (const [, values] of nastyColumns) check(values)
  fc.assert(fc.property(arbitraryColumn, check), seeded(300))
}

describe.each(pairs)('%s', (_, encode, decode, inBigInt) => {
  test('is what BigInt makes of it, and comes back', () => {
    everyColumn(values => {
      const encoded = encode(wordsFrom(values))
      expect([...bigintsOf(encoded)]).toEqual(inBigInt(values))
      expect([...bigintsOf(decode(encoded))]).toEqual(values)
    })
  })

  test('works in place', () => {
    everyColumn(values => {
      const words = wordsFrom(values)
      expect(decode(encode(words, words), words)).toBe(words)
      expect([...bigintsOf(words)]).toEqual(values)
    })
  })
})

test('frame: the least value, and the width of what lies above it', () => {
  everyColumn(values => {
    const sorted = [0n, ...values].slice(values.length > 0 ? 1 : 0).sort((a, b) => (a < b ? -1 : 1))
    const [least, most] = [sorted[0]!, sorted.at(-1)!]
    const words = wordsFrom(values)
    const frame = frameOf(words)
    expect(frame.base).toBe(least)
    expect(frame.bitWidth).toBe(most === least ? 0 : (most - least).toString(2).length)
    const offsets = subtractBase(words, frame.base)
    expect(bitWidthOfWords(offsets)).toBe(frame.bitWidth)
    expect([...bigintsOf(addBase(offsets, frame.base, offsets))]).toEqual(values)
  })
})

test('frame: half a value is refused', () => {
  expect(labError(() => addBase(new Uint32Array(3), 1n)).kind).toBe('invalid')
})

test('divisor: quotient and remainder are those of BigInt, rounded down', () => {
  everyColumn(values => {
    for (const divisor of [1, 2, 10, 256, 1000, 1e9, 2 ** 31, 2 ** 32 - 1]) {
      const by = BigInt(divisor)
      const parts = divide(wordsFrom(values), divisor)
      const remainders = values.map(value => ((value % by) + by) % by)
      expect([...bigintsOf(parts.quotients)]).toEqual(values.map((value, i) => (value - remainders[i]!) / by))
      expect([...parts.remainders]).toEqual(remainders.filter(one => one > 0n).map(Number))
      expect([...bigintsOf(multiply(parts, parts.quotients))]).toEqual(values)
    }
  })
})

describe('divisor: what is found', () => {
  const cases: [string, bigint[], number][] = [
    ['nothing', [], 1],
    ['zeros', [0n, 0n], 1],
    ['primes', [7n, 11n, -13n], 1],
    ['a common divisor', [-21n, 0n, 35n, 70n], 7],
    ['microseconds', Array.from({ length: 100 }, (_, i) => 1_700_000_000_000_002_000n + 7000n * BigInt(i * i)), 1000],
    ['seconds beside their own multiple', [6_000_000_000n, -9_000_000_000n, 0n], 3_000_000_000],
    ['more than 2^32', [5_000_000_000_000n, 10_000_000_000_000n], 1e9],
    [
      'all but one of a hundred',
      Array.from({ length: 100 }, (_, i) => (i === 50 ? 1n : BigInt(i + 1) * 1_000_000n)),
      1e6,
    ],
    ['all but six of a hundred', Array.from({ length: 100 }, (_, i) => (i < 6 ? 1n : BigInt(i + 1) * 1_000_000n)), 1],
    ['zeros and one that is odd', [0n, 0n, 0n, 0n, 7n], 7],
  ]
  test.each(cases)('%s', (_, values, divisor) => {
    expect(findDivisor(wordsFrom(values))).toBe(divisor)
  })
})

test('divisor: rows out of order or beyond the column are refused', () => {
  const quotients = wordsFrom([1n, 2n])
  for (const rows of [[2], [2 ** 32 - 1], [1, 1], [1, 0]])
    expect(
      labError(() =>
        multiply({ divisor: 3, quotients, rows: Uint32Array.from(rows), remainders: Uint32Array.from(rows, () => 1) }),
      ).kind,
    ).toBe('corrupt')
  expect(
    labError(() => multiply({ divisor: 3, quotients, rows: Uint32Array.of(0), remainders: new Uint32Array(0) })).kind,
  ).toBe('corrupt')
})

test('words: split, joined and seen as 64-bit integers again', () => {
  everyColumn(values => {
    const words = wordsFrom(values)
    expect(joinWords(lowWords(words), highWords(words))).toEqual(words)
    expect([...bigintsOf(joinWords(lowWords(words)))]).toEqual(values.map(value => value & 0xffffffffn))
    const shifted = new Uint32Array(words.length + 1)
    shifted.set(words, 1)
    expect([...bigintsOf(shifted.subarray(1))]).toEqual(values)
    expect(wordsOf(BigInt64Array.of(0n, ...values).subarray(1))).toEqual(words)
  })
})

test('varints of 64 bits: as long as they must be, and back', () => {
  everyColumn(values => {
    const bytes = packWideVarints(wordsFrom(values))
    const byteLength = values.reduce((sum, one) => sum + Math.ceil(BigInt.asUintN(64, one).toString(2).length / 7), 0)
    expect(bytes).toHaveLength(byteLength)
    expect([...bigintsOf(unpackWideVarints(bytes, values.length))]).toEqual(values)
    if (values.length > 0) {
      expect(labError(() => unpackWideVarints(bytes.subarray(0, -1), values.length)).kind).toBe('truncated')
      expect(labError(() => unpackWideVarints(bytes, values.length - 1)).kind).toBe('corrupt')
    }
  })
})
