import type { BlobStore } from '../../storage/store.ts'
import { type ClosedSegment, forgetSegment } from './closed-segment.ts'
import type { Pieces } from './pieces.ts'
import type { CutAnswer } from './tenant-cuts.ts'

/** Records of a partition one after the other, in the folder. */
export class FolderSegment {
  readonly #segment: ClosedSegment
  readonly #folder: BlobStore
  readonly #pieces: Pieces
  readonly memoryBytes = 0
  readonly traceCount = 0
  readonly isComplete = true

  constructor(segment: ClosedSegment, folder: BlobStore, pieces: Pieces) {
    this.#segment = segment
    this.#folder = folder
    this.#pieces = pieces
    for (const piece of segment.pieces) pieces.enter(piece)
  }

  get start(): number {
    return this.#segment.start
  }

  get end(): number {
    return this.#segment.end
  }

  /** The pieces of a tenant with spans from an offset on; the first may have older ones as well. */
  async answer(tenant: string, from: number): Promise<CutAnswer> {
    const pieces = this.#segment.pieces.filter(({ end, meta }) => meta.tenantID === tenant && end > from)
    return { pieces, end: this.end }
  }

  /** By piece its tenant and spans, of those with spans from an offset on. */
  *spansFrom(from: number): Iterable<readonly [tenant: string, spans: number]> {
    for (const { end, meta } of this.#segment.pieces) if (end > from) yield [meta.tenantID, meta.totalSpans]
  }

  /** Lets go of all: nobody needs its spans. */
  async drop(): Promise<void> {
    this.#pieces.retire(this.#segment.pieces)
    await forgetSegment(this.#folder, this.#segment)
  }
}
