import { describe, expect, test } from 'vitest'
import { packBits, packedByteLength, unpackBits } from '../../../lib/encodings/bitpack.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

const counts = [0, 1, 2, 7, 31, 32, 33, 63, 64, 65, 1000]

/** Bits one by one, in the order that the kernel states. */
function packSlowly(values: Uint32Array, bitWidth: number): Buffer {
  const bytes = Buffer.alloc(packedByteLength(bitWidth, values.length))
  values.forEach((value, i) => {
    for (let bit = 0; bit < bitWidth; bit++) {
      const at = i * bitWidth + bit
      bytes[at >> 3]! |= ((value >>> bit) & 1) << (at & 7)
    }
  })
  return bytes
}

describe.each(Array.from({ length: 33 }, (_, bitWidth) => bitWidth))('width %i', bitWidth => {
  const draw = drawsOf(bitWidth)
  const limit = 2 ** bitWidth
  const columns = counts.flatMap(count => [
    Uint32Array.from({ length: count }, () => Math.floor(draw() * limit)),
    new Uint32Array(count).fill(limit - 1),
    Uint32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 0 : limit - 1)),
  ])

  test('the bits stand where they should, and come back', () => {
    for (const values of columns) {
      const bytes = packBits(values, bitWidth)
      expect(bytes.equals(packSlowly(values, bitWidth))).toBe(true)
      expect(unpackBits(bytes, bitWidth, values.length)).toEqual(values)
    }
  })

  test('they come back from any offset, into a given array', () => {
    for (const values of columns)
      for (let offset = 0; offset < 5; offset++) {
        const bytes = Buffer.concat([Buffer.alloc(offset, 0xff), packBits(values, bitWidth), Buffer.alloc(3, 0xff)])
        const out = new Uint32Array(values.length + 2).fill(9)
        unpackBits(bytes.subarray(offset, bytes.length - 3), bitWidth, values.length, out)
        expect(out).toEqual(Uint32Array.of(...values, 9, 9))
      }
  })

  test('bytes too few or too many are refused', () => {
    for (const count of counts) {
      const bytes = packBits(new Uint32Array(count), bitWidth)
      if (bytes.length > 0)
        expect(labError(() => unpackBits(bytes.subarray(1), bitWidth, count)).kind).toBe('truncated')
      expect(labError(() => unpackBits(Buffer.alloc(bytes.length + 1), bitWidth, count)).kind).toBe('corrupt')
    }
  })

  test.runIf(bitWidth < 32)('a value that does not fit is refused, wherever it stands', () => {
    for (const at of [0, 31, 32, 70]) {
      const values = new Uint32Array(71)
      values[at] = limit
      expect(labError(() => packBits(values, bitWidth)).kind).toBe('invalid')
    }
  })
})

test('widths and counts that cannot be are refused', () => {
  const bytes = Buffer.alloc(8)
  for (const width of [-1, 33, 1.5, Number.NaN])
    expect(labError(() => unpackBits(bytes, width, 1)).kind).toBe('corrupt')
  for (const count of [-1, 2 ** 31, 2 ** 53, 0.5, Number.NaN])
    for (const width of [0, 1, 32])
      expect(labError(() => unpackBits(bytes, width, count)).kind).toMatch(/corrupt|truncated/)
})

test('bits behind the last value are refused', () => {
  expect(labError(() => unpackBits(Buffer.of(0b1000_0000), 7, 1)).kind).toBe('corrupt')
})
