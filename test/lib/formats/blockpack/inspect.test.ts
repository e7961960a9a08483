import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ColumnFacts } from '../../../../lib/formats/blockpack/column-facts.ts'
import { DistinctCount } from '../../../../lib/formats/blockpack/distinct-count.ts'
import { type BlockpackFacts, inspectBlockpack } from '../../../../lib/formats/blockpack/inspect.ts'
import { type BlockpackConfig, profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { generated, packed } from './blocks.ts'

const small: BlockpackConfig = { ...profiles.default, columnBlockSize: 1, writeBufferSize: 4096 }

async function factsOf(traces: readonly Trace[], config = small): Promise<BlockpackFacts> {
  const bytes = await packed(traces, config)
  const facts = await inspectBlockpack(openMemory(bytes))
  expect(facts.byteLength).toBe(bytes.length)
  expect(sum(facts.parts, part => part.byteLength)).toBe(bytes.length)
  const pages = facts.parts.filter(({ name }) => name.startsWith('columns '))
  expect(sum(facts.columns, column => column.pageBytes)).toBe(sum(pages, part => part.byteLength))
  const dictionaries = facts.parts.find(({ name }) => name === 'dictionaries')!
  expect(sum(facts.columns, column => column.dictionaryBytes)).toBe(dictionaries.byteLength)
  return facts
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}

function column(facts: BlockpackFacts, name: string): ColumnFacts {
  return facts.columns.find(column => column.name === name)!
}

test.each(Object.entries(profiles))('generated traces: %s', async (_, config) => {
  const traces = generated(200)
  const spans = traces.flatMap(trace => trace.spans)
  const facts = await factsOf(traces, { ...config, columnBlockSize: 1, writeBufferSize: 4096 })
  expect([facts.traceCount, facts.spanCount]).toEqual([traces.length, spans.length])
  expect(facts.minStart).toBe(spans.map(span => span.startNanos).reduce((a, b) => (a < b ? a : b)))
  expect(facts.maxStart).toBe(spans.map(span => span.startNanos).reduce((a, b) => (a > b ? a : b)))
  expect(facts.minhashPermutations).toBe(config.enableMinhash ? config.minhashPermutations : undefined)
  const name = column(facts, 'span.name')
  expect(name.valueCount).toBe(spans.length)
  expect(name.distinct).toEqual({ count: new Set(spans.map(span => span.name)).size, isEstimate: false })
  expect(name.plainBytes).toBe(sum(spans, span => Buffer.byteLength(span.name) + 4))
  expect(name.layouts[0]!.name).toMatch(/^coded, /)
  expect(sum(name.layouts, layout => layout.pageCount)).toBe(facts.pageGroupCount)
  expect(facts.columns.some(column => column.isCompressed)).toBe(true)
})

test('without a general codec nothing is compressed; without bit packing nothing is packed', async () => {
  const facts = await factsOf(generated(100), { ...small, compressionCodec: 'none', enableBitPacking: false })
  expect(facts.level).toBeUndefined()
  for (const { isCompressed, layouts } of facts.columns) {
    expect(isCompressed).toBe(false)
    for (const { name } of layouts) expect(name).not.toMatch(/packed|split/)
  }
})

test('layouts are told in words, values by their types', async () => {
  const draw = drawsOf(3)
  const spans = Array.from({ length: 400 }, (_, i) =>
    span({
      spanId: i.toString(16).padStart(16, '0'),
      attributes: attributes(
        [
          'hex',
          `id-${Math.floor(draw() * 2 ** 32)
            .toString(16)
            .padStart(8, '0')}`,
        ],
        ['text', String.fromCharCode(...Array.from({ length: 9 }, () => 97 + draw() * 26))],
        ['price', Math.round(draw() * 1e5) / 100],
        ['chance', draw()],
        ['flag', draw() < 0.5],
        ['big', 2n ** 60n + BigInt(i)],
        ['one', 'always'],
      ),
    }),
  )
  const facts = await factsOf([{ traceId: '01', spans }])
  const layoutOf = (key: string) => column(facts, `span.attributes.${key}`).layouts[0]!.name
  expect(layoutOf('hex (string)')).toBe('hex')
  expect(layoutOf('text (string)')).toBe('strings')
  expect(layoutOf('price (double)')).toMatch(/^over 10\^2, /)
  expect(layoutOf('chance (double)')).toMatch(/^bits, /)
  expect(layoutOf('one (string)')).toBe('constant')
  expect(column(facts, 'span.attributes.flag (bool)')).toMatchObject({ plainBytes: 400, distinct: { count: 2 } })
  expect(column(facts, 'span.attributes.big (int)')).toMatchObject({ plainBytes: 3200, valueCount: 400 })
  expect(column(facts, 'span.attributes.chance (double)').distinct.count).toBe(400)
})

test('a file without traces', async () => {
  expect(await factsOf([])).toMatchObject({ traceCount: 0, columns: [], minStart: undefined })
})

test.each(nastyCorpora)('nasty: $name', async ({ traces }) => {
  expect((await factsOf(traces)).traceCount).toBe(traces.length)
})

test('arbitrary traces', () =>
  fc.assert(
    fc.asyncProperty(arbitraryTraces, async traces => {
      expect((await factsOf(traces)).traceCount).toBe(traces.length)
    }),
    seeded(60),
  ))

test('a flipped byte of a page is told with its place', async () => {
  const bytes = await packed(generated(3))
  bytes[20] = bytes[20]! ^ 1
  const error = await labRejection(inspectBlockpack(openMemory(bytes)))
  expect(error.message).toMatch(/^blockpack page group 0, column \d+ .*checksum/)
})

describe('distinct values', () => {
  test('few are counted exactly, whatever their types', () => {
    const counter = new DistinctCount()
    for (let round = 0; round < 3; round++)
      for (let i = 0; i < 5000; i++) {
        counter.addNumber(i / 7)
        counter.addText(`t${i}`)
      }
    expect(counter.distinct()).toEqual({ count: 10_000, isEstimate: false })
  })

  test('many are estimated to a few per cent, however often they come', () => {
    const [numbers, texts] = [new DistinctCount(), new DistinctCount()]
    for (let i = 0; i < 300_000; i++) {
      numbers.addNumber((i % 100_000) * 1000)
      texts.addText(String(i % 100_000))
    }
    for (const { count, isEstimate } of [numbers.distinct(), texts.distinct()]) {
      expect(isEstimate).toBe(true)
      expect(count).toBeGreaterThan(95_000)
      expect(count).toBeLessThan(105_000)
    }
  })
})
