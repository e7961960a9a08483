import { expect, test } from 'vitest'
import { blockpackParts } from '../../../../lib/formats/blockpack/parts.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { drawsOf } from '../../../support/draws.ts'
import { attributes, span } from '../../../support/nasty.ts'
import { generated, packed } from './blocks.ts'

function sumOf(parts: Record<string, number>): number {
  return Object.values(parts).reduce((sum, byteLength) => sum + byteLength, 0)
}

test.each(Object.entries(profiles))('the parts of %s sum to the size of the file', async (_, config) => {
  const bytes = await packed(generated(120), { ...config, writeBufferSize: 4096, columnBlockSize: 1 })
  const parts = await blockpackParts(openMemory(bytes))
  expect(sumOf(parts)).toBe(bytes.length)
  for (const name of ['header', 'directory', 'dictionaries', 'trace index', 'fields', 'root', 'footer', 'span.start'])
    expect(parts[name], name).toBeGreaterThan(0)
  expect('similarity' in parts).toBe(config.enableMinhash)
})

test('a file without traces has parts, too', async () => {
  const bytes = await packed([])
  expect(sumOf(await blockpackParts(openMemory(bytes)))).toBe(bytes.length)
})

test('attributes are told by owner, key and type; the same key of two types is two columns', async () => {
  const values = [1n, 'one', 2n, 'two', 3n, 'three', 4n, 'four']
  const spans = values.map((value, i) => span({ spanId: `0${i}`, attributes: attributes(['__proto__', value]) }))
  const parts = await blockpackParts(openMemory(await packed([{ traceId: '01', spans }])))
  expect(Object.keys(parts)).toEqual(
    expect.arrayContaining(['span.attributes.__proto__ (int)', 'span.attributes.__proto__ (string)']),
  )
})

test('a page group of constants is padded, and the padding is told', async () => {
  const spans = Array.from({ length: 3000 }, () => span({}))
  const bytes = await packed([{ traceId: '01', spans }])
  const parts = await blockpackParts(openMemory(bytes))
  expect(parts.padding).toBeGreaterThan(0)
  expect(sumOf(parts)).toBe(bytes.length)
})

test('filters of strings that stand in no dictionary are told', async () => {
  const draw = drawsOf(1)
  const url = () => Array.from({ length: 6 }, () => Math.floor(draw() * 2 ** 32).toString(36)).join('/')
  const spans = Array.from({ length: 3000 }, () => span({ attributes: attributes(['url', url()]) }))
  const bytes = await packed([{ traceId: '01', spans }])
  const parts = await blockpackParts(openMemory(bytes))
  expect(parts['Bloom filters']).toBeGreaterThan(3000)
  expect(sumOf(parts)).toBe(bytes.length)
})
