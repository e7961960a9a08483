import { getOrInsert } from '../../maps.ts'
import { Gathered, type Poison } from '../gathered.ts'
import type { StoredRecord } from '../log/log.ts'
import type { LivePiece } from './answer.ts'
import type { Pieces } from './pieces.ts'

/** So many pieces of a size become one of the next size with the next cut: a piece of a span is written two or three times. */
const joinCount = 8

interface CutPiece extends LivePiece {
  /** Where its rows begin. */
  readonly firstRow: number
  /** How often its spans were joined. */
  readonly level: number
}

/** What was cut of a tenant: all rows up to some, and all offsets. */
interface Cuts {
  pieces: CutPiece[]
  rowCount: number
  end: number
  cutMillis: number
  cutting: Promise<void> | undefined
}

/** All spans of a tenant of offsets up to `end`. */
export interface Cut {
  readonly pieces: readonly LivePiece[]
  readonly end: number
}

/** The records of a partition since the last segment. What is asked for is cut into pieces. */
export class OpenSegment {
  readonly start: number
  readonly #pieces: Pieces
  readonly #cuts = new Map<string, Cuts>()
  /** Whole, by tenant: of a segment that is closing. */
  readonly #written = new Map<string, LivePiece>()
  readonly gathered: Gathered = new Gathered()
  #end: number
  #isComplete = false
  #isClosed = false
  /** Since when it has offsets. */
  sinceMillis: number | undefined
  /** When the last of its records was made; 0 where it has none. */
  readMillis = 0

  constructor(start: number, pieces: Pieces) {
    this.start = start
    this.#end = start
    this.#pieces = pieces
  }

  /** The offset that comes next. */
  get end(): number {
    return this.#end
  }

  /** Adds a record, and gives it back where it is poison. */
  add(record: StoredRecord): Poison | undefined {
    this.readMillis = record.timeMillis
    this.advance(record.offset + 1)
    return this.gathered.add(record)
  }

  /** Passes over offsets that hold no records. */
  advance(next: number): void {
    this.sinceMillis ??= performance.now()
    this.#end = next
  }

  /** Ends it: no more is added. */
  complete(): void {
    this.#isComplete = true
  }

  /** The spans of a tenant until now, but for those of the last `cutMillis` where it was cut within it. */
  async cut(tenant: string, cutMillis: number): Promise<Cut> {
    const part = this.gathered.parts.get(tenant)
    if (part === undefined) return { pieces: [], end: this.#end }
    const cuts = getOrInsert(this.#cuts, tenant, () => newCuts(this.start))
    // One that is under way may have begun before the caller's reason to ask.
    await cuts.cutting?.catch(() => {})
    const isFresh = performance.now() - cuts.cutMillis < cutMillis
    if (cuts.end !== this.#end && (this.#isComplete || !isFresh)) {
      cuts.cutting ??= this.#cut(tenant, cuts).finally(() => {
        cuts.cutting = undefined
      })
      await cuts.cutting
    }
    return { pieces: cuts.pieces, end: cuts.end }
  }

  async #cut(tenant: string, cuts: Cuts): Promise<void> {
    const part = this.gathered.parts.get(tenant)!
    const [end, rowCount] = [this.#end, part.spanCount]
    cuts.cutMillis = performance.now()
    if (rowCount > cuts.rowCount) {
      const { kept, level } = joinPlace(cuts.pieces)
      const joined = cuts.pieces.slice(kept)
      const [firstRow, start] = [joined[0]?.firstRow ?? cuts.rowCount, joined[0]?.start ?? cuts.end]
      const view = await part.viewSince(firstRow)
      if (view.groups.order.length > 0) {
        const piece = await this.#pieces.write(view, { tenant, part, start, end })
        cuts.pieces = [...cuts.pieces.slice(0, kept), { ...piece, firstRow, level }]
        this.#pieces.retire(this.#isClosed ? [...joined, piece] : joined)
      }
    }
    cuts.rowCount = rowCount
    cuts.end = end
  }

  /** Writes one piece per tenant, of all its spans; where that fails, the next call goes on. */
  async write(): Promise<LivePiece[]> {
    for (const [tenant, part] of this.gathered.parts) {
      if (this.#written.has(tenant)) continue
      const place = { tenant, part, start: this.start, end: this.#end }
      this.#written.set(tenant, await this.#pieces.write(await part.view(), place))
    }
    return [...this.#written.values()]
  }

  /** Lets go of what was cut: others have its spans. */
  close(): void {
    this.#isClosed = true
    for (const { pieces } of this.#cuts.values()) this.#pieces.retire(pieces)
  }

  /** Lets go of all: nobody needs its spans. */
  discard(): void {
    this.close()
    this.#pieces.retire(this.#written.values())
  }
}

function newCuts(start: number): Cuts {
  return { pieces: [], rowCount: 0, end: start, cutMillis: Number.NEGATIVE_INFINITY, cutting: undefined }
}

/** How many pieces stay when the next cut is made, and how often its spans are joined then. */
function joinPlace(pieces: readonly CutPiece[]): { kept: number; level: number } {
  let [kept, level] = [pieces.length, 0]
  const isFull = () => {
    const last = pieces.slice(Math.max(0, kept - joinCount + 1), kept)
    return last.length === joinCount - 1 && last.every(piece => piece.level === level)
  }
  for (; isFull(); level++) kept -= joinCount - 1
  return { kept, level }
}
