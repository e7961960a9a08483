import { expect, test } from 'vitest'
import { Chain } from '../../../lib/cluster/commits/chain.ts'
import { lagRows } from '../../../lib/cluster/lag.ts'
import type { LiveStatus } from '../../../lib/cluster/live/answer.ts'
import { MemoryLog, MemoryTopic } from '../../../lib/cluster/log/memory.ts'
import { memoryStore } from '../../../lib/storage/memory-store.ts'
import { recordOf } from '../../support/log.ts'

async function newPlaces(partitionCount: number) {
  const topic = new MemoryTopic('spans', partitionCount)
  return { topic, log: new MemoryLog(topic, 100_000), chain: await Chain.open(memoryStore()) }
}

async function commit(chain: Chain, partition: number, end: number): Promise<void> {
  const log = [{ partition, start: chain.state.end(partition), end, poison: [] }]
  await chain.commit({ writer: 'w', log, adds: [], removes: [], discards: [] })
}

const ago = (seconds: number, text: string) => ({ ...recordOf(text), timeMillis: Date.now() - seconds * 1_000 })

function statusOf(partition: number, next: number, waitingBytes: number): LiveStatus {
  const place = { first: 0, next, end: next, committed: 0, endAgeMillis: 0, readMillis: 0 }
  return { partition, ...place, waitingBytes, memoryBytes: 0, isFull: false }
}

test('lag is that of what is not in blocks, by partition, and 0 where there never was a record', async () => {
  const { log, chain } = await newPlaces(3)
  await log.append(0, [ago(500, 'a'), ago(400, 'b'), ago(90, 'c')])
  await log.append(1, [ago(30, 'd')])
  await commit(chain, 0, 2)
  await commit(chain, 1, 1)
  const live = [statusOf(0, 2, 10), statusOf(0, 3, 20), statusOf(7, 9, 9)]
  const rows = await lagRows({ log, chain }, live)
  expect(rows).toMatchObject([
    { partition: 0, committed: 2, read: 3, end: 3, records: 1, bytes: 20, problem: undefined },
    { partition: 1, committed: 1, read: undefined, end: 1, records: 0, bytes: undefined, seconds: 0 },
    { partition: 2, committed: 0, read: undefined, end: 0, records: 0, seconds: 0, problem: undefined },
  ])
  expect(rows[0]!.seconds).toBeGreaterThan(89)
  expect(rows[0]!.seconds).toBeLessThan(100)
})

test('commits of others count, and a record from the future is not late', async () => {
  const topic = new MemoryTopic('spans', 1)
  const [log, store] = [new MemoryLog(topic, 100_000), memoryStore()]
  const [chain, other] = [await Chain.open(store), await Chain.open(store)]
  await log.append(0, [ago(500, 'a'), ago(-300, 'b')])
  await commit(other, 0, 1)
  expect(await lagRows({ log, chain }, [])).toMatchObject([{ committed: 1, records: 1, seconds: 0 }])
})

test('what the log lacks is told, and one partition that cannot be read hides no other', async () => {
  const { topic, log, chain } = await newPlaces(3)
  for (const partition of [0, 1, 2]) await log.append(partition, [ago(100, 'a'), ago(50, 'b'), ago(10, 'c')])
  topic.truncate(0, 2)
  await commit(chain, 1, 9)
  const read: MemoryLog['end'] = partition => {
    if (partition === 2) throw new Error('the broker is away')
    return log.end(partition)
  }
  const faulty = Object.assign(Object.create(log) as MemoryLog, {
    end: async (partition: number) => read(partition),
    first: (partition: number) => log.first(partition),
    read: (...all: Parameters<MemoryLog['read']>) => log.read(...all),
    partitionCount: () => log.partitionCount(),
  })
  const rows = await lagRows({ log: faulty, chain }, [])
  expect(rows).toMatchObject([
    { records: 3, problem: 'the log begins at 2: 2 records are in no block' },
    { records: 0, problem: expect.stringContaining('it has lost records') },
    { committed: 0, problem: 'the broker is away' },
  ])
  expect(rows[0]!.seconds).toBeLessThan(20)
})
