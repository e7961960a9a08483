import { randomUUID } from 'node:crypto'
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
  type StoredRecord,
} from './log.ts'

interface Partition {
  first: number
  records: StoredRecord[]
  /** Who waits for records. */
  waiting: Set<() => void>
}

/** A log in memory, of this process alone: each client of it sees what the others append. */
export class MemoryTopic {
  readonly name: string
  readonly identity: LogIdentity
  readonly #partitions: Partition[]
  /** The last hint of a group by partition. */
  readonly hints = new Map<string, Map<number, number>>()
  /** While true, clients reach nothing. */
  isDown = false

  constructor(name: string, partitionCount: number) {
    this.name = name
    this.identity = { cluster: 'memory', topic: name, topicId: randomUUID() }
    this.#partitions = Array.from({ length: partitionCount }, () => ({ first: 0, records: [], waiting: new Set() }))
  }

  get partitionCount(): number {
    return this.#partitions.length
  }

  partition(number: number): Partition {
    const partition = this.#partitions[number]
    const name = partitionName(this.name, number)
    if (this.isDown) throw new LogError('unreachable', `${name}: the log is down`)
    if (partition !== undefined) return partition
    throw new LogError('unknown partition', `${name}: the log has ${this.partitionCount} partitions`)
  }

  /** Removes records before an offset, as retention does. */
  truncate(number: number, first: number): void {
    const partition = this.partition(number)
    partition.records = partition.records.filter(({ offset }) => offset >= first)
    partition.first = first
  }
}

/** A client of a log in memory. */
export class MemoryLog implements PartitionedLog {
  readonly maxRecordBytes: number
  readonly #topic: MemoryTopic
  readonly #closed = new AbortController()

  constructor(topic: MemoryTopic, maxRecordBytes: number) {
    this.#topic = topic
    this.maxRecordBytes = maxRecordBytes
  }

  get identity(): LogIdentity {
    return this.#topic.identity
  }

  async partitionCount(): Promise<number> {
    return this.#topic.partitionCount
  }

  async append(number: number, records: readonly LogRecord[]): Promise<number> {
    const partition = this.#partition(number)
    checkRecords(partitionName(this.#topic.name, number), records, this.maxRecordBytes)
    const start = endOf(partition)
    for (const record of records) partition.records.push({ ...copyOf(record), offset: endOf(partition) })
    for (const wake of partition.waiting) wake()
    return start
  }

  async read(number: number, from: number, maxBytes: number, waitMillis: number): Promise<LogRead> {
    const partition = this.#partition(number)
    this.#checkRange(number, from)
    if (from === endOf(partition) && waitMillis > 0) await this.#wait(partition, waitMillis)
    this.#partition(number)
    this.#checkRange(number, from)
    const start = from - partition.first
    const records = partition.records.slice(start, endWithin(partition.records, start, maxBytes))
    return { records, next: from + records.length, end: endOf(partition) }
  }

  async first(number: number): Promise<number> {
    return this.#partition(number).first
  }

  async end(number: number): Promise<number> {
    return endOf(this.#partition(number))
  }

  async hint(group: string, number: number, offset: number): Promise<void> {
    this.#partition(number)
    const { hints } = this.#topic
    hints.set(group, (hints.get(group) ?? new Map()).set(number, offset))
  }

  async close(): Promise<void> {
    this.#closed.abort()
  }

  #partition(number: number): Partition {
    if (this.#closed.signal.aborted)
      throw new LogError('unreachable', `${partitionName(this.#topic.name, number)}: the log is closed`)
    return this.#topic.partition(number)
  }

  #checkRange(number: number, from: number): void {
    const partition = this.#topic.partition(number)
    const [first, end] = [partition.first, endOf(partition)]
    if (from < first || from > end) throw outOfRange(partitionName(this.#topic.name, number), from, first, end)
  }

  async #wait({ waiting }: Partition, waitMillis: number): Promise<void> {
    await new Promise<void>(resolve => {
      const wake = () => {
        clearTimeout(timer)
        waiting.delete(wake)
        this.#closed.signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, waitMillis)
      waiting.add(wake)
      this.#closed.signal.addEventListener('abort', wake)
    })
  }
}

function endOf({ first, records }: Partition): number {
  return first + records.length
}

function copyOf({ key, value, headers, timeMillis }: LogRecord): LogRecord {
  return { key: key && Buffer.from(key), value: Buffer.from(value), headers, timeMillis }
}
