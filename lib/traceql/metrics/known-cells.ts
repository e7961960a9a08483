import type { SpanBatch } from '../../model/scan.ts'
import type { KnownResults } from '../engine/scan.ts'
import { type Gathered, packGathered, type SharedGathered, unpackGathered } from './gather-batch.ts'
import { type Intervals, intervalRange } from './intervals.ts'

/** Cells of all queries that are held: about 40 MB. */
const maxHeldCells = 1 << 19
/** What a batch weighs beside its cells, and a group with its labels. */
const cellsPerBatch = 16
/** What a query weighs of which nothing is held: its tables, and its text at about 80 bytes a cell. */
const cellsPerQuery = 16
const charactersPerCell = 80
const cellsPerGroup = 4

interface Held {
  readonly startNanos: bigint
  readonly gathered: SharedGathered
}

/** What one query has found out about batches; its intervals begin at multiples of its step. */
interface HeldQuery {
  batches: WeakMap<object, Held>
  weight: number
}

/**
 * What batches gave to queries that are asked again and again over a range that moves, as panels do: a batch all of whose
 * spans are in the range gives the same whenever it is. Held are the queries that were asked last.
 */
export class KnownCells {
  /** The one that was asked last is the last. */
  readonly #queries = new Map<string, HeldQuery>()
  readonly #maxCells: number
  #weight = 0

  constructor(maxCells: number = maxHeldCells) {
    this.#maxCells = maxCells
  }

  /** What is known of a query of some text; undefined where its intervals do not begin at multiples of its step. */
  of(text: string, intervals: Intervals): KnownResults<Gathered> | undefined {
    const known = this.packed(text, intervals)
    return (
      known && {
        get: batch => {
          const gathered = known.get(batch)
          return gathered && unpackGathered(gathered)
        },
        keep: (batch, gathered) => known.keep(batch, packGathered(gathered)),
      }
    )
  }

  /** The same as data, for whoever sends it to others. */
  packed(text: string, intervals: Intervals): KnownResults<SharedGathered> | undefined {
    const { startNanos, stepNanos } = intervals
    if (startNanos % stepNanos !== 0n) return undefined
    const key = `${stepNanos} ${text}`
    const known = this.#queries.get(key)
    const query = known ?? { batches: new WeakMap(), weight: 0 }
    this.#queries.delete(key)
    this.#queries.set(key, query)
    if (known === undefined) this.#add(query, cellsPerQuery + Math.ceil(text.length / charactersPerCell))
    return {
      get: batch => {
        const held = isWhole(batch, intervals) ? query.batches.get(batch.identity!) : undefined
        return held && shifted(held, intervals)
      },
      keep: (batch, gathered) => {
        // What one adds that was forgotten while it is under way, nobody finds, and nothing would take it away again.
        if (this.#queries.get(key) !== query || !isWhole(batch, intervals)) return
        const held = { startNanos, gathered }
        query.batches.set(batch.identity!, held)
        this.#add(query, weightOf(held.gathered))
      },
    }
  }

  /** Queries are forgotten whole, the one that was asked longest ago first. */
  #add(query: HeldQuery, weight: number): void {
    query.weight += weight
    this.#weight += weight
    for (const [key, oldest] of this.#queries) {
      if (this.#weight <= this.#maxCells) return
      this.#weight -= oldest.weight
      oldest.weight = 0
      oldest.batches = new WeakMap()
      this.#queries.delete(key)
    }
  }
}

function isWhole(batch: SpanBatch, intervals: Intervals): boolean {
  return batch.identity !== undefined && intervalRange(batch, intervals).isWhole
}

/** By the numbers that intervals have now. */
function shifted({ startNanos, gathered }: Held, intervals: Intervals): SharedGathered {
  const { cells } = gathered
  const shift = Number((startNanos - intervals.startNanos) / intervals.stepNanos)
  if (cells === undefined || shift === 0) return gathered
  const own = cells.sums.intervals.map(interval => interval + shift)
  return { ...gathered, cells: { ...cells, sums: { ...cells.sums, intervals: own } } }
}

function weightOf({ cells }: SharedGathered): number {
  if (cells === undefined) return cellsPerBatch
  const { codes, buckets } = cells.sums
  return cellsPerBatch + codes.length + (buckets?.cells.length ?? 0) + cells.keys.length * cellsPerGroup
}
