import type { BlobReader } from '../../storage/store.ts'
import type { LiveAnswer, LivePiece } from '../live/answer.ts'

/** A live store, as those see it who ask it. */
export interface LiveReplica {
  readonly partition: number
  readonly address: string
  /** The pieces of a tenant from an offset on. */
  pieces(tenant: string, from: number, signal: AbortSignal): Promise<LiveAnswer>
  open(piece: LivePiece): Promise<BlobReader>
}

/** Those that live. */
export type LiveStores = () => Promise<readonly LiveReplica[]>
