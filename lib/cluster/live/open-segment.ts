import type { Range } from '../../bytes/range.ts'
import { getOrInsert } from '../../maps.ts'
import { Gathered, type Poison } from '../gathered.ts'
import type { StoredRecord } from '../log/log.ts'
import type { LivePiece } from './answer.ts'
import type { Pieces } from './pieces.ts'

/** So many pieces of a size become one of the next size: a span is written two or three times. */
const joinCount = 8

interface CutPiece extends LivePiece {
  readonly rows: Range
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
  joining: Promise<void> | undefined
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
      // Who asks does not wait for it.
      cuts.joining ??= this.#join(tenant, cuts)
        // The pieces stay as they are.
        .catch(() => {})
        .finally(() => {
          cuts.joining = undefined
        })
    }
    return { pieces: cuts.pieces, end: cuts.end }
  }

  async #cut(tenant: string, cuts: Cuts): Promise<void> {
    const part = this.gathered.parts.get(tenant)!
    const [end, rowCount] = [this.#end, part.spanCount]
    cuts.cutMillis = performance.now()
    const rows = { start: cuts.rowCount, end: rowCount }
    const view = await part.viewOf(rows)
    if (view.groups.order.length > 0) {
      const piece = await this.#pieces.write(view, { tenant, part, start: cuts.end, end })
      cuts.pieces = [...cuts.pieces, { ...piece, rows, level: 0 }]
      if (this.#isClosed) this.#pieces.retire([piece])
    }
    cuts.rowCount = rowCount
    cuts.end = end
  }

  /** Makes one of pieces of a size, as long as there are enough. */
  async #join(tenant: string, cuts: Cuts): Promise<void> {
    const part = this.gathered.parts.get(tenant)!
    for (let first = joinPlace(cuts.pieces); first >= 0 && !this.#isClosed; first = joinPlace(cuts.pieces)) {
      const joined = cuts.pieces.slice(first, first + joinCount)
      const [{ start, rows, level }, last] = [joined[0]!, joined.at(-1)!]
      const all = { start: rows.start, end: last.rows.end }
      const piece = await this.#pieces.write(await part.viewOf(all), { tenant, part, start, end: last.end })
      const { pieces } = cuts
      cuts.pieces = [
        ...pieces.slice(0, first),
        { ...piece, rows: all, level: level + 1 },
        ...pieces.slice(first + joinCount),
      ]
      this.#pieces.retire(this.#isClosed ? [piece] : joined)
    }
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
  const pieces: CutPiece[] = []
  return {
    pieces,
    rowCount: 0,
    end: start,
    cutMillis: Number.NEGATIVE_INFINITY,
    cutting: undefined,
    joining: undefined,
  }
}

/** Where pieces of one size begin that become one; -1 where none do. */
function joinPlace(pieces: readonly CutPiece[]): number {
  return pieces.findIndex(({ level }, i) => {
    const some = pieces.slice(i, i + joinCount)
    return some.length === joinCount && some.every(piece => piece.level === level)
  })
}
