import { expect, test } from 'vitest'
import { traceIdHash, traceWordsHash } from '../../../lib/model/trace-id.ts'
import { IdTable, idWidth } from '../../../lib/shred/id-table.ts'
import { drawsOf } from '../../support/draws.ts'

test('ids have a code each, as numbers and by their length, and come back as hex', () => {
  const draw = drawsOf(20261128)
  const table = new IdTable()
  const codes = new Map<string, number>()
  for (let i = 0; i < 10_000; i++) {
    const byteLength = Math.floor(draw() * 17)
    const bytes = Buffer.alloc(16)
    for (let at = 16 - byteLength; at < 16; at++) bytes[at] = draw() < 0.7 ? 0 : Math.floor(draw() * 256)
    const words = Uint32Array.from({ length: 4 }, (_, word) => bytes.readUInt32BE(word * 4))
    const id = bytes.toString('hex', 16 - byteLength)
    const code = table.code(words, byteLength)
    expect(codes.get(id) ?? code, id).toBe(code)
    codes.set(id, code)
  }
  expect(Array.from({ length: table.size }, (_, code) => table.hexOf(code))).toEqual([...codes.keys()])
  for (const [id, code] of codes) expect(table.find(id), id).toBe(code)
  expect(table.find('0123456789abcdef')).toBe(-1)
})

test('the hash of an id by its words is that of its text, in every spelling', () => {
  const ids = [
    '',
    '00',
    '0a',
    'ffee',
    '1'.repeat(16),
    `${'0'.repeat(16)}1234567890abcdef`,
    'fedcba9876543210'.repeat(2),
  ]
  const table = new IdTable()
  for (const id of ids) {
    const bytes = Buffer.from(id.padStart(32, '0'), 'hex')
    const words = Uint32Array.from([0, 4, 8, 12], at => bytes.readUInt32BE(at))
    const code = table.code(words, id.length / 2)
    expect(traceWordsHash(table.words(), code * idWidth), id).toBe(traceIdHash(id))
  }
})
