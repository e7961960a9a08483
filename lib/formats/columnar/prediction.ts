import { getOrInsert } from '../../maps.ts'
import { mix } from './contexts.ts'
import type { Context } from './ranked.ts'

/** A hash by row of what is known, or the mixture of two. */
export type Known = Uint32Array | readonly [Uint32Array, Uint32Array]

/** A context before its rows are chosen. */
export interface ContextPlan {
  readonly known: Known
  readonly history: number
  readonly isChecked?: boolean
}

export interface PredictionPlan {
  /** Chains of contexts for ranking, each from the most to the least specific. */
  readonly chains: readonly (readonly ContextPlan[])[]
  /** Contexts for symbols and numbers, the plain one first. */
  readonly known: readonly Known[]
  /** By row: where it changes, history begins anew. */
  readonly groups?: Uint32Array | undefined
  /** By row: the position of its trace, in files with templates. */
  readonly traces?: Uint32Array | undefined
}

/**
 * Ways to predict a column: the encoder tries them on a part of the rows and names the best, the decoder makes that one
 * alone. A column that has values at some rows only selects them.
 */
export class Prediction {
  readonly #plan: PredictionPlan
  readonly #rows: ArrayLike<number> | undefined
  readonly #picked = new Map<Known, Uint32Array>()

  constructor(plan: PredictionPlan, rows?: ArrayLike<number>) {
    this.#plan = plan
    this.#rows = rows
  }

  get chainCount(): number {
    return this.#plan.chains.length
  }

  get knownCount(): number {
    return this.#plan.known.length
  }

  chain(index: number): Context[] {
    return this.#plan.chains[index]!.map(plan => ({ ...plan, known: this.#pick(plan.known) }))
  }

  known(index: number): Uint32Array {
    return this.#pick(this.#plan.known[index]!)
  }

  groups(): Uint32Array | undefined {
    return this.#plan.groups && this.#pick(this.#plan.groups)
  }

  traces(): Uint32Array | undefined {
    return this.#plan.traces && this.#pick(this.#plan.traces)
  }

  /** The same for what repeats nothing of its trace. */
  withoutTraces(): Prediction {
    return new Prediction({ ...this.#plan, traces: undefined }, this.#rows)
  }

  /** The same for some of the rows. */
  at(rows: ArrayLike<number>): Prediction {
    const own = this.#rows
    return new Prediction(this.#plan, own ? Uint32Array.from(rows, row => own[row]!) : rows)
  }

  /** The same with more chains, of the rows that this one was planned for. */
  with(chains: PredictionPlan['chains']): Prediction {
    return new Prediction({ ...this.#plan, chains: [...this.#plan.chains, ...chains] }, this.#rows)
  }

  /** The rows in the middle, at most `count`: what an encoder tries. */
  sample(rowCount: number, count: number): { start: number; end: number; prediction: Prediction } {
    const start = Math.max(0, (rowCount - count) >> 1)
    const end = Math.min(rowCount, start + count)
    const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i)
    return { start, end, prediction: end - start === rowCount ? this : this.at(rows) }
  }

  #pick(known: Known): Uint32Array {
    const rows = this.#rows
    if (rows === undefined && known instanceof Uint32Array) return known
    return getOrInsert(this.#picked, known, () =>
      known instanceof Uint32Array ? select(known, rows!) : mixed(known, rows),
    )
  }
}

function select(column: Uint32Array, rows: ArrayLike<number>): Uint32Array {
  const selected = new Uint32Array(rows.length)
  for (let i = 0; i < rows.length; i++) selected[i] = column[rows[i]!]!
  return selected
}

function mixed([a, b]: readonly [Uint32Array, Uint32Array], rows: ArrayLike<number> | undefined): Uint32Array {
  const count = rows?.length ?? a.length
  const selected = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const row = rows ? rows[i]! : i
    selected[i] = mix(a[row]!, b[row]!)
  }
  return selected
}

/** A prediction from nothing but the rows before. */
export function plainPrediction(rowCount: number): Prediction {
  const known = new Uint32Array(rowCount)
  const chain = [
    { known, history: 2 },
    { known, history: 1 },
  ]
  return new Prediction({ chains: [chain], known: [known] })
}
