import { expect, test } from 'vitest'
import { byteLengthOf } from '../../../../lib/bytes/range.ts'
import { OtlpMessages } from '../../../../lib/formats/otlp/proto-message.ts'
import type { SpanSource } from '../../../../lib/model/scan.ts'
import { joinSources } from '../../../../lib/search/join-sources.ts'
import { knownShared } from '../../../../lib/search/shared-ids.ts'
import { Blocks } from '../../../../lib/serve/blocks/blocks.ts'
import { derivedId } from '../../../../lib/serve/blocks/meta.ts'
import { Preparation } from '../../../../lib/serve/blocks/preparation.ts'
import { writeBlock } from '../../../../lib/serve/blocks/write.ts'
import { defaultConfig } from '../../../../lib/serve/config.ts'
import { LivePart } from '../../../../lib/serve/live/part.ts'
import { SpanRows } from '../../../../lib/shred/rows.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { countSpanIds, requestOf } from '../../../support/store-spans.ts'

/** A block with a span of its own, and one of a trace that all blocks share. */
async function publishBlock(blocks: Blocks, tenantID: string, number: number): Promise<void> {
  const part = new LivePart()
  const request = requestOf([
    [1, number],
    [100 + number, 1000 + number],
  ])
  new OtlpMessages(new SpanRows(), () => {}).read(request, part.rows)
  part.commit(part.arrived(0, 0))
  const place = { tenantID, blockID: derivedId(tenantID, String(number)) }
  await blocks.publish(
    await writeBlock(blocks.store, await part.view(), place, 0, { config: defaultConfig.freshBlockpack }),
  )
}

async function prepared(blocks: Blocks, maxBlocks?: number): Promise<Preparation> {
  const preparation = new Preparation(blocks, new AbortController().signal, maxBlocks)
  preparation.soon()
  await preparation.settled()
  return preparation
}

function sourcesOf(blocks: Blocks, tenant: string): Promise<SpanSource[]> {
  return Promise.all(blocks.list(tenant).map(block => block.source()))
}

test('which traces blocks share is known before anyone asks, also after another one is published', async () => {
  const blocks = new Blocks(memoryStore())
  for (const number of [1, 2, 3]) await publishBlock(blocks, 'a', number)
  const preparation = await prepared(blocks)
  for (const blockCount of [3, 4]) {
    const sources = await sourcesOf(blocks, 'a')
    expect(knownShared(sources)?.traces.map(({ places }) => places.size)).toEqual([blockCount])
    expect([...(await countSpanIds(joinSources(sources))).values()]).toEqual(new Array(2 * blockCount).fill(1))
    await publishBlock(blocks, 'a', 4)
    preparation.soon()
    await preparation.settled()
  }
})

test('of many tenants no more blocks are opened than the bound, and what cannot be read does not end it', async () => {
  let openCount = 0
  const memory = memoryStore()
  const open = (key: string) => {
    openCount++
    return memory.open(key)
  }
  const store = { ...memory, open }
  const blocks = new Blocks(store)
  await publishBlock(blocks, 'broken', 1)
  const [broken] = blocks.list('broken')
  await store.put(`broken/${broken!.meta.blockID}/data.blockpack`, async sink => sink.write(Buffer.from('no block')))
  for (const tenant of ['a', 'b', 'c']) for (const number of [1, 2]) await publishBlock(blocks, tenant, number)
  await prepared(blocks, 5)
  expect(openCount).toBe(5)
  expect((await countSpanIds(joinSources(await sourcesOf(blocks, 'c')))).size).toBe(4)
})

test('traces that blocks share are put together before anyone asks: what they are made of is not read again', async () => {
  let readBytes = 0
  const memory = memoryStore()
  const open = async (key: string) => {
    const file = await memory.open(key)
    const read: typeof file.read = ranges => {
      readBytes += byteLengthOf(ranges)
      return file.read(ranges)
    }
    return { ...file, read }
  }
  const blocks = new Blocks({ ...memory, open })
  for (const number of [1, 2, 3]) await publishBlock(blocks, 'a', number)
  await prepared(blocks)
  const before = readBytes
  const shared = `${'1'.padStart(32, '0')}`
  const query = parseQuery(`{ trace:id = "${shared}" } | select(name)`)
  const { traces } = await search(joinSources(await sourcesOf(blocks, 'a')), query, { limit: 1 })
  expect(traces.map(({ traceID }) => traceID)).toEqual([shared.replace(/^0+/, '')])
  expect(readBytes - before).toBe(0)
})
