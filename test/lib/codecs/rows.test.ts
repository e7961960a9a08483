import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeDictionary, encodeDictionary, sortByFrequency, sortByText } from '../../../lib/codecs/dictionary.ts'
import { RangeDecoder, RangeEncoder } from '../../../lib/codecs/entropy.ts'
import {
  decodePermutation,
  encodePermutation,
  readPermutation,
  writePermutation,
} from '../../../lib/codecs/permutation.ts'
import { countRuns, decodeRuns, encodeRuns } from '../../../lib/codecs/rle.ts'
import { LabError } from '../../../lib/error.ts'
import { seeded } from '../../support/arbitrary.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

const column = fc.array(fc.oneof(fc.nat(2), fc.integer({ min: 0, max: 2 ** 32 - 1 })), { maxLength: 60 })

describe('runs', () => {
  test('come back, and no two neighbours are equal', () => {
    const check = (values: readonly number[]) => {
      const rows = Uint32Array.from(values)
      const runs = encodeRuns(rows)
      expect(countRuns(rows)).toBe(runs.values.length)
      expect(decodeRuns(runs, rows.length)).toEqual(rows)
      for (let i = 1; i < runs.values.length; i++) expect(runs.values[i]).not.toBe(runs.values[i - 1])
    }
    for (const values of [[], [0], [0, 0, 0], [2 ** 32 - 1, 0, 0, 2 ** 32 - 1], [3, 2, 1, 0]]) check(values)
    fc.assert(fc.property(column, check), seeded(300))
  })

  test('lengths that do not add up, or are 0, are refused before memory is taken', () => {
    const values = Uint32Array.of(1, 2)
    for (const [lengths, count] of [
      [[1, 1], 3],
      [[0, 2], 2],
      [[2 ** 32 - 1, 2 ** 32 - 1], 2 ** 33 - 2],
      [[1], 1],
      [[1, 1, 1], 3],
    ] as const)
      expect(labError(() => decodeRuns({ values, lengths: Uint32Array.from(lengths) }, count)).kind).toBe('corrupt')
  })
})

describe('dictionary', () => {
  const words = ['b', 'a', 'b', 'c', 'c', 'c', '', '__proto__', 'a', '\ud800', 'constructor']

  test('entries stand in the order of first use', () => {
    const { entries, codes } = encodeDictionary(words)
    expect(entries).toEqual(['b', 'a', 'c', '', '__proto__', '\ud800', 'constructor'])
    expect([...codes]).toEqual([0, 1, 0, 2, 2, 2, 3, 4, 1, 5, 6])
  })

  test('sorted by frequency and by text', () => {
    const dictionary = encodeDictionary(words)
    expect(sortByFrequency(dictionary).entries.slice(0, 4)).toEqual(['c', 'b', 'a', ''])
    expect(sortByText(dictionary).entries).toEqual([...dictionary.entries].sort())
  })

  test('each comes back', () => {
    const texts = fc.array(fc.oneof(fc.constantFrom('a', 'b', ''), fc.string({ unit: 'binary', maxLength: 4 })))
    fc.assert(
      fc.property(texts, strings => {
        const dictionary = encodeDictionary(strings)
        for (const one of [dictionary, sortByFrequency(dictionary), sortByText(dictionary)])
          expect(decodeDictionary(one)).toEqual(strings)
      }),
      seeded(300),
    )
  })

  test('a code without an entry is refused', () => {
    for (const code of [1, 2 ** 32 - 1])
      expect(labError(() => decodeDictionary({ entries: ['a'], codes: Uint32Array.of(0, code) })).kind).toBe('corrupt')
  })
})

describe('permutation', () => {
  const shuffled = (length: number, draw: () => number) => {
    const keys = Array.from({ length }, draw)
    return Uint32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!)
  }

  test('every one of 5 items takes 7 bits', () => {
    const all = permutations([0, 1, 2, 3, 4])
    expect(all).toHaveLength(120)
    for (const order of all) {
      const bytes = encodePermutation(order)
      expect(bytes.length).toBeLessThanOrEqual(1)
      expect([...decodePermutation(bytes, 5)]).toEqual(order)
    }
  })

  test.each([0, 1, 2, 3, 17, 256, 1000, 65_536])('%i items, at log2(n!) bits', length => {
    const draw = drawsOf(length)
    const identity = Uint32Array.from({ length }, (_, i) => i)
    let bits = 0
    for (let i = 2; i <= length; i++) bits += Math.log2(i)
    for (const order of [identity, identity.toReversed(), shuffled(length, draw)]) {
      const bytes = encodePermutation(order)
      expect(bytes.length).toBeLessThanOrEqual(bits / 8 + 1 + bits * 1e-4)
      expect(decodePermutation(bytes, length)).toEqual(order)
    }
  })

  test('many in one stream', () => {
    const draw = drawsOf(5)
    const orders = Array.from({ length: 50 }, (_, i) => shuffled(i % 12, draw))
    const encoder = new RangeEncoder()
    for (const order of orders) writePermutation(encoder, order)
    const decoder = new RangeDecoder(encoder.finish())
    for (const order of orders) expect(readPermutation(decoder, order.length)).toEqual(order)
    decoder.end()
  })

  test('what is no permutation is refused', () => {
    for (const order of [[1], [0, 0], [0, 2], [-1, 0], [Number.NaN], [0.5, 0]])
      expect(labError(() => encodePermutation(order)).kind, `${order}`).toBe('invalid')
  })

  test('any bytes give a permutation or an error of the lab', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(12), (bytes, length) => {
      try {
        expect([...decodePermutation(bytes, length)].sort((a, b) => a - b)).toEqual([...new Array(length).keys()])
      } catch (error) {
        if (!(error instanceof LabError)) throw error
      }
    })
    fc.assert(property, seeded(500))
    for (const length of [-1, 65_537, 2 ** 40, 0.5, Number.NaN])
      expect(labError(() => decodePermutation(Buffer.alloc(9), length)).kind).toBe('corrupt')
    expect(labError(() => decodePermutation(Buffer.alloc(9), 65_536)).kind).toBe('truncated')
  })
})

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map(rest => [item, ...rest]))
}
