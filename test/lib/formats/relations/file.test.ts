import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { zstdDecompressor } from '../../../../lib/codecs/compress.ts'
import { writeBlock } from '../../../../lib/formats/relations/block-write.ts'
import { decodeRelations, encodeRelations, partsOfRelations } from '../../../../lib/formats/relations/file.ts'
import { joinNeighbours } from '../../../../lib/import/group.ts'
import type { Span, Trace } from '../../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../../lib/storage/memory.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { collect, streamOf } from '../../../support/chunks.ts'
import { expectFlipsRefused, expectPrefixesRefused, expectRefusal } from '../../../support/corruption.ts'
import { labRejection } from '../../../support/errors.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'

const seed = 20261123

async function encode(traces: readonly Trace[], level = 1): Promise<Buffer> {
  const sink = new MemorySink()
  await encodeRelations(streamOf([traces]), sink, level)
  return sink.bytes()
}

async function decode(bytes: Uint8Array): Promise<Trace[]> {
  return (await collect(joinNeighbours(decodeRelations(openMemory(bytes))))).flat()
}

const resource = { attributes: attributes(['service.name', 'cart']), droppedAttributesCount: 0, schemaUrl: '' }
const worked: Trace = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spans: [
    span({
      name: 'GET /',
      kind: 2,
      startNanos: 1544712660000000000n,
      endNanos: 1544712661000000000n,
      status: { code: 1, message: '' },
      attributes: attributes(['http.status_code', 200n], ['operation', 'GET /']),
      resource,
    }),
    span({
      spanId: 'eee19b7ec3c1b175',
      parentSpanId: 'eee19b7ec3c1b174',
      name: 'get',
      kind: 3,
      startNanos: 1544712660000001000n,
      endNanos: 1544712660000003000n,
      resource,
    }),
  ],
}

test('the worked block of FORMAT.md', async () => {
  const listing = /worked block[\s\S]*?```\n([\s\S]*?)```/.exec(
    readFileSync('lib/formats/relations/FORMAT.md', 'utf8'),
  )![1]
  const hex = listing.replaceAll(/;.*|\s/g, '')
  expect(hex).toHaveLength(2 * 267)
  const { message, byteLength, streams } = writeBlock([worked]).finish(1)
  expect(Buffer.from(zstdDecompressor()(message, byteLength)).toString('hex')).toBe(hex)
  expect(streams).toEqual([])
  const file = (await encode([worked])).toString('hex')
  expect(file.startsWith('54534c2f72656c6174696f6e73010101028b02')).toBe(true)
  expect(file.endsWith('000102013fe7b765')).toBe(true)
})

test('a golden file of version 1 is read, whatever wrote its zstd frame', async () => {
  const golden =
    '54534c2f72656c6174696f6e73010101028b02d8010028b52ffd600b00750600b28a282d706d3a56021efe02018998012cefb83b44401bb6' +
    'afbb8160263f7703113770f74255a489e1295cecd96e7bcb14ffffd9d552304caa1328e87cdcf9802a9a12cae6b6d93e103a90068f37a224' +
    'cda45698c6957fe5ebbfd5b4feb3d2cffa0ff4f026de10dcfc7620e7182778c36316620ce1bc5f67036c9df37dd1402bad6cbdf17d14080b' +
    '44c2665aebe77fed58dcb8ee4ab62fbb9c4711ef18292f58c6de969302112030caac200f73401c57eeac5a0010e0f3504ed6b0195a980d8c' +
    '45949ca805da81c2aa88580e0014902e86b0000102013fe7b765'
  expectSameTraces([worked], await decode(Buffer.from(golden, 'hex')))
})

describe('write then read is the identity', () => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))('%s', async (_, traces) =>
    expectSameTraces(traces, await decode(await encode(traces))),
  )

  test('on all nasty traces in one block', async () => {
    const traces = nastyCorpora
      .flatMap(corpus => corpus.traces)
      .map((trace, i) => ({ ...trace, traceId: i.toString(16).padStart(32, '0') }))
    expectSameTraces(traces, await decode(await encode(traces)))
  })

  test('on arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        expectSameTraces(traces, await decode(await encode(traces)))
      }),
      seeded(100),
    )
  })
})

describe('limits of a block', () => {
  const many = (spanCount: number, fields: (row: number) => Partial<Span>) =>
    Array.from({ length: spanCount }, (_, row) => span({ spanId: row.toString(16).padStart(16, '0'), ...fields(row) }))

  test('a trace of 70,000 spans is cut and comes back whole, with parents in other pieces', async () => {
    const parent = (row: number) => ({ parentSpanId: (row >> 1).toString(16).padStart(16, '0') })
    const traces = [{ traceId: '01', spans: many(70_000, parent) }, worked]
    const bytes = await encode(traces)
    expectSameTraces(traces, await decode(bytes))
    const batches = await collect(decodeRelations(openMemory(bytes)))
    expect(batches.flat().map(({ spans }) => spans.length)).toEqual([65_536, 4_464, 2])
  })

  test('many attributes close a block too', async () => {
    const wide = attributes(...Array.from({ length: 5000 }, (_, i) => [`key${i}`, BigInt(i)] as const))
    const traces = Array.from({ length: 3 }, (_, i) => ({
      traceId: `0${i}`,
      spans: many(250, () => ({ attributes: wide })),
    }))
    const bytes = await encode(traces)
    expectSameTraces(traces, await decode(bytes))
  })

  test('a span with more fields than a block holds is refused when it is written', async () => {
    const attribute = { key: 'k', value: 1n }
    const spans = [span({ attributes: new Array(2 ** 21).fill(attribute) })]
    expect((await labRejection(encode([{ traceId: '01', spans }]))).kind).toBe('unsupported')
  })
})

test('no traces: a header and an end', async () => {
  expect((await encode([])).length).toBe(14 + 8)
  expect(await decode(await encode([]))).toEqual([])
})

test('the parts sum to the size of the file', async () => {
  for (const { traces } of nastyCorpora) {
    const bytes = await encode(traces)
    const parts = Object.values(await partsOfRelations(openMemory(bytes)))
    expect(parts.reduce((sum, byteLength) => sum + byteLength, 0)).toBe(bytes.length)
  }
})

describe('refusals', () => {
  /** Long enough for streams beside the message; every kind of encoding occurs. */
  const mixed: Trace[] = Array.from({ length: 40 }, (_, i) => ({
    traceId: (i * 7919).toString(16).padStart(32, '0'),
    spans: [0, 1, 2].map(row =>
      span({
        spanId: ((i * 3 + row) * 2654435761).toString(16).padStart(16, '0'),
        parentSpanId: row === 0 ? '' : (i * 3 * 2654435761).toString(16).padStart(16, '0'),
        name: `operation ${row}`,
        startNanos: 1_700_000_000_000_000_000n + BigInt(i * i * 1000 + row),
        endNanos: 1_700_000_000_000_000_000n + BigInt(i * i * 1000 + row + ((i * 7919) % 100_003)),
        attributes: attributes(
          ['user', `user-${(i * 7919) % 1000}`],
          ['request', `req-${((i * 3 + row) * 40503 + 4e8).toString(16)}`],
          ['size', BigInt((i * 7919) % 5000)],
          ['ratio', i / 7],
        ),
        events: row === 2 ? [{ timeNanos: BigInt(i), name: 'e', attributes: [], droppedAttributesCount: 0 }] : [],
      }),
    ),
  }))

  test(`every prefix and flips (seed ${seed})`, async () => {
    const bytes = await encode(mixed, 3)
    expect(bytes.length).toBeLessThan(4096)
    expectSameTraces(mixed, await decode(bytes))
    await expectPrefixesRefused(bytes, decodeRelations)
    await expectFlipsRefused(bytes, decodeRelations, 2000, seed)
  })

  test('bytes after the end are refused', async () => {
    const bytes = await encode([worked])
    await expectRefusal(Buffer.concat([bytes, Buffer.alloc(1)]), decodeRelations, 'a byte more')
    await expectRefusal(Buffer.concat([bytes, bytes]), decodeRelations, 'the file twice')
  })

  test('another version is refused as such', async () => {
    const bytes = await encode([worked])
    bytes[13] = 2
    expect((await labRejection(decode(bytes))).kind).toBe('unsupported')
  })
})
