import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bases, writeNumbers } from '../../../../lib/encodings/pages/numbers.ts'
import { readNumbers, readSymbols } from '../../../../lib/encodings/pages/numbers-reader.ts'
import { PageReader, PageWriter } from '../../../../lib/encodings/pages/page.ts'
import {
  type Contexts,
  contextsAt,
  fillPredicted,
  findMisses,
  ownerContexts,
  pairContexts,
} from '../../../../lib/encodings/pages/predicted.ts'
import { seeded } from '../../../support/arbitrary.ts'
import { labError } from '../../../support/errors.ts'

const codec = { packsBits: true }
const open = (bytes: Uint8Array) => new PageReader(bytes, 'predicted page', 0, stored => stored)
const none = open(new Uint8Array())
const contextsOf = (codes: readonly number[]): Contexts => ({
  codes: Uint32Array.from(codes),
  size: Math.max(0, ...codes) + 1,
})
const basesOf = (contexts: Contexts): Bases => ({ candidates: () => [1], contexts: () => contexts })

function writePage(values: readonly number[], contexts: Contexts): Buffer {
  const writer = new PageWriter(codec)
  const choice = { layout: 1, isDelta: false, basis: 1 } as const
  writeNumbers(writer, Float64Array.from(values), choice, basesOf(contexts))
  return writer.out.take()
}

const arbitraryRows = fc.array(fc.tuple(fc.nat(4), fc.oneof(fc.nat(2), fc.integer({ min: -(2 ** 51), max: 2 ** 51 }))))

describe('predicted numbers', () => {
  test('come back, whatever predicts them', () =>
    fc.assert(
      fc.property(arbitraryRows, rows => {
        const contexts = contextsOf(rows.map(([context]) => context))
        const values = Float64Array.from(rows, ([, value]) => value)
        const misses = findMisses(values, contexts)
        const rowMisses = fillPredicted(none, contexts, misses.gaps, Uint32Array.from(misses.values.keys()))
        expect(Float64Array.from(rowMisses, miss => misses.values[miss]!)).toEqual(values)
        const reader = open(writePage([...values], contexts))
        expect(readNumbers(reader, values.length, contexts)).toEqual(values)
        reader.in.end()
      }),
      seeded(300),
    ))

  test('a column that follows from its context takes a few bytes, and is chosen', () => {
    const codes = Array.from({ length: 4000 }, (_, row) => (row * row) % 7)
    const contexts = contextsOf(codes)
    const writer = new PageWriter(codec)
    const values = Float64Array.from(codes, code => (code * 5) % 3)
    expect(writeNumbers(writer, values, undefined, basesOf(contexts)).basis).toBe(1)
    expect(writer.out.length).toBeLessThan(20)
    const symbols = readSymbols(open(writer.out.take()), values.length, 3, contexts)
    expect(Float64Array.from(symbols)).toEqual(values)
  })

  test('every prefix of a page is refused', () => {
    const contexts = contextsOf(Array.from({ length: 200 }, (_, row) => row % 9))
    const values = Array.from({ length: 200 }, (_, row) => (row * 7919) % 31)
    const bytes = writePage(values, contexts)
    for (let length = 0; length < bytes.length; length++)
      expect(labError(() => readNumbers(open(bytes.subarray(0, length)), 200, contexts)).message).toMatch(
        /predicted page/,
      )
  })

  const forge = (fill: (writer: PageWriter) => void) => {
    const writer = new PageWriter(codec)
    writer.out.u8(32)
    fill(writer)
    return open(writer.out.take())
  }
  const misses = (count: number, gaps: readonly number[], values: readonly number[]) => (writer: PageWriter) => {
    writer.out.varint(count)
    for (const part of [gaps, values]) writeNumbers(writer, Float64Array.from(part))
  }

  test.each<[string, (writer: PageWriter) => void, RegExp]>([
    ['more misses than rows', misses(5, [], []), /5 misses in 4 rows/],
    ['a miss beyond the rows', misses(2, [0, 3], [1, 2]), /row 4 after row 0 of 4/],
    ['a gap below zero', misses(2, [0, -1], [1, 2]), /row 0 after row 0 of 4/],
    ['a hit that is the first of its context', misses(1, [0], [1]), /row 1 is the first of its context/],
    ['a miss within a miss', writer => writer.out.raw(Buffer.from([2, 32])), /2 rows by the contexts of 0/],
    ['a symbol that is none', misses(2, [0, 0], [1, 9]), /symbol 9 of 2 at row 1/],
    ['a symbol that is none after a hit', misses(3, [0, 0, 1], [1, 1, 9]), /symbol 9 of 2 at row 3/],
  ])('%s', (_, fill, message) => {
    const contexts = contextsOf([0, 1, 0, 1])
    expect(labError(() => readSymbols(forge(fill), 4, 2, contexts)).message).toMatch(message)
  })

  test('numbers that no context predicts in a page without a basis', () =>
    expect(labError(() => readNumbers(forge(misses(1, [0], [1])), 4)).message).toMatch(/4 rows by the contexts of 0/))
})

describe('contexts', () => {
  test('of pairs are equal where both are, few or many', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { maxLength: 50 }), fc.boolean(), (rows, isWide) => {
        const size = isWide ? 100_000 : 100
        const [a, b] = [0, 1].map(i => ({ codes: Uint32Array.from(rows, row => row[i]!), size }))
        const { codes, size: pairs } = pairContexts(a!, b!)
        for (const [i, code] of codes.entries()) {
          expect(code).toBeLessThan(pairs)
          for (const [j, other] of codes.entries())
            expect(code === other).toBe(rows[i]![0] === rows[j]![0] && rows[i]![1] === rows[j]![1])
        }
      }),
      seeded(100),
    ))

  test('of owners are those of their last values; owners without one share one', () => {
    const owners = ownerContexts(contextsOf([0, 1, 0]), [1, 3, 3], 5)
    expect([...owners.codes]).toEqual([0, 1, 0, 1, 0])
    expect([...contextsAt(owners, [3, 0]).codes]).toEqual([1, 0])
  })
})
