import { type BlockpackConfig, profiles } from '../../formats/blockpack/write/config.ts'

/** How a live store works; the comments name Tempo's keys below `live_store`. */
export interface LiveConfig {
  /** How long records are gathered for a segment: `max_block_duration`. */
  readonly maxBlockMillis: number
  /** What its spans take in memory: `max_block_bytes`. */
  readonly maxBlockBytes: number
  /** What all spans in memory take before no more is read: `max_live_traces_bytes`. */
  readonly maxLiveBytes: number
  /** How often it is looked what is in blocks: `commit_interval`. */
  readonly commitMillis: number
  /** It is ready once the last record that it has read is no older, or the last one of all: `readiness_target_lag`. */
  readonly targetLagMillis: number
  /** How long what is in blocks is still answered with: `complete_block_timeout`. That takes memory. */
  readonly keepMillis: number
  /** What has been in memory for so long, and is in no block still, is written to the folder: several cycles of builders. */
  readonly maxUncommittedMillis: number
  /** How long what was replaced can still be read. */
  readonly graceMillis: number
  /** Who asks again within so long gets the same pieces. */
  readonly cutMillis: number
  /** Spans of a piece, about: so many are cut anew where blocks end in the middle of one. */
  readonly maxPieceRows: number
  /** A tenant of which more spans are neither in blocks nor in pieces is cut before somebody asks, who would wait for it. */
  readonly maxUncutSpans: number
  readonly blockpack: BlockpackConfig
}

export const defaultLive: LiveConfig = {
  maxBlockMillis: 30_000,
  maxBlockBytes: 50 * 2 ** 20,
  maxLiveBytes: 250_000_000,
  commitMillis: 5_000,
  targetLagMillis: 0,
  // States of queriers are a second old, and one that asks for what is gone reads the commits again.
  keepMillis: 10_000,
  maxUncommittedMillis: 120_000,
  graceMillis: 60_000,
  cutMillis: 250,
  maxPieceRows: 32_768,
  // 1.1 s of encoding otel on a core that has nothing else to do.
  maxUncutSpans: 250_000,
  blockpack: profiles['high-throughput'],
}
