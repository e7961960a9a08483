import { expect, test } from 'vitest'
import { BlockBuilder } from '../../../../lib/cluster/build/builder.ts'
import { SharedMemory } from '../../../../lib/cluster/build/shared-memory.ts'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import { Gathered } from '../../../../lib/cluster/gathered.ts'
import type { PartitionedLog } from '../../../../lib/cluster/log/log.ts'
import { MemoryLog, MemoryTopic } from '../../../../lib/cluster/log/memory.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { requestOf } from '../../../support/store-spans.ts'
import { countedSpans, encoding } from '../../../support/worker-stage.ts'

function gatheredOf(spanCount: number): Gathered {
  const gathered = new Gathered()
  const value = requestOf(Array.from({ length: spanCount }, (_, i) => [i, i]))
  if (spanCount > 0) gathered.add({ offset: 0, value, timeMillis: 0 })
  return gathered
}

test('where memory is full the largest becomes a block, and the others wait until it is one', () => {
  const [small, large, fresh] = [gatheredOf(10), gatheredOf(1_000), gatheredOf(0)]
  const memory = new SharedMemory(small.memoryBytes + large.memoryBytes)
  memory.gather(small)
  expect(memory.next(small)).toBe('read')
  memory.gather(large)
  memory.gather(fresh)
  expect([small, large, fresh].map(one => memory.next(one))).toEqual(['wait', 'write', 'wait'])
  memory.write(large)
  expect([small, fresh].map(one => memory.next(one))).toEqual(['wait', 'wait'])
  memory.end(large)
  expect([small, fresh].map(one => memory.next(one))).toEqual(['read', 'read'])
})

test('a builder of many partitions with a backlog holds no more than it may, and what one read brings', async () => {
  const partitionCount = 8
  const log = new MemoryLog(new MemoryTopic('spans', partitionCount), 100_000)
  let number = 0
  for (let partition = 0; partition < partitionCount; partition++)
    for (let i = 0; i < 100; i++) {
      const spans = Array.from({ length: 20 }, () => [++number, number] as const)
      await log.append(partition, [{ value: requestOf(spans), timeMillis: 0 }])
    }
  const store = memoryStore()
  const chain = await Chain.open(store)
  let peak = 0
  const watched: PartitionedLog = new Proxy(log, {
    get: (target, name: keyof PartitionedLog) => {
      peak = Math.max(peak, builder.heldBytes)
      const value = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const config = { instance: 'b', cycleMillis: 60_000, maxBytes: 2 ** 21, group: 'g', encoding, acceptsLoss: false }
  const builder = new BlockBuilder({ log: watched, store, chain, warn: message => expect(message).toBe('') }, config)
  const ending = new AbortController()
  const run = builder.run(ending.signal)
  for (let left = 500; left > 0 && chain.state.number < 4; left--) await new Promise(resolve => setTimeout(resolve, 10))
  ending.abort()
  await run
  expect(chain.state.number).toBeGreaterThanOrEqual(4)
  expect(peak).toBeGreaterThan(2 ** 20)
  expect(peak).toBeLessThan(2 ** 22)
  expect(builder.heldBytes).toBe(0)
  expect([...(await countedSpans(store)).values()].every(count => count === 1)).toBe(true)
})
