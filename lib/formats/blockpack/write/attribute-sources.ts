import { firstWhere } from '../../../bytes/search.ts'
import { type Contexts, ownerContexts } from '../../../encodings/pages/predicted.ts'
import { lazyBy } from '../layout/lazy.ts'

/** How many preceding columns are tried as bases. */
const nearCount = 3
/** Columns with values at fewer of the owners are not: to hold them by owner takes more time than they save. */
const minShare = 1 / 64

/** The columns of attributes by which later ones of the same owners may be predicted. */
export class AttributeSources {
  /** By column: which of its values are equal, and their owners. */
  readonly #columns = new Map<number, { readonly contexts: Contexts; readonly rows: Uint32Array }>()
  readonly #ownerCount: number

  constructor(ownerCount: number) {
    this.#ownerCount = ownerCount
  }

  add(column: number, contexts: Contexts, rows: Uint32Array): void {
    if (rows.length >= this.#ownerCount * minShare) this.#columns.set(column, { contexts, rows })
  }

  /** The contexts of all owners, by a column; undefined where the page group lacks it. */
  readonly contexts = lazyBy((column: number): Contexts | undefined => {
    const source = this.#columns.get(column)
    return source && ownerContexts(source.contexts, source.rows, this.#ownerCount)
  })

  /** The last columns that have values at the first, the middle and the last of some rows. */
  near(rows: Uint32Array): number[] {
    const ends = [rows[0]!, rows[rows.length >> 1]!, rows.at(-1)!]
    const has = (column: Uint32Array, row: number) => column[firstWhere(column.length, i => column[i]! >= row)] === row
    const near = [...this.#columns].filter(([, source]) => ends.every(row => has(source.rows, row)))
    return near.map(([column]) => column).slice(-nearCount)
  }
}
