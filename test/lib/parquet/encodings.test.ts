import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../lib/bytes/reader.ts'
import { bitWords, readBits } from '../../../lib/encodings/bits.ts'
import { readDelta } from '../../../lib/parquet/read/delta.ts'
import { readHybrid } from '../../../lib/parquet/read/hybrid.ts'
import { readBooleans, readByteArrays, readCodes, readInt64s } from '../../../lib/parquet/read/values.ts'
import { labError } from '../../support/errors.ts'

const reader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes), 'page')

function hybrid(bitWidth: number, count: number, ...bytes: number[]): number[] {
  const out = new Uint32Array(count)
  readHybrid(reader(...bytes), bitWidth, out)
  return [...out]
}

describe('runs and packed groups', () => {
  test('of every kind', () => {
    expect(hybrid(1, 5, 10, 1)).toEqual([1, 1, 1, 1, 1])
    expect(hybrid(9, 2, 4, 0x34, 1)).toEqual([0x134, 0x134])
    expect(hybrid(3, 8, 3, 0b10001000, 0b11000110, 0b11111010)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(hybrid(3, 5, 4, 7, 3, 0b10001000, 0b11000110, 0b11111010)).toEqual([7, 7, 0, 1, 2])
    expect(hybrid(0, 3, 6)).toEqual([0, 0, 0])
    expect(hybrid(0, 3, 3)).toEqual([0, 0, 0])
    expect(hybrid(32, 1, 2, 255, 255, 255, 255)).toEqual([0xffffffff])
  })

  test.each([
    ['a run that is too long', [12, 1], /a run of 6 values, 5 are wanted/],
    ['a run of 2^45 values', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 1], /a run of \d+ values, 5 are wanted/],
    ['groups that end early', [0x81, 0x80, 0x80, 1], /needs \d+ bytes, 0 are left/],
    ['none', [], /needs 1 bytes/],
    ['runs of nothing', [0, 0, 0, 0], /needs 1 bytes/],
  ])('%s', (_, bytes, message) => {
    expect(labError(() => hybrid(1, 5, ...bytes)).message).toMatch(message)
  })

  test('bits of every width at every place', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => (i * 151 + 7) & 255)
    const all = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    const words = bitWords(bytes)
    for (let width = 0; width <= 32; width++)
      for (let bit = 0; bit + width <= 128; bit++)
        expect(readBits(words, bit, width)).toBe(Number((all >> BigInt(bit)) & ((1n << BigInt(width)) - 1n)))
  })
})

/** What the words of `readDelta` mean as signed integers. */
function delta(count: number, ...bytes: number[]): bigint[] {
  return [...readInt64s(reader(...bytes), 'DELTA_BINARY_PACKED', count)]
}

describe('differences', () => {
  const block = [128, 1, 4]

  test('the examples of the format: 1 to 5, and 7 5 3 1 2 3 4 5', () => {
    expect(delta(5, ...block, 5, 2, 2, 0, 0, 0, 0)).toEqual([1n, 2n, 3n, 4n, 5n])
    const packed = [0b11000000, 0b00111111, 0, 0, 0, 0, 0, 0]
    expect(delta(8, ...block, 8, 14, 3, 2, 0, 0, 0, ...packed)).toEqual([7n, 5n, 3n, 1n, 2n, 3n, 4n, 5n])
  })

  test('of 64 bits, around the end of the range', () => {
    const zigzagMin = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]
    const ones = new Array<number>(8).fill(255)
    const bytes = [128, 1, 4, 3, ...zigzagMin, 0, 64, 0, 0, 0, ...ones, 2, 0, 0, 0, 0, 0, 0, 0x80]
    const rest = new Array<number>(240).fill(0)
    expect(delta(3, ...bytes, ...rest)).toEqual([-(2n ** 63n), 2n ** 63n - 1n, 1n])
  })

  test('of none there is nothing', () => {
    expect(readDelta(reader(), 0)).toHaveLength(0)
  })

  test.each([
    ['no parts', [128, 1, 0, 5, 2], /blocks of 128 values in 0 parts/],
    ['parts of a fraction', [128, 1, 3, 5, 2], /blocks of 128 values in 3 parts/],
    ['a huge block', [0x80, 0x80, 0x80, 0x80, 4, 4, 5, 2], /blocks of 1073741824 values/],
    ['another number of values', [...block, 6, 2], /6 values, 5 are wanted/],
    ['wide deltas', [...block, 5, 2, 0, 65, 0, 0, 0], /deltas of 65 bits/],
    ['an endless varint', [...block, 5, ...new Array<number>(11).fill(128)], /a varint of more than ten bytes/],
    ['an early end', [...block, 5, 2, 2, 8, 0, 0, 0], /needs 32 bytes, 0 are left/],
  ])('%s', (_, bytes, message) => {
    expect(labError(() => delta(5, ...bytes)).message).toMatch(message)
  })
})

describe('values', () => {
  test('lengths that go beyond the end, and below it', () => {
    const lengths = (zigzag: number) => [128, 1, 4, 1, zigzag, 97]
    expect(readByteArrays(reader(...lengths(2)), 'DELTA_LENGTH_BYTE_ARRAY', 1).text(0)).toBe('a')
    for (const zigzag of [4, 1])
      expect(labError(() => readByteArrays(reader(...lengths(zigzag)), 'DELTA_LENGTH_BYTE_ARRAY', 1)).kind).toBe(
        'truncated',
      )
    expect(labError(() => readByteArrays(reader(1, 0, 0, 0), 'PLAIN', 2)).message).toMatch(/2 items of at least 4/)
  })

  test('codes beyond the dictionary', () => {
    expect([...readCodes(reader(2, 4, 3), 2, 4)]).toEqual([3, 3])
    expect(labError(() => readCodes(reader(2, 4, 3), 2, 3)).message).toMatch(/code 3 of a dictionary of 3 entries/)
    expect(labError(() => readCodes(reader(33, 4, 3), 2, 3)).message).toMatch(/codes of 33 bits/)
  })

  test('bools, packed and in runs', () => {
    expect([...readBooleans(reader(0b101), 'PLAIN', 3)]).toEqual([1, 0, 1])
    expect([...readBooleans(reader(2, 0, 0, 0, 6, 1), 'RLE', 3)]).toEqual([1, 1, 1])
  })

  test('an encoding that Tempo does not write is named', () => {
    const error = labError(() => readInt64s(reader(), 'BYTE_STREAM_SPLIT', 1))
    expect([error.kind, error.message]).toEqual(['unsupported', expect.stringMatching(/encoding BYTE_STREAM_SPLIT/)])
  })
})
