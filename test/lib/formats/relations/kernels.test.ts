import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyReader, BodyWriter } from '../../../../lib/formats/relations/body.ts'
import { readIds, writeIds } from '../../../../lib/formats/relations/ids.ts'
import { numberLimit, readNumbers, writeNumbers } from '../../../../lib/formats/relations/numbers.ts'
import { readRows, writeRows } from '../../../../lib/formats/relations/rows.ts'
import { splitText } from '../../../../lib/formats/relations/template.ts'
import { readTexts, writeTexts } from '../../../../lib/formats/relations/texts.ts'
import { encodeDistance, parentRow, planOf } from '../../../../lib/formats/relations/topology.ts'
import { readWide, writeWide } from '../../../../lib/formats/relations/wide.ts'
import { anyCharacter, seeded } from '../../../support/arbitrary.ts'

/** What comes back through a stored body, and how many bytes that took. */
function roundTrip<T>(write: (body: BodyWriter) => void, read: (body: BodyReader) => T): { value: T; cost: number } {
  const body = new BodyWriter()
  write(body)
  const { byteLength, message, streams } = body.finish(1)
  const reader = new BodyReader(message, byteLength, Buffer.concat(streams), 'test')
  const value = read(reader)
  reader.end()
  return { value, cost: message.length + streams.reduce((sum, stream) => sum + stream.length, 0) }
}

/** Numbers that look random, the same in every run. */
function scattered(count: number, limit: number): number[] {
  return Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 0) % limit)
}

describe('numbers', () => {
  const through = (values: readonly number[]) =>
    roundTrip(
      body => writeNumbers(body, 'p', values),
      body => Array.from(readNumbers(body, 'p', values.length)),
    )

  test.each<[string, number[], number]>([
    ['none', [], 20],
    ['one', [-7], 20],
    ['eight', [1, -1, 2, -2, 3, -3, 4, numberLimit], 40],
    ['equal', new Array(1000).fill(-5), 20],
    ['the limits', Array.from({ length: 1000 }, (_, i) => (i % 3) * numberLimit - numberLimit), 700],
    ['a counter', Array.from({ length: 1000 }, (_, i) => 1e12 + 17 * i), 50],
    ['bytes', scattered(1000, 256), 1060],
    ['few large values', scattered(1000, 3).map(i => [1e15, -3, 123_456_789][i]!), 330],
    ['multiples', scattered(1000, 200).map(i => i * 1_000_000 - 5), 1050],
    ['both signs', scattered(1000, 20_000).map(i => i - 10_000), 1950],
    ['every size', scattered(1000, 50).map((bits, i) => Math.floor(2 ** bits * (1 + i / 1000))), 4300],
    ['descending', Array.from({ length: 300 }, (_, i) => -i * i - 1), 320],
  ])('%s come back, in at most so many bytes', (_, values, limit) => {
    const { value, cost } = through(values)
    expect(value).toEqual(values)
    expect(cost).toBeLessThanOrEqual(limit)
  })

  test('any come back', () => {
    const number = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger().map(n => Math.trunc(n / 8)),
      fc.integer({ max: 9, min: -9 }),
    )
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300, size: 'max' }), drawn => {
        // There is no -0 among whole numbers.
        const values = drawn.map(value => value + 0)
        expect(through(values).value).toEqual(values)
      }),
      seeded(300),
    )
  })

  test('the place of the highest bit is right at every power of two', () => {
    const values = Array.from({ length: 50 }, (_, bit) => [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]).flat()
    expect(through(values).value).toEqual(values)
  })

  test('64-bit integers', () => {
    const values = [0n, -1n, 2n ** 50n, 2n ** 50n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 5n]
    const found = roundTrip(
      body => writeWide(body, 'p', values),
      body => readWide(body, 'p', values.length),
    )
    expect(found.value).toEqual(values)
  })
})

describe('rows and ids', () => {
  test.each([1, 3, 4, 8, 16])('rows of %d bytes, of which some bits change', width => {
    for (const mask of [0, 1, 0x0f, 0x3f, 0xa5, 0xff]) {
      const rows = Buffer.from(
        scattered(200 * width, 256).map((byte, i) => (byte & mask) | (i % width === 0 ? 0x40 : 0)),
      )
      const { value, cost } = roundTrip(
        body => writeRows(body, 'p', rows, width),
        body => readRows(body, 'p', 200, width),
      )
      expect(Buffer.compare(value, rows)).toBe(0)
      expect(cost).toBeLessThan(200 * width + 60)
    }
  })

  test('version 4 UUIDs lose their six fixed bits', () => {
    const rows = Buffer.from(scattered(16_000, 256))
    for (let at = 0; at < rows.length; at += 16) {
      rows[at + 6] = (rows[at + 6]! & 0x0f) | 0x40
      rows[at + 8] = (rows[at + 8]! & 0x3f) | 0x80
    }
    const { cost } = roundTrip(
      body => writeRows(body, 'p', rows, 16),
      body => readRows(body, 'p', 1000, 16),
    )
    expect(cost).toBeLessThan((1000 * 122) / 8 + 80)
  })

  test('ids of every length, padded ones and empty ones', () => {
    const ids = ['', 'ff', '0'.repeat(32), '1'.repeat(32), '0'.repeat(31).concat('1'), 'abcd', '', '0'.repeat(16)]
    const { value } = roundTrip(
      body => writeIds(body, 'p', ids, 16),
      body => readIds(body, 'p', ids.length, 16),
    )
    expect(value).toEqual(ids)
  })
})

describe('texts', () => {
  const through = (texts: readonly string[]) =>
    roundTrip(
      body => writeTexts(body, 'p', texts),
      body => readTexts(body, 'p', texts.length),
    )

  const uuid = (i: number) => `${hex8(i)}-00ff-4abc-8def-0000${hex8(i * 7)}`
  const hex8 = (i: number) => (Math.imul(i + 1, 2654435761) >>> 0).toString(16).padStart(8, '0')

  test.each<[string, (i: number) => string, number]>([
    ['a prefix and a number', i => `user-${1000 + ((i * 7919) % 9000)}`, 1.8],
    ['a prefix and hex digits', i => `req-${hex8(i)}`, 4.1],
    ['UUIDs', uuid, 9],
    ['numbers with zeros in front', i => String(i).padStart(7, '0'), 0.1],
    ['numbers of up to 20 digits', i => '98765432109876543210'.slice(0, 1 + (i % 20)), 1.5],
    ['an odd number of hex digits', i => `${hex8(i)}f`, 4.6],
    ['upper case stays text', i => hex8(i).toUpperCase(), 7],
  ])('%s, at most so many bytes each', (_, textOf, limit) => {
    const texts = Array.from({ length: 1000 }, (_, i) => textOf(i))
    const { value, cost } = through(texts)
    expect(value).toEqual(texts)
    expect(cost / 1000).toBeLessThan(limit)
  })

  test('any come back', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.stringMatching(/^[0-9a-f]{0,20}$/),
      fc.stringMatching(/^a-[0-9]{1,18}-[0-9]{1,3}$/),
      fc.constantFrom('', '0', '00', 'a\u0000number0\u0000', '\ud800', '-0', '1e5', 'deadbeef', '12345678', uuid(3)),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), texts => {
        expect(through(texts).value).toEqual(texts)
      }),
      seeded(300),
    )
  })

  test('templates with the same name are the same', () => {
    expect(splitText('a1b', false)!.name).toBe(splitText('a22b', false)!.name)
    expect(splitText('a1b', false)!.name).not.toBe(splitText('a01b', false)!.name)
    expect(splitText('12345678', true)!.template.slots).toEqual([{ kind: 'hex', width: 8 }])
    expect(splitText('12345678', false)!.template.slots).toEqual([{ kind: 'number', width: 0 }])
    expect(splitText('1 '.repeat(13), false)).toBeUndefined()
  })
})

describe('topology', () => {
  test('distances and rows', () => {
    for (const distance of [0, 1, -1, 2, -2, 65_535, -65_535])
      expect(parentRow(encodeDistance(distance), 70_000)).toBe(70_000 - distance)
  })

  test.each<[string, number[], number[]]>([
    ['a chain that runs backwards', [1, 2, -1], [2, 1, 0]],
    ['a span that is its own parent', [0, 0], [0, 1]],
    ['a circle of three is cut where it closes', [1, 2, 0], [2, 1, 0]],
    ['two roots', [-1, -1, 1, 0], [0, 1, 2, 3]],
  ])('%s', (_, parents, order) => {
    expect([...planOf(Int32Array.from(parents)).order]).toEqual(order)
  })

  test('each row comes once, after its base, whatever the parents', () => {
    const forest = fc
      .integer({ min: 1, max: 40 })
      .chain(n => fc.array(fc.integer({ min: -1, max: n - 1 }), { minLength: n, maxLength: n }))
    fc.assert(
      fc.property(forest, parents => {
        const { order, bases, previous } = planOf(Int32Array.from(parents))
        const places = new Map([...order].map((row, place) => [row, place]))
        expect(places.size).toBe(parents.length)
        for (const row of order) {
          for (const earlier of [bases[row]!, previous[row]!])
            if (earlier >= 0) expect(places.get(earlier)).toBeLessThan(places.get(row)!)
          if (previous[row]! >= 0) expect(bases[previous[row]!]).toBe(bases[row])
        }
      }),
      seeded(300),
    )
  })

  test('a chain of 60,000 spans takes no recursion', () => {
    const parents = Int32Array.from({ length: 60_000 }, (_, row) => (row + 1 < 60_000 ? row + 1 : -1))
    expect(planOf(parents).order[0]).toBe(59_999)
  })
})
