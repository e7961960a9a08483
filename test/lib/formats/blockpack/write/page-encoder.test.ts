import { expect, test } from 'vitest'
import { columnId } from '../../../../../lib/formats/blockpack/layout/columns.ts'
import { PageEncoder } from '../../../../../lib/formats/blockpack/write/page-encoder.ts'
import { SpanIds } from '../../../../../lib/shred/span-ids.ts'
import { drawsOf } from '../../../../support/draws.ts'

const draw = drawsOf(20261131)
const column = columnId('span.id')
const ids = (count: number) => Array.from({ length: count }, () => draw().toString(16).slice(2).padEnd(16, '0'))
const distinct = ids(5000)
const few = ids(40)

test.each([
  ['neighbours that repeat', Array.from({ length: 5000 }, (_, i) => distinct[i >> 2]!)],
  ['the same in every quarter', Array.from({ length: 5000 }, (_, i) => distinct[i % 1250]!)],
  ['few values in any order', Array.from({ length: 5000 }, () => few[Math.floor(draw() * few.length)]!)],
])('after a page of ids, %s are found to be worth codes', (_, repeating) => {
  const encoder = new PageEncoder({ packsBits: true, usesDictionaries: true, maxDictionaryBytes: 1 << 20 })
  for (let page = 0; page < 3; page++) {
    const differing = encoder.strings(column, ids(5000), false)!
    expect(differing.contexts).toBeUndefined()
    expect(differing.storedLength).toBeLessThan(5000 * 8.1)
  }
  const coded = encoder.strings(column, repeating, false)!
  expect(coded.contexts).toBeDefined()
  const fresh = new PageEncoder({ packsBits: true, usesDictionaries: true, maxDictionaryBytes: 1 << 20 })
  expect(coded.stored).toEqual(fresh.strings(column, repeating, false)!.stored)
})

test('ids as numbers give the pages that their texts give, whatever a page has: ids that differ, recur, share digits, few', () => {
  const withZeros = (id: string) => `${id.slice(0, 6)}0${id.slice(7)}`
  const pages = [
    ids(5000),
    ids(5000),
    ids(5000).map(withZeros),
    ids(5000),
    Array.from({ length: 5000 }, (_, i) => distinct[i % 1250]!),
    ids(5000),
    ids(5000),
    ids(2000).map(() => distinct[7]!),
    ids(40),
    [distinct[0]!],
    [],
    ids(5000),
    ids(5000),
  ]
  const settings = { packsBits: true, maxDictionaryBytes: 1 << 20 }
  for (const usesDictionaries of [true, false]) {
    const [byNumber, byText] = [0, 1].map(() => new PageEncoder({ ...settings, usesDictionaries }))
    for (const [i, page] of pages.entries()) {
      const column32 = new SpanIds()
      for (const id of page) column32.push(id)
      const encoded = byNumber!.ids(column, column32.halves.view())
      expect(encoded?.stored, `page ${i}`).toEqual(byText!.strings(column, page, false)?.stored)
    }
    expect([...byNumber!.openColumns]).toEqual([...byText!.openColumns])
  }
})
