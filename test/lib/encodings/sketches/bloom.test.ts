import { describe, expect, test } from 'vitest'
import { hashText } from '../../../../lib/bytes/hash.ts'
import {
  type BloomShape,
  blockByteLength,
  blockMayHave,
  blockOf,
  bloomShape,
  buildBloom,
  checkBloomShape,
  expectedRate,
  maxBlockCount,
} from '../../../../lib/encodings/sketches/bloom.ts'
import { labError } from '../../../support/errors.ts'

/** Hashes of `count` texts that no other prefix gives. */
function keysOf(prefix: string, count: number): Uint32Array {
  const keys = new Uint32Array(2 * count)
  for (let i = 0; i < count; i++) hashText(`${prefix}${i}`, keys, 2 * i)
  return keys
}

/** Whether a filter held whole may have the key; one without blocks has none. */
function bloomMayHave(filter: Uint8Array, low: number, high: number, shape: BloomShape): boolean {
  const start = blockOf(high, shape.blockCount) * blockByteLength
  return shape.blockCount > 0 && blockMayHave(filter, low, shape.probeCount, start)
}

function filterOf(keys: Uint32Array, rate: number) {
  const shape = bloomShape(keys.length / 2, rate)
  const filter = buildBloom(keys, shape)
  return { shape, filter, has: (low: number, high: number) => bloomMayHave(filter, low, high, shape) }
}

function hitsOf(keys: Uint32Array, has: (low: number, high: number) => boolean): number {
  let hits = 0
  for (let i = 0; i < keys.length; i += 2) if (has(keys[i]!, keys[i + 1]!)) hits++
  return hits
}

describe.each([0.5, 0.1, 0.01, 0.001])('a rate of %d', rate => {
  test.each([1, 2, 50, 52, 1000, 100_000])('%d keys: all are found, of others no more than stated', count => {
    const keys = keysOf('key', count)
    const { has, filter, shape } = filterOf(keys, rate)
    expect(filter.length).toBe(shape.blockCount * blockByteLength)
    expect(hitsOf(keys, has)).toBe(count)
    const others = 200_000
    const spread = Math.sqrt((rate * (1 - rate)) / others) + (rate * 2) / Math.sqrt(count + 50)
    expect(hitsOf(keysOf('other', others), has) / others).toBeLessThan(rate + 4 * spread)
  })
})

test('the rate that is seen is the expected one', () => {
  const { has, shape } = filterOf(keysOf('key', 100_000), 0.01)
  const expected = expectedRate(100_000 / shape.blockCount, shape.probeCount)
  expect(expected).toBeGreaterThan(0.0095)
  const others = 500_000
  const seen = hitsOf(keysOf('other', others), has) / others
  expect(Math.abs(seen - expected)).toBeLessThan(6 * Math.sqrt(expected / others))
})

test('the filter is sized to its keys, and the same on every machine', () => {
  expect(bloomShape(0, 0.01)).toEqual({ blockCount: 0, probeCount: 6 })
  expect(bloomShape(1, 0.01)).toEqual({ blockCount: 1, probeCount: 6 })
  expect(bloomShape(300_000, 0.01)).toEqual({ blockCount: 5800, probeCount: 6 })
  expect(bloomShape(300_000, 0.001)).toEqual({ blockCount: 9078, probeCount: 9 })
  expect(bloomShape(300_000, 0.5)).toEqual({ blockCount: 846, probeCount: 1 })
  expect(bloomShape(300_000, 1e-6)).toEqual({ blockCount: 22_574, probeCount: 16 })
})

test('without keys there is nothing to store, and nothing is found', () => {
  const { filter, has } = filterOf(new Uint32Array(), 0.01)
  expect(filter.length).toBe(0)
  expect(hitsOf(keysOf('other', 100), has)).toBe(0)
})

test('the extremes of a hash are found', () => {
  const words = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
  const keys = Uint32Array.from(words.flatMap(low => words.flatMap(high => [low, high])))
  for (const blockCount of [1, 2, 3, 1000]) {
    const shape = { blockCount, probeCount: 6 }
    const filter = buildBloom(keys, shape)
    expect(hitsOf(keys, (low, high) => bloomMayHave(filter, low, high, shape))).toBe(words.length ** 2)
  }
})

test('the block of a key alone answers for it', () => {
  const keys = keysOf('key', 1000)
  const { filter, shape } = filterOf(keys, 0.01)
  const blockHas = (low: number, high: number) => {
    const start = blockOf(high, shape.blockCount) * blockByteLength
    return blockMayHave(filter.slice(start, start + blockByteLength), low, shape.probeCount)
  }
  expect(hitsOf(keys, blockHas)).toBe(1000)
  expect(hitsOf(keysOf('other', 10_000), blockHas)).toBeLessThan(200)
})

test('blocks share the upper words evenly, the last one included', () => {
  for (const blockCount of [1, 2, 3, 1000, maxBlockCount]) {
    expect(blockOf(0, blockCount)).toBe(0)
    expect(blockOf(2 ** 32 - 1, blockCount)).toBe(blockCount - 1)
  }
  expect([0, 2 ** 31 - 1, 2 ** 31].map(high => blockOf(high, 2))).toEqual([0, 0, 1])
})

test('rates and counts that no filter has are refused', () => {
  for (const rate of [0, -1, 0.51, 1, 1e-7, Number.NaN])
    expect(labError(() => bloomShape(10, rate)).message).toContain(`rate of ${rate}, needs 0.000001 to 0.5`)
  expect(labError(() => bloomShape(2 ** 40, 0.01)).kind).toBe('unsupported')
})

test('a shape that a file states is held against its bytes', () => {
  expect(checkBloomShape({ blockCount: 3, probeCount: 6 }, 192)).toEqual({ blockCount: 3, probeCount: 6 })
  for (const [blockCount, probeCount, byteLength] of [
    [3, 6, 191],
    [3, 0, 192],
    [3, 17, 192],
    [2 ** 22, 6, 2 ** 28],
    [Number.NaN, 6, 0],
  ] as const)
    expect(labError(() => checkBloomShape({ blockCount, probeCount }, byteLength)).kind).toBe('corrupt')
})

test('golden filters: files hold them, so they never change', () => {
  const hex = (keys: number[], blockCount: number, probeCount: number) =>
    Buffer.from(buildBloom(Uint32Array.from(keys), { blockCount, probeCount })).toString('hex')
  expect(hex([0xdeadbeef, 0x12345678, 1, 0xffffffff], 1, 6)).toBe(
    '0000000000000040000000000000000000000000000400600000008100000000' +
      '0000800000000012000000000000000000000001000000000000000000000480',
  )
})
