import { describe, expect, test } from 'vitest'
import { derivedRandomness, isShortId, RandomnessTest } from '../../../lib/sampling/randomness.ts'
import { drawsOf } from '../../support/draws.ts'

function isRandom(numbers: Iterable<bigint>): boolean {
  const own = new RandomnessTest()
  for (const number of numbers) own.add(number)
  return own.isRandom
}

function* drawn(count: number, draw: () => number): Iterable<bigint> {
  for (let i = 0; i < count; i++) {
    const [high, low] = [Math.floor(draw() * 2 ** 28), Math.floor(draw() * 2 ** 28)]
    yield (BigInt(high) << 28n) | BigInt(low)
  }
}

const seed = 5

test.each([0, 1, 3, 10, 100, 5000])(`%i random ids are random (seed ${seed})`, count => {
  const draw = drawsOf(seed)
  for (let run = 0; run < 50; run++) expect(isRandom(drawn(count, draw))).toBe(true)
})

const start = 1_700_000_000_000_000_000n & ((1n << 56n) - 1n)
const series: Record<string, (i: bigint, random: bigint) => bigint> = {
  counted: i => i,
  'counted from a high number': i => (1n << 55n) + i,
  'all the same': () => 0x12345678abcdefn,
  'times in ns': (i, random) => start + i * 1_000_000n + (random & 0xfffn),
  'times in ms before random bits': (i, random) => ((start >> 20n) << 24n) + (i << 24n) + (random & 0xffffffn),
  'of 32 random bits': (_, random) => random & 0xffffffffn,
  'of 48 random bits': (_, random) => random & 0xffffffffffffn,
  'with one nibble that is fixed': (_, random) => (random & ~0xf000000000n) | 0x4000000000n,
  'steps through all of the range': i => (i * 0x9e3779b97f4a7n) & ((1n << 56n) - 1n),
}

describe.each(Object.keys(series))('ids that are %s are found out', name => {
  test.each(name === 'steps through all of the range' || name.includes('nibble') ? [3000] : [20, 3000])(
    'by %i of them',
    count => {
      const randoms = [...drawn(count, drawsOf(seed))]
      const numbers = randoms.map((random, i) => series[name]!(BigInt(i), random))
      expect(isRandom(numbers)).toBe(false)
    },
  )
})

test('short ids are those of 64 bits, padded or not', () => {
  expect(['', '0'.repeat(32), 'ab'.repeat(8), '0'.repeat(16) + 'ab'.repeat(8)].map(isShortId)).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(isShortId('00'.repeat(7) + 'ab'.repeat(9))).toBe(false)
})

test('derived randomness is random, the same for each spelling of an id, and another for another seed', () => {
  const ids = Array.from({ length: 2000 }, (_, i) => i.toString(16).padStart(16, '0'))
  expect(isRandom(ids.map(id => derivedRandomness(id)))).toBe(true)
  expect(derivedRandomness('000000000000000000000000000000ab')).toBe(derivedRandomness('ab'))
  expect(derivedRandomness('ab', 1)).not.toBe(derivedRandomness('ab'))
})
