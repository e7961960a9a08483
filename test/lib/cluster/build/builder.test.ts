import { expect, test } from 'vitest'
import { BlockBuilder, type BuilderConfig } from '../../../../lib/cluster/build/builder.ts'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import { MemoryLog, MemoryTopic } from '../../../../lib/cluster/log/memory.ts'
import { blockpackSource } from '../../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../../lib/formats/blockpack/read/reader.ts'
import { profiles } from '../../../../lib/formats/blockpack/write/config.ts'
import { joinSources } from '../../../../lib/search/join-sources.ts'
import { keyOf } from '../../../../lib/serve/blocks/blocks.ts'
import { dataName, metaName } from '../../../../lib/serve/blocks/meta.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { type BlobStore, readObject } from '../../../../lib/storage/store.ts'
import { drawsOf } from '../../../support/draws.ts'
import { isThorough } from '../../../support/effort.ts'
import { FaultyDisk } from '../../../support/faulty-disk.ts'
import { splitOf } from '../../../support/split.ts'
import { countSpanIds, requestOf, spanIdOf } from '../../../support/store-spans.ts'

const partitionCount = 2
const seed = Number(process.env.SEED ?? 20261129)
const config: BuilderConfig = {
  instance: 'one',
  cycleMillis: 1,
  maxBytes: 2 ** 20,
  group: 'builders',
  encoding: { config: profiles['high-throughput'] },
  acceptsLoss: false,
}
const never = new AbortController().signal

/** A topic, and an append of spans as a distributor makes it. */
function newTopic() {
  const topic = new MemoryTopic('spans', partitionCount)
  const log = new MemoryLog(topic, 100_000)
  const append = async (tenant: string, first: number, end: number) => {
    const spans = Array.from({ length: end - first }, (_, i) => [first + i, first + i] as const)
    const split = splitOf(requestOf(spans), { tenant, partitionCount, format: 'tempo', maxRecordBytes: 100_000 })
    for (const { partition, record } of split.records) await log.append(partition, [record])
  }
  return { topic, log, append }
}

async function builderOf(
  log: MemoryLog,
  store: BlobStore,
  change: Partial<BuilderConfig> = {},
  owns?: (partition: number) => Promise<boolean>,
) {
  const warnings: string[] = []
  const chain = await Chain.open(store)
  const warn = (message: string) => warnings.push(message)
  const builder = new BlockBuilder({ log, store, chain, warn, ...(owns && { owns }) }, { ...config, ...change })
  return { builder, chain, warnings }
}

/** Builds until a state is reached, as `run` does. */
async function running(builder: BlockBuilder, until: () => Promise<boolean>): Promise<void> {
  const ending = new AbortController()
  const run = builder.run(ending.signal)
  run.catch(() => {})
  for (let left = 2_000; left > 0 && !(await until()); left--) await new Promise(resolve => setTimeout(resolve, 5))
  ending.abort()
  await run
}

/** How often each span is in the blocks that count. */
async function spansOf(store: BlobStore, tenant = 'a'): Promise<Map<string, number>> {
  const { state } = await Chain.open(store)
  const sources = await Promise.all(
    state.blocksOf(tenant).map(async meta => {
      const file = await store.open(keyOf(meta, dataName))
      return blockpackSource(await BlockpackReader.open(file))
    }),
  )
  const counts = new Map<string, number>()
  // Each by itself: joined, what is in two would count once.
  for (const source of sources)
    for (const [id, count] of await countSpanIds(joinSources([source]))) counts.set(id, (counts.get(id) ?? 0) + count)
  return counts
}

const once = (first: number, end: number) =>
  new Map(Array.from({ length: end - first }, (_, i) => [spanIdOf(first + i), 1] as const))

const sorted = (counts: Map<string, number>) => [...counts].sort()

async function isCaughtUp(log: MemoryLog, store: BlobStore): Promise<boolean> {
  const { state } = await Chain.open(store)
  for (let partition = 0; partition < partitionCount; partition++)
    if (state.end(partition) !== (await log.end(partition))) return false
  return true
}

test('every span of the log is in one block of its tenant, with its meta, and tools are told', async () => {
  const { topic, log, append } = newTopic()
  const store = memoryStore()
  await append('a', 1, 200)
  await append('b', 200, 220)
  const { builder, chain } = await builderOf(log, store)
  await running(builder, () => isCaughtUp(log, store))
  expect(sorted(await spansOf(store))).toEqual(sorted(once(1, 200)))
  expect(sorted(await spansOf(store, 'b'))).toEqual(sorted(once(200, 220)))
  for (const meta of chain.state.blocks.values())
    expect(JSON.parse(Buffer.from(await readObject(store, keyOf(meta, metaName))).toString())).toEqual(meta)
  expect(topic.hints.get('builders')?.get(0)).toBe(await log.end(0))
  expect(builder.counters).toMatchObject({ spans: 219, failures: 0, overtaken: 0, poison: 0 })
  expect([...builder.counters.owned].sort()).toEqual([0, 1])
})

test('spans that a distributor has appended twice are in a block once', async () => {
  const { log, append } = newTopic()
  const store = memoryStore()
  await append('a', 1, 50)
  await append('a', 1, 50)
  const { builder } = await builderOf(log, store, { cycleMillis: 20 })
  await running(builder, () => isCaughtUp(log, store))
  expect(sorted(await spansOf(store))).toEqual(sorted(once(1, 50)))
  expect(builder.counters).toMatchObject({ spans: 49, repeatedSpans: 49 })
})

test('several builders of the same partitions make each span one block, and those overtaken drop theirs', async () => {
  const { log, append } = newTopic()
  const store = memoryStore()
  const builders = await Promise.all(
    ['one', 'two', 'three'].map(instance => builderOf(log, store, { instance, cycleMillis: 3 })),
  )
  const ending = new AbortController()
  const runs = builders.map(({ builder }) => builder.run(ending.signal))
  for (let first = 1; first < 600; first += 20) {
    await append('a', first, first + 20)
    await new Promise(resolve => setTimeout(resolve, 4))
  }
  for (let left = 1_000; left > 0 && !(await isCaughtUp(log, store)); left--)
    await new Promise(resolve => setTimeout(resolve, 5))
  ending.abort()
  await Promise.all(runs)
  expect(sorted(await spansOf(store))).toEqual(sorted(once(1, 601)))
  const data: string[] = []
  for await (const { key } of store.list('')) if (key.endsWith(dataName)) data.push(key)
  expect(data).toHaveLength((await Chain.open(store)).state.blocks.size)
  expect(builders.reduce((sum, { builder }) => sum + builder.counters.spans, 0)).toBe(600)
  expect(builders.reduce((sum, { builder }) => sum + builder.counters.overtaken, 0)).toBeGreaterThan(0)
})

test('a partition that is not its own is left to others', async () => {
  const { log, append } = newTopic()
  const store = memoryStore()
  await append('a', 1, 100)
  const { builder, chain } = await builderOf(log, store, {}, async partition => partition === 1)
  await running(builder, async () => chain.state.end(1) === (await log.end(1)))
  expect(chain.state.end(0)).toBe(0)
  expect([...builder.counters.owned]).toEqual([1])
})

test('what cannot be read is set aside with its offset, and the partition goes on', async () => {
  const { log, append } = newTopic()
  const store = memoryStore()
  await append('a', 1, 20)
  const bad = [Buffer.from('garbage'), Buffer.from([0x12, 0x7f, 1]), Buffer.from('{"resourceSpans":[]}')]
  const first = await log.append(
    0,
    bad.map(value => ({ value, timeMillis: 0 })),
  )
  await append('a', 20, 40)
  const { builder, chain, warnings } = await builderOf(log, store)
  await running(builder, () => isCaughtUp(log, store))
  expect(sorted(await spansOf(store))).toEqual(sorted(once(1, 40)))
  for (const [i, value] of bad.entries())
    expect(
      Buffer.from(await readObject(store, `cluster=1/poison/000000/${String(first + i).padStart(12, '0')}`)),
    ).toEqual(value)
  expect(builder.counters.poison).toBe(3)
  expect(warnings[0]).toMatch(/^log "spans", partition 0, offset \d+: is set aside: .+/)
  expect(chain.state.end(0)).toBe(await log.end(0))
})

test('where retention has removed records that are in no block it stops, or goes on where it is told so', async () => {
  const { topic, log, append } = newTopic()
  const store = memoryStore()
  for (let i = 0; i < 10; i++) await append('a', 1 + i * 10, 11 + i * 10)
  topic.truncate(0, 4)
  const { builder } = await builderOf(log, store)
  await expect(builder.run(never)).rejects.toMatchObject({
    reason: 'out of range',
    message:
      'log "spans", partition 0: it begins at 4, and blocks end at 0: retention has removed 4 records that are in no block; --accept-lost-records goes on without them',
  })
  const { builder: second } = await builderOf(log, store, { acceptsLoss: true })
  await running(second, () => isCaughtUp(log, store))
  expect(second.counters.lost).toBe(4)
  const commits: unknown[] = []
  for await (const { key } of store.list('cluster=1/commit/'))
    commits.push(...JSON.parse(Buffer.from(await readObject(store, key)).toString()).log)
  expect(commits).toContainEqual(expect.objectContaining({ partition: 0, lost: [0, 4], start: 4 }))
})

test('what was read before retention removed what follows is in a block, and then the builder stops', async () => {
  const { topic, log, append } = newTopic()
  const store = memoryStore()
  for (let i = 0; i < 10; i++) await append('a', 1 + i * 10, 11 + i * 10)
  const { builder, chain } = await builderOf(log, store, { cycleMillis: 60_000, partitions: [0] })
  const read = log.read.bind(log)
  log.read = async (partition, from) => {
    const found = await read(partition, from, 1, 0)
    topic.truncate(0, 6)
    return found
  }
  await expect(builder.run(never)).rejects.toThrow(
    /it begins at 6, and blocks end at 1: retention has removed 5 records/,
  )
  expect(chain.state.end(0)).toBe(1)
  expect((await spansOf(store)).size).toBeGreaterThan(0)
})

test.each([false, true])(
  'retention that removes records between the look at where the log begins and the first read is lost or refused (accepted: %s)',
  async acceptsLoss => {
    const { topic, log, append } = newTopic()
    const store = memoryStore()
    for (let i = 0; i < 10; i++) await append('a', 1 + i * 10, 11 + i * 10)
    const { builder, chain } = await builderOf(log, store, { partitions: [0], acceptsLoss })
    const read = log.read.bind(log)
    let removed = 0
    log.read = async (...asked) => {
      // Twice, as it may happen again while what was removed before is accepted.
      if (removed < 6) {
        removed += 3
        topic.truncate(0, removed)
      }
      return read(...asked)
    }
    if (acceptsLoss) {
      await running(builder, async () => chain.state.end(0) === (await log.end(0)))
      expect(builder.counters.lost).toBe(6)
      expect((await spansOf(store)).size).toBeGreaterThan(0)
    } else
      await expect(builder.run(never)).rejects.toThrow(
        /it begins at \d, and blocks end at 0: .*; --accept-lost-records goes on without them$/,
      )
  },
)

test('a log that ends before the blocks do is another one: the builder stops', async () => {
  const { log, append } = newTopic()
  const store = memoryStore()
  await append('a', 1, 100)
  await running((await builderOf(log, store)).builder, () => isCaughtUp(log, store))
  const { builder } = await builderOf(newTopic().log, store)
  await expect(builder.run(never)).rejects.toMatchObject({
    message: expect.stringMatching(/^log "spans", partition \d: offset \d+ is not in \[0, 0\]: records were lost, or/),
  })
})

test('a log that is away is waited for', async () => {
  const { topic, log, append } = newTopic()
  const store = memoryStore()
  await append('a', 1, 30)
  topic.isDown = true
  const { builder, warnings } = await builderOf(log, store)
  await running(builder, async () => {
    if (builder.counters.failures > 0) topic.isDown = false
    return !topic.isDown && isCaughtUp(log, store)
  })
  expect(sorted(await spansOf(store))).toEqual(sorted(once(1, 30)))
  expect(warnings[0]).toMatch(/^log "spans", partition \d: the log is down$/)
})

test('what is gathered is bounded: blocks are made of a backlog one after another', async () => {
  const { log, append } = newTopic()
  const store = memoryStore()
  for (let i = 0; i < 40; i++) await append('a', 1 + i * 50, 51 + i * 50)
  const { builder } = await builderOf(log, store, { cycleMillis: 60_000, maxBytes: 20_000 })
  const bytes = await log.read(0, 0, 2 ** 30, 0)
  const total = bytes.records.reduce((sum, { value }) => sum + value.length, 0)
  await running(builder, async () => builder.counters.blocks >= Math.floor(total / 20_000))
  expect(builder.counters.blocks).toBeGreaterThan(2)
})

test('a block has the records of so many bytes at most', async () => {
  const { log, append } = newTopic()
  const store = memoryStore()
  for (let i = 0; i < 10; i++) await append('a', 1 + i * 50, 51 + i * 50)
  const { records } = await log.read(0, 0, 2 ** 30, 0)
  const maxBlockBytes = records[0]!.value.length + records[1]!.value.length + 1
  const { builder } = await builderOf(log, store, { cycleMillis: 60_000, maxBlockBytes, partitions: [0, 7] })
  await running(builder, async () => builder.counters.blocks >= 4)
  expect(builder.counters.records / builder.counters.blocks).toBeLessThanOrEqual(3)
  expect(builder.counters.failures).toBe(0)
})

test(`killed or failing in any operation of the store, the next builder goes on: each span is in one block (seed ${seed})`, async () => {
  const build = async (faultAt: number, fault: 'fail' | 'kill') => {
    const { log, append } = newTopic()
    const disk = new FaultyDisk(drawsOf(seed + faultAt))
    for (let i = 0; i < 6; i++) await append(i % 3 === 0 ? 'b' : 'a', 1 + i * 10, 11 + i * 10)
    await log.append(0, [{ value: Buffer.from('garbage'), timeMillis: 0 }])
    disk.faultAt = operation => (operation === faultAt ? fault : 'none')
    for (let attempt = 0; attempt < 4; attempt++) {
      const { builder } = await builderOf(log, disk.blobs, { maxBytes: 3_000 })
      const step = async () => {
        for (let i = 0; i < 40 && !(await isCaughtUp(log, disk.blobs)); i++)
          for (let partition = 0; partition < partitionCount; partition++)
            if ((await Chain.open(disk.blobs)).state.end(partition) < (await log.end(partition)))
              await builder.build(partition, never)
      }
      await step().catch(() => {})
      if (disk.isDead) disk.restart()
    }
    const found = [...(await spansOf(disk.blobs)), ...(await spansOf(disk.blobs, 'b'))]
    expect(found.sort(), `${fault} at ${faultAt}`).toEqual(sorted(once(1, 61)))
    return disk.operations
  }
  const operations = await build(-1, 'fail')
  expect(operations).toBeGreaterThan(10)
  for (let at = 0; at < operations; at++)
    for (const [i, fault] of (['fail', 'kill'] as const).entries())
      if (isThorough || at % 2 === i) await build(at, fault)
})
