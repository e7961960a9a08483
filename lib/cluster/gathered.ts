import { messageOf } from '../error.ts'
import { OtlpMessages } from '../formats/otlp/proto-message.ts'
import { LivePart } from '../serve/live/part.ts'
import { SpanRows } from '../shred/rows.ts'
import type { StoredRecord } from './log/log.ts'
import { contentOf } from './records/read.ts'

/** A record that cannot be read. */
export interface Poison {
  readonly offset: number
  readonly value: Uint8Array
  readonly reason: string
}

/** What a tenant takes beside its spans: measured with 5,000 of one span each, resident. */
const tenantBytes = 35 * 2 ** 10
/** Metas have times until the end of the year 9999; who appends can say any. */
const latestMillis = 253_402_300_799_999

/** The spans of records of one partition, by tenant. Those that are equal are there once. */
export class Gathered {
  readonly parts: Map<string, LivePart> = new Map()
  readonly poison: Poison[] = []
  recordCount = 0
  /** Equal ones count as often as they came. */
  spanCount = 0
  /** Of the values of records. */
  byteLength = 0
  readonly #messages = new OtlpMessages(new SpanRows(), () => {})
  readonly #added: (tenant: string, part: LivePart) => void

  /** `added` is called after each record that has spans. */
  constructor(added: (tenant: string, part: LivePart) => void = () => {}) {
    this.#added = added
  }

  /** About the memory that the spans take, and what cannot be read. */
  get memoryBytes(): number {
    let sum = this.parts.size * tenantBytes
    for (const { rows } of this.parts.values()) sum += rows.byteLength
    for (const { value } of this.poison) sum += value.length
    return sum
  }

  /** Adds the spans of a record; of one that cannot be read none, and gives that back. */
  add(record: StoredRecord): Poison | undefined {
    this.recordCount++
    this.byteLength += record.value.length
    try {
      const { tenant, request } = contentOf(record)
      if (request.length > 0) this.#take(tenant, request, record.timeMillis)
      return undefined
    } catch (error) {
      const poison = { offset: record.offset, value: record.value, reason: messageOf(error) }
      this.poison.push(poison)
      return poison
    }
  }

  #take(tenant: string, request: Buffer, timeMillis: number): void {
    const known = this.parts.get(tenant)
    const part = known ?? new LivePart()
    const start = part.rows.length
    this.#messages.read(request, part.rows)
    if (part.rows.length === start) return
    if (known === undefined) this.parts.set(tenant, part)
    this.spanCount += part.rows.length - start
    part.commit(part.arrived(start, Math.min(Math.max(timeMillis, 0), latestMillis)))
    this.#added(tenant, part)
  }
}
