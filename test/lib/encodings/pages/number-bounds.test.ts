import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readNumberBounds } from '../../../../lib/encodings/pages/number-bounds.ts'
import { layouts } from '../../../../lib/encodings/pages/number-layouts.ts'
import { writeNumbers } from '../../../../lib/encodings/pages/numbers.ts'
import { readNumbers, readNumbersAt } from '../../../../lib/encodings/pages/numbers-reader.ts'
import { PageReader, PageWriter } from '../../../../lib/encodings/pages/page.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { labError } from '../../../support/errors.ts'

const open = (bytes: Uint8Array) => new PageReader(bytes, 'page', 0, stored => stored)

function pageOf(values: readonly number[], layout: 1 | 2 | 3, isDelta = false): Buffer {
  const writer = new PageWriter({ packsBits: true })
  writeNumbers(writer, Float64Array.from(values), { layout, isDelta, basis: 0 })
  return writer.out.take()
}

const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
  fc.integer({ min: -9, max: 9 }).map(seconds => seconds * 1e9),
)

test('the numbers of a page are within their bounds, below zero, in units and with remainders', () =>
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), fc.constantFrom(1, 2, 3), (values, layout) => {
      const bounds = readNumberBounds(open(pageOf(values, layout)), values.length)
      for (const [row, value] of values.entries()) {
        expect(bounds.least[bounds.classes[row]!]).toBeLessThanOrEqual(value)
        expect(bounds.greatest[bounds.classes[row]!]).toBeGreaterThanOrEqual(value)
      }
    }),
    seeded(500),
  ))

test('numbers of some rows are those of all, in any layout', () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(number, fc.boolean()), { maxLength: 60 }),
      fc.constantFrom(layouts.packed, layouts.planes, layouts.split),
      fc.boolean(),
      (drawn, layout, isDelta) => {
        const values = drawn.map(([value]) => value)
        const rows = Uint32Array.from([...drawn.keys()].filter(row => drawn[row]![1]))
        if (isDelta && values.some((value, row) => Math.abs(value - (values[row - 1] ?? 0)) >= 2 ** 52)) return
        const page = pageOf(values, layout, isDelta)
        const all = readNumbers(open(page), values.length)
        expect(readNumbersAt(open(page), values.length, rows)).toEqual(Float64Array.from(rows, row => all[row]!))
      },
    ),
    seeded(500),
  ))

test('a class that there is not is refused at a row, and bounds nothing', () => {
  const page = pageOf([5, 1000, 7], layouts.split)
  // Head, base and length of the classes, then these.
  expect(page[5]).toBe(7 - 5)
  page[5] = 255
  const bounds = readNumberBounds(open(page), 3)!
  expect(bounds.least[255]).toBeNaN()
  expect(labError(() => readNumbersAt(open(page), 3, Uint32Array.of(2))).message).toMatch(
    /expected a blob of 9 bytes, found 1/,
  )
})
