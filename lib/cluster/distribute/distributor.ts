import { messageOf } from '../../error.ts'
import { OtlpMessages } from '../../formats/otlp/proto-message.ts'
import { getOrInsert } from '../../maps.ts'
import { Admission, type Pushed } from '../../serve/admission.ts'
import type { TenantLimits } from '../../serve/config.ts'
import { Counters } from '../../serve/counters.ts'
import { type Sifted, sift } from '../../serve/live/intake.ts'
import { Refusal } from '../../serve/refusal.ts'
import { SpanRows, spanField, spanWidth } from '../../shred/rows.ts'
import { type LogRecord, type PartitionedLog, recordBytes } from '../log/log.ts'
import { type RecordFormat, type SplitRecord, type SplitRequest, splitRequest } from '../records/split.ts'
import { TraceSizes } from './trace-sizes.ts'

const retrySeconds = 5
/** What the tables keep of one request for the next. */
const maxTableBytes = 4 * 2 ** 20
const noBytes: Buffer = Buffer.alloc(0)

export interface DistributorConfig {
  readonly limits: TenantLimits
  readonly format: RecordFormat
  /** Requests and their records that wait for the log may take so much; more has to wait at the sender. */
  readonly maxWaitingBytes: number
  /** For `limits.maxTraceBytes`: a trace counts as long as it gets a span in such a time. */
  readonly maxTraceLiveMillis: number
}

/** What a distributor has appended since it started. */
export class ProduceCounters {
  records = 0
  bytes = 0
  /** Requests that the log did not take. */
  failures = 0
  /** Why it did not take the last one; undefined where it did. */
  problem: string | undefined
  /** Called with how long an append took that was acknowledged. */
  onAppend: (seconds: number) => void = () => {}
}

/** Takes requests of spans in and appends them to a log. It keeps nothing. */
export class Distributor {
  readonly counters: Counters = new Counters()
  readonly produced: ProduceCounters = new ProduceCounters()
  readonly #log: PartitionedLog
  readonly #config: DistributorConfig
  readonly #admission: Admission
  readonly #traceSizes: TraceSizes
  /** Each request is read as consumers will read it: what these cannot read is not acknowledged. */
  readonly #rows = new SpanRows()
  readonly #messages = new OtlpMessages(this.#rows, () => {})
  #waitingBytes = 0

  constructor(log: PartitionedLog, config: DistributorConfig) {
    this.#log = log
    this.#config = config
    this.#admission = new Admission(config.limits, this.counters)
    this.#traceSizes = new TraceSizes(config.maxTraceLiveMillis)
  }

  /** Bytes that wait for the log. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Takes a request in: OTLP protobuf, decompressed. Resolves when all in-sync replicas of the log have it. */
  push(tenant: string, request: Buffer): Promise<Pushed> {
    return this.#admission.push(tenant, request, sifted => {
      this.#checkRoom(request.length)
      return this.#whileWaiting(request.length, () => this.#keep(tenant, request, sifted))
    })
  }

  /** Asks the log whether it is there again, where it was away: without senders nobody else would find out. */
  async checkLog(): Promise<void> {
    if (this.produced.problem === undefined) return
    const partitionCount = await this.#log.partitionCount()
    await Promise.all(Array.from({ length: partitionCount }, (_, partition) => this.#log.end(partition)))
    this.produced.problem = undefined
  }

  async #keep(tenant: string, request: Buffer, sifted: (what: Sifted) => void): Promise<Pushed> {
    const partitionCount = await this.#log.partitionCount().catch(error => this.#refuse(error))
    const { what, records, rejected } = this.#split(tenant, request, partitionCount)
    const spanCount = records.reduce((sum, record) => sum + record.spanCount, 0)
    const all = { ...what, spanCount, rejected: new Map([...what.rejected, ...rejected]) }
    sifted(all)
    const byteLength = records.reduce((sum, { record }) => sum + recordBytes(record), 0)
    await this.#whileWaiting(byteLength, () => this.#append(records, byteLength))
    return all
  }

  #split(tenant: string, request: Buffer, partitionCount: number): SplitRequest & { readonly what: Sifted } {
    const { format } = this.#config
    const rows = this.#rows
    try {
      const what = this.#sift(tenant, request)
      const config = { tenant, partitionCount, format, maxRecordBytes: this.#log.maxRecordBytes }
      return { what, ...splitRequest(what.payload ?? noBytes, rows, config) }
    } finally {
      rows.clear(maxTableBytes)
    }
  }

  #sift(tenant: string, request: Buffer): Sifted {
    const rows = this.#rows
    const names = new Map<number, string>()
    const growTrace = (row: number, byteLength: number, maxBytes: number) => {
      const trace = rows.spans.at(row * spanWidth + spanField.trace)
      const name = getOrInsert(names, trace, () => `${tenant}/${rows.traceIds.hexOf(trace)}`)
      return this.#traceSizes.grow(name, byteLength, maxBytes)
    }
    return sift(rows, request, { messages: this.#messages, limits: this.#config.limits, growTrace })
  }

  async #append(records: readonly SplitRecord[], byteLength: number): Promise<void> {
    const byPartition = new Map<number, LogRecord[]>()
    for (const { partition, record } of records) getOrInsert(byPartition, partition, () => []).push(record)
    const startMillis = performance.now()
    // All are waited for: what is still sent counts as waiting.
    const appends = Array.from(byPartition, ([partition, own]) => this.#log.append(partition, own))
    const failed = (await Promise.allSettled(appends)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') this.#refuse(failed.reason)
    this.produced.problem = undefined
    this.produced.records += records.length
    this.produced.bytes += byteLength
    this.produced.onAppend((performance.now() - startMillis) / 1_000)
  }

  /** Whatever the reason, it is not the sender's: what is sent again later may be taken. */
  #refuse(error: unknown): never {
    this.produced.failures++
    const message = `the log does not take spans: ${messageOf(error)}`
    this.produced.problem = message
    throw new Refusal('unavailable', message, { retryAfterSeconds: retrySeconds, cause: error })
  }

  #checkRoom(byteLength: number): void {
    if (this.#waitingBytes === 0 || this.#waitingBytes + byteLength <= this.#config.maxWaitingBytes) return
    throw new Refusal('unavailable', `${this.#waitingBytes} bytes wait for the log already`, {
      retryAfterSeconds: retrySeconds,
    })
  }

  async #whileWaiting<T>(byteLength: number, work: () => Promise<T>): Promise<T> {
    this.#waitingBytes += byteLength
    try {
      return await work()
    } finally {
      this.#waitingBytes -= byteLength
    }
  }
}
