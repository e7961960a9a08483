import { expect, test } from 'vitest'
import { Joined } from '../../../lib/bytes/joined.ts'

const mebibyte = 1 << 20

function joined(lengths: readonly number[]): Buffer {
  const parts = new Joined(2 ** 26)
  for (const [i, length] of lengths.entries()) parts.push(Buffer.alloc(length, i + 1))
  expect(parts.byteLength).toBe(lengths.reduce((sum, length) => sum + length, 0))
  return parts.bytes()
}

test.each([
  ['nothing', []],
  ['one part', [5]],
  ['short parts', [5, 0, 7]],
  ['parts that grow long', [mebibyte, 14 * mebibyte, 3 * mebibyte, 0, 1]],
  ['one long part', [17 * mebibyte]],
])('%s comes back whole', (_, lengths) => {
  expect(joined(lengths).equals(Buffer.concat(lengths.map((length, i) => Buffer.alloc(length, i + 1))))).toBe(true)
})

test('one part alone is not copied', () => {
  const part = Buffer.from('part')
  const parts = new Joined(100)
  parts.push(part)
  expect(parts.bytes()).toBe(part)
})

test('texts of a long result can be read as of any other', () => {
  const parts = new Joined(2 ** 26)
  for (const text of ['é'.repeat(9 * mebibyte), '{"a":1}']) parts.push(Buffer.from(text))
  const bytes = parts.bytes()
  expect([bytes.toString('utf8', 0, 4), bytes.toString('latin1', bytes.length - 7), bytes.indexOf('{')]).toEqual([
    'éé',
    '{"a":1}',
    bytes.length - 7,
  ])
})
