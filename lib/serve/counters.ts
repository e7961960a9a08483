import { getOrInsert } from '../maps.ts'

/** What a tenant has sent since the start. */
export interface TenantCounts {
  requests: number
  /** Requests that were refused whole. */
  refused: number
  /** Bytes of requests, decompressed. */
  bytes: number
  spans: number
  rejectedSpans: number
  /** Texts in attributes that a limit has cut. */
  cutAttributes: number
}

/** What a store has done since the start. */
export class Counters {
  readonly tenants: Map<string, TenantCounts> = new Map()
  /** Blocks that were made of segments of the log. */
  flushedBlocks = 0
  compactions = 0
  deletedBlocks = 0
  /** Failures of writing the log or blocks. */
  failures = 0

  of(tenant: string): TenantCounts {
    const none = () => ({ requests: 0, refused: 0, bytes: 0, spans: 0, rejectedSpans: 0, cutAttributes: 0 })
    return getOrInsert(this.tenants, tenant, none)
  }
}

/** Lets a tenant send so many spans a second, and those of one second at once. */
export class RateLimit {
  readonly #perSecond: number
  #allowance: number
  #lastMillis = performance.now()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#allowance = perSecond
  }

  /** Seconds until more may come: 0 where it may now. What comes then may exceed the rate, which later ones wait for. */
  waitSeconds(): number {
    const now = performance.now()
    const gained = ((now - this.#lastMillis) / 1_000) * this.#perSecond
    this.#allowance = Math.min(this.#perSecond, this.#allowance + gained)
    this.#lastMillis = now
    return this.#allowance > 0 ? 0 : Math.max(1, Math.ceil(-this.#allowance / this.#perSecond))
  }

  spend(count: number): void {
    this.#allowance -= count
  }
}
