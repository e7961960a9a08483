import { describe, expect, test } from 'vitest'
import { RangeEncoder } from '../../../../lib/encodings/entropy.ts'
import { type ColumnReader, ColumnWriter } from '../../../../lib/formats/columnar/columns.ts'
import { readSpanFields } from '../../../../lib/formats/columnar/fields.ts'
import { readSpanIds, readTraceIds } from '../../../../lib/formats/columnar/ids.ts'
import { readAttributeLists } from '../../../../lib/formats/columnar/lists.ts'
import { readParents } from '../../../../lib/formats/columnar/parents.ts'
import { SpanContexts } from '../../../../lib/formats/columnar/spans.ts'
import { writeText } from '../../../../lib/formats/columnar/texts.ts'
import { readValues } from '../../../../lib/formats/columnar/values.ts'
import { labError } from '../../../support/errors.ts'
import { byThirds, readBack } from './columns-of.ts'

/** Writes what is given: numbers as bytes of the head, strings as texts, byte arrays as blobs. */
type Forged = readonly (number | string | Uint8Array)[]

function refusal(forged: Forged, read: (reader: ColumnReader) => unknown): string {
  const writer = new ColumnWriter(1)
  for (const item of forged) {
    if (typeof item === 'number') writer.head.u8(item)
    else if (typeof item === 'string') writeText(writer, item)
    else writer.blob(Buffer.from(item))
  }
  const { message } = labError(() => readBack(writer, read))
  expect(message).toMatch(/^segment.*(column|span|trace).*byte|^segment.*byte.*(column|span|trace)/)
  return message
}

const constant = (zigzag: number) => [0, zigzag]
const traceId = '5b8efff798038103d269b633813fc60c'

describe('trace ids', () => {
  test.each<[string, Forged, RegExp]>([
    ['a kind that is none', [0, 3], /code 3 of a dictionary of 3/],
    ['a word below zero', [0, 0, 0, 1, ...constant(0), ...constant(0), ...constant(0)], /a word of -1/],
    ['a word beyond 32 bits', [0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x20, 0, 0, 0, 0, 0, 0], /a word of 4294967296/],
    ['upper-case digits', [0, 2, 'AB', 'cd'], /row 0 is not an id/],
    ['half a byte', [0, 2, 'ab', 'abc'], /row 1 is not an id/],
    ['17 bytes', [0, 2, 'ab', 'ab'.repeat(17)], /row 1 is not an id/],
  ])('%s', (_, forged, message) => expect(refusal(forged, reader => readTraceIds(reader, 2))).toMatch(message))
})

describe('span ids', () => {
  const rows = { traceIds: () => traceId, prediction: byThirds(3), groups: Uint32Array.from([0, 1, 1]) }
  test.each<[string, Forged, RegExp]>([
    ['a repeat of nothing', [0, 2, ...constant(2)], /row 0 repeats a row that does not exist/],
    ['a repeat of itself', [1, 3, 2, 2, ...constant(0), 'ab'], /row 1 repeats/],
    ['a repeat of a later row', [1, 3, 2, 3, ...constant(1), 'ab', 'cd'], /row 1 repeats/],
    ['a repeat of another trace', [1, 3, 2, 3, ...constant(2), 'ab', 'cd'], /row 1 repeats/],
    ['9 bytes', [0, 3, 'ab', 'cd', 'ab'.repeat(9)], /row 2 is not an id/],
    ['random ones that are no digits', [0, 0, 0, 1, 'xyz'], /row 0 is not an id/],
  ])('%s', (_, forged, message) =>
    expect(refusal(forged, reader => readSpanIds(reader, 'span.id', 3, rows))).toMatch(message),
  )
})

describe('parents', () => {
  test.each<[string, Forged, RegExp]>([
    ['before the segment', [0, 1, ...constant(8)], /row 0 names row -4/],
    ['behind it', [0, 1, ...constant(7)], /row 0 names row 4/],
    ['in another trace', [1, 0, 0, 1, ...constant(2)], /row 2 names row 1/],
    ['repeated where none was', [1, 0, 0, 3, ...constant(0)], /row 2 repeats parent 0/],
    ['repeated from another trace', [1, 2, 3, 3, 1, 0, 0, 0, 3, 'ab'], /row 2 repeats parent 0/],
    ['repeated from below zero', [1, 2, 3, 0, ...constant(1), 0, 3, 'ab'], /row 1 repeats parent -1/],
  ])('%s', (_, forged, message) =>
    expect(refusal(forged, reader => readParents(reader, [traceId, 'ab'], new SpanContexts([2, 1], false)))).toMatch(
      message,
    ),
  )
})

describe('fields of spans', () => {
  const name = [1, 'x'] as const
  const absent = [1, 0] as const
  const usual = [...name, ...absent, ...absent] as const
  test.each<[string, Forged, RegExp]>([
    ['more names than spans', [4, 'a', 'b', 'c', 'd'], /a table of 4 values for 3 rows/],
    ['no names', [0], /span.name: rows without values/],
    ['a resource that is no CBOR', [...name, 1, 1], /span.resource|texts/],
    ['a kind beyond 32 bits', [...usual, 1, 0x80, 0x80, 0x80, 0x80, 0x10], /span.kind: 2147483648 exceeds 32 bits/],
    ['a status without a code', [...usual, 1, 2, 1, 'broken'], /span.status: code/],
    ['a status with a fraction', [...usual, 1, 2, 1, '1.5 x'], /span.status: code 1.5/],
    ['flags below zero', [...usual, 1, 2, 1, '', 1, '', 1, 1], /span.flags: -1 exceeds 32 bits/],
    ['two dropped counts', [...usual, 1, 2, 1, '', 1, '', 1, 0, 1, '1 2'], /span.dropped: counts 1 2/],
    ['dropped counts that are none', [...usual, 1, 2, 1, '', 1, '', 1, 0, 1, '1 2 x'], /span.dropped: counts 1 2 x/],
  ])('%s', (_, forged, message) =>
    expect(refusal(forged, reader => readSpanFields(reader, new SpanContexts([3], false)))).toMatch(message),
  )
})

describe('attributes', () => {
  const read = (reader: ColumnReader) => readAttributeLists(reader, 'span', 3, byThirds(3), [])
  const permutation = (...numbers: [number, number][]) => {
    const encoder = new RangeEncoder()
    for (const [value, total] of numbers) encoder.uniform(value, total)
    return encoder.finish()
  }
  const twoColumns = [2, 6, 'a', 6, 'b'] as const
  test.each<[string, Forged, RegExp]>([
    ['more columns than bytes', [0xff, 0xff, 0xff, 0x7f], /items of at least 2 bytes/],
    ['a type that is none', [1, 8, 'k'], /a type of values/],
    ['more sets than owners', [0, 4, 0, 0, 0, 0], /a table of 4 values for 3 rows/],
    ['a column that is not there', [1, 6, 'k', 1, 1, 1, 0], /column 1 of 1/],
    ['an order of a set that is not there', [...twoColumns, 1, 2, 0, 1, 1, 2], /an order of a set that is not there/],
    [
      'a permutation out of its range',
      [...twoColumns, 1, 2, 0, 1, 1, 0, Buffer.alloc(4, 255)],
      /span orders.*begins outside/,
    ],
    ['a permutation too many', [...twoColumns, 1, 2, 0, 1, 1, 0, permutation([1, 2], [99, 256])], /orders|span keys/],
    [
      'an entry that is not there',
      [...twoColumns, 1, 2, 0, 1, 1, 0, permutation([1, 2]), 0, 2],
      /code 2 of a dictionary/,
    ],
    ['owners, but no set', [0, 0, 0], /rows without values/],
  ])('%s', (_, forged, message) => expect(refusal(forged, read)).toMatch(message))

  test('lists that repeat a long set more often than a segment has items', () => {
    const columns = Array.from({ length: 1000 }, () => [0, '']).flat()
    const set = Array.from({ length: 1000 }, () => 0)
    const forged = [0xe8, 7, ...columns, 1, 0xe8, 7, ...set, 0]
    const owners = 2 ** 18
    const message = refusal(forged, reader => readAttributeLists(reader, 'span', owners, byThirds(owners), []))
    expect(message).toMatch(/items in a segment of/)
  })
})

describe('values', () => {
  test.each<[string, Parameters<typeof readValues>[2], Forged, RegExp]>([
    [
      'an int beyond 64 bits',
      'int',
      [1, 0, 0, ...Array<number>(8).fill(255), 0, 0],
      /18446744073709551615 exceeds 64 bits/,
    ],
    ['a scale that is none', 'double', [7, 0, 0], /scale 7/],
    ['bits that are no double', 'double', [15, 0, 1, '3ff000000000000'], /no double's bits/],
    ['an int among bytes', 'bytes', [0, 1, '\u0007'], /should be of type bytes, is int/],
    ['a character beyond a byte', 'bytes', [0, 1, 'AŁ'], /a character beyond a byte/],
    ['two items of CBOR', 'array', [0, 1, '\u0080\u0080'], /1 bytes are left over/],
    ['no CBOR', 'kvlist', [0, 1, ''], /needs 1 bytes/],
  ])('%s', (_, type, forged, message) =>
    expect(refusal(forged, reader => readValues(reader, 'column', type, 3, byThirds(3), []))).toMatch(message),
  )
})
