import { describe, expect, test } from 'vitest'
import { type CodedPage, readCoded, writeCoded } from '../../../../lib/encodings/pages/coded.ts'
import { packed, splitDeltas, writeNumbers } from '../../../../lib/encodings/pages/numbers.ts'
import type { PageReader, PageWriter } from '../../../../lib/encodings/pages/page.ts'
import { writeStrings } from '../../../../lib/encodings/pages/strings.ts'
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
const fileSize = 1000

/** A page of `rowCount` rows, each entry met in one of them at least. */
function coded(rowCount: number, fileCodes: number[], locals: string[]): CodedPage {
  const size = fileCodes.length + locals.length
  const symbols = Uint32Array.from({ length: rowCount }, (_, row) => (row < size ? row : below(size)))
  return { fileCodes, locals, symbols }
}

const pages: [string, CodedPage][] = [
  ['no rows', coded(0, [], [])],
  ['one row of the file', coded(1, [999], [])],
  ['one row of its own', coded(1, [], [''])],
  ['one entry', coded(50, [0], [])],
  ['one entry of its own', coded(50, [], ['\ud800'])],
  ['entries of the file', coded(200, [0, 1, 17, 998, 999], [])],
  ['entries of its own', coded(200, [], ['a', '', 'é', 'a\udfff'])],
  ['both', coded(300, [3, 4], ['x', 'y', 'z'])],
  [
    'as many entries as rows',
    coded(
      60,
      [2],
      Array.from({ length: 59 }, (_, i) => `user-${i * i}`),
    ),
  ],
]

const write =
  (page: CodedPage, isBinary = false) =>
  (writer: PageWriter) =>
    writeCoded(writer, page, isBinary)
const read =
  (count: number, isBinary = false) =>
  (reader: PageReader) =>
    readCoded(reader, count, fileSize, isBinary)

describe(`round trips (seed ${seed})`, () => {
  test.each(pages)('%s: every codec', (_, page) => {
    for (const codec of codecs)
      expect(roundTrip(codec, write(page), read(page.symbols.length)), codec.name).toEqual(page)
  })

  test('bytes', () => {
    const page = coded(40, [1], ['\x00\xff', '', '\x80'.repeat(300)])
    for (const codec of codecs) expect(roundTrip(codec, write(page, true), read(40, true))).toEqual(page)
  })

  test('a choice is heeded and returned; one entry needs none', () => {
    const choices: unknown[] = []
    for (const [, page] of pages.slice(2, 6))
      pageOf(plainCodec, writer => choices.push(writeCoded(writer, page, false, splitDeltas)))
    expect(choices).toEqual([splitDeltas, splitDeltas, splitDeltas, splitDeltas])
    pageOf(plainCodec, writer => choices.push(writeCoded(writer, pages[3]![1], false)))
    expect(choices.at(-1)).toBeUndefined()
  })
})

describe('what is broken', () => {
  test('every prefix is refused', () => {
    for (const codec of codecs)
      for (const [, page] of pages) expectPrefixesRefused(codec, pageOf(codec, write(page)), read(page.symbols.length))
  })

  test(`seeded flips (seed ${seed}) end in an error or in as many rows`, () => {
    const symbols = (count: number) => (reader: PageReader) => readCoded(reader, count, fileSize, false).symbols
    for (const codec of codecs)
      for (const [, page] of pages.slice(1)) {
        const length = page.symbols.length
        expectFlipsCaught(codec, pageOf(codec, write(page)), symbols(length), { count: 100, draw, length })
      }
  })

  /** The refusal of 10 rows of a page that somebody wrote by hand. */
  const refusal = (forge: (writer: PageWriter) => void, count = 10) =>
    labError(() => readPage(plainCodec, pageOf(plainCodec, forge), read(count))).message
  const page =
    (head: number[], locals: string[], symbols: number[]) =>
    (writer: PageWriter): void => {
      writer.out.raw(Uint8Array.from(head))
      writeStrings(writer, locals, false)
      writeNumbers(writer, Float64Array.from(symbols), packed)
    }

  test.each<[string, (writer: PageWriter) => void, RegExp]>([
    ['more codes than bytes', page([100, 0], [], []), /100 items/],
    ['more entries than rows', page([0, 11], [], []), /11 distinct values in 10 rows/],
    ['far more entries than rows', page([0, 0xff, 0xff, 0xff, 0xff, 0x7f], [], []), /distinct values in 10 rows/],
    ['rows without entries', page([0, 0, 0, 0], [], []), /0 distinct values in 10 rows/],
    ['a code behind the dictionary', page([1, 0, 0xe8, 7], [], []), /code 1000 of a dictionary of 1000/],
    ['a code twice', page([2, 0, 5, 0], [], []), /code 5 of a dictionary/],
    ['a symbol without an entry', page([1, 1, 5], ['a'], [0, 1, 2, 0, 0, 0, 0, 0, 0, 0]), /symbol 2 of 2 at row 2/],
    ['a symbol below zero', page([1, 1, 5], ['a'], [0, 1, -1, 0, 0, 0, 0, 0, 0, 0]), /symbol -1 of 2 at row 2/],
    [
      'a symbol that is one but for 2^32',
      page([1, 1, 5], ['a'], [0, 1, 2 ** 32 + 1, 0, 0, 0, 0, 0, 0, 0]),
      /symbol 4294967297 of 2 at row 2/,
    ],
  ])('%s', (_, forge, message) => expect(refusal(forge)).toMatch(message))
})
