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

export interface RateLimits {
  readonly maxSpansPerSecond?: number | undefined
  /** Decompressed: `overrides.defaults.ingestion.rate_limit_bytes`. */
  readonly maxBytesPerSecond?: number | undefined
  /** Bytes that may come at once, those of a second where absent: `burst_size_bytes`. */
  readonly burstBytes?: number | undefined
}

/** Lets a tenant send so much a second, and at once that of one second or what is said. */
export class RateLimit {
  readonly #perSecond: number
  readonly #burst: number
  #allowance: number
  #lastMillis = performance.now()

  constructor(perSecond: number, burst: number = perSecond) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#allowance = burst
  }

  /** Seconds until more may come: 0 where it may now. What comes then may exceed the rate, which later ones wait for. */
  waitSeconds(): number {
    const now = performance.now()
    const gained = ((now - this.#lastMillis) / 1_000) * this.#perSecond
    this.#allowance = Math.min(this.#burst, this.#allowance + gained)
    this.#lastMillis = now
    return this.#allowance > 0 ? 0 : Math.max(1, Math.ceil(-this.#allowance / this.#perSecond))
  }

  spend(count: number): void {
    this.#allowance -= count
  }
}

/** The rates of tenants, where they are limited. */
export class TenantRates {
  readonly #limits: RateLimits
  readonly #byTenant = new Map<string, { spans: RateLimit | undefined; bytes: RateLimit | undefined }>()

  constructor(limits: RateLimits) {
    this.#limits = limits
  }

  /** Why a tenant has to wait, and how many seconds; undefined where it need not. */
  excess(tenant: string): { readonly reason: string; readonly waitSeconds: number } | undefined {
    const { spans, bytes } = this.#of(tenant)
    const { maxSpansPerSecond, maxBytesPerSecond } = this.#limits
    const [spansWait, bytesWait] = [spans?.waitSeconds() ?? 0, bytes?.waitSeconds() ?? 0]
    if (spansWait === 0 && bytesWait === 0) return undefined
    const what = spansWait >= bytesWait ? `${maxSpansPerSecond} spans` : `${maxBytesPerSecond} bytes`
    return { reason: `the tenant sends more than ${what} a second`, waitSeconds: Math.max(spansWait, bytesWait) }
  }

  spend(tenant: string, spanCount: number, byteLength: number): void {
    const { spans, bytes } = this.#of(tenant)
    spans?.spend(spanCount)
    bytes?.spend(byteLength)
  }

  #of(tenant: string) {
    const { maxSpansPerSecond, maxBytesPerSecond, burstBytes } = this.#limits
    return getOrInsert(this.#byTenant, tenant, () => ({
      spans: maxSpansPerSecond === undefined ? undefined : new RateLimit(maxSpansPerSecond),
      bytes: maxBytesPerSecond === undefined ? undefined : new RateLimit(maxBytesPerSecond, burstBytes),
    }))
  }
}
