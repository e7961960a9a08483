import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endOf, readDuration, readTime } from '../../../lib/formats/foreign/micros.ts'
import { uint64Max } from '../../../lib/model/trace.ts'
import { JsonReader } from '../../../lib/wire/json/reader.ts'
import { seeded } from '../../support/arbitrary.ts'

function reader(text: string): JsonReader {
  return new JsonReader(Buffer.from(text))
}

test.each<[string, bigint]>([
  ['1000.9999999999999', 1_001_000n],
  ['1001.0000000000001', 1_001_000n],
  ['4026.9999999999995', 4_027_000n],
  ['0.1', 100n],
  ['0.30000000000000004', 300n],
  ['0.0004', 0n],
  ['0.0005', 1n],
  ['1e3', 1_000_000n],
  ['1E+3', 1_000_000n],
  ['1.0009999999999999e3', 1_001_000n],
  ['5e-4', 1n],
  ['1e-400', 0n],
  ['"1000.9999999999999"', 1_001_000n],
  ['"007"', 7_000n],
  ['1700000000000000.2', 1700000000000000200n],
  ['1700000000000000.25', 1700000000000000250n],
  ['1.7000000000000002e15', 1700000000000000200n],
  ['1.7000000000000002e+15', 1700000000000000200n],
  ['18446744073709551.615', uint64Max],
  ['-0', 0n],
  ['-0.0001', 0n],
])('%s µs are rounded to whole nanoseconds, since it may have gone through a double', (text, nanos) => {
  expect(readTime(reader(text))).toBe(nanos)
})

test.each<[string, bigint]>([
  ['-25', -25_000n],
  ['-25.5', -25_500n],
  ['-1000.9999999999999', -1_001_000n],
  ['"-25"', -25_000n],
  ['18446744073709551591', -25_000n],
  ['"18446744073709551591"', -25_000n],
  ['18446744073709551615', -1_000n],
  ['18446744073709551590.5', -25_500n],
  ['18446744073709551616', 18446744073709551616000n],
  ['9223372036854775807', 9223372036854775807000n],
  ['9223372036854775808', -9223372036854775808000n],
  ['4294967271', 4294967271000n],
])('a duration of %s µs, where a negative one may be wrapped', (text, nanos) => {
  expect(readDuration(reader(text)).nanos).toBe(nanos)
})

test.each([
  ['-1', '-1 µs is no unsigned 64-bit integer of nanoseconds'],
  ['18446744073709551.616', '18446744073709551.616 µs is no unsigned 64-bit integer of nanoseconds'],
  ['1e300', '1e300 lies outside 64 bits'],
  ['"1_000"', '"1_000" is no number of microseconds'],
  ['""', '"" is no number of microseconds'],
  ['"+1"', '"+1" is no number of microseconds'],
  ['9'.repeat(2_000), 'has too many digits'],
  ['true', 'expected a number, found boolean'],
])('a time of %s is refused as the file has it', (text, message) => {
  expect(() => readTime(reader(text))).toThrow(message)
})

test('an end outside 1970 and 64 bits is refused, with the duration as the file has it', () => {
  const end = (start: bigint, text: string) => endOf(start, readDuration(reader(text)), reader('1'))
  expect(end(25_000n, '-25')).toBe(0n)
  expect(() => end(24_999n, '18446744073709551591')).toThrow(
    'the span ends before 1970, with a duration of 18446744073709551591 µs',
  )
  expect(() => end(uint64Max, '0.0005')).toThrow(
    'the span ends beyond 64 bits of nanoseconds, with a duration of 0.0005',
  )
})

test('whole nanoseconds in microseconds come back from a double, as long as it can tell them apart', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 51n }), nanos => {
      expect(readTime(reader(String(Number(nanos) / 1000)))).toBe(nanos)
    }),
    seeded(1_000),
  )
})
