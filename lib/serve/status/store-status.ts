import type { StoredBlocks } from '../api/block-bytes-route.ts'
import type { CompactionConfig } from '../blocks/plan.ts'
import type { Store } from '../store.ts'
import { type PlannedBlock, planAll, rowOf } from './blocks.ts'
import { Rates } from './rates.ts'
import { type Status, type StatusSource, type TenantRow, uptimeOf, type Warning } from './status.ts'

const maxWarnings = 50

/** The last warnings of a server, and how many there were. */
export class Warnings {
  readonly last: Warning[] = []
  count = 0

  add(message: string): void {
    this.count++
    this.last.push({ time: new Date().toISOString(), message })
    if (this.last.length > maxWarnings) this.last.shift()
  }
}

export interface StatusParts {
  readonly version: string
  readonly compaction: CompactionConfig
  readonly warnings: Warnings
  ports(): Status['ports']
}

/** The status of a store that takes spans in. */
export class StoreStatus implements StatusSource {
  readonly #store: Store
  readonly #parts: StatusParts
  readonly #rates: Rates
  readonly #startedMillis = Date.now()

  constructor(store: Store, parts: StatusParts) {
    this.#store = store
    this.#parts = parts
    this.#rates = new Rates(store.counters)
  }

  status(): Status {
    const { version, warnings } = this.#parts
    const { counters } = this.#store
    const { planned, compactionsLeft } = this.#plan()
    const { waitingSegments, logBytes } = this.#store.recent()
    const tenants = this.#tenants(planned)
    const total = (of: (row: TenantRow) => number) => tenants.reduce((sum, row) => sum + of(row), 0)
    return {
      ...uptimeOf(this.#startedMillis),
      version,
      ports: this.#parts.ports(),
      store: {
        recentSpans: total(row => row.recentSpans),
        waitingSegments,
        logBytes,
        damagedLogParts: this.#store.damagedCount,
        blocks: total(row => row.blocks),
        blockSpans: total(row => row.blockSpans),
        blockBytes: total(row => row.blockBytes),
        flushedBlocks: counters.flushedBlocks,
        compactions: counters.compactions,
        compactionsLeft,
        deletedBlocks: counters.deletedBlocks,
        failures: counters.failures,
        droppedFields: [...this.#store.droppedFields.values()].reduce((sum, count) => sum + count, 0),
      },
      tenants,
      warnings: warnings.last,
      warningCount: warnings.count,
    }
  }

  blocks(tenant: string | undefined) {
    const { planned, compactionsLeft } = this.#plan()
    const rows = planned.map(rowOf)
    const own = tenant === undefined ? rows : rows.filter(row => row.tenant === tenant)
    return { blocks: own, backlog: backlogOf(compactionsLeft, this.#rates.compactionsPerSecond()) }
  }

  rates() {
    return this.#rates.history()
  }

  get stored(): StoredBlocks {
    const { blocks } = this.#store
    const find = (tenant: string, id: string) => blocks.list(tenant).find(({ meta }) => meta.blockID === id)?.meta
    return { store: blocks.store, find }
  }

  close(): void {
    this.#rates.close()
  }

  #plan() {
    return planAll(this.#store.blocks, Date.now(), this.#parts.compaction)
  }

  #tenants(planned: readonly PlannedBlock[]): TenantRow[] {
    const { tenants: counts } = this.#store.counters
    const { spansByTenant } = this.#store.recent()
    const counting = planned.filter(({ isReplaced }) => !isReplaced).map(rowOf)
    const names = new Set([...counts.keys(), ...spansByTenant.keys(), ...counting.map(({ tenant }) => tenant)])
    return [...names].sort().map(tenant => {
      const own = counting.filter(row => row.tenant === tenant)
      const sent = counts.get(tenant)
      return {
        tenant,
        ...this.#rates.of(tenant),
        requests: sent?.requests ?? 0,
        refused: sent?.refused ?? 0,
        bytes: sent?.bytes ?? 0,
        spans: sent?.spans ?? 0,
        rejectedSpans: sent?.rejectedSpans ?? 0,
        recentSpans: spansByTenant.get(tenant) ?? 0,
        blocks: own.length,
        blockSpans: own.reduce((sum, { spans }) => sum + spans, 0),
        blockBytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
      }
    })
  }
}

function backlogOf(compactionsLeft: number, perSecond: number): string {
  if (compactionsLeft === 0) return 'no compaction is due'
  const due = `compactions due: ${compactionsLeft}`
  if (perSecond === 0) return `${due}; none was done in the last 5 minutes, which would say how long they take`
  return `${due}; done in about ${Math.ceil(compactionsLeft / perSecond / 60)} min at the rate of the last 5 minutes`
}
