import { describe, expect, test } from 'vitest'
import { type IntegerEncoding, integerEncodings } from '../../../lib/encodings/integers.ts'
import { drawsOf } from '../../support/draws.ts'

const seed = Number(process.env.SEED ?? 20261128)
const max = 2 ** 53 - 1

/** Columns that break what an encoding may take for granted. */
const nastyColumns: Record<string, readonly number[]> = {
  nothing: [],
  'one zero': [0],
  zeros: new Array(70).fill(0),
  'a constant': new Array(70).fill(1_700_000_000_000_000),
  'the extremes': [0, max, max - 1, 1],
  'the extremes in turns': Array.from({ length: 70 }, (_, i) => (i % 2 === 0 ? 0 : max)),
  descending: Array.from({ length: 100 }, (_, i) => 100 - i),
  'around 2^32': [-1, 0, 1].map(step => 2 ** 32 + step),
  'every bit length': Array.from({ length: 53 }, (_, bits) => 2 ** bits),
  'every bit length, less 1': Array.from({ length: 54 }, (_, bits) => 2 ** bits - 1),
}

function roundTrip(encoding: IntegerEncoding, values: readonly number[]): number[] {
  const [numbers, parts]: [number[], Uint8Array[]] = [[], []]
  const keep = (bytes: Uint8Array) => void parts.push(bytes.slice())
  const sink = { number: (value: number) => void numbers.push(value), bytes: keep, randomBytes: keep }
  encoding.encode(sink, Float64Array.from(values), Math.max(0, ...values))
  const source = {
    number(most: number) {
      const value = numbers.shift()!
      expect(value).toBeLessThanOrEqual(most)
      return value
    },
    bytes(byteLength: number) {
      const bytes = parts.shift()!
      expect(bytes.length).toBe(byteLength)
      return bytes
    },
  }
  const decoded = encoding.decode(source, new Uint32Array(values.length))
  expect([numbers, parts]).toEqual([[], []])
  return Array.from(decoded)
}

describe.each(Object.entries(integerEncodings))('%s', (name, encoding) => {
  test('stands in the table under its own name, and says what it suits', () => {
    expect(encoding.name).toBe(name)
    expect(encoding.suits).not.toBe('')
  })

  test.each(Object.entries(nastyColumns))('%s', (_, values) => {
    expect(roundTrip(encoding, values)).toEqual(values)
  })

  test(`drawn columns of every width (seed ${seed})`, () => {
    const draw = drawsOf(seed)
    for (let bits = 0; bits <= 53; bits++) {
      const values = Array.from({ length: 1 + Math.floor(draw() * 130) }, () => Math.floor(draw() * 2 ** bits))
      expect(roundTrip(encoding, values)).toEqual(values)
    }
  })
})
