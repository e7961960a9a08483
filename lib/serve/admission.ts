import type { TenantLimits } from './config.ts'
import { type Counters, countRefused, countRejected, TenantRates } from './counters.ts'
import { countRequestSpans } from './live/count-spans.ts'
import type { Sifted } from './live/intake.ts'
import { Refusal } from './refusal.ts'
import { checkTenant } from './tenant.ts'

/** What became of the spans of a request. */
export type Pushed = Pick<Sifted, 'spanCount' | 'rejected'>

/** The limits of tenants at the door, and the counts of what came through it and what did not. */
export class Admission {
  readonly #limits: TenantLimits
  readonly #counters: Counters
  readonly #rates: TenantRates

  constructor(limits: TenantLimits, counters: Counters) {
    this.#limits = limits
    this.#counters = counters
    this.#rates = new TenantRates(limits)
  }

  /** Lets `keep` have a request: it calls `sifted` with what is taken of it, and ends when that is durable. */
  async push(
    tenant: string,
    request: Buffer,
    keep: (sifted: (what: Sifted) => void) => Promise<Pushed>,
  ): Promise<Pushed> {
    checkTenant(tenant)
    const counts = this.#counters.of(tenant)
    counts.requests++
    try {
      this.#check(tenant, request)
      const pushed = await keep(({ spanCount, rejected, cutCount }) => {
        this.#rates.spend(tenant, spanCount, request.length)
        counts.cutAttributes += cutCount
        countRejected(counts, rejected)
      })
      counts.bytes += request.length
      counts.spans += pushed.spanCount
      return pushed
    } catch (error) {
      countRefused(counts, error, () => countRequestSpans(request))
      throw error
    }
  }

  #check(tenant: string, request: Buffer): void {
    const { maxRequestBytes } = this.#limits
    if (request.length > maxRequestBytes)
      throw new Refusal('invalid', `the request has ${request.length} bytes, at most ${maxRequestBytes} are taken`)
    const excess = this.#rates.excess(tenant)
    if (excess) throw new Refusal('limited', excess.reason, { retryAfterSeconds: excess.waitSeconds })
  }
}
