import { LogError, type LogRecord, type PartitionedLog, type StoredRecord } from '../../lib/cluster/log/log.ts'
import { labRejection } from './errors.ts'

export const recordOf = (text: string): LogRecord => ({ value: Buffer.from(text), timeMillis: Date.now() })

export const textsOf = (records: readonly LogRecord[]) => records.map(({ value }) => Buffer.from(value).toString())

/** The log's error that a promise ends in; anything else fails the test. */
export async function logRejection(promise: Promise<unknown>): Promise<LogError> {
  const error = await labRejection(promise)
  if (error instanceof LogError) return error
  throw error
}

/** All that a partition has from an offset on. */
export async function readAll(log: PartitionedLog, partition: number, from = 0, maxBytes = 1 << 20) {
  const records: StoredRecord[] = []
  for (let next = from; next < (await log.end(partition)); ) {
    const read = await log.read(partition, next, maxBytes, 1_000)
    records.push(...read.records)
    next = read.next
  }
  return records
}
