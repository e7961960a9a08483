import { fetchV13, listOffsetsV7, offsetCommitV8, type RecordsBatch } from '@platformatic/kafka'
import { getOrInsert } from '../../../maps.ts'
import {
  checkRecords,
  countWithin,
  LogError,
  type LogIdentity,
  type LogRead,
  type LogRecord,
  outOfRange,
  type PartitionedLog,
  partitionName,
  type StoredRecord,
} from '../log.ts'
import { Appender } from './appender.ts'
import type { KafkaConfig } from './config.ts'
import { answeredCode, codeOf } from './failures.ts'
import { KafkaTopic } from './topic.ts'

const [latest, earliest] = [-1n, -2n]
const [client, uncommitted, noSession, noEpoch] = [-1, 0, -1, -1]
const noEpochs = { currentLeaderEpoch: noEpoch, lastFetchedEpoch: noEpoch }
/** The batch holds a mark of a transaction, not records. */
const controlBit = 32
/** Members of a group have a generation: who has none is a tool beside them. */
const noMember = [-1, '', null] as const

/** A topic of Kafka as a log. */
export class KafkaLog implements PartitionedLog {
  readonly identity: LogIdentity
  readonly maxRecordBytes: number
  readonly #topic: KafkaTopic
  readonly #appenders = new Map<number, Appender>()

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
    const position = { partition, fetchOffset: BigInt(from), partitionMaxBytes: maxBytes, ...noEpochs }
    const answer = await this.#topic
      .askLeader(
        partition,
        (connection, topicId) => {
          const topics = [{ topicId, partitions: [position] }]
          return fetchV13.api.async(connection, waitMillis, 1, maxBytes, uncommitted, 0, noSession, topics, [], '')
        },
        { waitMillis },
      )
      .catch(async error => {
        if (answeredCode(error.cause) !== codeOf.offsetOutOfRange) throw error
        const [first, end] = await Promise.all([this.first(partition), this.end(partition)])
        throw outOfRange(this.#nameOf(partition), from, first, end)
      })
    const { records: batches = [], highWatermark } = answer.responses[0]!.partitions[0]!
    return readOf(batches, from, maxBytes, Number(highWatermark))
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
function readOf(batches: readonly RecordsBatch[], from: number, maxBytes: number, end: number): LogRead {
  const records = batches.flatMap(batch => recordsOf(batch).filter(({ offset }) => offset >= from))
  const count = countWithin(records, maxBytes)
  const last = batches.at(-1)
  const beyond = last === undefined ? from : Number(last.firstOffset) + last.lastOffsetDelta + 1
  const next = count < records.length ? records[count]!.offset : Math.max(from, beyond)
  return { records: records.slice(0, count), next, end: Math.max(end, next) }
}

function recordsOf({ attributes, firstOffset, firstTimestamp, records }: RecordsBatch): StoredRecord[] {
  if ((attributes & controlBit) !== 0) return []
  const [offset, timeMillis] = [Number(firstOffset), Number(firstTimestamp)]
  return records.map(({ key, value, headers, offsetDelta, timestampDelta }) => ({
    offset: offset + offsetDelta,
    timeMillis: timeMillis + Number(timestampDelta),
    key: key ?? undefined,
    value: value ?? Buffer.alloc(0),
    headers: headers.map(([name, content]) => ({ key: String(name ?? ''), value: content ?? Buffer.alloc(0) })),
  }))
}
