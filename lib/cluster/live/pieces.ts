import { randomUUID } from 'node:crypto'
import { LabError } from '../../error.ts'
import { type Encoding, writeBlock } from '../../serve/blocks/write.ts'
import type { LivePart, PartView } from '../../serve/live/part.ts'
import type { BlobReader, BlobStore } from '../../storage/store.ts'
import type { LivePiece } from './answer.ts'

export const piecePrefix = 'live=1/piece/'

/** Whose spans a piece has, and of which offsets. */
export interface PieceOrigin {
  readonly tenant: string
  readonly part: LivePart
  readonly start: number
  readonly end: number
}

/** The pieces of a live store, in its folder: those that it answers with, and for a while those that others have replaced. */
export class Pieces {
  readonly #folder: BlobStore
  readonly #encoding: Encoding
  /** What one has at most, about. */
  readonly maxRows: number
  /** Those that can be opened. */
  readonly #ids = new Set<string>()
  /** When they were replaced, by id: the oldest first. */
  readonly #retired = new Map<string, number>()

  constructor(folder: BlobStore, encoding: Encoding, maxRows: number) {
    this.maxRows = maxRows
    this.#folder = folder
    this.#encoding = encoding
  }

  /** Writes the spans of a view, of which there are some. */
  async write(view: PartView, { tenant, part, start, end }: PieceOrigin): Promise<LivePiece> {
    const id = randomUUID()
    const key = pieceKey(id)
    const store: BlobStore = { ...this.#folder, put: (_, write) => this.#folder.put(key, write) }
    const place = { tenantID: tenant, blockID: id }
    const meta = await writeBlock(store, view, place, part.lastArrivalMillis, this.#encoding)
    const piece = { id, start, end, meta }
    this.enter(piece)
    return piece
  }

  /** Lets one be read that is in the folder. */
  enter({ id }: LivePiece): void {
    this.#ids.add(id)
  }

  open(id: string): Promise<BlobReader> {
    if (this.#ids.has(id)) return this.#folder.open(pieceKey(id))
    throw new LabError(
      'missing',
      `piece ${JSON.stringify(id.slice(0, 40))}: it is in others, or in blocks; ask for the list again`,
    )
  }

  /** From now on none of them is answered with. */
  retire(pieces: Iterable<LivePiece>): void {
    for (const { id } of pieces) if (!this.#retired.has(id)) this.#retired.set(id, performance.now())
  }

  /** Deletes those that nobody has been answered with for so long; what fails is done at the next call. */
  async sweep(graceMillis: number): Promise<void> {
    for (const [id, sinceMillis] of this.#retired) {
      if (performance.now() - sinceMillis < graceMillis) return
      this.#ids.delete(id)
      await this.#folder.delete(pieceKey(id))
      this.#retired.delete(id)
    }
  }
}

export function pieceKey(id: string): string {
  return `${piecePrefix}${id}.blockpack`
}
