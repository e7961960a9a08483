import { expect, test } from 'vitest'
import { classesOf, decodeSplit, encodeSplit, measureSplit, type Split } from '../../../lib/encodings/split.ts'
import { drawsOf } from '../../support/draws.ts'
import { labError } from '../../support/errors.ts'

const seed = Number(process.env.SEED ?? 20261127)
const draw = drawsOf(seed)
const decode = (split: Split) => decodeSplit(split, measureSplit(split.classes))
const roundTrip = (values: Float64Array) => decode(encodeSplit(values, classesOf(values)))
const most = 2 ** 53 - 1

test('numbers below 8 are their own class, and take no bits', () => {
  const values = Float64Array.from([0, 1, 2, 3, 4, 5, 6, 7])
  const { classes, bits } = encodeSplit(values, classesOf(values))
  expect([...classes]).toEqual([...values])
  expect(bits).toHaveLength(0)
})

test('the class tells the bit length and the two bits behind the leading one', () => {
  const classes = classesOf(Float64Array.from([8, 9, 10, 15, 16, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52, most]))
  expect([...classes]).toEqual([8, 8, 9, 11, 12, 120, 123, 124, 204, 207])
})

test(`every width, at its ends and between (seed ${seed})`, () => {
  const ends = Array.from({ length: 54 }, (_, width) => [2 ** width - 1, 2 ** width, Math.floor(1.75 * 2 ** width)])
  const values = Float64Array.from(ends.flat().filter(value => value <= most))
  expect(roundTrip(values)).toEqual(values)
  expect(roundTrip(values.reverse())).toEqual(values)
  const mixed = Float64Array.from({ length: 3000 }, () => Math.floor(draw() * 2 ** Math.floor(draw() * 54)))
  expect(roundTrip(mixed)).toEqual(mixed)
  // Those of 32 bits at most have a loop of their own.
  const narrow = values.filter(value => value < 2 ** 32)
  expect(roundTrip(narrow)).toEqual(narrow)
  expect(roundTrip(mixed.map(value => value % 2 ** 32))).toEqual(mixed.map(value => value % 2 ** 32))
})

test('no numbers, one, and the largest many times', () => {
  for (const values of [[], [0], [most], Array<number>(100).fill(most)])
    expect([...roundTrip(Float64Array.from(values))]).toEqual(values)
})

test('the bits are as many as the classes say', () => {
  const values = Float64Array.from({ length: 200 }, (_, row) => 2 ** (row % 53))
  const { classes, bits } = encodeSplit(values, classesOf(values))
  expect(bits).toHaveLength(measureSplit(classes).byteLength)
})

test('a class above that of 2^53 - 1 is refused', () => {
  const classes = Uint8Array.from([3, 208])
  const error = labError(() => measureSplit(classes))
  expect([error.kind, error.message]).toEqual(['corrupt', 'split: class 208 at row 1'])
})

test('any classes and bits are numbers below 2^53', () => {
  for (let round = 0; round < 50; round++) {
    const classes = Uint8Array.from({ length: 60 }, () => Math.floor(draw() * 208))
    const bits = Uint8Array.from({ length: measureSplit(classes).byteLength }, () => Math.floor(draw() * 256))
    const values = decode({ classes, bits })
    expect(values.every(value => value >= 0 && value <= most && Number.isInteger(value))).toBe(true)
    expect(classesOf(values)).toEqual(classes)
  }
})
