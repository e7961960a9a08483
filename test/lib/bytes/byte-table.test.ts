import { expect, test } from 'vitest'
import { ByteTable } from '../../../lib/bytes/byte-table.ts'
import { drawsOf } from '../../support/draws.ts'

function viewOf(text: string): DataView {
  const bytes = new TextEncoder().encode(text)
  return new DataView(bytes.buffer)
}

/** The code of a text, which is added where it is not found. */
function codeOf(table: ByteTable<string>, text: string): number {
  const view = viewOf(text)
  const known = table.find(view, 0, view.byteLength)
  return known < 0 ? table.add(text, view, 0, view.byteLength) : known
}

test('equal bytes share a code as the table grows, others never do, of all lengths', () => {
  const draw = drawsOf(20261128)
  const table = new ByteTable<string>()
  const codes = new Map<string, number>()
  for (let i = 0; i < 20_000; i++) {
    const text = 'abcdefgh'.repeat(3).slice(0, Math.floor(draw() * 20)) + Math.floor(draw() * 4000)
    const code = codeOf(table, text)
    expect(codes.get(text) ?? code).toBe(code)
    codes.set(text, code)
    expect(table.values[code]).toBe(text)
  }
  expect(table.values).toHaveLength(codes.size)
})

test('the empty bytes, a part of a view, and what is longer than is looked for', () => {
  const table = new ByteTable<string>(4)
  expect([codeOf(table, ''), codeOf(table, 'abcd'), codeOf(table, '')]).toEqual([0, 1, 0])
  expect(table.find(viewOf('xabcdx'), 1, 5)).toBe(1)
  expect([codeOf(table, 'abcde'), codeOf(table, 'abcde')]).toEqual([2, 3])
  expect(table.addAlone('abcd')).toBe(4)
  expect(codeOf(table, 'abcd')).toBe(1)
  expect(table.byteLength).toBe(14)
})
