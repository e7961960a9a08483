import type { Counters, TenantCounts } from '../counters.ts'

/** What a tenant sent within one sample. */
type Sent = Pick<TenantCounts, 'spans' | 'bytes' | 'requests'>

interface Sample {
  readonly timeMillis: number
  readonly seconds: number
  readonly sent: ReadonlyMap<string, Sent>
  readonly compactions: number
}

/** What a tenant sends, over the last minute. */
export interface SentPerSecond {
  readonly spansPerSecond: number
  readonly bytesPerSecond: number
  readonly requestsPerSecond: number
}

/** Rates per second by sample, the oldest first, of the tenants that sent anything. */
export interface RateHistory {
  /** When each sample ended. */
  readonly times: readonly string[]
  readonly tenants: Readonly<Record<string, { readonly [name in keyof SentPerSecond]: readonly number[] }>>
}

const sampleMillis = 2_000
const maxSamples = 150
const lastMinuteMillis = 60_000
/** Of one sample: whoever sends chooses the names of tenants. */
const maxTenants = 1_000
const none: Sent = { spans: 0, bytes: 0, requests: 0 }

/** What a store's counters were over the last five minutes. */
export class Rates {
  readonly #counters: Counters
  readonly #samples: Sample[] = []
  #before = new Map<string, Sent>()
  #compactionsBefore = 0
  #takenMillis: number
  readonly #timer: NodeJS.Timeout

  constructor(counters: Counters, nowMillis: number = Date.now()) {
    this.#counters = counters
    this.#takenMillis = nowMillis
    this.#timer = setInterval(() => this.sample(Date.now()), sampleMillis)
    this.#timer.unref()
  }

  /** Takes a sample; the oldest one goes where there are many. */
  sample(nowMillis: number): void {
    const seconds = (nowMillis - this.#takenMillis) / 1_000
    if (seconds <= 0) return
    const sent = new Map<string, Sent>()
    for (const [tenant, { spans, bytes, requests }] of this.#counters.tenants) {
      const before = this.#before.get(tenant) ?? none
      if (requests === before.requests || sent.size === maxTenants) continue
      sent.set(tenant, {
        spans: spans - before.spans,
        bytes: bytes - before.bytes,
        requests: requests - before.requests,
      })
      this.#before.set(tenant, { spans, bytes, requests })
    }
    const { compactions } = this.#counters
    this.#samples.push({ timeMillis: nowMillis, seconds, sent, compactions: compactions - this.#compactionsBefore })
    if (this.#samples.length > maxSamples) this.#samples.shift()
    this.#compactionsBefore = compactions
    this.#takenMillis = nowMillis
  }

  /** Of a tenant over the last minute, or as long as there are samples. */
  of(tenant: string): SentPerSecond {
    const since = this.#takenMillis - lastMinuteMillis
    const last = this.#samples.filter(({ timeMillis }) => timeMillis > since)
    const seconds = Math.max(
      1,
      sum(last, one => one.seconds),
    )
    const rate = (name: keyof Sent) => sum(last, one => (one.sent.get(tenant) ?? none)[name]) / seconds
    return { spansPerSecond: rate('spans'), bytesPerSecond: rate('bytes'), requestsPerSecond: rate('requests') }
  }

  /** Over all samples. */
  compactionsPerSecond(): number {
    return (
      sum(this.#samples, one => one.compactions) /
      Math.max(
        1,
        sum(this.#samples, one => one.seconds),
      )
    )
  }

  history(): RateHistory {
    const names = [...new Set(this.#samples.flatMap(({ sent }) => [...sent.keys()]))].sort()
    const line = (tenant: string, name: keyof Sent) =>
      this.#samples.map(({ sent, seconds }) => (sent.get(tenant) ?? none)[name] / seconds)
    return {
      times: this.#samples.map(({ timeMillis }) => new Date(timeMillis).toISOString()),
      tenants: Object.fromEntries(
        names.map(tenant => [
          tenant,
          {
            spansPerSecond: line(tenant, 'spans'),
            bytesPerSecond: line(tenant, 'bytes'),
            requestsPerSecond: line(tenant, 'requests'),
          },
        ]),
      ),
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
