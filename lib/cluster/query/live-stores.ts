import type { BlobReader } from '../../storage/store.ts'
import type { LiveAnswer, LivePiece } from '../live/answer.ts'

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
