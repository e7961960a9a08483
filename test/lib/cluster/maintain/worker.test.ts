import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import type { Commit } from '../../../../lib/cluster/commits/commit.ts'
import type { WorkerPlaces } from '../../../../lib/cluster/maintain/places.ts'
import { BackendWorker } from '../../../../lib/cluster/maintain/worker.ts'
import { keyOf } from '../../../../lib/serve/blocks/blocks.ts'
import { blockFormats, compactedName, dataName, metaName } from '../../../../lib/serve/blocks/meta.ts'
import { defaultCompaction } from '../../../../lib/serve/blocks/plan.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { type BlobStore, putBytes, readObject } from '../../../../lib/storage/store.ts'
import {
  type BuiltBlock,
  buildBlock,
  countedSpans,
  hour,
  keysOf,
  never,
  StagedClock,
  tenantKeys,
  workerConfig,
} from '../../../support/worker-stage.ts'

async function stage(store: BlobStore = memoryStore()) {
  const clock = new StagedClock()
  const chain = await Chain.open(store)
  const build = (spec: BuiltBlock = {}) => buildBlock({ store, chain }, spec, clock.millis)
  const worker = async (instance = 'worker', own: Partial<WorkerPlaces> = {}, change = {}) => {
    const warnings: string[] = []
    const places = { store, chain: await Chain.open(store), warn: (message: string) => warnings.push(message), ...own }
    return { warnings, worker: new BackendWorker(places, { ...workerConfig, ...change, instance }, clock) }
  }
  return { store, clock, chain, build, worker }
}

const workerEpoch = Date.UTC(2026, 0, 1)

async function settle(worker: BackendWorker): Promise<void> {
  while (await worker.pass(never));
}

const once = (count: number) => new Map(Array.from({ length: count }, (_, i) => [i + 1, 1]))
const sorted = (counts: Map<number, number>) => new Map([...counts].sort(([a], [b]) => a - b))

test.each(blockFormats)(
  'blocks of a window become one of %s, and those that it replaces go an hour later',
  async format => {
    const { store, clock, chain, build, worker: newWorker } = await stage()
    for (let i = 0; i < 9; i++) await build({ format })
    const { worker } = await newWorker()
    await settle(worker)
    expect(worker.counters).toMatchObject({ compactions: 2, compactedBlocks: 8, failures: 0, overtaken: 0 })
    clock.millis += hour
    await settle(worker)
    await chain.refresh()
    expect([...chain.state.blocks.values()]).toMatchObject([{ format, totalSpans: 27 }])
    expect(sorted(await countedSpans(store))).toEqual(once(27))
    // Until an hour has passed, the others are there for readers, and say that they do not count.
    expect((await tenantKeys(store)).filter(key => key.endsWith(`/${compactedName}`)).length).toBeGreaterThanOrEqual(3)
    clock.millis += 2 * hour
    await settle(worker)
    expect(await tenantKeys(store)).toEqual(keysOf(chain.state.blocks.values()))
  },
)

test('blocks of two formats become two', async () => {
  const { store, clock, chain, build, worker: newWorker } = await stage()
  for (let i = 0; i < 6; i++) await build({ format: blockFormats[i % 2]! })
  clock.millis += hour
  const { worker, warnings } = await newWorker()
  await settle(worker)
  await chain.refresh()
  expect(warnings).toEqual([])
  expect(Array.from(chain.state.blocks.values(), ({ format }) => format).sort()).toEqual([...blockFormats].sort())
  expect(sorted(await countedSpans(store))).toEqual(once(18))
})

test('blocks that are older than is wanted count no more, and go an hour later', async () => {
  const { store, clock, chain, build, worker: newWorker } = await stage()
  await build()
  clock.millis += defaultCompaction.retentionMillis
  await build()
  const { worker } = await newWorker()
  await settle(worker)
  expect(worker.counters.expiredBlocks).toBe(1)
  expect((await chain.refresh()).blocks.size).toBe(1)
  expect((await tenantKeys(store)).length).toBe(4)
  clock.millis += hour
  await settle(worker)
  expect(await tenantKeys(store)).toEqual(keysOf(chain.state.blocks.values()))
})

test('a meta that its builder did not get to write is written', async () => {
  const { store, chain, build, worker: newWorker } = await stage()
  await build()
  const [meta] = chain.state.blocks.values()
  await store.delete(keyOf(meta!, metaName))
  const { worker } = await newWorker()
  await worker.pass(never)
  expect(JSON.parse(Buffer.from(await readObject(store, keyOf(meta!, metaName))).toString())).toEqual(meta)
  expect(worker.counters.completedMetas).toBe(1)
})

test('data that no commit has is discarded before it is deleted, so that a builder that wakes up cannot commit it', async () => {
  const { store, clock, chain, build, worker: newWorker } = await stage()
  await build()
  const meta = { ...[...chain.state.blocks.values()][0]!, blockID: randomUUID() }
  await putBytes(store, keyOf(meta, dataName), Buffer.from('data'))
  const { worker } = await newWorker()
  await worker.pass(never)
  clock.millis += hour - 1
  await worker.pass(never)
  expect(await tenantKeys(store)).toContain(keyOf(meta, dataName))
  clock.millis += hour
  await worker.pass(never)
  expect(await tenantKeys(store)).not.toContain(keyOf(meta, dataName))
  expect(worker.counters).toMatchObject({ discardedBlocks: 1, deletedBlocks: 1 })
  const change: Commit = { writer: 'b', log: [], adds: [meta], removes: [], discards: [] }
  expect(await chain.commit(change)).toBe(`block ${meta.blockID} is discarded`)
})

test('what is committed at the last moment before it is discarded stays', async () => {
  const { store, clock, chain, build, worker: newWorker } = await stage()
  await build()
  const [counting] = chain.state.blocks.values()
  const strays = [0, 1].map(() => ({ ...counting!, blockID: randomUUID() }))
  const bytes = await readObject(store, keyOf(counting!, dataName))
  for (const stray of strays) await putBytes(store, keyOf(stray, dataName), bytes)
  let isLast = false
  const late: BlobStore = {
    ...store,
    list: (prefix, after) => {
      const commit = async () => {
        if (!isLast || prefix !== 'cluster=1/snapshot/') return
        isLast = false
        await chain.commit({ writer: 'b', log: [], adds: [strays[0]!], removes: [], discards: [] })
      }
      return (async function* () {
        await commit()
        yield* store.list(prefix, after)
      })()
    },
  }
  const { worker } = await newWorker('late', { store: late })
  await worker.pass(never)
  clock.millis += hour
  isLast = true
  await worker.pass(never)
  const keys = await tenantKeys(store)
  expect(keys).toContain(keyOf(strays[0]!, dataName))
  expect(keys).not.toContain(keyOf(strays[1]!, dataName))
  expect(worker.counters).toMatchObject({ discardedBlocks: 1, deletedBlocks: 1, failures: 0 })
})

test('what began and ended to count while a worker did not look stays as long as what it saw end', async () => {
  const { store, clock, chain, build, worker: newWorker } = await stage()
  for (let i = 0; i < 4; i++) await build()
  const metas = [...chain.state.blocks.values()]
  const late = { ...metas[0]!, blockID: randomUUID() }
  await putBytes(store, keyOf(late, dataName), await readObject(store, keyOf(metas[0]!, dataName)))
  const { worker } = await newWorker()
  await settle(worker)
  clock.millis += hour - 1
  // Its builder commits it at last, and dies; another worker replaces it.
  const change: Commit = { writer: 'b', log: [], adds: [late], removes: [], discards: [] }
  expect(await chain.commit(change)).toBeUndefined()
  expect(await chain.commit({ ...change, adds: [], removes: [late.blockID] })).toBeUndefined()
  clock.millis += 300_000
  await settle(worker)
  expect(await tenantKeys(store)).toContain(keyOf(late, dataName))
  clock.millis += hour
  await settle(worker)
  expect(await tenantKeys(store)).not.toContain(keyOf(late, dataName))
})

test('a compaction that fails is named, and the other blocks go on without its blocks', async () => {
  const { store, clock, chain, build, worker: newWorker } = await stage()
  for (let i = 0; i < 4; i++) await build({ tenant: 'bad' })
  await putBytes(store, keyOf([...chain.state.blocks.values()][1]!, dataName), Buffer.from('broken'))
  for (let i = 0; i < 4; i++) await build({ tenant: 'good', partition: 1 })
  const { worker, warnings } = await newWorker()
  await settle(worker)
  expect(worker.counters).toMatchObject({ compactions: 1, failures: 1 })
  expect(warnings.join('\n')).toMatch(/^compaction of 4 blocks of tenant bad: bad\/[-0-9a-f]+\/data\.blockpack: .+$/)
  expect((await chain.refresh()).blocksOf('bad').length).toBe(4)
  clock.millis += 2 * hour
  for (let i = 0; i < 4; i++) await build({ tenant: 'good', partition: 1 })
  await settle(worker)
  expect(worker.counters).toMatchObject({ failures: 2 })
})

test('a block that counts and has no data is named', async () => {
  const { store, chain, build, worker: newWorker } = await stage()
  await build()
  const [meta] = chain.state.blocks.values()
  await store.delete(keyOf(meta!, dataName))
  const { worker, warnings } = await newWorker()
  await worker.pass(never)
  expect(warnings).toEqual([`a/${meta!.blockID}/data.blockpack: is missing, and its 3 spans count`])
  expect(worker.counters.missingBlocks).toBe(1)
})

test('commits that are damaged end a worker, and a store that is away does not', async () => {
  const { store, worker: newWorker } = await stage()
  const away: BlobStore = {
    ...store,
    list: () => {
      throw new Error('no answer')
    },
  }
  const { worker: waiting, warnings } = await newWorker('waiting', { store: away })
  expect(await waiting.pass(never)).toBe(false)
  expect(warnings).toEqual(['what is left over: no answer'])
  const { worker } = await newWorker()
  await putBytes(store, 'cluster=1/commit/000000000001.json', Buffer.from('{'))
  await expect(worker.run(never)).rejects.toThrow('cluster=1/commit/000000000001.json: is not JSON')
})

test('workers that know of each other have different work, and one has all where it is alone', async () => {
  const { store, chain, build, worker: newWorker } = await stage()
  const tenants = Array.from({ length: 24 }, (_, i) => `t${i}`)
  for (const [partition, tenant] of tenants.entries()) for (let i = 0; i < 4; i++) await build({ tenant, partition })
  const names = ['one', 'two', 'three']
  const workers = await Promise.all(names.map(name => newWorker(name, { members: async () => names })))
  await Promise.all(workers.map(({ worker }) => settle(worker)))
  const done = workers.map(({ worker: { counters } }) => counters.compactions)
  expect(done.reduce((sum, count) => sum + count)).toBe(24)
  for (const count of done) expect(count).toBeGreaterThan(2)
  expect(workers.map(({ worker: { counters } }) => counters.overtaken)).toEqual([0, 0, 0])
  for (const [partition, tenant] of tenants.entries()) for (let i = 0; i < 4; i++) await build({ tenant, partition })
  const { worker: stranger } = await newWorker('four', { members: async () => names })
  await settle(stranger)
  expect(stranger.counters.compactions).toBe(24)
  expect((await chain.refresh()).blocks.size).toBe(48)
  expect((await countedSpans(store)).size).toBe(576)
})

test('where clocks differ by minutes each span is in one block, and what was replaced stays readable for an hour', async () => {
  const store = memoryStore()
  const chain = await Chain.open(store)
  const clocks = [0, 7, -9].map(minutes => Object.assign(new StagedClock(), { millis: workerEpoch + minutes * 60_000 }))
  const [truth] = clocks as [StagedClock]
  const warnings: string[] = []
  const workers = await Promise.all(
    clocks.map(async (clock, i) => {
      const places = { store, chain: await Chain.open(store), warn: (message: string) => warnings.push(message) }
      return new BackendWorker(places, { ...workerConfig, instance: `worker-${i}` }, clock)
    }),
  )
  const replaced = new Map<string, number>()
  for (let step = 0; step < 18; step++) {
    // Who took the spans in has a clock of its own, too.
    await buildBlock({ store, chain }, {}, clocks[step % 3]!.millis)
    for (const clock of clocks) clock.millis += hour / 4
    const before = await chain.refresh()
    await Promise.all(workers.map(worker => worker.pass(never)))
    const after = await chain.refresh()
    for (const [id, meta] of before.blocks) if (!after.blocks.has(id)) replaced.set(keyOf(meta, dataName), truth.millis)
    expect(sorted(await countedSpans(store))).toEqual(once(3 * (step + 1)))
    for (const [key, millis] of replaced)
      if (truth.millis - millis < hour) expect((await readObject(store, key)).length).toBeGreaterThan(0)
  }
  expect(replaced.size).toBeGreaterThan(8)
  expect(workers.reduce((sum, { counters }) => sum + counters.deletedBlocks, 0)).toBeGreaterThan(0)
  expect(warnings).toEqual([])
})

test('snapshots that later ones replace go an hour later', async () => {
  const { store, clock, chain, worker: newWorker } = await stage()
  const { worker } = await newWorker()
  const commit = async (count: number) => {
    const change: Commit = { writer: 'b', log: [], adds: [], removes: [], discards: [] }
    for (let i = 0; i < count; i++) await chain.commit({ ...change, discards: [randomUUID()] })
  }
  const snapshots = async () => {
    const keys: string[] = []
    for await (const { key } of store.list('cluster=1/snapshot/')) keys.push(key)
    return keys.map(key => Number(/\d+(?=\.json)/.exec(key)![0]))
  }
  for (let i = 0; i < 3; i++) {
    await commit(100)
    await worker.pass(never)
  }
  expect(await snapshots()).toEqual([100, 200, 300])
  clock.millis += hour
  await worker.pass(never)
  clock.millis += hour
  await worker.pass(never)
  expect(await snapshots()).toEqual([300])
  expect((await Chain.open(store)).state.number).toBe(300)
})
