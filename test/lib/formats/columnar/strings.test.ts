import { describe, expect, test } from 'vitest'
import { ColumnWriter } from '../../../../lib/formats/columnar/columns.ts'
import { readStrings, writeStrings } from '../../../../lib/formats/columnar/strings.ts'
import { writeText } from '../../../../lib/formats/columnar/texts.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labError } from '../../../support/errors.ts'
import { byThirds, encodingOf, readBack, roundTrip } from './columns-of.ts'

const draw = drawsOf(20261122)
const below = (limit: number) => Math.floor(draw() * limit)
const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join('')
const drawn = (count: number, value: (row: number) => string) => Array.from({ length: count }, (_, row) => value(row))
const references = [(row: number) => ['get', 'put'][row % 2]!, () => 'cart']

const columns: [string, number, string[]][] = [
  ['few distinct, with lone surrogates', 0, drawn(200, () => ['', 'a', '\ud800', 'é\udfff'][below(4)]!)],
  ['one empty string', 0, ['']],
  ['digits of one length', 1, drawn(200, () => `x-${hex(16)}/z`)],
  ['digits, 256 of them', 1, drawn(50, () => hex(256))],
  ['257 digits', 3, drawn(50, () => hex(257))],
  ['upper-case digits', 3, drawn(200, () => hex(8).toUpperCase())],
  ['digits after a character beyond ASCII', 3, drawn(200, () => `é${hex(8)}`)],
  ['decimals', 2, drawn(200, () => `user-${below(1e9)}!`)],
  ['decimals of 15 digits', 2, drawn(200, row => `${row === 0 ? 1 : 10 ** 14 + below(1e9)}`)],
  ['decimals of 16 digits', 3, drawn(200, row => `${'9'.repeat(row % 2)}${10 ** 15 + row}`)],
  ['decimals behind a zero', 2, drawn(200, row => `0${row * row}`)],
  ['decimals behind a long text', 3, drawn(200, row => `${'long'.repeat(70)}${row * row}`)],
  [
    'texts, some of them no Unicode',
    3,
    drawn(200, row => `${'x'.repeat(row % 7)}${hex(2)}${row % 5 === 0 ? '\ud83d' : '😀'}`),
  ],
  ['another column', 8, drawn(200, row => `/api/${references[0]!(row)}!`)],
]

const write = (values: string[]) => (writer: ColumnWriter) =>
  writeStrings(writer, values, byThirds(values.length), references)

test.each(columns)('%s: encoding %d', (_, encoding, values) => {
  expect(encodingOf(write(values))).toBe(encoding)
  const { values: found } = roundTrip(write(values), reader =>
    readStrings(reader, 's', values.length, byThirds(values.length), references),
  )
  expect(found).toEqual(values)
})

describe('refusals', () => {
  const readForged = (forge: (writer: ColumnWriter) => void) => {
    const writer = new ColumnWriter(1)
    forge(writer)
    return labError(() => readBack(writer, reader => readStrings(reader, 'column', 100, byThirds(100), references)))
  }
  const digits =
    (template: string, ...places: number[]) =>
    (writer: ColumnWriter) => {
      writer.head.u8(1)
      writeText(writer, template)
      writer.head.raw(Uint8Array.from(places))
      writer.blob(Buffer.alloc(200, 1))
    }
  const plain = (lengths: number[], byteLength: number, content: string) => (writer: ColumnWriter) => {
    writer.head.raw(Uint8Array.from([3, ...lengths]))
    writer.head.varint(byteLength)
    writer.blob(Buffer.from(writer.compress(Buffer.from(content))))
  }

  test.each<[string, (writer: ColumnWriter) => void, RegExp]>([
    ['an encoding that is none', writer => writer.head.u8(4), /encoding 4/],
    ['a reference that is not offered', writer => writer.head.u8(10), /encoding 10/],
    ['no digit at all', digits('abc', 0), /without digits/],
    ['a digit behind the template', digits('abc', 1, 3, 7), /at 3 of 3/],
    ['a digit far behind it', digits('abc', 1, 0xff, 0xff, 0xff, 0x7f, 7), /of 3/],
    ['a digit twice', digits('abc', 2, 1, 7, 0, 7), /at 1 of 3/],
    ['a digit beyond f', digits('abc', 1, 0, 0xff), /16 digits from 15/],
    ['a place with one digit', digits('abc', 1, 0, 0x10), /1 digits from 1/],
    ['more places than bytes', digits('abc', 0xff, 0x7f), /items of at least 2 bytes/],
    ['a template beyond ASCII', digits('aŁc', 1, 0, 7), /beyond ASCII/],
    ['a template too long', digits('a'.repeat(257), 1, 0, 7), /257 characters/],
    ['lengths below zero', plain([0, 3], 4, 'abcd'), /a string of length -2/],
    ['lengths beyond the bytes', plain([0, 0x20], 4, 'abcd'), /needs 8 bytes/],
    ['half a UTF-16 unit', plain([0, 14], 700, 'abcdefg'.repeat(100)), /UTF-16 of 3 bytes/],
    ['another size than the frame has', plain([0, 4], 2 ** 27, 'abcd'), /expected 134217728 bytes, declares 4/],
    ['a size beyond the limit', plain([0, 4], 2 ** 40, 'abcd'), /1099511627776 bytes/],
    [
      'long texts around a reference',
      writer => {
        writer.head.u8(8)
        for (const text of ['x'.repeat(200), 'y'.repeat(57)]) writeText(writer, text)
      },
      /257 characters around a value/,
    ],
  ])('%s', (_, forge, message) => {
    const error = readForged(forge)
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/^segment.*column.*byte|^segment.*byte.*column/)
  })
})
