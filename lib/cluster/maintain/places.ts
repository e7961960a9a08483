import type { CompactionConfig } from '../../serve/blocks/plan.ts'
import type { Encoding } from '../../serve/blocks/write.ts'
import type { BlobStore } from '../../storage/store.ts'
import type { Chain } from '../commits/chain.ts'

export interface WorkerPlaces {
  readonly store: BlobStore
  readonly chain: Chain
  /** The names of the workers that live, so that not all do the same work; it need not be certain. */
  readonly members?: (() => Promise<readonly string[]>) | undefined
  readonly warn: (message: string) => void
}

/** How blocks are maintained. */
export interface WorkerConfig {
  readonly instance: string
  readonly compaction: CompactionConfig
  readonly encoding: Encoding
}

/** What a worker has done since it started. */
export class WorkerCounters {
  compactions = 0
  /** Blocks that became others. */
  compactedBlocks = 0
  /** Blocks that were older than is wanted. */
  expiredBlocks = 0
  /** Metas that those who committed did not get to write. */
  completedMetas = 0
  /** Blocks whose data was never committed, and cannot be any more. */
  discardedBlocks = 0
  /** Blocks whose objects were deleted. */
  deletedBlocks = 0
  /** Blocks that count, and have no data. */
  missingBlocks = 0
  /** Work that was dropped, as another worker was first. */
  overtaken = 0
  failures = 0
}

/** The own clocks of a worker, in milliseconds: the time of day, and what passes whatever that is set to. */
export interface Clock {
  now(): number
  elapsed(): number
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() }
