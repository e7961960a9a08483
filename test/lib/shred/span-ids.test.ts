import { expect, test } from 'vitest'
import { SpanIds } from '../../../lib/shred/span-ids.ts'
import { drawsOf } from '../../support/draws.ts'

test('ids come back as they were, whole ones and any others', () => {
  const draw = drawsOf(20261129)
  const digits = () => Array.from({ length: 16 }, () => '0123456789abcdef'[Math.floor(draw() * 16)]).join('')
  const others = [
    '',
    '0',
    '0000000000000000',
    'ABCDEF0123456789',
    '000000000000000g',
    '00000000000000\u00e9',
    '\ud800'.repeat(16),
  ]
  const ids = Array.from({ length: 2000 }, (_, i) =>
    i % 3 === 0 ? others[i % others.length]! : i % 5 === 0 ? digits().slice(draw() * 16) : digits(),
  )
  const column = new SpanIds()
  for (const id of ids) column.push(id)
  expect(column.length).toBe(ids.length)
  expect(column.texts()).toEqual(ids)
})
