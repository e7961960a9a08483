import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RangeDecoder, RangeEncoder } from '../../../lib/encodings/entropy.ts'
import { readPermutation, writePermutation } from '../../../lib/encodings/permutation.ts'
import { LabError } from '../../../lib/error.ts'
import { seeded } from '../../support/arbitrary.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

function encodePermutation(order: ArrayLike<number>): Buffer {
  const encoder = new RangeEncoder(16)
  writePermutation(encoder, order)
  return encoder.finish()
}

function decodePermutation(bytes: Uint8Array, length: number): Uint32Array {
  const decoder = new RangeDecoder(bytes)
  const order = readPermutation(decoder, length)
  decoder.end()
  return order
}

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
