import type { BlockMeta } from '../../serve/blocks/meta.ts'
import type { BlobReader } from '../../storage/store.ts'

/** Spans of offsets from `start` up to, not including, `end`, as a live store has them: a block that does not change. */
export interface LivePiece {
  readonly id: string
  readonly start: number
  readonly end: number
  readonly meta: BlockMeta
}

/** What a live store knows of a tenant. */
export interface LiveAnswer {
  /** It has all offsets from here on, */
  readonly first: number
  /** up to here, not including it. */
  readonly next: number
  /** The end of the partition when it was read last. */
  readonly end: number
  /** When the last record that was read was made, ms since the epoch; 0 where there was none. */
  readonly readMillis: number
  /** With the spans from the asked offset on; some may have older ones. */
  readonly pieces: readonly LivePiece[]
}

/** A live store, as those see it who ask it. */
export interface LiveReplica {
  readonly partition: number
  readonly address: string
  /** The pieces of a tenant from an offset on. */
  pieces(tenant: string, from: number, signal: AbortSignal): Promise<LiveAnswer>
}

/** The live stores of a cluster. */
export interface LiveStores {
  /** Those that live. */
  replicas(): Promise<readonly LiveReplica[]>
  /** A piece of the one at an address. */
  open(address: string, piece: LivePiece): Promise<BlobReader>
}
