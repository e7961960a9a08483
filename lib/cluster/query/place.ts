import { keyOf } from '../../serve/blocks/blocks.ts'
import { type BlockMeta, dataNameOf } from '../../serve/blocks/meta.ts'
import type { BlobReader, BlobStore } from '../../storage/store.ts'
import type { LivePiece } from '../live/answer.ts'
import type { LiveStores } from './live-stores.ts'

/** A block of the store, or a piece of a live store: as data, for whoever is to open it. */
export type Place =
  | {
      readonly kind: 'block'
      readonly tenantID: string
      readonly blockID: string
      /** Of a block of Tempo. */
      readonly tempo?: BlockMeta | undefined
    }
  | { readonly kind: 'piece'; readonly address: string; readonly piece: LivePiece }

/** Where places are opened. */
export interface Shelves {
  readonly store: BlobStore
  readonly live: LiveStores
}

export function idOf(place: Place): string {
  return place.kind === 'block' ? place.blockID : place.piece.id
}

/** For errors. */
export function nameOf(place: Place): string {
  return place.kind === 'block'
    ? keyOf(place, dataNameOf(place.tempo ?? { format: 'blockpack' }))
    : `live store ${place.address}, piece ${place.piece.id}`
}

export function openPlace(place: Place, { store, live }: Shelves): Promise<BlobReader> {
  return place.kind === 'block'
    ? store.open(keyOf(place, dataNameOf(place.tempo ?? { format: 'blockpack' })))
    : live.open(place.address, place.piece)
}
