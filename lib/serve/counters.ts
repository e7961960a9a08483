import { getOrInsert } from '../maps.ts'
import { Refusal } from './refusal.ts'

/** Clients choose the names of tenants: those beyond are counted together. */
const maxTenants = 10_000
export const otherTenants = 'other'

/** What a tenant has sent since the start. */
export interface TenantCounts {
  requests: number
  /** Requests that were refused whole. */
  refused: number
  /** Bytes of requests, decompressed. */
  bytes: number
  spans: number
  rejectedSpans: number
  /** These by reason, as Tempo names it. */
  readonly rejected: Map<string, number>
  /** Requests that were refused, by reason. */
  readonly refusals: Map<string, number>
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
  /** Called with how long writing a block of a segment took. */
  onBlock: (seconds: number) => void = () => {}

  of(tenant: string): TenantCounts {
    const isOther = this.tenants.size >= maxTenants && !this.tenants.has(tenant)
    return getOrInsert(this.tenants, isOther ? otherTenants : tenant, newCounts)
  }

  blockFlushed(seconds: number): void {
    this.flushedBlocks++
    this.onBlock(seconds)
  }
}

function newCounts(): TenantCounts {
  const maps = { rejected: new Map(), refusals: new Map() }
  return { requests: 0, refused: 0, bytes: 0, spans: 0, rejectedSpans: 0, cutAttributes: 0, ...maps }
}

/** What the texts of reasons begin with, as Tempo names them. */
const reasons = [
  ['trace id', 'invalid_trace_id'],
  ['trace of', 'trace_too_large'],
  ['span that takes', 'span_too_large'],
] as const

/** Counts spans that were rejected; the texts of reasons have numbers that a client chooses. */
export function countRejected(counts: TenantCounts, rejected: ReadonlyMap<string, number>): void {
  for (const [text, count] of rejected) {
    const reason = reasons.find(([start]) => text.startsWith(start))?.[1] ?? 'invalid_span_id'
    counts.rejectedSpans += count
    counts.rejected.set(reason, (counts.rejected.get(reason) ?? 0) + count)
  }
}

/** Counts a request that was refused; of those that came too fast, also their spans. */
export function countRefused(counts: TenantCounts, error: unknown, spanCount: () => number = () => 0): void {
  const reason = error instanceof Refusal ? (error.kind === 'limited' ? 'rate_limited' : error.kind) : 'invalid'
  counts.refused++
  counts.refusals.set(reason, (counts.refusals.get(reason) ?? 0) + 1)
  if (reason === 'rate_limited') counts.rejected.set(reason, (counts.rejected.get(reason) ?? 0) + spanCount())
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

  /** True where all may come that ever may at once. */
  isIdle(): boolean {
    this.waitSeconds()
    return this.#allowance >= this.#burst
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

  /** Drops those that may send all that a new one may. */
  #dropIdle(): void {
    for (const [tenant, { spans, bytes }] of this.#byTenant)
      if (spans?.isIdle() !== false && bytes?.isIdle() !== false) this.#byTenant.delete(tenant)
  }

  #of(tenant: string) {
    const { maxSpansPerSecond, maxBytesPerSecond, burstBytes } = this.#limits
    if (this.#byTenant.size >= maxTenants && !this.#byTenant.has(tenant)) this.#dropIdle()
    return getOrInsert(this.#byTenant, tenant, () => ({
      spans: maxSpansPerSecond === undefined ? undefined : new RateLimit(maxSpansPerSecond),
      bytes: maxBytesPerSecond === undefined ? undefined : new RateLimit(maxBytesPerSecond, burstBytes),
    }))
  }
}
