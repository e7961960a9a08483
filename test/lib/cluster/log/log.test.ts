import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaCluster, kafkaMissing } from '../../../../harness/stack/kafka.ts'
import { type PartitionedLog, recordBytes } from '../../../../lib/cluster/log/log.ts'
import { MemoryLog, MemoryTopic } from '../../../../lib/cluster/log/memory.ts'
import { drawsOf } from '../../../support/draws.ts'
import { committedOf, deleteRecords, newTopic, openTopic } from '../../../support/kafka-log.ts'
import { logRejection, readAll, recordOf, textsOf } from '../../../support/log.ts'

const seed = Number(process.env.SEED ?? 20261128)
const maxRecordBytes = 2_000_000

/** A log of its own, as a test sees it. */
interface Subject {
  readonly log: PartitionedLog
  /** Another client of the same log. */
  another(): Promise<PartitionedLog>
  /** Removes records before an offset, as retention does. */
  truncate(partition: number, first: number): Promise<void>
  /** What a group was said to have reached. */
  hinted(group: string, partition: number): Promise<number | undefined>
}

let cluster: KafkaCluster
const missing = await kafkaMissing()

/** Every log passes the same tests; a new one adds a line here. */
const adapters: { name: string; isSkipped: boolean; make: (partitionCount: number) => Promise<Subject> }[] = [
  { name: 'in memory', isSkipped: false, make: async partitionCount => memorySubject(partitionCount) },
  { name: missing ?? 'Kafka', isSkipped: missing !== undefined, make: kafkaSubject },
]

function memorySubject(partitionCount: number): Subject {
  const topic = new MemoryTopic('spans', partitionCount)
  return {
    log: new MemoryLog(topic, maxRecordBytes),
    another: async () => new MemoryLog(topic, maxRecordBytes),
    truncate: async (partition, first) => topic.truncate(partition, first),
    hinted: async (group, partition) => topic.hints.get(group)?.get(partition),
  }
}

async function kafkaSubject(partitionCount: number): Promise<Subject> {
  const { log, config } = await newTopic(cluster, partitionCount, { maxRecordBytes })
  return {
    log,
    another: async () => (await openTopic(cluster, config)).log,
    truncate: (partition, first) => deleteRecords(cluster, config.topic, partition, first),
    hinted: (group, partition) => committedOf(cluster, group, config.topic, partition),
  }
}

describe.each(adapters)('$name', ({ isSkipped, make }) => {
  beforeAll(async () => {
    if (!isSkipped && make === kafkaSubject) cluster = await KafkaCluster.start(1)
  })
  afterAll(async () => {
    if (!isSkipped && make === kafkaSubject) await cluster.stop()
  })

  test.skipIf(isSkipped)('what was appended is read in its order, with key, headers and time', async () => {
    const { log } = await make(2)
    const record = {
      key: Buffer.from('tenant'),
      value: Buffer.from([0, 255, 10]),
      headers: [{ key: 'x-scope-orgid', value: Buffer.from('tenant') }],
      timeMillis: 1_790_000_000_123,
    }
    expect(await log.append(1, [record, recordOf('b')])).toBe(0)
    expect(await log.append(1, [recordOf(''), recordOf('d')])).toBe(2)
    expect([await log.first(1), await log.end(1), await log.end(0)]).toEqual([0, 4, 0])
    const { records, next, end } = await log.read(1, 0, 1 << 20, 0)
    expect([next, end, textsOf(records.slice(1))]).toEqual([4, 4, ['b', '', 'd']])
    expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3])
    const { key, value, headers, timeMillis } = records[0]!
    expect(Buffer.from(key!).toString()).toBe('tenant')
    expect([...value]).toEqual([0, 255, 10])
    expect(headers!.map(header => [header.key, Buffer.from(header.value).toString()])).toEqual([
      ['x-scope-orgid', 'tenant'],
    ])
    expect(timeMillis).toBe(record.timeMillis)
    expect(await log.append(1, [])).toBe(4)
  })

  test.skipIf(isSkipped)('reads from the middle, of so many bytes, but one record at least', async () => {
    const { log } = await make(1)
    const texts = Array.from({ length: 20 }, (_, i) => `record ${String(i).padStart(3, '0')}`)
    await log.append(0, texts.map(recordOf))
    expect(textsOf((await log.read(0, 7, 35, 0)).records)).toEqual(texts.slice(7, 10))
    expect((await log.read(0, 7, 35, 0)).next).toBe(10)
    expect(textsOf((await log.read(0, 19, 1, 0)).records)).toEqual(texts.slice(19))
    expect(textsOf((await log.read(0, 3, 1, 0)).records)).toEqual(texts.slice(3, 4))
    const large = { value: Buffer.alloc(maxRecordBytes - 5, 'x'), timeMillis: 1, key: Buffer.from('tenan') }
    await log.append(0, [large, recordOf('after')])
    const { records, next } = await log.read(0, 20, 1_000, 0)
    expect([records.length, recordBytes(records[0]!), next]).toEqual([1, maxRecordBytes, 21])
    expect(await readAll(log, 0, 0, 100)).toHaveLength(22)
  })

  test.skipIf(isSkipped)('at the end a read waits for a record, and not longer than it may', async () => {
    const { log, another } = await make(2)
    const other = await another()
    await log.append(0, [recordOf('first')])
    const started = performance.now()
    expect(await log.read(0, 1, 100, 200)).toMatchObject({ records: [], next: 1 })
    expect(performance.now() - started).toBeGreaterThan(150)
    const waiting = log.read(0, 1, 100, 20_000)
    const beside = log.read(1, 0, 100, 20_000)
    await other.append(0, [recordOf('second')])
    expect(textsOf((await waiting).records)).toEqual(['second'])
    await other.append(1, [recordOf('beside')])
    expect(textsOf((await beside).records)).toEqual(['beside'])
    expect(performance.now() - started).toBeLessThan(15_000)
    await other.close()
  })

  test.skipIf(isSkipped)(
    'an offset that retention has removed, or that is not there yet, is refused with what is there',
    async () => {
      const { log, truncate } = await make(1)
      await log.append(0, ['a', 'b', 'c', 'd'].map(recordOf))
      await truncate(0, 2)
      expect([await log.first(0), await log.end(0)]).toEqual([2, 4])
      const before = await logRejection(log.read(0, 1, 100, 0))
      expect(before).toMatchObject({ reason: 'out of range', first: 2, end: 4 })
      expect(before.message).toMatch(
        /^log "spans[^"]*", partition 0: offset 1 is not in \[2, 4\]: retention has removed/,
      )
      const beyond = await logRejection(log.read(0, 5, 100, 0))
      expect(beyond).toMatchObject({ reason: 'out of range', first: 2, end: 4 })
      expect(beyond.message).toMatch(/records were lost, or the log is another one$/)
      expect(textsOf((await log.read(0, 2, 100, 0)).records)).toEqual(['c', 'd'])
      await truncate(0, 4)
      expect([await log.first(0), await log.end(0)]).toEqual([4, 4])
      expect((await log.read(0, 4, 100, 0)).records).toEqual([])
    },
  )

  test.skipIf(isSkipped)(
    'a record that is too large is refused with the limit, and nothing of its append comes',
    async () => {
      const { log } = await make(1)
      const record = { value: Buffer.alloc(maxRecordBytes), key: Buffer.from('k'), timeMillis: 1 }
      const error = await logRejection(log.append(0, [recordOf('small'), record]))
      expect(error).toMatchObject({ reason: 'too large', kind: 'limit' })
      expect(error.message).toMatch(/, partition 0: a record of 2000001 bytes, at most 2000000 are taken$/)
      expect(await log.end(0)).toBe(0)
    },
  )

  test.skipIf(isSkipped)('a partition that the log does not have is refused, whatever is asked of it', async () => {
    const { log } = await make(2)
    expect(await log.partitionCount()).toBe(2)
    const asked = [log.append(2, [recordOf('a')]), log.read(2, 0, 1, 0), log.first(2), log.end(2), log.hint('g', 2, 0)]
    for (const error of await Promise.all(asked.map(logRejection))) {
      expect(error.reason).toBe('unknown partition')
      expect(error.message).toMatch(/, partition 2: the log has 2 partitions$/)
    }
  })

  test.skipIf(isSkipped)(
    `appends at once get the offsets at which they are read, each caller's in order (seed ${seed})`,
    async () => {
      const { log, another } = await make(2)
      const draw = drawsOf(seed)
      const clients = [log, log, await another(), await another()]
      const acknowledged: { partition: number; offset: number; text: string }[] = []
      const append = async (client: PartitionedLog, caller: number) => {
        const pending = []
        for (let i = 0; i < 100; i++) {
          const partition = Math.floor(draw() * 2)
          const texts = Array.from({ length: 1 + Math.floor(draw() * 4) }, (_, j) => `${caller} ${i * 10 + j}`)
          const records = texts.map(text => recordOf(text + ' '.repeat(Math.floor(draw() ** 8 * 400_000))))
          const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
          pending.push(
            client.append(partition, records).then(offset => {
              const known = bytes < 900_000 ? texts : texts.slice(0, 1)
              for (const [j, text] of known.entries()) acknowledged.push({ partition, offset: offset + j, text })
            }),
          )
          if (draw() < 0.2) await Promise.all(pending.splice(0))
        }
        await Promise.all(pending)
      }
      await Promise.all(clients.map(append))
      for (const partition of [0, 1]) {
        const records = await readAll(log, partition)
        const texts = textsOf(records).map(text => text.trimEnd())
        for (const { offset, text } of acknowledged.filter(one => one.partition === partition))
          expect(texts[offset]).toBe(text)
        for (const caller of clients.keys()) {
          const own = texts.filter(text => text.startsWith(`${caller} `)).map(text => Number(text.split(' ')[1]))
          expect(own).toEqual(own.toSorted((a, b) => a - b))
        }
        expect(new Set(texts).size).toBe(texts.length)
      }
      expect(acknowledged.length).toBeGreaterThan(800)
    },
  )

  test.skipIf(isSkipped)('a hint is there for tools, and moves nothing', async () => {
    const { log, hinted } = await make(1)
    await log.append(0, ['a', 'b'].map(recordOf))
    await log.hint('block-builder', 0, 1)
    expect(await hinted('block-builder', 0)).toBe(1)
    await log.hint('block-builder', 0, 2)
    expect(await hinted('block-builder', 0)).toBe(2)
    expect(await log.first(0)).toBe(0)
  })

  test.skipIf(isSkipped)('clients of a log agree on who it is; another log is another one', async () => {
    const { log, another } = await make(1)
    expect((await another()).identity).toEqual(log.identity)
    expect((await make(1)).log.identity.topicId).not.toBe(log.identity.topicId)
  })

  test.skipIf(isSkipped)('closing ends what waits, and what comes later is refused', async () => {
    const { log, another } = await make(1)
    const waiting = logRejection(log.read(0, 0, 100, 30_000))
    await log.end(0)
    await log.close()
    expect((await waiting).message).toMatch(/, partition 0: the log is closed$/)
    for (const asked of [log.append(0, [recordOf('a')]), log.end(0), log.read(0, 0, 1, 0)])
      expect((await logRejection(asked)).reason).toBe('unreachable')
    expect(await (await another()).end(0)).toBe(0)
  })
})
