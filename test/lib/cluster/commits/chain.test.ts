import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import { type Commit, commitKey, snapshotKey } from '../../../../lib/cluster/commits/commit.ts'
import type { BlockMeta } from '../../../../lib/serve/blocks/meta.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { type BlobStore, putBytes, readObject } from '../../../../lib/storage/store.ts'
import { drawsOf } from '../../../support/draws.ts'

function block(): BlockMeta {
  const time = '2026-01-01T00:00:00.000Z'
  const times = { startTime: time, endTime: time, receivedTime: time }
  const counts = { totalObjects: 1, totalSpans: 1, size: 1, compactionLevel: 0 }
  return { format: 'blockpack', blockID: randomUUID(), tenantID: 'a', ...times, ...counts, replaces: [] }
}

function change(own: Partial<Commit>): Commit {
  return { writer: 'w', log: [], adds: [], removes: [], discards: [], ...own }
}

function section(partition: number, start: number, end: number) {
  return { partition, start, end, poison: [] }
}

test('of builders that commit the same offsets at once, one succeeds, and the others go on from its end', async () => {
  const store = memoryStore()
  const seed = 20
  const random = drawsOf(seed)
  const build = async (writer: string) => {
    const chain = await Chain.open(store)
    for (let round = 0; round < 12; round++) {
      const partition = Math.floor(random() * 2)
      const start = chain.state.end(partition)
      const end = start + 1 + Math.floor(random() * 5)
      await chain.commit(change({ writer, log: [section(partition, start, end)], adds: [block()] }))
      if (random() < 0.3) await chain.refresh()
    }
  }
  await Promise.all(['a', 'b', 'c'].map(build))
  const covered = new Map([
    [0, 0],
    [1, 0],
  ])
  let commitCount = 0
  const chain = await Chain.open(store)
  for await (const { key } of store.list('cluster=1/commit/')) {
    const { log } = JSON.parse(Buffer.from(await readObject(store, key)).toString()) as Commit
    for (const { partition, start, end } of log) {
      expect(start, `seed ${seed}`).toBe(covered.get(partition))
      covered.set(partition, end)
    }
    expect(key).toBe(commitKey(++commitCount))
  }
  expect(chain.state.number).toBe(commitCount)
  expect(chain.state.ends).toEqual(covered)
  expect(chain.state.blocks.size).toBe(commitCount)
})

test('a commit whose condition is still true is written after those of others', async () => {
  const store = memoryStore()
  const [one, other] = await Promise.all([Chain.open(store), Chain.open(store)])
  expect(await one.commit(change({ log: [section(0, 0, 10)] }))).toBeUndefined()
  expect(await other.commit(change({ log: [section(1, 0, 7)] }))).toBeUndefined()
  expect(other.state.ends).toEqual(
    new Map([
      [0, 10],
      [1, 7],
    ]),
  )
  expect(await one.commit(change({ log: [section(1, 0, 3)] }))).toBe('partition 1 ends at 7, not at 0')
})

test('a commit whose first answer was lost, so that the second try finds it, is known as the own one', async () => {
  const store = memoryStore()
  const losing: BlobStore = {
    ...store,
    put: async (key, write, when) => {
      await store.put(key, write, when)
      return store.put(key, write, when)
    },
  }
  const chain = await Chain.open(losing)
  const followed: Commit[] = []
  chain.followers.add(commit => followed.push(commit))
  const changes = [0, 5].map(start => change({ log: [section(0, start, start + 5)], adds: [block()] }))
  for (const one of changes) expect(await chain.commit(one)).toBeUndefined()
  expect(chain.state.end(0)).toBe(10)
  const other = await Chain.open(store)
  expect(await other.commit(change({ log: [section(1, 0, 1)] }))).toBeUndefined()
  // What another has committed is not the own one, and is followed once.
  expect(await chain.commit(change({ log: [section(1, 0, 1)], adds: [block()] }))).toMatch(/^partition 1 ends at 1/)
  expect(followed.map(({ log }) => log[0]!.end)).toEqual([5, 10, 1])
})

test('of two compactions of one block the second says why it cannot be', async () => {
  const store = memoryStore()
  const [one, other] = [await Chain.open(store), await Chain.open(store)]
  const [a, b] = [block(), block()]
  await one.commit(change({ log: [section(0, 0, 1)], adds: [a] }))
  await other.refresh()
  expect(await one.commit(change({ removes: [a.blockID], adds: [b] }))).toBeUndefined()
  const problem = await other.commit(change({ removes: [a.blockID], adds: [block()] }))
  expect(problem).toBe(`block ${a.blockID} does not count`)
  expect([...other.state.blocks.keys()]).toEqual([b.blockID])
})

test('a builder that was frozen cannot commit a block whose data was discarded', async () => {
  const store = memoryStore()
  const [worker, builder] = [await Chain.open(store), await Chain.open(store)]
  const orphan = block()
  expect(await worker.commit(change({ discards: [orphan.blockID] }))).toBeUndefined()
  const problem = await builder.commit(change({ log: [section(0, 0, 5)], adds: [orphan] }))
  expect(problem).toBe(`block ${orphan.blockID} is discarded`)
  expect(await worker.commit(change({ discards: [orphan.blockID] }))).toBeUndefined()
  const counting = block()
  await builder.commit(change({ log: [section(0, 0, 5)], adds: [counting] }))
  expect(await worker.commit(change({ discards: [counting.blockID] }))).toBe(`block ${counting.blockID} counts already`)
})

test('records that the log lost are passed over only where a commit says so', async () => {
  const store = memoryStore()
  const chain = await Chain.open(store)
  await chain.commit(change({ log: [section(0, 0, 5)] }))
  expect(await chain.commit(change({ log: [section(0, 9, 12)] }))).toBe('partition 0 ends at 5, not at 9')
  const bad = await chain.commit(change({ log: [{ ...section(0, 9, 12), lost: [5, 8] }] }))
  expect(bad).toBe('partition 0: what is lost, 5 to 8, does not end at 9')
  expect(await chain.commit(change({ log: [{ ...section(0, 9, 12), lost: [5, 9] }] }))).toBeUndefined()
  expect(chain.state.end(0)).toBe(12)
})

test('a reader begins with the last snapshot, which says what the commits before it say', async () => {
  const store = memoryStore()
  const chain = await Chain.open(store)
  for (let i = 0; i < 101; i++) await chain.commit(change({ log: [section(0, i, i + 1)], adds: [block()] }))
  await chain.commit(change({ discards: [block().blockID] }))
  await chain.snapshot()
  await chain.snapshot()
  await chain.commit(change({ removes: [chain.state.blocksOf('a')[0]!.blockID] }))
  await store.delete(commitKey(1))
  const reopened = await Chain.open(store)
  expect(reopened.state).toEqual(chain.state)
  expect(reopened.state.snapshot()).toEqual(chain.state.snapshot())
})

test.each([
  ['a gap', commitKey(3), change({}), 'cluster=1/commit/000000000003.json: commit 2 is missing before it'],
  [
    'what contradicts the commit before',
    commitKey(2),
    change({ log: [section(0, 5, 9)] }),
    'cluster=1/commit/000000000002.json: partition 0 ends at 4, not at 5 after commit 1',
  ],
  [
    'a later version',
    commitKey(2),
    { ...change({}), version: 2 },
    'cluster=1/commit/000000000002.json: version 2 was written by a later release; this one reads version 1',
  ],
  [
    'a wrong value',
    commitKey(2),
    { ...change({}), version: 1, adds: [{}] },
    /^cluster=1\/commit\/000000000002\.json: adds\.0\.\w+: /,
  ],
  ['no JSON', commitKey(2), '{', 'cluster=1/commit/000000000002.json: is not JSON'],
  ['a broken snapshot', snapshotKey(9), '{"version":1}', /^cluster=1\/snapshot\/000000000009\.json: log: /],
])('%s is refused by its key', async (_, key, content, message) => {
  const store = memoryStore()
  const chain = await Chain.open(store)
  await chain.commit(change({ log: [section(0, 0, 4)] }))
  const text = typeof content === 'string' ? content : JSON.stringify({ version: 1, ...content })
  await putBytes(store, key, Buffer.from(text))
  await expect(Chain.open(store)).rejects.toThrow(message)
})
