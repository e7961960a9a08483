import { type ErrorKind, LabError } from '../../error.ts'

/** A record as it is appended. Its bytes must not change until `append` has ended. */
export interface LogRecord {
  readonly key?: Uint8Array | undefined
  readonly value: Uint8Array
  readonly headers?: readonly LogHeader[] | undefined
  /** When it was made, ms since the epoch, by the clock of who appends. */
  readonly timeMillis: number
}

export interface LogHeader {
  readonly key: string
  readonly value: Uint8Array
}

/** A record as it is read. */
export interface StoredRecord extends LogRecord {
  readonly offset: number
}

/** What a read found. */
export interface LogRead {
  /** In the order of their offsets, which may have gaps; none where `next` has only passed over such a gap. */
  readonly records: readonly StoredRecord[]
  /** Where to read on: beyond the last record, and beyond what holds none. */
  readonly next: number
  /** The offset that the next record of the partition gets, as of this read. */
  readonly end: number
}

/** Who a log is. A topic that is deleted and made anew has another id, and is another log. */
export interface LogIdentity {
  /** The id of the cluster. */
  readonly cluster: string
  /** The name. */
  readonly topic: string
  readonly topicId: string
}

/**
 * A log in partitions, each an ordered sequence of records that are never changed, from which the oldest vanish. Errors
 * are `LogError`. Nothing waits longer than the adapter's time limits.
 */
export interface PartitionedLog {
  readonly identity: LogIdentity
  /** What the bytes of one record may take, by `recordBytes`. */
  readonly maxRecordBytes: number
  /** Partitions are the numbers below this, which may grow. */
  partitionCount(): Promise<number>
  /**
   * Appends records and gives the offset of the first, once all in-sync replicas have them. The others follow in their
   * order; where they together take up to `appendBytes`, without another's between them. Calls for a partition take
   * effect in their order. After an error some of the records may be in the log, now or later.
   */
  append(partition: number, records: readonly LogRecord[]): Promise<number>
  /**
   * Records from an offset on, of at most `maxBytes` together but at least one where there is one. Where there is none,
   * it waits up to `waitMillis`.
   */
  read(partition: number, from: number, maxBytes: number, waitMillis: number): Promise<LogRead>
  /** The offset of the oldest record that is still there; `end` where there is none. */
  first(partition: number): Promise<number>
  /** The offset that the next record gets. */
  end(partition: number): Promise<number>
  /** Tells tools how far a group has come: the offset that it reads next. Nothing here depends on it. */
  hint(group: string, partition: number, offset: number): Promise<void>
  /** Ends what is under way with an `unreachable` error. */
  close(): Promise<void>
}

/** What the records of an append may take in order to lie without gaps. */
export const appendBytes = 1_000_000

/**
 * What a caller may want to tell apart:
 * - `out of range`: the offset lies before the first (retention has taken records) or beyond the end (they are lost)
 * - `unknown partition`: of a number that the log does not have
 * - `too large`: a record beyond the limit, and none of the call's was appended
 * - `foreign`: the log is not the one that was opened
 * - `refused`: the log says no, and would do so again (rights, settings)
 * - `unreachable`: no answer in time; trying again may help
 */
export type LogErrorReason = 'out of range' | 'unknown partition' | 'too large' | 'foreign' | 'refused' | 'unreachable'

const kinds: Readonly<Record<LogErrorReason, ErrorKind>> = {
  'out of range': 'missing',
  'unknown partition': 'missing',
  'too large': 'limit',
  foreign: 'invalid',
  refused: 'invalid',
  unreachable: 'missing',
}

export class LogError extends LabError {
  readonly reason: LogErrorReason
  /** What the partition has: of `out of range`. */
  readonly first: number | undefined
  readonly end: number | undefined

  constructor(reason: LogErrorReason, message: string, { first, end, ...options }: LogErrorOptions = {}) {
    super(kinds[reason], message, options)
    this.name = 'LogError'
    this.reason = reason
    this.first = first
    this.end = end
  }
}

interface LogErrorOptions extends ErrorOptions {
  readonly first?: number
  readonly end?: number
}

/** `log "spans", partition 3`. */
export function partitionName(log: string, partition: number): string {
  return `log ${JSON.stringify(log)}, partition ${partition}`
}

/** What a record counts as. */
export function recordBytes({ key, value, headers = [] }: LogRecord): number {
  const headerBytes = headers.reduce((sum, header) => sum + header.key.length + header.value.length, 0)
  return (key?.length ?? 0) + value.length + headerBytes
}

/** Refuses an append of which a record is too large for the log. */
export function checkRecords(name: string, records: readonly LogRecord[], maxRecordBytes: number): void {
  for (const record of records) {
    const byteLength = recordBytes(record)
    if (byteLength > maxRecordBytes)
      throw new LogError('too large', `${name}: a record of ${byteLength} bytes, at most ${maxRecordBytes} are taken`)
  }
}

/** The error of a read at an offset that a partition does not have. */
export function outOfRange(name: string, from: number, first: number, end: number): LogError {
  const why = from < first ? 'retention has removed what was there' : 'records were lost, or the log is another one'
  return new LogError('out of range', `${name}: offset ${from} is not in [${first}, ${end}]: ${why}`, { first, end })
}

/** Up to which of the records from `start` on, but one at least, they take `maxBytes` together. */
export function endWithin(records: readonly LogRecord[], start: number, maxBytes: number): number {
  let end = start
  for (let sum = 0; end < records.length; end++) {
    sum += recordBytes(records[end]!)
    if (sum > maxBytes && end > start) break
  }
  return end
}
