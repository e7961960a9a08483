import { type BlockpackConfig, profiles } from '../formats/blockpack/write/config.ts'
import { type CompactionConfig, defaultCompaction } from './blocks/plan.ts'
import type { RateLimits } from './counters.ts'
import type { SyncMode } from './wal/log.ts'

/** Limits of a tenant; those that are absent do not apply. */
export interface TenantLimits extends RateLimits {
  /** Of one request, after decompression. */
  readonly maxRequestBytes: number
  /** Of the spans of one trace that are not in a block yet, as a share of the requests that they came in. */
  readonly maxTraceBytes?: number | undefined
  /** Of a string value; longer ones are cut, and counted. */
  readonly maxAttributeBytes?: number | undefined
}

/** How a store works; the comments name Tempo's keys. */
export interface StoreConfig {
  readonly sync: SyncMode
  /** A trace without new spans for so long is complete: `live_store.max_trace_idle`. */
  readonly maxTraceIdleMillis: number
  /** One that is older is complete as well: `live_store.max_trace_live`. */
  readonly maxTraceLiveMillis: number
  /** What recent spans take in memory before they become a block: `live_store.max_block_bytes`. */
  readonly maxBlockBytes: number
  /** How old they are then at most: `live_store.max_block_duration`. */
  readonly maxBlockMillis: number
  /** How blocks are written that others replace soon, and how these are. */
  readonly freshBlockpack: BlockpackConfig
  readonly blockpack: BlockpackConfig
  readonly compaction: CompactionConfig
  readonly limits: TenantLimits
}

export const defaultConfig: StoreConfig = {
  sync: 'always',
  maxTraceIdleMillis: 5_000,
  maxTraceLiveMillis: 30_000,
  maxBlockBytes: 50 * 2 ** 20,
  maxBlockMillis: 30_000,
  freshBlockpack: profiles['high-throughput'],
  blockpack: profiles.default,
  compaction: defaultCompaction,
  limits: { maxRequestBytes: 64 * 2 ** 20 },
}
