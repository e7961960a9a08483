import { expect, test } from 'vitest'
import { BitWriter, bitWords, readBits } from '../../../lib/encodings/bits.ts'
import { drawsOf } from '../../support/draws.ts'

const seed = Number(process.env.SEED ?? 20261128)
const draw = drawsOf(seed)

test('the lowest bit comes first, and the last byte is filled with zeros', () => {
  const bits = new BitWriter(11)
  bits.write(0b101, 3)
  bits.write(0xffff, 8)
  expect([...bits.finish()]).toEqual([0b11111101, 0b111])
})

test(`groups of 0 to 53 bits come back, and bits above a group do not count (seed ${seed})`, () => {
  const counts = Array.from({ length: 2000 }, () => Math.floor(draw() * 54))
  const groups = counts.map(bitCount => ({ bitCount, value: Math.floor(draw() * 2 ** bitCount) }))
  const writer = new BitWriter(counts.reduce((sum, bitCount) => sum + bitCount, 0))
  for (const { value, bitCount } of groups) writer.write(bitCount < 53 ? value + 2 ** bitCount : value, bitCount)
  const words = bitWords(writer.finish())
  let at = 0
  for (const { value, bitCount } of groups) {
    const high = bitCount > 32 ? readBits(words, at + 32, bitCount - 32) : 0
    expect(high * 2 ** 32 + readBits(words, at, Math.min(bitCount, 32))).toBe(value)
    at += bitCount
  }
})
