import { initProducerIdV4 } from '@platformatic/kafka'
import { appendBytes, LogError, type LogRecord, partitionName, recordBytes } from '../log.ts'
import { type BatchProducer, encodeBatch } from './batches.ts'
import { answeredCode, codeOf, logError } from './failures.ts'
import { produceBatch } from './produce.ts'
import type { KafkaTopic } from './topic.ts'

/** What a record takes beside its bytes, at most: its lengths, offset and time. */
const recordOverheadBytes = 64
/** Records that wait for one partition may take so much. */
const maxWaitingBytes = 256 * 2 ** 20
const sequenceLimit = 2 ** 31

/** Records that go in one batch. */
interface Piece {
  readonly records: readonly LogRecord[]
  readonly byteLength: number
  readonly deadline: number
  readonly done: (offset: number) => void
  readonly failed: (error: unknown) => void
}

/** Its sequence is that of the next batch. */
type Producer = BatchProducer & { sequence: number }

/**
 * Appends to one partition, one batch at a time; what comes meanwhile goes in the next. A batch that may or may not have
 * arrived is sent again under the same number, by which the broker knows it: nothing is appended twice, and nothing
 * overtakes. When its time is over it has failed, and what follows is sent under another name.
 */
export class Appender {
  readonly #topic: KafkaTopic
  readonly #partition: number
  readonly #name: string
  readonly #waiting: Piece[] = []
  #waitingBytes = 0
  #producer: Producer | undefined
  #isRunning = false

  constructor(topic: KafkaTopic, partition: number) {
    this.#topic = topic
    this.#partition = partition
    this.#name = partitionName(topic.config.topic, partition)
  }

  /** Gives the offset of the first record when all are acknowledged. */
  async append(records: readonly LogRecord[]): Promise<number> {
    const byteLength = records.reduce((sum, record) => sum + batchBytes(record), 0)
    if (this.#waitingBytes > 0 && this.#waitingBytes + byteLength > maxWaitingBytes)
      throw new LogError('unreachable', `${this.#name}: ${this.#waitingBytes} bytes wait to be appended already`)
    const deadline = performance.now() + this.#topic.config.writeTimeoutMillis
    const offsets = piecesOf(records).map(piece => this.#add(piece, deadline))
    if (!this.#isRunning) this.#run()
    return (await Promise.all(offsets))[0]!
  }

  #add(records: readonly LogRecord[], deadline: number): Promise<number> {
    const byteLength = records.reduce((sum, record) => sum + batchBytes(record), 0)
    this.#waitingBytes += byteLength
    return new Promise((done, failed) => this.#waiting.push({ records, byteLength, deadline, done, failed }))
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    // What is added in this turn goes in the first batch.
    await undefined
    while (this.#waiting.length > 0) await this.#sendNext()
    this.#isRunning = false
  }

  async #sendNext(): Promise<void> {
    const pieces = this.#takeBatch()
    try {
      let offset = await this.#send(
        pieces.flatMap(({ records }) => records),
        pieces[0]!.deadline,
      )
      for (const { records, done } of pieces) {
        done(offset)
        offset += records.length
      }
    } catch (error) {
      for (const { failed } of pieces) failed(logError(this.#name, error))
    }
    for (const { byteLength } of pieces) this.#waitingBytes -= byteLength
  }

  #takeBatch(): Piece[] {
    let byteLength = 0
    const end = this.#waiting.findIndex(piece => {
      byteLength += piece.byteLength
      return byteLength > appendBytes
    })
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(1, end))
  }

  /** Sends records as one batch until it is acknowledged. */
  async #send(records: readonly LogRecord[], deadline: number): Promise<number> {
    for (;;) {
      this.#producer ??= await this.#newProducer(deadline)
      const producer = this.#producer
      try {
        const offset = await this.#sendAs(producer, records, deadline)
        producer.sequence = (producer.sequence + records.length) % sequenceLimit
        return offset
      } catch (error) {
        // Whether the broker knows the last number of this name is not certain any more.
        this.#producer = undefined
        if (!isForgotten(error) || performance.now() >= deadline) throw this.#failure(error, records)
      }
    }
  }

  #sendAs(producer: Producer, records: readonly LogRecord[], deadline: number): Promise<number> {
    const batch = encodeBatch(records, producer)
    return this.#topic.askLeader(
      this.#partition,
      connection => {
        const waitMillis = Math.max(1, Math.ceil(deadline - performance.now()))
        return produceBatch(connection, {
          topic: this.#topic.config.topic,
          partition: this.#partition,
          batch,
          waitMillis,
        })
      },
      { deadline },
    )
  }

  async #newProducer(deadline: number): Promise<Producer> {
    const { producerId, producerEpoch } = await this.#topic.retry(
      this.#name,
      () => this.#topic.askAny(connection => initProducerIdV4.api.async(connection, null, 0, -1n, -1)),
      deadline,
    )
    return { id: producerId, epoch: producerEpoch, sequence: 0 }
  }

  #failure(error: unknown, records: readonly LogRecord[]): unknown {
    if (codeBehind(error) !== codeOf.messageTooLarge) return error
    const byteLength = records.reduce((sum, record) => sum + recordBytes(record), 0)
    const message = `${this.#name}: a batch of ${byteLength} bytes is beyond the topic's max.message.bytes: raise that`
    return new LogError('too large', message, { cause: error })
  }
}

/** Records in their order, in pieces that each fit one batch. */
function piecesOf(records: readonly LogRecord[]): LogRecord[][] {
  const pieces: LogRecord[][] = []
  let byteLength = 0
  for (const record of records) {
    byteLength += batchBytes(record)
    if (pieces.length > 0 && byteLength <= appendBytes) pieces.at(-1)!.push(record)
    else {
      pieces.push([record])
      byteLength = batchBytes(record)
    }
  }
  return pieces
}

function batchBytes(record: LogRecord): number {
  return recordBytes(record) + recordOverheadBytes
}

/** Whether the broker does not know the producer's last number, so that this batch is not in the log under it. */
function isForgotten(error: unknown): boolean {
  const code = codeBehind(error)
  return code === codeOf.outOfOrderSequence || code === codeOf.unknownProducerId || code === codeOf.invalidProducerEpoch
}

/** The code that an error of the log was made of. */
function codeBehind(error: unknown): number | undefined {
  return answeredCode(error instanceof LogError ? error.cause : error)
}
