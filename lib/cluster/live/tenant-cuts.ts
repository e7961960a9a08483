import type { LivePart } from '../../serve/live/part.ts'
import { atMost } from '../../storage/at-most.ts'
import type { LivePiece } from './answer.ts'
import { type CutRange, extendTo, joinable, mergeUncut, noRanges, splitAt, together, withCut } from './cut-ranges.ts'
import type { Pieces } from './pieces.ts'
import { RowMarks } from './row-marks.ts'

/** All spans of a tenant from an offset up to `end`. */
export interface CutAnswer {
  readonly pieces: readonly LivePiece[]
  readonly end: number
}

/** The segment that a tenant's rows are in, as it is now. */
export interface CutSegment {
  readonly start: number
  readonly end: number
  /** True where no more is added. */
  readonly isComplete: boolean
  /** True where others have its spans. */
  readonly isClosed: boolean
}

/** A tenant's rows in a segment, and the pieces that were cut of them: only of what was asked for. */
export class TenantCuts {
  readonly marks: RowMarks
  readonly #tenant: string
  readonly #part: LivePart
  readonly #segment: CutSegment
  readonly #pieces: Pieces
  readonly #turn = atMost(1)
  #ranges: readonly CutRange[]
  #cutMillis = Number.NEGATIVE_INFINITY
  /** Blocks end there, as the last one knew who asked. */
  #from = 0
  #joining: Promise<void> | undefined
  /** Those that the folder has, or will. */
  #held: ReadonlySet<LivePiece> = new Set()

  constructor(tenant: string, part: LivePart, segment: CutSegment, pieces: Pieces) {
    this.#tenant = tenant
    this.#part = part
    this.#segment = segment
    this.#pieces = pieces
    this.marks = new RowMarks(segment.start)
    this.#ranges = noRanges(segment.start)
  }

  /** The spans from an offset until now, but for those of the last `cutMillis` where it was asked within it. */
  async answer(from: number, cutMillis: number): Promise<CutAnswer> {
    const answer = await this.#turn(async () => {
      const isFresh = !this.#segment.isComplete && performance.now() - this.#cutMillis < cutMillis
      if (!isFresh) this.#extend()
      return this.#cut(from)
    })
    // Who asks does not wait for it, and where it fails the pieces stay as they are.
    this.#joining ??= this.#join()
      .catch(() => {})
      .finally(() => {
        this.#joining = undefined
      })
    return answer
  }

  /** How many spans from an offset on are in no piece. */
  uncutCount(from: number): number {
    const first = this.marks.rowsBefore(from)
    const cutOf = ({ cut, rows }: CutRange) =>
      cut === undefined ? 0 : Math.max(0, rows.end - Math.max(first, rows.start))
    return this.#part.spanCount - first - this.#ranges.reduce((sum, range) => sum + cutOf(range), 0)
  }

  /** All spans from an offset on, in pieces for the folder, which stay until it is said what becomes of them. */
  hold(from: number): Promise<readonly LivePiece[]> {
    return this.#turn(async () => {
      this.#extend()
      const { pieces } = await this.#cut(from)
      this.#held = new Set(pieces)
      return pieces
    })
  }

  /** The folder has not got them. */
  release(): void {
    const [held, own] = [this.#held, new Set(piecesOf(this.#ranges))]
    this.#held = new Set()
    this.#pieces.retire([...held].filter(piece => !own.has(piece)))
  }

  /** Lets go of its pieces, but for those that the folder has. */
  close(): void {
    this.#retireBut(new Set())
  }

  #retireBut(kept: ReadonlySet<LivePiece>): void {
    this.#pieces.retire(piecesOf(this.#ranges).filter(piece => !kept.has(piece) && !this.#held.has(piece)))
  }

  #extend(): void {
    this.#cutMillis = performance.now()
    this.#set(extendTo(this.#ranges, this.#segment.end, this.#part.spanCount))
  }

  async #cut(from: number): Promise<CutAnswer> {
    const { end } = this.#ranges.at(-1)!
    this.#from = Math.max(this.#from, Math.min(from, end))
    this.#set(mergeUncut(splitAt(this.#ranges, from, this.marks.rowsBefore(from)), from))
    for (const range of this.#ranges) if (range.end > from && range.cut === undefined) this.#splitLarge(range)
    for (const range of this.#ranges) {
      if (range.end <= from || range.cut !== undefined) continue
      const cut = { piece: await this.#write(range), level: 0 }
      this.#set(withCut(this.#ranges, [range], cut)!)
    }
    return { pieces: piecesOf(this.#ranges.filter(range => range.end > from)), end }
  }

  #splitLarge({ rows, end }: CutRange): void {
    const { maxRows } = this.#pieces
    for (let row = rows.start + maxRows; row < rows.end; row += maxRows) {
      const offset = this.marks.endOf(row)!
      if (offset < end) this.#set(splitAt(this.#ranges, offset, this.marks.rowsBefore(offset)))
    }
  }

  /** Makes one of pieces of a size, as long as there are enough. */
  async #join(): Promise<void> {
    while (!this.#segment.isClosed) {
      const some = joinable(this.#ranges, this.#from, this.#pieces.maxRows)
      if (some === undefined) return
      const piece = await this.#write(together(some))
      const ranges = withCut(this.#ranges, some, { piece, level: some[0]!.cut!.level + 1 })
      if (ranges !== undefined) this.#set(ranges)
      else if (piece !== undefined) this.#pieces.retire([piece])
    }
  }

  async #write({ rows, start, end }: CutRange): Promise<LivePiece | undefined> {
    const [tenant, part] = [this.#tenant, this.#part]
    const view = await part.viewOf(rows)
    if (view.groups.order.length === 0) return undefined
    const piece = await this.#pieces.write(view, { tenant, part, start, end })
    if (this.#segment.isClosed) this.#pieces.retire([piece])
    return piece
  }

  /** Pieces that are in none of the ranges any more are let go of. */
  #set(ranges: readonly CutRange[]): void {
    this.#retireBut(new Set(piecesOf(ranges)))
    this.#ranges = ranges
  }
}

function piecesOf(ranges: readonly CutRange[]): LivePiece[] {
  return ranges.flatMap(({ cut }) => cut?.piece ?? [])
}
