import { describe, expect, test } from 'vitest'
import {
  bandCountOf,
  bandsOf,
  estimateJaccard,
  signatureByteLength,
  signatureOf,
} from '../../../../lib/encodings/sketches/minhash.ts'
import { drawsOf } from '../../../support/draws.ts'

type Pair = readonly [Uint32Array, Uint32Array]

/** Two sets of `size` features that have `common` of them in common. */
/** The standard deviation of an estimate where the sets are so similar and large, before what is below 0 becomes 0. */
function standardError(similarity: number, permutations: number): number {
  return Math.sqrt((1 - similarity * similarity) / permutations)
}

function pairOf(draw: () => number, size: number, common: number): Pair {
  const features = [...new Set(Array.from({ length: 2 * size - common + 9 }, () => Math.floor(draw() * 2 ** 32)))]
  return [Uint32Array.from(features.slice(0, size)), Uint32Array.from(features.slice(size - common, 2 * size - common))]
}

function estimate([a, b]: Pair, permutations: number): number {
  return estimateJaccard(signatureOf(a, permutations), signatureOf(b, permutations), permutations)
}

const shapes = [64, 128, 256].flatMap(permutations =>
  [
    [6, 2],
    [20, 8],
    [20, 14],
    [20, 18],
    [100, 60],
    [100, 95],
  ].map(([size, common]) => ({ permutations, size: size!, common: common! })),
)

describe.each(shapes)('$permutations orders, $common features of $size in common', ({ permutations, size, common }) => {
  test('the estimate errs as much as the theory says, to no side (seed 11)', () => {
    const draw = drawsOf(11)
    const rounds = 400
    const similarity = common / (2 * size - common)
    const expected = standardError(similarity, permutations)
    const errors = Array.from({ length: rounds }, () => estimate(pairOf(draw, size, common), permutations) - similarity)
    const bias = errors.reduce((sum, error) => sum + error, 0) / rounds
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / rounds)
    expect(Math.abs(bias)).toBeLessThan((expected / Math.sqrt(rounds)) * 4)
    expect(deviation / expected).toBeGreaterThan(0.8)
    expect(deviation / expected).toBeLessThan(1.2)
  })
})

test('features that resemble one another are no worse: small numbers, steps of a power of two (seed 12)', () => {
  const draw = drawsOf(12)
  for (const step of [1, 16, 2 ** 16, 2 ** 20]) {
    let sum = 0
    for (let round = 0; round < 200; round++) {
      const start = Math.floor(draw() * 4000)
      const set = (from: number) => Uint32Array.from({ length: 30 }, (_, i) => (start + from + i) * step)
      sum += estimate([set(0), set(10)], 256) - 0.5
    }
    expect(Math.abs(sum / 200), `step ${step}`).toBeLessThan(0.05)
  }
})

test('sets with nothing in common come out near 0, equal ones at 1 in any order', () => {
  const draw = drawsOf(13)
  for (let round = 0; round < 50; round++) {
    const [a, b] = pairOf(draw, 30, 0)
    expect(estimate([a, b], 256)).toBeLessThan(standardError(0, 256) * 4.5)
    expect(estimate([a, a.toReversed()], 256)).toBe(1)
  }
})

test('sets without features are equal to one another, and similar to no other', () => {
  const empty = new Uint32Array()
  expect(estimate([empty, empty], 128)).toBe(1)
  expect(estimate([empty, pairOf(drawsOf(14), 20, 0)[0]], 1024)).toBeLessThan(standardError(0, 1024) * 4.5)
})

test('sets of one feature are equal or nothing, whatever the feature', () => {
  for (const feature of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
    const one = Uint32Array.of(feature)
    expect(estimate([one, one], 1024)).toBe(1)
    expect(estimate([one, Uint32Array.of(feature ^ 1)], 1024)).toBeLessThan(standardError(0, 1024) * 4.5)
    expect(estimate([one, new Uint32Array()], 1024)).toBeLessThan(standardError(0, 1024) * 4.5)
  }
})

test.each([1, 7, 8, 9, 15, 16, 17, 31, 64, 100])('%d orders: the bits behind the last are zero', permutations => {
  const features = Uint32Array.from({ length: 9 }, (_, i) => i * 77)
  const signature = signatureOf(features, permutations)
  expect(signature.length).toBe(signatureByteLength(permutations))
  const whole = signatureOf(features, 1024)
  const last = signature.length - 1
  expect(signature.subarray(0, last)).toEqual(whole.subarray(0, last))
  expect(signature[last]).toBe(whole[last]! & ((1 << (permutations - last * 8)) - 1))
})

test('bands are the full 16-bit words; a signature shorter than one is a band', () => {
  const signature = Uint8Array.of(1, 2, 3, 4, 5)
  expect([...bandsOf(signature, 40)]).toEqual([0x0201, 0x0403])
  expect([...bandsOf(signature.subarray(0, 2), 9)]).toEqual([0x0201])
  expect([...bandsOf(signature.subarray(0, 1), 3)]).toEqual([1])
  expect([1, 16, 31, 32, 128].map(bandCountOf)).toEqual([1, 1, 1, 2, 8])
})

test('similar sets share a band as often as the theory says (seed 15)', () => {
  const draw = drawsOf(15)
  const rounds = 500
  let found = 0
  for (let round = 0; round < rounds; round++) {
    const [a, b] = pairOf(draw, 18, 16).map(features => bandsOf(signatureOf(features, 128), 128))
    if (a!.some((band, i) => band === b![i])) found++
  }
  const expected = 1 - (1 - ((1 + 0.8) / 2) ** 16) ** 8
  expect(Math.abs(found / rounds - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / rounds))
})

test('golden signatures: files hold them, so they never change', () => {
  const hex = (features: number[], permutations: number) =>
    Buffer.from(signatureOf(Uint32Array.from(features), permutations)).toString('hex')
  expect([hex([], 32), hex([0], 32), hex([1, 2, 3], 64), hex([0xdeadbeef, 7], 12)]).toEqual([
    '00000000',
    'd620c5f6',
    '523e866cb54da95a',
    '0d0b',
  ])
})
