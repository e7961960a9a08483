import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitDeltas, writeNumbers } from '../../../../lib/encodings/pages/numbers.ts'
import type { PageReader, PageWriter } from '../../../../lib/encodings/pages/page.ts'
import { readStrings, writeStrings } from '../../../../lib/encodings/pages/strings.ts'
import { writeTextTo } from '../../../../lib/encodings/texts.ts'
import { anyCharacter, seeded } from '../../../support/arbitrary.ts'
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
const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join('')
const drawn = (count: number, value: (row: number) => string) => Array.from({ length: count }, (_, row) => value(row))
const layouts = { plain: 0, hex: 1, decimal: 2 }

const columns: [string, number, string[]][] = [
  ['one empty string', layouts.plain, ['']],
  ['empty strings', layouts.plain, drawn(50, () => '')],
  ['one string', layouts.plain, ['operation']],
  ['the same string', layouts.plain, drawn(50, () => 'operation')],
  ['strings of many lengths, some empty', layouts.plain, drawn(200, row => 'x-y'.repeat(row % 7))],
  ['long strings', layouts.plain, drawn(3, row => 'long'.repeat(30_000 + row))],
  ['lone surrogates', layouts.plain, ['\ud800', '\udc00', 'a\udfffb', '\udc00\ud800', '\ud83d\ude00\ud83d', '']],
  ['beyond ASCII', layouts.plain, drawn(60, row => ['é', '😀', '\u2028', '\u0000', 'ÿ'][row % 5]!)],
  ['a surrogate that ends one and one that begins the next', layouts.plain, ['a\ud83d', '\ude00b', 'cc']],
  ['ids', layouts.hex, drawn(100, () => hex(16))],
  ['an odd number of odd ids', layouts.hex, drawn(31, () => `x${hex(7)}`)],
  ['ids in upper case', layouts.hex, drawn(100, () => `F-${hex(8).toUpperCase()}`)],
  ['UUIDs', layouts.hex, drawn(60, () => [hex(8), hex(4), hex(4), hex(4), hex(12)].join('-'))],
  ['digits between lone surrogates', layouts.hex, drawn(40, () => `\ud800${hex(9)}a\udfff`)],
  ['digits after a character of two units', layouts.hex, drawn(40, () => `😀${hex(9)}`)],
  ['a template of 1,024 characters', layouts.hex, drawn(20, () => `${'m'.repeat(1008)}${hex(16)}`)],
  ['a template of 1,025 characters', layouts.plain, drawn(20, () => `${'m'.repeat(1009)}${hex(16)}`)],
  ['decimals', layouts.decimal, drawn(100, () => `user-${below(1e9)}!`)],
  ['decimals that count', layouts.decimal, drawn(100, row => `${row}`)],
  ['decimals beside lone surrogates', layouts.decimal, drawn(40, row => `\udc00${row * row}\ud800`)],
  ['decimals below 2^52', layouts.decimal, [`${2 ** 52 - 1}`, '0', '7']],
  ['decimals of 2^52', layouts.plain, [`${2 ** 52}`, '0', '7']],
  ['decimals of 20 digits', layouts.plain, ['18446744073709551615', '0', '18446744073709551616']],
  ['decimals with a zero in front', layouts.plain, ['007', '08', '9']],
  ['a prefix that looks like the suffix', layouts.plain, ['aba', 'ababa', 'abaaba']],
]
const binary: [string, string[]][] = [
  ['one empty string', ['']],
  ['every byte', [drawn(256, row => String.fromCharCode(row)).join('')]],
  ['lengths of every kind', drawn(70, row => '\xff\x00'.repeat(row % 9))],
  ['what looks like ids', drawn(40, () => hex(16))],
  ['long ones', drawn(3, row => '\x80'.repeat(100_000 + row))],
]

const write =
  (values: readonly string[], isBinary = false) =>
  (writer: PageWriter) =>
    writeStrings(writer, values, isBinary)
const read =
  (count: number, isBinary = false) =>
  (reader: PageReader) =>
    readStrings(reader, count, isBinary)

describe(`round trips (seed ${seed})`, () => {
  test('no strings', () => {
    for (const isBinary of [false, true]) {
      expect(pageOf(plainCodec, write([], isBinary))).toHaveLength(0)
      expect(roundTrip(plainCodec, write([], isBinary), read(0, isBinary))).toEqual([])
    }
  })

  test.each(columns)('%s: layout %d, every codec', (_, layout, values) => {
    for (const codec of codecs) {
      expect(pageOf(codec, write(values))[0]).toBe(layout)
      expect(roundTrip(codec, write(values), read(values.length)), codec.name).toEqual(values)
    }
  })

  test.each(binary)('binary, %s: every codec', (_, values) => {
    for (const codec of codecs) {
      expect(pageOf(codec, write(values, true))[0]).toBe(layouts.plain)
      expect(roundTrip(codec, write(values, true), read(values.length, true)), codec.name).toEqual(values)
    }
  })

  test('any strings', () => {
    const digits = fc.integer({ min: 0, max: 2 ** 31 })
    const unit = fc.constantFrom('', 'a', 'é', '\ud83d', '\ude00', '0', '7', 'f', '-')
    const text = fc.tuple(unit, digits, unit).map(parts => parts.join(''))
    const like = fc.array(text, { maxLength: 40 })
    const any = fc.array(fc.string({ unit: anyCharacter, maxLength: 9 }), { maxLength: 40 })
    fc.assert(
      fc.property(fc.oneof(like, any), values => {
        expect(roundTrip(plainCodec, write(values), read(values.length))).toEqual(values)
      }),
      seeded(500),
    )
  })

  test('a template is not looked for where none is wanted, and the finding is returned', () => {
    const ids = drawn(50, () => hex(16))
    let found = [true, false]
    const page = pageOf(plainCodec, writer => {
      found = [writeStrings(writer, ids, false, false), writeStrings(writer, ids, false, true)]
    })
    expect(found).toEqual([false, true])
    expect(page[0]).toBe(layouts.plain)
  })
})

describe('what is broken', () => {
  const broken = columns.filter(([, , values]) => values.length > 1 && values.join('').length < 3000)

  test('every prefix is refused', () => {
    for (const codec of codecs.filter((_, i) => i % 2 === 0))
      for (const [, , values] of broken) expectPrefixesRefused(codec, pageOf(codec, write(values)), read(values.length))
    expectPrefixesRefused(plainCodec, pageOf(plainCodec, write(['a', '\xff'], true)), read(2, true))
  })

  test(`seeded flips (seed ${seed}) end in an error or in as many strings`, () => {
    for (const codec of codecs)
      for (const [, , values] of broken) {
        const bytes = pageOf(codec, write(values))
        expectFlipsCaught(codec, bytes, read(values.length), { count: 60, draw, length: values.length })
      }
  })

  /** The refusal of 100 strings of a page that somebody wrote by hand. */
  const refusal = (forge: (writer: PageWriter) => void, isBinary = false, count = 100) => {
    const bytes = pageOf(plainCodec, forge)
    return labError(() => readPage(plainCodec, bytes, read(count, isBinary))).message
  }
  const bytes =
    (...list: number[]) =>
    (writer: PageWriter) =>
      writer.out.raw(Uint8Array.from(list))
  const plain =
    (...lengths: number[]) =>
    (writer: PageWriter) => {
      writer.out.u8(0)
      writeNumbers(writer, Float64Array.from(lengths))
      writer.bytes(Buffer.alloc(100))
    }
  const text = (writer: PageWriter, value: string) => {
    writer.out.varint(writeTextTo(writer.out, '') + 2 * Buffer.byteLength(value))
    writer.out.raw(Buffer.from(value))
  }
  const template =
    (layout: number, literal: string, ...rest: number[]) =>
    (writer: PageWriter) => {
      writer.out.u8(layout)
      if (layout === 1) bytes(0, 1)(writer)
      text(writer, literal)
      bytes(...rest)(writer)
    }

  test.each<[string, (writer: PageWriter) => void, RegExp]>([
    ['a layout that is none', bytes(3), /strings: layout 3/],
    ['a length below zero', plain(...Array<number>(99).fill(1), -1), /a length of -1/],
    ['lengths beyond the bytes', plain(...Array<number>(100).fill(2)), /expected a blob of 200 bytes, found 100/],
    ['lengths beyond 2^28', plain(...Array<number>(100).fill(2 ** 40)), /at most 268435456/],
    ['digits of a case that is none', bytes(1, 2), /digits 2/],
    ['more runs than bytes', bytes(1, 0, 0xff, 0x7f), /16383 items/],
    ['no digits', bytes(1, 0, 0, 0, 0), /without digits/],
    ['a literal of 1,025 characters', template(1, 'x'.repeat(1025), 2, 0, 0), /1025 characters/],
    ['a run of 1,025 digits', template(1, 'x', 0x81, 8, 0, 0), /more than 1024/],
    ['half a UTF-16 unit', bytes(2, 7, 1, 2, 3), /UTF-16 of 3 bytes/],
    ['a prefix of 1,025 characters', template(2, 'x'.repeat(1025), 0, 0), /1025 characters/],
  ])('%s', (_, forge, message) => expect(refusal(forge)).toMatch(message))

  test('a negative number in a template of decimals', () => {
    const forge = (writer: PageWriter) => {
      bytes(2, 0, 0)(writer)
      writeNumbers(
        writer,
        Float64Array.from({ length: 100 }, (_, row) => row - 50),
      )
    }
    expect(refusal(forge)).toMatch(/a number of -50/)
  })

  test('few bytes that stand for more than 2^28 characters', () => {
    const forge = (writer: PageWriter) => {
      writer.out.u8(layouts.decimal)
      text(writer, 'x'.repeat(1000))
      bytes(0)(writer)
      writeNumbers(
        writer,
        Float64Array.from({ length: 2 ** 19 }, (_, row) => row),
        splitDeltas,
      )
    }
    expect(refusal(forge, false, 2 ** 19)).toMatch(/at most 268435456/)
  })

  test('a template among bytes', () => {
    expect(refusal(template(2, 'Ł', 0, 0, 2), true)).toMatch(/layout 2/)
  })
})
