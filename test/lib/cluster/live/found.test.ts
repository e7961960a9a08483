import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaCluster, kafkaMissing } from '../../../../harness/stack/kafka.ts'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import { defaultLive } from '../../../../lib/cluster/live/config.ts'
import { LiveStore } from '../../../../lib/cluster/live/live-store.ts'
import type { PartitionedLog } from '../../../../lib/cluster/log/log.ts'
import { MemoryLog, MemoryTopic } from '../../../../lib/cluster/log/memory.ts'
import { memoryStore } from '../../../../lib/storage/memory-store.ts'
import { newTopic } from '../../../support/kafka-log.ts'
import { idsIn } from '../../../support/live-stage.ts'
import { requestOf, spanIdOf } from '../../../support/store-spans.ts'

let cluster: KafkaCluster
const missing = await kafkaMissing()

const logs: { name: string; isSkipped: boolean; make: () => Promise<PartitionedLog> }[] = [
  { name: 'in memory', isSkipped: false, make: async () => new MemoryLog(new MemoryTopic('spans', 2), 1_000_000) },
  {
    name: missing ?? 'Kafka',
    isSkipped: missing !== undefined,
    make: async () => (await newTopic(cluster, 2, { maxRecordBytes: 1_000_000 })).log,
  },
]

/** The ids of a tenant's spans that are not in blocks. */
async function idsOf(live: LiveStore): Promise<Set<string>> {
  const { pieces } = await live.answer('single-tenant', 0)
  const ids = await Promise.all(pieces.map(async ({ id }) => idsIn(await live.openPiece(id))))
  return new Set(ids.flat())
}

describe.each(logs)('a log $name', ({ name, isSkipped, make }) => {
  beforeAll(async () => {
    if (!isSkipped && name === 'Kafka') cluster = await KafkaCluster.start(1)
  })
  afterAll(async () => {
    if (!isSkipped && name === 'Kafka') await cluster.stop()
  })

  test.skipIf(isSkipped)(
    'a span is found within 2 s of its acknowledgement, and after a restart',
    async () => {
      const [log, store, folder, warnings] = [await make(), memoryStore(), memoryStore(), [] as string[]]
      const places = { log, chain: await Chain.open(store), folder, warn: (text: string) => warnings.push(text) }
      let live = await LiveStore.open(1, places, { ...defaultLive, maxBlockMillis: 1_000 })
      let stop = new AbortController()
      let running = live.run(stop.signal)
      let number = 0
      let slowest = 0
      for (let round = 0; round < 12; round++) {
        const spans = Array.from({ length: 500 }, () => [++number >> 3, number] as const)
        await log.append(1, [{ value: requestOf(spans), timeMillis: Date.now() }])
        const acknowledged = performance.now()
        while (!(await idsOf(live)).has(spanIdOf(number))) await new Promise(resolve => setTimeout(resolve, 20))
        slowest = Math.max(slowest, performance.now() - acknowledged)
        if (round !== 5) continue
        stop.abort()
        await running
        live = await LiveStore.open(1, places, defaultLive)
        expect(live.segments.next).toBe(6)
        stop = new AbortController()
        running = live.run(stop.signal)
      }
      expect((await idsOf(live)).size).toBe(number)
      expect(slowest).toBeLessThan(2_000)
      expect(warnings).toEqual([])
      stop.abort()
      await running
      await log.close()
    },
    60_000,
  )
})
