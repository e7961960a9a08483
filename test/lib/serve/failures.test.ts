import { describe, expect, test } from 'vitest'
import { defaultConfig } from '../../../lib/serve/config.ts'
import { Store } from '../../../lib/serve/store.ts'
import { WorkerPool } from '../../../lib/workers/pool.ts'
import { drawsOf } from '../../support/draws.ts'
import { FaultyDisk } from '../../support/faulty-disk.ts'
import { countSpanIds, requestOf, spanIdOf } from '../../support/store-spans.ts'

/** When the blocks of now are due to become one. */
const dueMillis = () => Date.now() + 2 * 3_600_000

function newStore(disk: FaultyDisk, workers?: WorkerPool, warnings: string[] = []): Promise<Store> {
  const places = { log: disk.log, blocks: disk.blobs, workers, warn: (message: string) => void warnings.push(message) }
  return Store.open(places, defaultConfig)
}

async function expectEachOnce(store: Store, count: number): Promise<void> {
  const expected = Array.from({ length: count }, (_, i) => [spanIdOf(i + 1), 1])
  expect([...(await countSpanIds(await store.source('a')))].sort()).toEqual(expected)
}

/** A store with two blocks, a span in each, that are due to become one. */
async function storeOfTwoBlocks(disk: FaultyDisk, workers?: WorkerPool, warnings?: string[]): Promise<Store> {
  const store = await newStore(disk, workers, warnings)
  for (const number of [1, 2]) {
    await store.push('a', requestOf([[1, number]]))
    await store.flush()
  }
  return store
}

async function expectEachOnceAfterRestart(disk: FaultyDisk, count: number): Promise<void> {
  const store = await newStore(disk)
  await expectEachOnce(store, count)
  await store.flush()
  await store.maintain(dueMillis())
  await expectEachOnce(store, count)
  expect(store.blocks.list('a')).toHaveLength(1)
  await store.close()
}

/** The objects that a block is written as, the last of which publishes it. */
const objects = ['data.blockpack', 'meta.json']

describe('a disk that is full', () => {
  test.each(objects)(
    'while %s of a new block is written loses no span, and the block is written later',
    async object => {
      const disk = new FaultyDisk(drawsOf(1))
      const store = await newStore(disk)
      await store.push('a', requestOf([[1, 1]]))
      disk.faultAt = (_, name) => (name.endsWith(object) ? 'fail' : 'none')
      await expect(store.flush()).rejects.toThrow(/ENOSPC/)
      await expectEachOnce(store, 1)
      await store.push('a', requestOf([[1, 2]]))
      disk.faultAt = () => 'none'
      await store.flush()
      await expectEachOnce(store, 2)
      expect(store.recent().waitingSegments).toBe(0)
      await store.close()
      await expectEachOnceAfterRestart(disk, 2)
    },
  )

  test.each([
    ...objects.map(object => [object, 'here', () => undefined] as const),
    ['data.blockpack', 'in a thread', () => new WorkerPool(2, 0)] as const,
  ])('while %s of a block compacted %s is written is reported, and the inputs stay', async (object, _, newPool) => {
    const disk = new FaultyDisk(drawsOf(2))
    const warnings: string[] = []
    const workers = newPool()
    const store = await storeOfTwoBlocks(disk, workers, warnings)
    disk.faultAt = (_, name) => (name.endsWith(object) ? 'fail' : 'none')
    await store.maintain(dueMillis())
    expect(warnings).toEqual([expect.stringMatching(/^maintenance of blocks: .*the disk is full/)])
    await expectEachOnce(store, 2)
    disk.faultAt = () => 'none'
    await store.maintain(dueMillis())
    expect(store.counters.compactions).toBe(1)
    await expectEachOnce(store, 2)
    await store.close()
    await workers?.close()
    await expectEachOnceAfterRestart(disk, 2)
  })
})

describe('a worker that dies', () => {
  /** Ends the next thread that is started. */
  const killNext = () => process.once('worker', worker => void worker.terminate())

  test('while it encodes a new block loses no span, and the next one writes the block', async () => {
    const workers = new WorkerPool(2, 0)
    const disk = new FaultyDisk(drawsOf(3))
    const warnings: string[] = []
    const store = await newStore(disk, workers, warnings)
    await store.push('a', requestOf([[1, 1]]))
    killNext()
    await store.flush()
    expect(warnings).toEqual([expect.stringMatching(/^making a block: .*worker/)])
    expect(store.blocks.list('a')).toHaveLength(1)
    await expectEachOnce(store, 1)
    await store.close()
    await workers.close()
    await expectEachOnceAfterRestart(disk, 1)
  })

  test('while it encodes a compacted block is reported, and the next one writes the block', async () => {
    const disk = new FaultyDisk(drawsOf(4))
    await (await storeOfTwoBlocks(disk)).close()
    const workers = new WorkerPool(2, 0)
    const warnings: string[] = []
    const store = await newStore(disk, workers, warnings)
    killNext()
    await store.maintain(dueMillis())
    expect(warnings).toEqual([expect.stringMatching(/^maintenance of blocks: .*worker/)])
    await expectEachOnce(store, 2)
    await store.maintain(dueMillis())
    expect(store.blocks.list('a')).toHaveLength(1)
    await store.close()
    await workers.close()
    await expectEachOnceAfterRestart(disk, 2)
  })
})

describe('a store that is closed', () => {
  /** Closes a store when it first writes such an object; returns when it is closed. */
  function closeIn(store: Store, disk: FaultyDisk, object: string): Promise<void> {
    return new Promise((resolve, reject) => {
      disk.faultAt = (_, name) => {
        if (!name.endsWith(object)) return 'none'
        disk.faultAt = () => 'none'
        store.close().then(resolve, reject)
        return 'none'
      }
    })
  }

  test.each(objects)('while %s of a new block is written opens with each span once', async object => {
    const disk = new FaultyDisk(drawsOf(5))
    const store = await newStore(disk)
    await store.push('a', requestOf([[1, 1]]))
    const closed = closeIn(store, disk, object)
    await store.flush()
    await closed
    await expectEachOnceAfterRestart(disk, 1)
  })

  test.each(objects)('while %s of a compacted block is written opens with each span once', async object => {
    const disk = new FaultyDisk(drawsOf(6))
    const store = await storeOfTwoBlocks(disk)
    const closed = closeIn(store, disk, object)
    await store.maintain(dueMillis())
    await closed
    await expectEachOnceAfterRestart(disk, 2)
  })

  test.each([0, 1_000])('gives up the block that it compacts, where threads take %i spans and more', async minSpans => {
    const disk = new FaultyDisk(drawsOf(9))
    const warnings: string[] = []
    const workers = new WorkerPool(2, minSpans)
    const store = await storeOfTwoBlocks(disk, workers, warnings)
    const closed = closeIn(store, disk, 'data.blockpack')
    await store.maintain(dueMillis())
    await closed
    expect(store.counters.compactions).toBe(0)
    expect(warnings).toEqual([])
    await workers.close()
    await expectEachOnceAfterRestart(disk, 2)
  })
})

test('requests have their turn after every 512 spans of a log that is read at the start', async () => {
  const disk = new FaultyDisk(drawsOf(7))
  const store = await newStore(disk)
  const requestCount = 16
  for (let i = 0; i < requestCount; i++)
    await store.push('a', requestOf(Array.from({ length: 512 }, (_, j) => [i + 1, i * 512 + j + 1] as const)))
  await store.close()
  const again = await newStore(disk)
  let turns = 0
  for (; again.pending; turns++) await new Promise(setImmediate)
  expect(turns).toBeGreaterThanOrEqual(requestCount)
  await again.close()
})
