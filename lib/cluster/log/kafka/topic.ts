import { setTimeout as sleep } from 'node:timers/promises'
import {
  apiVersionsV3,
  type Broker,
  type Connection,
  createTopicsV7,
  fetchV13,
  findCoordinatorV4,
  initProducerIdV4,
  listOffsetsV7,
  metadataV12,
  offsetCommitV8,
  parseBroker,
  produceV9,
} from '@platformatic/kafka'
import { LogError, type LogIdentity, partitionName } from '../log.ts'
import { batchOverheadBytes, type KafkaConfig } from './config.ts'
import { Connections, type Send } from './connections.ts'
import { answeredCode, answerOf, codeOf, isPassing, logError } from './failures.ts'

/** What Kafka is asked, in versions that 3.1 and all later ones know. */
const needed = [
  ...[produceV9, fetchV13, listOffsetsV7, metadataV12, offsetCommitV8, findCoordinatorV4, initProducerIdV4],
].map(({ api }) => api as { key: number; version: number })

type MetadataResponse = Awaited<ReturnType<typeof metadataV12.api.async>>

/** How long a broker may take for an answer that needs no waiting. */
export const answerMillis = 5_000
/** Of what `findCoordinator` looks for. */
const groupKey = 0
/** For so long an append does not notice that the topic was made anew: it names it, while a read has its id. */
const metadataMaxAgeMillis = 5_000
const [minPauseMillis, maxPauseMillis] = [30, 500]

interface Leader extends Broker {
  readonly topicId: string
}

/** The topic of a log: who leads its partitions now, and requests that follow the leaders. */
export class KafkaTopic {
  readonly config: KafkaConfig
  readonly name: string
  readonly #connections: Connections
  readonly #seeds: Broker[]
  #metadata: Promise<MetadataResponse> | undefined
  #metadataMillis = 0
  /** Of the last that was read: where to ask for the next. */
  #brokers: Broker[] = []
  #identity: LogIdentity | undefined
  #isClosed = false

  constructor(config: KafkaConfig) {
    this.config = config
    this.name = `log ${JSON.stringify(config.topic)}`
    this.#connections = new Connections(config)
    this.#seeds = config.address.split(',').map(address => parseBroker(address.trim()))
  }

  /** Reaches the brokers, makes the topic where it is missing and shall be made, and learns who it is. */
  async open(): Promise<LogIdentity> {
    await this.retry(this.name, async () => {
      await this.#checkVersions()
      await this.#freshMetadata()
    })
    return this.#identity!
  }

  close(): void {
    this.#isClosed = true
    this.#connections.close()
  }

  async partitionCount(): Promise<number> {
    const { topics } = await this.retry(this.name, () => this.#currentMetadata())
    return topics[0]!.partitions.length
  }

  /** Asks the leader of a partition, which may move meanwhile. */
  async askLeader<T>(
    partition: number,
    send: (connection: Connection, topicId: string) => Promise<T>,
    { waitMillis = 0, deadline = this.#deadline(waitMillis) }: { waitMillis?: number; deadline?: number } = {},
  ): Promise<T> {
    return this.retry(
      partitionName(this.config.topic, partition),
      async () => {
        const leader = await this.#leader(partition)
        const millis = Math.min(waitMillis + answerMillis, Math.max(1, deadline - performance.now()))
        return this.#connections.ask(leader, millis, connection => send(connection, leader.topicId))
      },
      deadline,
    )
  }

  /** Asks the coordinator of a group. */
  askCoordinator<T>(group: string, send: Send<T>): Promise<T> {
    return this.retry(`${this.name}, group ${JSON.stringify(group)}`, async () => {
      const { coordinators } = await this.askAny(connection =>
        findCoordinatorV4.api.async(connection, groupKey, [group]),
      )
      return this.#connections.ask(coordinators[0]!, answerMillis, send)
    })
  }

  /** Asks brokers one after another until one answers; what it answers may be an error. */
  async askAny<T>(send: Send<T>): Promise<T> {
    let failure: unknown
    for (const broker of [...this.#brokers, ...this.#seeds]) {
      try {
        return await this.#connections.ask(broker, answerMillis, send)
      } catch (error) {
        failure = error
        if (answeredCode(error) !== undefined || this.#isClosed) break
        this.#brokers = this.#brokers.filter(known => known !== broker)
      }
    }
    throw failure
  }

  /** Tries until it succeeds, the time is over, or trying again cannot help; fails with the last that went wrong. */
  async retry<T>(name: string, attempt: () => Promise<T>, deadline = this.#deadline(0)): Promise<T> {
    let failure: unknown
    for (let pauseMillis = minPauseMillis; ; pauseMillis = Math.min(pauseMillis * 2, maxPauseMillis)) {
      try {
        return await before(deadline, attempt(), () => failure ?? new Error('no broker has answered in time'))
      } catch (error) {
        if (this.#isClosed) throw new LogError('unreachable', `${name}: the log is closed`, { cause: error })
        if (!isPassing(error) || performance.now() + pauseMillis >= deadline) throw logError(name, error)
        failure = error
        this.#metadata = undefined
        await sleep(pauseMillis)
      }
    }
  }

  #deadline(waitMillis: number): number {
    return performance.now() + waitMillis + this.config.writeTimeoutMillis
  }

  async #leader(partition: number): Promise<Leader> {
    const { topics, brokers } = await this.#currentMetadata()
    const found = topics[0]!.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    if (found === undefined) {
      const name = partitionName(this.config.topic, partition)
      throw new LogError('unknown partition', `${name}: the log has ${topics[0]!.partitions.length} partitions`)
    }
    const leader = brokers.find(({ nodeId }) => nodeId === found.leaderId)
    if (leader === undefined) throw new Error('no broker leads the partition')
    return { host: leader.host, port: leader.port, topicId: topics[0]!.topicId }
  }

  #currentMetadata(): Promise<MetadataResponse> {
    if (performance.now() - this.#metadataMillis > metadataMaxAgeMillis) this.#metadata = undefined
    return this.#metadata ?? this.#freshMetadata()
  }

  #freshMetadata(): Promise<MetadataResponse> {
    this.#metadataMillis = performance.now()
    const metadata = this.#readMetadata()
    this.#metadata = metadata
    metadata.catch(() => {
      if (this.#metadata === metadata) this.#metadata = undefined
    })
    return metadata
  }

  async #readMetadata(): Promise<MetadataResponse> {
    const metadata = await this.#askMetadata().catch(error => {
      const answer = answerOf<MetadataResponse>(error)
      if (answer?.topics === undefined) throw error
      // A partition without a leader is an error of the answer: the others count.
      if (answer.topics[0]?.errorCode === 0) return answer
      if (answer.topics[0]?.errorCode === codeOf.unknownTopicOrPartition) return this.#createTopic(error)
      throw error
    })
    this.#checkIdentity(metadata)
    this.#brokers = shuffled(metadata.brokers)
    return metadata
  }

  #askMetadata(): Promise<MetadataResponse> {
    return this.askAny(connection => metadataV12.api.async(connection, [this.config.topic]))
  }

  async #createTopic(missing: unknown): Promise<MetadataResponse> {
    const { topic, createTopic, maxRecordBytes } = this.config
    if (this.#identity !== undefined) throw missing
    if (createTopic === undefined)
      throw new LogError('refused', `${this.name}: there is no such topic; make it, or set auto_create_topic_enabled`)
    const request = {
      name: topic,
      numPartitions: createTopic.partitionCount,
      replicationFactor: -1,
      assignments: [],
      configs: [{ name: 'max.message.bytes', value: String(maxRecordBytes + batchOverheadBytes) }],
    }
    await this.askAny(connection => createTopicsV7.api.async(connection, [request], answerMillis, false)).catch(
      error => {
        if (answeredCode(error) !== codeOf.topicAlreadyExists) throw error
      },
    )
    return this.#askMetadata()
  }

  #checkIdentity({ clusterId, topics }: MetadataResponse): void {
    const found = { cluster: clusterId ?? '', topic: this.config.topic, topicId: topics[0]!.topicId }
    this.#identity ??= found
    const { cluster, topicId } = this.#identity
    if (found.cluster === cluster && found.topicId === topicId) return
    const [before, now] = [`${cluster}/${topicId}`, `${found.cluster}/${found.topicId}`]
    const why = 'the topic was made anew, or the address leads to another cluster'
    throw new LogError('foreign', `${this.name}: it was ${before} and is ${now} now: ${why}`)
  }

  async #checkVersions(): Promise<void> {
    const { apiKeys } = await this.askAny(connection => apiVersionsV3.api.async(connection, 'trace-lab', '1'))
    for (const { key, version } of needed) {
      const {
        name = `API ${key}`,
        minVersion = 0,
        maxVersion = -1,
      } = apiKeys.find(({ apiKey }) => apiKey === key) ?? {}
      if (version < minVersion || version > maxVersion)
        throw new LogError(
          'refused',
          `${this.name}: the broker has ${name} in versions ${minVersion} to ${maxVersion}, expected ${version}: Kafka 3.1 or later is needed`,
        )
    }
  }
}

/** What a promise gives before a time, or an error; what it gives later is nobody's. */
async function before<T>(deadline: number, promise: Promise<T>, late: () => unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(1, deadline - performance.now()))
  })
  try {
    return await Promise.race([promise, expiry])
  } finally {
    clearTimeout(timer)
  }
}

/** In another order each time, so that no broker has to answer all questions. */
function shuffled(brokers: readonly Broker[]): Broker[] {
  const start = Math.floor(Math.random() * brokers.length)
  return [...brokers.slice(start), ...brokers.slice(0, start)]
}
