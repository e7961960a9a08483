import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BitModels, RangeDecoder, RangeEncoder } from '../../../lib/encodings/entropy.ts'
import { NumberModels, TreeModels } from '../../../lib/encodings/entropy-symbols.ts'
import { LabError } from '../../../lib/error.ts'
import { seeded } from '../../support/arbitrary.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

/** One thing to code: by which call, with which number, and how many bits or values there are. */
type Step =
  | { call: 'bit'; context: number; value: number }
  | { call: 'direct'; value: number; bitCount: number }
  | { call: 'uniform'; value: number; total: number }
  | { call: 'tree'; context: number; value: number }
  | { call: 'number'; context: number; low: number; high: number }

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const context = fc.integer({ min: 0, max: 3 })
const half = fc.oneof(
  uint32,
  fc.integer({ min: 0, max: 31 }).map(bit => 2 ** bit),
  fc.constantFrom(0, 1, 2 ** 32 - 1),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ call: fc.constant('bit' as const), context, value: fc.integer({ min: 0, max: 1 }) }),
  fc
    .tuple(uint32, fc.integer({ min: 0, max: 32 }))
    .map(([value, bitCount]) => ({ call: 'direct' as const, value: value % 2 ** bitCount, bitCount })),
  fc
    .tuple(half, fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 1, max: 2 ** 32 })))
    .map(([value, total]) => ({ call: 'uniform' as const, value: value % total, total })),
  fc.record({ call: fc.constant('tree' as const), context, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ call: fc.constant('number' as const), context, low: half, high: fc.oneof(half, fc.constant(0)) }),
)

function newModels(modelledBits: number) {
  return { bits: new BitModels(4, 5), trees: new TreeModels(4, 8), numbers: new NumberModels(4, modelledBits, 4) }
}

function encode(steps: readonly Step[], modelledBits = 3): Buffer {
  const encoder = new RangeEncoder(1)
  const { bits, trees, numbers } = newModels(modelledBits)
  for (const one of steps) {
    if (one.call === 'bit') encoder.bit(bits, one.context, one.value)
    else if (one.call === 'direct') encoder.direct(one.value, one.bitCount)
    else if (one.call === 'uniform') encoder.uniform(one.value, one.total)
    else if (one.call === 'tree') trees.encode(encoder, one.context, one.value)
    else numbers.encode(encoder, one.context, one.low, one.high)
  }
  return encoder.finish()
}

/** Reads what the steps say stands there, whatever does. */
function decode(bytes: Uint8Array, steps: readonly Step[], modelledBits = 3): Step[] {
  const decoder = new RangeDecoder(bytes)
  const { bits, trees, numbers } = newModels(modelledBits)
  const read = steps.map((one): Step => {
    if (one.call === 'bit') return { ...one, value: decoder.bit(bits, one.context) }
    if (one.call === 'direct') return { ...one, value: decoder.direct(one.bitCount) }
    if (one.call === 'uniform') return { ...one, value: decoder.uniform(one.total) }
    if (one.call === 'tree') return { ...one, value: trees.decode(decoder, one.context) }
    return { ...one, low: numbers.decode(decoder, one.context), high: numbers.high }
  })
  decoder.end()
  return read
}

/** Decodes, and tells an error of the lab from one that no reader may end in. */
function attempt(bytes: Uint8Array, steps: readonly Step[]): string {
  try {
    decode(bytes, steps)
    return 'read'
  } catch (error) {
    if (error instanceof LabError) return error.kind
    throw error
  }
}

test('whatever is coded comes back, and the bytes end there', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 0, max: 16 }), (steps, modelledBits) => {
      expect(decode(encode(steps, modelledBits), steps, modelledBits)).toEqual(steps)
    }),
    seeded(500),
  )
})

test('every bit length of a number, at every number of modelled bits', () => {
  const steps = Array.from({ length: 65 }, (_, bitLength) => {
    const value =
      bitLength === 0 ? 0n : (1n << BigInt(bitLength)) - 1n - (0x5a5a5a5a5a5a5a5an >> BigInt(65 - bitLength))
    return { call: 'number' as const, context: 0, low: Number(value & 0xffffffffn), high: Number(value >> 32n) }
  })
  for (let modelledBits = 0; modelledBits <= 16; modelledBits++)
    expect(decode(encode(steps, modelledBits), steps, modelledBits)).toEqual(steps)
})

test('nothing, and a constant, take no bytes or hardly any', () => {
  expect(encode([])).toHaveLength(0)
  const steps = Array.from({ length: 10_000 }, () => ({ call: 'bit' as const, context: 0, value: 1 }))
  expect(encode(steps).length).toBeLessThanOrEqual(4)
  expect(decode(encode(steps), steps)).toEqual(steps)
})

test('a carry runs through long rows of 0xff', () => {
  const steps: Step[] = []
  for (let i = 0; i < 300; i++) steps.push({ call: 'direct', value: 0xffffffff, bitCount: 32 })
  for (let i = 0; i < 64; i++)
    steps.push({ call: 'bit', context: 0, value: 1 }, { call: 'uniform', value: 2, total: 3 })
  for (let start = 0; start < 8; start++)
    expect(decode(encode(steps.slice(start)), steps.slice(start))).toHaveLength(664 - start - 236)
})

describe('the cost of independent bits is within 1 % of their entropy', () => {
  for (const share of [0.5, 0.3, 0.1, 0.03])
    test(`${share} of 100,000 are ones`, () => {
      const draw = drawsOf(20261120)
      const bits = Array.from({ length: 100_000 }, () => (draw() < share ? 1 : 0))
      const ones = bits.reduce<number>((sum, bit) => sum + bit, 0) / bits.length
      const models = new BitModels(1, 10)
      const encoder = new RangeEncoder()
      for (const bit of bits) encoder.bit(models, 0, bit)
      const ideal = -bits.length * (ones * Math.log2(ones) + (1 - ones) * Math.log2(1 - ones))
      expect((encoder.finish().length * 8) / ideal).toBeLessThan(1.01)
    })
})

test('equally likely values cost the logarithm of their number', () => {
  const draw = drawsOf(7)
  for (const total of [1, 2, 3, 1000, 65_536, 65_537, 1_000_003, 2 ** 32]) {
    const encoder = new RangeEncoder()
    for (let i = 0; i < 10_000; i++) encoder.uniform(Math.floor(draw() * total), total)
    const excess = encoder.finish().length - (10_000 * Math.log2(total)) / 8
    expect(excess, `total ${total}`).toBeLessThan(2)
  }
})

function mixedSteps(): Step[] {
  return fc.sample(step, { seed: seeded(1).seed, numRuns: 300 })
}

test('every prefix is refused', () => {
  const steps = mixedSteps()
  const bytes = encode(steps)
  for (let length = 0; length < bytes.length; length++)
    expect(['truncated', 'corrupt'], `${length} bytes`).toContain(attempt(bytes.subarray(0, length), steps))
})

test('whatever follows the end is refused, or changes what is read', () => {
  const all = mixedSteps()
  for (let count = 0; count < all.length; count++) {
    const steps = all.slice(0, count)
    for (const tail of [[0], [1], [255], [0, 0, 0, 0], [7, 0], [1, 2, 3, 4, 5]]) {
      const bytes = Buffer.concat([encode(steps), Buffer.from(tail)])
      if (attempt(bytes, steps) === 'read') expect(decode(bytes, steps), `${count} steps, ${tail}`).not.toEqual(steps)
    }
  }
})

test('changed bytes give other values or an error of the lab', () => {
  const steps = mixedSteps()
  const bytes = encode(steps)
  for (let at = 0; at < bytes.length; at++)
    for (const mask of [1, 0x80, 0xff]) {
      const broken = Uint8Array.from(bytes)
      broken[at]! ^= mask
      expect(['read', 'corrupt', 'truncated']).toContain(attempt(broken, steps))
    }
})

test('random bytes give values within bounds or an error of the lab', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(step, { maxLength: 60 }), (bytes, steps) => {
      attempt(bytes, steps)
    }),
    seeded(500),
  )
})

test('a reader that asks for more than there is ends soon', () => {
  const models = new BitModels(1)
  const decoder = new RangeDecoder(Buffer.alloc(0))
  const error = labError(() => {
    for (let i = 0; i < 1000; i++) decoder.direct(8)
    decoder.bit(models, 0)
  })
  expect(error.kind).toBe('truncated')
})

test('a count that the bytes cannot hold is refused before it is used', () => {
  const steps = Array.from({ length: 100_000 }, () => ({ call: 'bit' as const, context: 0, value: 0 }))
  new RangeDecoder(encode(steps)).checkCount(100_000)
  expect(labError(() => new RangeDecoder(encode(steps)).checkCount(2 ** 31)).kind).toBe('truncated')
  expect(labError(() => new RangeDecoder(encode(steps)).checkCount(Number.NaN)).kind).toBe('truncated')
})

test('a rate limit without meaning is refused', () => {
  for (const rate of [0, 11, Number.NaN]) expect(labError(() => new BitModels(1, rate)).kind).toBe('invalid')
})
