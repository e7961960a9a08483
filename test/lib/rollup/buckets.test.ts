import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundsOf, bucketOf, estimateOf, maxBucket } from '../../../lib/rollup/buckets.ts'
import { seeded } from '../../support/arbitrary.ts'

/** The definition, in whole numbers: n is above 2^(i / 64) where n^64 is above 2^i. */
function bucketByPowers(nanos: bigint): number {
  if (nanos === 0n) return 0
  if (nanos < 0n) return -bucketByPowers(-nanos)
  const power = nanos ** 64n
  let index = power.toString(2).length - 1
  if (power === 1n << BigInt(index)) index--
  return index + 2
}

const anyDuration = fc.oneof(
  fc.bigInt({ min: 0n, max: 5_000n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.tuple(fc.integer({ min: 0, max: 63 }), fc.bigInt({ min: -3n, max: 3n })).map(([e, d]) => 2n ** BigInt(e) + d),
  fc
    .tuple(fc.integer({ min: 1, max: maxBucket }), fc.bigInt({ min: -1n, max: 1n }))
    .map(([b, d]) => boundsOf(b).high + d),
)

describe('bucketOf', () => {
  test('is the definition in whole numbers, at every bound too', () => {
    fc.assert(
      fc.property(anyDuration, nanos => {
        if (nanos > 2n ** 64n - 1n) return
        expect(bucketOf(nanos)).toBe(bucketByPowers(nanos))
        expect(bucketOf(-nanos)).toBe(-bucketByPowers(nanos) || 0)
        if (nanos <= Number.MAX_SAFE_INTEGER) expect(bucketOf(Number(nanos))).toBe(bucketByPowers(nanos))
      }),
      seeded(2_000),
    )
  })

  test('puts a power of two into the bucket that it ends', () => {
    for (let e = 0n; e < 64n; e++) {
      const power = 2n ** e
      expect(bucketOf(power)).toBe(Number(e) * 64 + 1)
      expect(boundsOf(bucketOf(power)).high).toBe(power)
      if (e > 6n) expect(bucketOf(power + 1n)).toBe(Number(e) * 64 + 2)
    }
    expect(bucketOf(2n ** 64n - 1n)).toBe(maxBucket)
  })
})

test('buckets follow one another without a gap, and none is wider than the error allows', () => {
  for (let bucket = -maxBucket; bucket < maxBucket; bucket++)
    expect(boundsOf(bucket + 1).low, `bucket ${bucket}`).toBe(boundsOf(bucket).high + 1n)
  for (let bucket = 1; bucket <= maxBucket; bucket++) {
    const { low, high } = boundsOf(bucket)
    if (low > high) continue
    const estimate = estimateOf(bucket)
    expect((Number(high) - estimate.value) / Number(high), `bucket ${bucket}`).toBeLessThanOrEqual(0.0055)
    expect((estimate.value - Number(low)) / Number(low), `bucket ${bucket}`).toBeLessThanOrEqual(0.0055)
  }
})
