import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Numbers } from '../../../../lib/encodings/exact-numbers.ts'
import { writeSigned } from '../../../../lib/encodings/texts.ts'
import { ColumnWriter } from '../../../../lib/formats/columnar/columns.ts'
import { readExact, writeExact } from '../../../../lib/formats/columnar/exact-columns.ts'
import { readNumbers, writeNumbers } from '../../../../lib/formats/columnar/numbers.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labError } from '../../../support/errors.ts'
import { byThirds, encodingOf, readBack, roundTrip } from './columns-of.ts'

const draw = drawsOf(20261121)
const drawn = (count: number, value: (draw: number, row: number) => number) =>
  Array.from({ length: count }, (_, row) => value(draw(), row))
const most = 2 ** 52 - 1

const columns: [string, number, number[]][] = [
  ['a constant', 0, Array<number>(50).fill(-most)],
  ['few', 1, [most, -most, 0, 1, -1]],
  ['few distinct', 2, drawn(2000, value => [3, 77, 1_000_003][Math.floor(value * value * 3)]!)],
  ['uniform', 3, drawn(2000, value => Math.floor(value * 2 ** 32) - 5)],
  ['lengths', 4, drawn(2000, value => Math.round(2 ** (value * 40)))],
  ['clock steps, of either sign', 4, drawn(2000, value => Math.round((value - 0.5) * 2 ** (value * 30)) * 1000)],
  ['counting', 5, drawn(2000, (value, row) => row * 1e6 + Math.floor(value * 20))],
  ['the extremes in turns', 2, drawn(2000, (_, row) => (row % 2 === 0 ? most : -most))],
  ['the extremes and all between', 4, drawn(300, (value, row) => (row % 2 === 0 ? 1 : -1) * Math.floor(value * most))],
]

const write = (values: number[]) => (writer: ColumnWriter) =>
  writeNumbers(writer, Float64Array.from(values), byThirds(values.length))

test.each(columns)('%s: encoding %d', (_, encoding, values) => {
  expect(encodingOf(write(values))).toBe(encoding)
  const found = roundTrip(write(values), reader => readNumbers(reader, 'n', values.length, byThirds(values.length)))
  expect([...found]).toEqual(values)
})

test('any whole numbers', () => {
  const any = fc.oneof(fc.integer({ min: -most, max: most }), fc.integer({ min: -9, max: 9 }), fc.constantFrom(most))
  fc.assert(
    fc.property(fc.array(any, { maxLength: 60 }), values => {
      const found = roundTrip(write(values), reader => readNumbers(reader, 'n', values.length, byThirds(values.length)))
      expect([...found]).toEqual(values.map(value => value + 0))
    }),
    seeded(200),
  )
})

test('exact numbers: what a double does not hold stands apart', () => {
  const limits = [2n ** 52n - 1n, 2n ** 52n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]
  const values = [0n, 5n, ...limits.flatMap(limit => [limit, 1n, -limit])]
  const numbers = new Numbers()
  for (const value of values) numbers.push(value)
  expect(numbers.exceptions).toHaveLength(8)
  const found = roundTrip(
    writer => writeExact(writer, numbers, byThirds(values.length)),
    reader => readExact(reader, 'n', values.length, byThirds(values.length)),
  )
  expect(found.exceptions).toEqual(numbers.exceptions)
  expect(found.values).toEqual(numbers.values)
})

describe('refusals', () => {
  /** Reads 100 rows of a column whose head is forged. */
  const readForged = (forge: (writer: ColumnWriter) => void, count = 100) => {
    const writer = new ColumnWriter(1)
    forge(writer)
    return labError(() => readBack(writer, reader => readExact(reader, 'column', count, byThirds(count))))
  }
  const head =
    (...bytes: number[]) =>
    (writer: ColumnWriter) =>
      writer.head.raw(Uint8Array.from(bytes))
  const blob =
    (bytes: number[], ...front: number[]) =>
    (writer: ColumnWriter) => {
      head(...front)(writer)
      writer.blob(Buffer.from(bytes))
    }

  test.each<[string, (writer: ColumnWriter) => void, RegExp]>([
    ['an encoding that is none', head(0, 6), /encoding 6/],
    ['plain rows', head(0, 1), /100 rows, plain/],
    [
      'a table larger than its rows',
      writer => {
        head(0, 2, 101)(writer)
        for (let i = 0; i < 101; i++) writeSigned(writer.head, i)
      },
      /a table of 101 values for 100 rows/,
    ],
    ['an empty table', head(0, 2, 0), /rows without values/],
    ['a code beyond the table', head(0, 2, 2, 2, 4, 0, 2), /code 2 of a dictionary of 2/],
    ['a context that is not offered', blob([0], 0, 4, 2, 6, 0), /context 2/],
    ['a chain that is not offered', blob([0], 0, 2, 2, 2, 4, 3), /encoding 3/],
    ['a context of symbols that is not offered', blob([0], 0, 2, 2, 2, 4, 18), /encoding 18/],
    ['units that are none', blob([0], 0, 4, 0, 6, 64), /units 64/],
    ['more modelled bits than are written', blob([0], 0, 4, 0, 18, 0), /9 bits/],
    ['a uniform extent beyond 32 bits', blob([0], 0, 3, 0, 0x80, 0x80, 0x80, 0x80, 0x10), /uniform over 4294967296/],
    ['too few bytes', blob([1], 0, 3, 0, 0xff, 1), /expected 100 values of 8.0 bits/],
    ['no bytes', blob([], 0, 4, 0, 6, 0), /column: modelled, blob at byte/],
    ['an exception beyond the rows', head(1, 100, 0, 0, 0, 0, 0, 0, 0, 0, 1), /exception at row 100 of 100/],
    ['an exception twice', head(2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), /exception at row 3/],
    ['a sign that is none', head(1, 3, 2, 0, 0, 0, 0, 0, 0, 0, 1), /a sign of 2/],
    ['more exceptions than bytes', head(0xff, 0xff, 0xff, 0x7f), /items of at least 10 bytes/],
  ])('%s', (_, forge, message) => {
    const error = readForged(forge)
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/^segment.*column.*byte|^segment.*byte.*column/)
  })

  test('a count of rows that no blob can hold', () => {
    const error = readForged(blob([1, 2, 3], 0, 4, 0, 6, 0), 2 ** 22)
    expect(error.message).toMatch(/expected 4194304 bits/)
  })
})
