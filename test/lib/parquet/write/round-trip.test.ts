import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../../../lib/bytes/reader.ts'
import { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { readDelta } from '../../../../lib/parquet/read/delta.ts'
import { readHybrid } from '../../../../lib/parquet/read/hybrid.ts'
import { writeDelta32, writeDelta64 } from '../../../../lib/parquet/write/delta.ts'
import { writeHybrid } from '../../../../lib/parquet/write/hybrid.ts'
import { seeded } from '../../../support/arbitrary.ts'

const runs = fc
  .array(fc.tuple(fc.nat(), fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 }))), { maxLength: 40 })
  .map(list => list.flatMap(([value, count]) => new Array<number>(count).fill(value)))

const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n, 2n ** 32n, -(2n ** 32n), 2n ** 31n),
  fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_700_000_001_000_000_000n }),
)

describe('what is written comes back', () => {
  test('runs and packed groups, of every width, from within an array', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 0, max: 32 }), fc.nat(20), (list, bitWidth, skipped) => {
        const values = Uint32Array.from(list, value => (bitWidth === 32 ? value : value % 2 ** bitWidth))
        const start = Math.min(skipped, values.length)
        const out = new ByteWriter()
        writeHybrid(out, values, [start, values.length], bitWidth)
        const back = new Uint32Array(values.length - start)
        const reader = new ByteReader(out.view(), 'page')
        readHybrid(reader, bitWidth, back)
        expect(back).toEqual(values.slice(start))
        expect(reader.remaining).toBe(0)
      }),
      seeded(500),
    )
  })

  test('differences of 64 bits, with all that wraps', () => {
    fc.assert(
      fc.property(fc.array(integers, { maxLength: 400 }), fc.nat(20), (list, skipped) => {
        const words = new Uint32Array(BigInt64Array.from(list).buffer)
        const start = Math.min(skipped, list.length)
        const out = new ByteWriter()
        writeDelta64(out, words, start, list.length)
        const reader = new ByteReader(out.view(), 'page')
        if (start < list.length) {
          expect(readDelta(reader, list.length - start)).toEqual(words.slice(2 * start))
          expect(reader.remaining).toBe(0)
        }
      }),
      seeded(500),
    )
  })

  test('differences of 32 bits, with all that wraps', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.nat(9)), { minLength: 1, maxLength: 400 }), list => {
        const out = new ByteWriter()
        writeDelta32(out, Int32Array.from(list), 0, list.length)
        const words = readDelta(new ByteReader(out.view(), 'page'), list.length)
        expect(list.map((_, i) => words[2 * i]! | 0)).toEqual(list)
      }),
      seeded(500),
    )
  })
})
