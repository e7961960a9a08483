import { afterAll, describe, expect, test } from 'vitest'
import { SimilarityIndex } from '../../../../../lib/formats/blockpack/indexes/similarity.ts'
import { withChecksum } from '../../../../../lib/formats/blockpack/layout/stored.ts'
import { blockpackSource } from '../../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../../lib/formats/blockpack/write/config.ts'
import type { ColumnName, Condition } from '../../../../../lib/model/scan.ts'
import type { Trace } from '../../../../../lib/model/trace.ts'
import { openMemory } from '../../../../../lib/storage/memory.ts'
import { drawsOf } from '../../../../support/draws.ts'
import { drawn } from '../../../../support/effort.ts'
import { attributes, span } from '../../../../support/nasty.ts'
import { sampleTraces } from '../../columnar/samples.ts'
import { packed } from '../blocks.ts'
import { forged, type OpenFile, placed, printDirectory } from '../forge.ts'
import { mutate } from '../mutate.ts'

const seed = Number(process.env.SEED ?? 20261127)

afterAll(() => expect(process.resourceUsage().maxRSS, 'KiB, whatever the files claim').toBeLessThan(512 * 1024))

const draw = drawsOf(seed)
const config = { ...profiles.default, compressionCodec: 'none' as const, columnBlockSize: 1, writeBufferSize: 1 }
const columns: ColumnName[] = [
  ...(['trace:id', 'span:id', 'span:parentID', 'span:parent', 'span:name', 'span:kind', 'span:status'] as const),
  ...(['span:start', 'span:duration', 'event:name', 'event:time', 'link:traceID', 'link:spanID'] as const),
  ...(['instrumentation:name', 'resource.service.name'] as const),
  ...['route', 'user', 'status', 'big', 'ratio', 'odd', 'ok', 'none', 'tags', 'bytes'].map(
    key => `span.${key}` as const,
  ),
  'event.attempt',
]

/** Traces with a filter: a user a span. */
const filtered: Trace[] = sampleTraces(20, seed).map(({ traceId, spans }, i) => ({
  traceId,
  spans: Array.from({ length: 20 }, (_, j) => ({
    ...spans[0]!,
    spanId: (i * 20 + j + 1).toString(16).padStart(16, '0'),
    attributes: attributes(['user', `${Math.floor(draw() * 1e9).toString(36)} of ${'many '.repeat(j % 4)}`]),
  })),
}))
const few = sampleTraces(6, seed)
const bytes = await packed(few, config)
const filteredBytes = await packed(filtered, config)

/** The outcome is an error with its place; anything else but an answer fails. */
async function expectAnswerOrPlace(what: string, ask: () => Promise<unknown>): Promise<unknown> {
  const outcome = await ask().catch((error: unknown) => error as Error)
  if (!(outcome instanceof Error)) return outcome
  expect(outcome.name, `${what}: ${outcome.stack}`).toBe('LabError')
  expect(outcome.message, what).toMatch(placed)
  return undefined
}

async function scan(reader: BlockpackReader, conditions: readonly Condition[]): Promise<number> {
  let spanCount = 0
  for await (const batch of blockpackSource(reader).scan({ needs: [[conditions]], columns })) {
    const found = await batch.read(columns)
    for (const column of columns) found.get(column)
    spanCount += batch.spanCount
  }
  return spanCount
}

/** Asks everything that a file can be asked but for all its traces. */
async function interrogate(broken: Uint8Array, what: string): Promise<void> {
  const open = () => BlockpackReader.open(openMemory(broken))
  const conditions: Condition[] = [{ column: 'span.user', relation: '=', operands: ['nobody'] }]
  await expectAnswerOrPlace(what, async () => scan(await open(), []))
  await expectAnswerOrPlace(what, async () => scan(await open(), conditions))
  await expectAnswerOrPlace(what, async () => blockpackSource(await open()).attributeNames())
  for (const { traceId } of few) {
    const found = (await expectAnswerOrPlace(what, async () => (await open()).findTrace(traceId))) as Trace | undefined
    if (found) expect(found.traceId, what).toBe(traceId)
  }
  await expectAnswerOrPlace(what, async () => {
    const index = await SimilarityIndex.read((await open()).block)
    return index?.similarTo(0, 3)
  })
}

function change(file: OpenFile): void {
  const [{ pageGroups }] = file.rowGroups as [OpenFile['rowGroups'][number]]
  const pages = pageGroups[0]!.pages.filter(({ content }) => content.length > 0)
  const at = Math.floor(draw() * file.dictionaries.length)
  const page = pages[Math.floor(draw() * pages.length)]!
  const { bandLengths, traceLengths } = file.root.similarity!
  switch (Math.floor(draw() * 5)) {
    case 0:
      file.dictionaries[at] = mutate(file.dictionaries[at]!, draw)
      return
    case 1: {
      const groups = pageGroups.map(({ base, pages }) => ({ base, entries: pages.map(({ entry }) => entry) }))
      file.rowGroups[0]!.directory = mutate(printDirectory(groups), draw)
      return
    }
    case 2: {
      const last = file.similarity.subarray(-traceLengths[0]!, -4)
      const front = file.similarity.subarray(
        0,
        bandLengths.reduce((sum, length) => sum + length, 0),
      )
      const changed = withChecksum(mutate(last, draw))
      file.similarity = Buffer.concat([front, changed])
      file.changeRoot = root => ({ ...root, similarity: { ...root.similarity!, traceLengths: [changed.length] } })
      return
    }
    default:
      page.content = mutate(page.content, draw)
  }
}

test(`questions to forged files end in an answer or an error with its place (seed ${seed})`, async () => {
  for (let i = 0; i < drawn(300); i++) await interrogate(await forged(bytes, change), `change ${i}`)
})

test('signatures and permutations that are others than there are', async () => {
  for (const value of [1, 2, 15, 127, 129, 4096, 2 ** 20, 2 ** 40, 2 ** 53 - 1])
    for (const name of ['signatureCount', 'permutations'] as const) {
      const broken = await forged(bytes, file => {
        file.changeRoot = root => ({ ...root, similarity: { ...root.similarity!, [name]: value } })
      })
      await interrogate(broken, `${name} of ${value}`)
    }
})

describe('filters', () => {
  const ask = (user: string, file: Uint8Array) =>
    BlockpackReader.open(openMemory(file)).then(reader =>
      scan(reader, [{ column: 'span.user', relation: '=', operands: [user] }]),
    )
  const users = filtered.flatMap(({ spans }) => spans.map(one => one.attributes[0]!.value as string))

  test('no string of the column is told absent, and nearly all others are', async () => {
    const { block } = await BlockpackReader.open(openMemory(filteredBytes))
    expect(block.toc.root.rowGroups[0]!.blooms).toHaveLength(1)
    for (const user of users.filter((_, i) => i % 10 === 0)) expect(await ask(user, filteredBytes)).toBe(400)
    let passed = 0
    for (let i = 0; i < 200; i++) if ((await ask(`nobody ${i}`, filteredBytes)) > 0) passed++
    expect(passed).toBeLessThan(12)
  })

  test('a flipped bit is told with its place, and no string is told absent', async () => {
    const { blooms } = await forgedFilters()
    for (let i = 0; i < 200; i++) {
      const broken = await forged(filteredBytes, file => {
        file.rowGroups[0]!.blooms = Buffer.from(blooms)
        file.rowGroups[0]!.blooms[Math.floor(draw() * blooms.length)] ^= 1 << Math.floor(draw() * 8)
      })
      const found = await expectAnswerOrPlace(`flip ${i}`, () => ask(users[i]!, broken))
      if (found !== undefined) expect(found).toBe(400)
    }
  })

  test('shapes that are none', async () => {
    for (const shape of [
      { blockCount: 0 },
      { blockCount: 2 ** 22 },
      { probeCount: 0 },
      { probeCount: 17 },
      { column: 9 },
    ]) {
      const broken = await forged(filteredBytes, file => {
        file.changeRoot = root => ({
          ...root,
          rowGroups: root.rowGroups.map(one => ({ ...one, blooms: one.blooms.map(plan => ({ ...plan, ...shape })) })),
        })
      })
      const found = await expectAnswerOrPlace(JSON.stringify(shape), () => ask(users[0]!, broken))
      if (found !== undefined) expect(found).toBe(400)
    }
  })

  async function forgedFilters(): Promise<{ blooms: Buffer }> {
    let blooms = Buffer.alloc(0)
    await forged(filteredBytes, file => {
      blooms = Buffer.from(file.rowGroups[0]!.blooms)
    })
    expect(blooms.length).toBeGreaterThan(68)
    return { blooms }
  }
})

test('a field that has values of two types, one of them rare, is found by either', async () => {
  const spans = Array.from({ length: 30 }, (_, i) =>
    span({ spanId: `0${i % 10}`, attributes: attributes(['user', i === 7 ? 'rare' : BigInt(i)]) }),
  )
  const reader = await BlockpackReader.open(openMemory(await packed([{ traceId: 'ab', spans }], config)))
  expect(await scan(reader, [{ column: 'span.user', relation: '=', operands: ['rare'] }])).toBe(30)
  expect(await scan(reader, [{ column: 'span.user', relation: '=', operands: ['other'] }])).toBe(0)
  expect(await scan(reader, [{ column: 'span.user', relation: '=', operands: [29n] }])).toBe(30)
  expect(await scan(reader, [{ column: 'span.user', relation: '=', operands: [31n] }])).toBe(0)
})
