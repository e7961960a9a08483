import type { Range } from '../../../bytes/range.ts'
import { LabError } from '../../../error.ts'
import { mayHaveBasis } from './bases.ts'
import { bandCount, columnKind } from './columns.ts'
import type { PageEntries, PageEntry } from './directory.ts'
import { bandOf, itemsPerByte } from './layout.ts'
import type { PageGroup, Toc } from './toc.ts'

/** A page's place in the file. */
export interface PagePlace extends Range {
  readonly entry: PageEntry
}

/** A span has at most 18 values beside its attributes, which count for themselves. */
const rowsPerItem = 32

/** The pages of a page group by column, with their places in the file. */
export class PagePlaces implements Iterable<PagePlace> {
  readonly #entries: PageEntries
  /** By entry. */
  readonly #starts: Float64Array
  readonly #known = new Map<number, PagePlace>()

  /** The directory is checked against the root. */
  constructor(toc: Toc, pageGroup: PageGroup, entries: PageEntries) {
    this.#entries = entries
    this.#starts = checkedStarts(toc, pageGroup, entries)
  }

  has(column: number): boolean {
    return this.#entries.find(column) >= 0
  }

  get(column: number): PagePlace | undefined {
    const known = this.#known.get(column)
    if (known !== undefined) return known
    const i = this.#entries.find(column)
    if (i < 0) return undefined
    const place = this.#at(i)
    this.#known.set(column, place)
    return place
  }

  /** The basis of a column that there is. */
  basisOf(column: number): number {
    return this.#entries.basis(this.#entries.find(column))
  }

  /** Whether the texts of a column that there is are runs of the page group's pool. */
  isPooled(column: number): boolean {
    return this.#entries.isPooled(this.#entries.find(column))
  }

  #at(i: number): PagePlace {
    const [entry, start] = [this.#entries.at(i), this.#starts[i]!]
    return { entry, start, end: start + entry.storedLength }
  }

  /** Those that there are, ascending. */
  columns(): number[] {
    return Array.from({ length: this.#entries.count }, (_, i) => this.#entries.column(i))
  }

  *[Symbol.iterator](): Generator<PagePlace> {
    for (let i = 0; i < this.#entries.count; i++) yield this.#at(i)
  }
}

/** By entry: where its page begins. */
function checkedStarts(toc: Toc, pageGroup: PageGroup, entries: PageEntries): Float64Array {
  const { start: directory } = toc.directories[pageGroup.rowGroup]!
  const fail = (message: string): never => {
    throw new LabError('corrupt', `blockpack directory at byte ${directory}: page group ${pageGroup.index} ${message}`)
  }
  const at = pageGroup.bandRanges.map(({ start }) => start)
  const starts = new Float64Array(entries.count)
  let rowCount = 0
  for (let i = 0; i < entries.count; i++) {
    const column = entries.column(i)
    const count = entries.rowCount(i)
    const storedLength = entries.storedLength(i)
    if (columnKind(column, toc.fields) === undefined) fail(`names column ${column}`)
    if (!mayHaveBasis(column, entries.basis(i), toc.fields))
      fail(`predicts column ${column} by basis ${entries.basis(i)}`)
    const band = bandOf(column, count, storedLength)
    starts[i] = at[band]!
    at[band]! += storedLength
    rowCount += count
  }
  for (let band = 0; band < bandCount; band++) {
    const { end } = pageGroup.bandRanges[band]!
    const isPadded = band === bandCount - 1 && at[band]! < end
    if (at[band] !== end && !isPadded) fail(`names pages up to byte ${at[band]}, band ${band} ends at ${end}`)
  }
  const max = maxItemsOf(pageGroup)
  if (rowCount > max * rowsPerItem || pageGroup.spanCount > max)
    fail(`has ${rowCount} values, ${pageGroup.spanCount} spans, and bytes for ${max} items`)
  return starts
}

/** Traces, spans, events, links and values that the bytes of a page group vouch for: no memory is taken for more. */
export function maxItemsOf({ bandRanges }: PageGroup): number {
  return itemsPerByte * bandRanges.reduce((total, { start, end }) => total + end - start, 0)
}
