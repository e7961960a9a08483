import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteWriter } from '../../../../lib/bytes/writer.ts'
import { type NumberChoice, splitDeltas, writeNumbers } from '../../../../lib/encodings/pages/numbers.ts'
import { readNumbers } from '../../../../lib/encodings/pages/numbers-reader.ts'
import type { PageReader, PageWriter } from '../../../../lib/encodings/pages/page.ts'
import { writeSigned } from '../../../../lib/encodings/texts.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labError } from '../../../support/errors.ts'
import {
  codecs,
  expectFlipsCaught,
  expectPrefixesRefused,
  pageOf,
  plainCodec,
  readPage,
  roundTrip,
} from './pages-of.ts'

const seed = Number(process.env.SEED ?? 20261127)
const draw = drawsOf(seed)
const below = (limit: number) => Math.floor(draw() * limit)
const most = 2 ** 52 - 1
const drawn = (count: number, value: (row: number) => number) => Array.from({ length: count }, (_, row) => value(row))

/** Values of at most so many bits, one of them with all. */
const ofWidth = (bitWidth: number) =>
  drawn(40, row => (row === 20 ? 2 ** bitWidth - 1 : Math.floor(draw() * 2 ** bitWidth)))

const columns: [string, number[]][] = [
  ['none', []],
  ['one zero', [0]],
  ['one', [-7]],
  ['the largest', [most]],
  ['the least', [-most]],
  ['a constant', Array<number>(100).fill(3)],
  ['the extremes in turns', drawn(99, row => (row % 2 === 0 ? most : -most))],
  ['the extremes and all between', drawn(99, row => (row % 2 === 0 ? 1 : -1) * Math.floor(draw() * most))],
  ['ascending', drawn(200, row => row * 1000)],
  ['descending', drawn(200, row => most - row * 77)],
  ['descending below zero', drawn(200, row => 0 - row * row)],
  ['a constant step', drawn(64, row => 5 - row)],
  ['31 numbers, too few for a trial', drawn(31, () => below(9))],
  ['whole seconds', drawn(200, () => below(99) * 1e9)],
  ['milliseconds with remainders', drawn(200, row => below(99_999) * 1e6 + (row % 50 === 49 ? 1 : 0))],
  [
    'microseconds of either sign, with remainders',
    drawn(200, row => (below(99) - 50) * 1e3 + (row % 60 === 9 ? 999 : 0)),
  ],
  ['steps of 100, the extremes among them', [...drawn(100, () => below(1e6) * 100), most, -most]],
  ['a constant but for remainders', drawn(96, row => 3e9 + (row % 48 === 47 ? 5 : 0))],
  ['zeros among seconds', drawn(99, row => (row % 2) * 1e9)],
  ['a step just below one that divides', drawn(48, row => (row === 7 ? most - (most % 1e9) - 1 : row * 1e9))],
  ...drawn(53, bitWidth => bitWidth).map((bitWidth): [string, number[]] => [`${bitWidth} bits`, ofWidth(bitWidth)]),
]

const choices: (NumberChoice | undefined)[] = [
  undefined,
  ...([1, 2, 3] as const).flatMap(layout => [false, true].map(isDelta => ({ layout, isDelta }))),
]

const write = (values: readonly number[], choice?: NumberChoice) => (writer: PageWriter) =>
  writeNumbers(writer, Float64Array.from(values), choice)
const read = (count: number) => (reader: PageReader) => readNumbers(reader, count)

describe(`round trips (seed ${seed})`, () => {
  test.each(columns)('%s: every choice and codec', (_, values) => {
    for (const codec of codecs)
      for (const choice of choices) {
        const found = roundTrip(codec, write(values, choice), read(values.length))
        expect(found, `${codec.name}, ${JSON.stringify(choice)}`).toEqual(Float64Array.from(values))
      }
  })

  test('any whole numbers', () => {
    const any = fc.oneof(fc.integer({ min: -most, max: most }), fc.integer({ min: -9, max: 9 }), fc.constantFrom(most))
    const clocked = fc.tuple(fc.integer({ min: -4e6, max: 4e6 }), fc.constantFrom(100, 1e3, 1e6, 1e9))
    const one = fc.oneof(
      any,
      clocked.map(([number, unit]) => number * unit),
    )
    fc.assert(
      fc.property(fc.array(one, { maxLength: 70 }), fc.constantFrom(...choices), (values, choice) => {
        const found = roundTrip(plainCodec, write(values, choice), read(values.length))
        expect([...found]).toEqual(values.map(value => value + 0))
      }),
      seeded(500),
    )
  })
})

describe('what is chosen', () => {
  test('a choice is returned, and writes the pages that follow alike', () => {
    const values = columns.find(([name]) => name === 'ascending')![1]
    let choice: NumberChoice | undefined
    const first = pageOf(plainCodec, writer => {
      choice = write(values)(writer)
    })
    expect(choice!.isDelta).toBe(true)
    expect(pageOf(plainCodec, write(values, choice))).toEqual(first)
  })

  test('no other layout is smaller than the one that a trial of all numbers chose', () => {
    for (const codec of codecs.filter(({ page }) => page.packsBits))
      for (const [name, values] of columns) {
        if (values.length < 32) continue
        const best = Math.min(...choices.slice(1).map(choice => pageOf(codec, write(values, choice)).length))
        expect(pageOf(codec, write(values)).length, `${name}, ${codec.name}`).toBe(best)
      }
  })

  test('numbers stand in whole bytes where bits are not packed', () => {
    for (const { page, ...codec } of codecs.filter(({ page }) => !page.packsBits))
      for (const [name, values] of columns) {
        if (values.length === 0) continue
        const layout = pageOf({ ...codec, page }, write(values))[0]! & 3
        expect([0, 2], name).toContain(layout)
      }
  })

  test('differences beyond 2^52 are not taken', () => {
    const page = pageOf(plainCodec, write([most, -most, most], splitDeltas))
    expect(page[0]! & 4).toBe(0)
  })
})

describe('what is broken', () => {
  const broken = columns.filter(([, values]) => values.length > 1 && values.length <= 100)

  test('every prefix is refused', () => {
    for (const codec of codecs)
      for (const [, values] of broken.filter((_, i) => i % 5 === 0))
        for (const choice of choices)
          expectPrefixesRefused(codec, pageOf(codec, write(values, choice)), read(values.length))
  })

  test(`seeded flips (seed ${seed}) end in an error or in as many numbers`, () => {
    for (const codec of codecs)
      for (const [, values] of broken)
        for (const choice of choices)
          expectFlipsCaught(codec, pageOf(codec, write(values, choice)), read(values.length), {
            count: 8,
            draw,
            length: values.length,
          })
  })

  /** The refusal of 100 numbers of a page that somebody wrote by hand. */
  const refusal = (forge: (out: ByteWriter) => void, count = 100) => {
    const bytes = pageOf(plainCodec, writer => forge(writer.out))
    return labError(() => readPage(plainCodec, bytes, read(count))).message
  }
  const bytes =
    (...list: number[]) =>
    (out: ByteWriter) =>
      out.raw(Uint8Array.from(list))

  test.each<[string, (out: ByteWriter) => void, RegExp]>([
    ['bits of the head that mean nothing', bytes(64, 0), /page at byte 1001: numbers: a head of 64/],
    ['a unit that is none', bytes(16, 4), /a unit/],
    ['more remainders than bytes', bytes(16, 0, 0xff, 0x7f), /16383 items of at least 2 bytes/],
    ['a remainder behind the last row', bytes(16, 3, 1, 100, 1, 0), /remainder 1 at row 100 of 100/],
    ['a remainder as large as its unit', bytes(16, 3, 1, 99, 100, 0), /remainder 100 at row 99/],
    ['54 bits', bytes(1, 0, 54), /54 bits/],
    ['8 planes', bytes(2, 0, 8), /8 planes/],
    [
      'packed bits of another length',
      bytes(1, 0, 8, 198, 1, ...Array<number>(99).fill(0)),
      /expected a blob of 100 bytes, found 99/,
    ],
    [
      'a plane of another length',
      bytes(2, 0, 1, 202, 1, ...Array<number>(101).fill(0)),
      /expected a blob of 100 bytes, found 101/,
    ],
    [
      'a constant beyond 2^52',
      out => {
        out.u8(0)
        out.varint(2 ** 53 - 1)
      },
      /numbers: -4503599627370496/,
    ],
    [
      'a base in steps beyond 2^53',
      out => {
        bytes(17, 0, 0)(out)
        writeSigned(out, 2 ** 50)
        out.u8(0)
        out.u8(0)
      },
      /in steps of 1000000000 exceed 2\^53/,
    ],
    [
      'differences that lead beyond 2^52',
      out => {
        out.u8(5)
        writeSigned(out, 2 ** 51)
        out.u8(0)
        out.u8(0)
      },
      /differences lead to/,
    ],
    [
      'planes beyond 2^53',
      bytes(
        2,
        0,
        7,
        ...Array(7)
          .fill([200, 1, ...Array<number>(100).fill(255)])
          .flat(),
      ),
      /exceed/,
    ],
    ['a class that is none', bytes(3, 0, 200, 1, ...Array<number>(100).fill(208), 0xd4, 9), /class 208|needs/],
  ])('%s', (_, forge, message) => expect(refusal(forge)).toMatch(message))
})
