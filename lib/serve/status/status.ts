import type { StoredBlocks } from '../api/block-bytes-route.ts'
import type { TenantCounts } from '../counters.ts'
import type { BlockRow } from './blocks.ts'
import type { RateHistory, SentPerSecond } from './rates.ts'

/** A file that is served as it is. */
export interface FileRow {
  readonly file: string
  readonly spans: number
  readonly bytes: number
}

/** What a tenant sent since the start, its rates over the last minute, and what of it is kept. */
export interface TenantRow extends Omit<TenantCounts, 'cutAttributes' | 'rejected' | 'refusals'>, SentPerSecond {
  readonly tenant: string
  readonly recentSpans: number
  readonly blocks: number
  readonly blockSpans: number
  readonly blockBytes: number
}

export interface Warning {
  readonly time: string
  readonly message: string
}

/** What a store has, and what it did since the start. */
export interface StoreFacts {
  /** Spans in the log and in memory that are in no block yet. */
  readonly recentSpans: number
  /** Segments of the log that wait to become blocks. */
  readonly waitingSegments: number
  /** Of the segment that is written to. */
  readonly logBytes: number
  readonly damagedLogParts: number
  readonly blocks: number
  readonly blockSpans: number
  readonly blockBytes: number
  readonly flushedBlocks: number
  readonly compactions: number
  readonly compactionsLeft: number
  readonly deletedBlocks: number
  readonly failures: number
  readonly droppedFields: number
}

/** What a server says of itself. It has either a store or files. */
export interface Status {
  readonly version: string
  readonly started: string
  readonly uptimeSeconds: number
  readonly ports: Readonly<Record<string, number>>
  readonly store?: StoreFacts
  readonly tenants?: readonly TenantRow[]
  readonly files?: readonly FileRow[]
  /** The last ones. */
  readonly warnings: readonly Warning[]
  readonly warningCount: number
}

/** The blocks of all tenants, or of one, and when no compaction is due any more; where there is no store, its files. */
export interface BlocksStatus {
  readonly blocks: readonly BlockRow[]
  readonly files?: readonly FileRow[]
  /** Whether compactions are due, and when they are done. */
  readonly backlog: string
}

/** What the routes below `/status` answer from. */
export interface StatusSource {
  status(): Status
  blocks(tenant: string | undefined): BlocksStatus
  rates(): RateHistory
  /** Absent where there are files instead. */
  readonly stored?: StoredBlocks | undefined
}

/** How these answers are printed for people. */
export interface StatusPrinter {
  status(status: Status): string
  blocks(blocks: BlocksStatus): string
  /** Files are the same to every tenant: there they are undefined. */
  tenants(tenants: readonly TenantRow[] | undefined): string
}

/** The status of a server that answers from files as they are. */
export function filesStatus(files: readonly FileRow[], version: string, ports: () => Status['ports']): StatusSource {
  const startedMillis = Date.now()
  return {
    status: () => ({ ...uptimeOf(startedMillis), version, ports: ports(), files, warnings: [], warningCount: 0 }),
    blocks: () => ({ blocks: [], files, backlog: 'files are served as they are' }),
    rates: () => ({ times: [], tenants: {} }),
  }
}

export function uptimeOf(startedMillis: number): Pick<Status, 'started' | 'uptimeSeconds'> {
  return {
    started: new Date(startedMillis).toISOString(),
    uptimeSeconds: Math.round((Date.now() - startedMillis) / 1_000),
  }
}
