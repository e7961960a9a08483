import { listOffsetsV7, offsetCommitV8 } from '@platformatic/kafka'
import { naming } from '../../../error.ts'
import { getOrInsert } from '../../../maps.ts'
import {
  checkRecords,
  endWithin,
  LogError,
  type LogIdentity,
  type LogRead,
  type LogRecord,
  outOfRange,
  type PartitionedLog,
  partitionName,
  recordBytes,
} from '../log.ts'
import { Appender } from './appender.ts'
import { type Batches, readBatches } from './batches.ts'
import type { KafkaConfig } from './config.ts'
import { answeredCode, codeOf } from './failures.ts'
import { fetchBatches } from './fetch.ts'
import { KafkaTopic } from './topic.ts'

const [latest, earliest] = [-1n, -2n]
const [client, uncommitted, noEpoch] = [-1, 0, -1]
/** Members of a group have a generation: who has none is a tool beside them. */
const noMember = [-1, '', null] as const

/** A topic of Kafka as a log. */
export class KafkaLog implements PartitionedLog {
  readonly identity: LogIdentity
  readonly maxRecordBytes: number
  readonly #topic: KafkaTopic
  readonly #appenders = new Map<number, Appender>()
  /** Of the bytes of records, what those that were read last take in the log: to fetch more than is wanted is waste. */
  #storedShare = 1

  private constructor(topic: KafkaTopic, identity: LogIdentity) {
    this.#topic = topic
    this.identity = identity
    this.maxRecordBytes = topic.config.maxRecordBytes
  }

  static async open(config: KafkaConfig): Promise<KafkaLog> {
    const topic = new KafkaTopic(config)
    try {
      return new KafkaLog(topic, await topic.open())
    } catch (error) {
      topic.close()
      throw error
    }
  }

  partitionCount(): Promise<number> {
    return this.#topic.partitionCount()
  }

  async append(partition: number, records: readonly LogRecord[]): Promise<number> {
    checkRecords(this.#nameOf(partition), records, this.maxRecordBytes)
    if (records.length === 0) return this.end(partition)
    return getOrInsert(this.#appenders, partition, () => new Appender(this.#topic, partition)).append(records)
  }

  async read(partition: number, from: number, maxBytes: number, waitMillis: number): Promise<LogRead> {
    const fetched = await this.#topic
      .askLeader(
        partition,
        (connection, topicId) => {
          const storedBytes = Math.ceil(maxBytes * this.#storedShare)
          return fetchBatches(connection, { topicId, partition, from, maxBytes: storedBytes, waitMillis })
        },
        { waitMillis },
      )
      .catch(async error => {
        if (answeredCode(error.cause) !== codeOf.offsetOutOfRange) throw error
        const [first, end] = await Promise.all([this.first(partition), this.end(partition)])
        throw outOfRange(this.#nameOf(partition), from, first, end)
      })
    const batches = await naming(this.#nameOf(partition), () => readBatches(fetched.batches, { from, maxBytes }))
    const byteLength = batches.records.reduce((sum, record) => sum + recordBytes(record), 0)
    if (byteLength > 0) this.#storedShare = Math.min(1, batches.storedBytes / byteLength)
    return readOf(batches, from, maxBytes, fetched.end)
  }

  first(partition: number): Promise<number> {
    return this.#offset(partition, earliest)
  }

  end(partition: number): Promise<number> {
    return this.#offset(partition, latest)
  }

  async hint(group: string, partition: number, offset: number): Promise<void> {
    if (partition >= (await this.partitionCount()))
      throw new LogError(
        'unknown partition',
        `${this.#nameOf(partition)}: the log has ${await this.partitionCount()} partitions`,
      )
    const place = { partitionIndex: partition, committedOffset: BigInt(offset), committedLeaderEpoch: noEpoch }
    const topics = [{ name: this.#topic.config.topic, partitions: [{ ...place, committedMetadata: null }] }]
    await this.#topic.askCoordinator(group, connection =>
      offsetCommitV8.api.async(connection, group, ...noMember, topics),
    )
  }

  async close(): Promise<void> {
    this.#topic.close()
  }

  async #offset(partition: number, timestamp: bigint): Promise<number> {
    const place = { partitionIndex: partition, currentLeaderEpoch: noEpoch, timestamp }
    const topics = [{ name: this.#topic.config.topic, partitions: [place] }]
    const answer = await this.#topic.askLeader(partition, connection =>
      listOffsetsV7.api.async(connection, client, uncommitted, topics),
    )
    return Number(answer.topics[0]!.partitions[0]!.offset)
  }

  #nameOf(partition: number): string {
    return partitionName(this.#topic.config.topic, partition)
  }
}

/** What a fetch found from an offset on: its first batch may begin before, and may be larger than was asked for. */
function readOf(batches: Batches, from: number, maxBytes: number, end: number): LogRead {
  const records = batches.records.filter(({ offset }) => offset >= from)
  const count = endWithin(records, 0, maxBytes)
  const next = count < records.length ? records[count]!.offset : Math.max(from, batches.end ?? from)
  return { records: records.slice(0, count), next, end: Math.max(end, next) }
}
