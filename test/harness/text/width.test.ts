import { expect, test } from 'vitest'
import { cut, widthOf } from '../../../harness/text/width.ts'

test.each([
  ['', 0],
  ['plain', 5],
  ['größer', 6],
  ['e\u0301', 1],
  ['日本', 4],
  ['🚀', 2],
  ['\x1b[2mdim\x1b[22m', 3],
  ['a\u200bb', 2],
])('%j takes %d cells', (text, width) => {
  expect(widthOf(text)).toBe(width)
})

test('a cut text fits, ends in …, and is whole where it fits', () => {
  expect(cut('plain', 5)).toBe('plain')
  expect(cut('plain', 4)).toBe('pla…')
  expect(cut('日本語', 5)).toBe('日本…')
  expect(cut('日本語', 4)).toBe('日…')
  for (let width = 1; width < 9; width++) expect(widthOf(cut('a日\u0301本🚀', width))).toBeLessThanOrEqual(width)
})
