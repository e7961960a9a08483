import { tally } from '../../../bytes/tally.ts'
import { sumOf } from '../../../encodings/counts.ts'
import { ownersOf, startsOf } from '../../../model/owners.ts'
import { parseStatus } from '../../../shred/field-texts.ts'
import type { Table } from '../../../shred/table.ts'
import { parentKind } from '../../../shred/tree.ts'
import { type ColumnId, columnId, type FieldOwner } from '../layout/columns.ts'
import { lazy, lazyBy } from '../layout/lazy.ts'
import type { PageGroup } from '../layout/toc.ts'
import type { Block } from './block.ts'
import type { PageDecoder } from './page-group-pages.ts'
import type { ReadText } from './row-slices.ts'
import type { ParsedColumn, Tables } from './tables.ts'

/** The largest number that a column of flags or counts holds. */
export const uint32: number = 2 ** 32 - 1

/** Attributes of the owners of one kind by shape: the fields of a list, in order. */
export interface OwnerShapes {
  readonly owner: FieldOwner
  /** By owner: its shape. */
  readonly symbols: Uint32Array
  readonly shapes: readonly (readonly number[])[]
  /** By field: how many values. */
  readonly counts: ReadonlyMap<number, number>
}

/** What the columns of a page group are decoded with. */
export interface PageGroupContext {
  readonly block: Block
  readonly pageGroup: PageGroup
  /** The start of the first trace, ns. */
  readonly base: bigint
  readonly pages: PageDecoder
  /** Of all columns that are asked for. */
  readonly dictionaries: ReadonlyMap<number, readonly string[]>
  readonly tables: Tables
  /** By rare field, where the rows are those of one trace: its values. */
  readonly tails?: ReadonlyMap<number, TailPlace> | undefined
  /** And the lists of its owners of each kind. */
  readonly lists?: ReadonlyMap<FieldOwner, Table<readonly number[]>> | undefined
}

/** Values `[start, end)` of the `total` values of a column. */
export interface TailPlace {
  readonly column: number
  readonly start: number
  readonly end: number
  readonly total: number
}

/** The columns of a page group that others are decoded by, and strings; each is decoded when it is first asked for. */
export class PageGroupColumns {
  readonly context: PageGroupContext

  constructor(context: PageGroupContext) {
    this.context = context
  }

  get pages(): PageDecoder {
    return this.context.pages
  }

  get traceCount(): number {
    return this.context.pageGroup.traceCount
  }

  get spanCount(): number {
    return this.context.pageGroup.spanCount
  }

  /** By trace. */
  readonly spanCounts = lazy(() => {
    const counts = this.pages.plain('trace.spans', this.traceCount, 1, this.spanCount)
    const sum = sumOf(counts)
    if (sum !== this.spanCount) this.pages.fail('trace.spans', `${sum} spans, the root says ${this.spanCount}`)
    return counts
  })

  /** By trace its first span, and their number at the end. */
  readonly traceStarts = lazy(() => startsOf(this.spanCounts()))

  /** By span: the position of its trace. */
  readonly traceOf = lazy(() => ownersOf(this.traceStarts()))

  /** By span, see `parentKind`. */
  readonly parentKinds = lazy(() => this.pages.small('span.parentKind', this.spanCount, 3))

  /** By span, of kind `inside`: the distance to the parent's row. */
  readonly parentDistances = lazy((): ArrayLike<number> => {
    const count = countOf(this.parentKinds(), parentKind.inside)
    const statistic = this.pages.entry(columnId('span.parentDistance'))?.statistic
    // Parents come before their children nearly always.
    if (statistic?.kind === 'range' && statistic.min >= 0)
      return this.pages.small('span.parentDistance', count, this.spanCount)
    return this.pages.plain('span.parentDistance', count, -this.spanCount, this.spanCount)
  })

  /** By span, of kind `repeated`: the position among the parents of the trace that are outside of it. */
  readonly parentPositions = lazy(() => {
    const count = countOf(this.parentKinds(), parentKind.repeated)
    return this.pages.plain('span.parentRepeat', count, 0, this.spanCount)
  })

  readonly spanKinds = lazy(() => this.pages.plain('span.kind', this.spanCount, -(2 ** 31), 2 ** 31 - 1))

  readonly eventCounts = lazy(() => this.#childCounts('span.events'))
  readonly linkCounts = lazy(() => this.#childCounts('span.links'))

  /** By event or link: the row of its span. */
  readonly eventSpans = lazy(() => ownersOf(startsOf(this.eventCounts())))
  readonly linkSpans = lazy(() => ownersOf(startsOf(this.linkCounts())))

  /** How many spans, events or links there are. */
  ownerCount(owner: FieldOwner): number {
    if (owner === 'span') return this.spanCount
    return sumOf(owner === 'event' ? this.eventCounts() : this.linkCounts())
  }

  readonly resources = lazy(() => this.#items('span.resource', this.spanCount, this.context.tables.resource))
  readonly scopes = lazy(() => this.#items('span.scope', this.spanCount, this.context.tables.scope))
  readonly statuses = lazy(() => {
    const fail = (message: string) => this.pages.fail('span.status', message)
    return this.table('span.status', this.spanCount, text => parseStatus(text, fail))
  })

  readonly shapes = lazyBy((owner: FieldOwner) => this.#shapes(owner, this.ownerCount(owner)))

  /** The attributes of the owners of one kind: the fields of each list, in order. */
  readonly lists = lazyBy((owner: FieldOwner): Table<readonly number[]> => {
    const { symbols, shapes } = this.shapes(owner)
    return this.context.lists?.get(owner) ?? this.pages.orders(`${owner}.order`, symbols, shapes)
  })

  /** A column of strings with its distinct values. */
  table<T>(name: ColumnId, count: number, parse: (text: string) => T): Table<T> {
    return this.column(columnId(name), count, parse)
  }

  column<T>(column: number, count: number, parse: (text: string) => T): Table<T> {
    const { symbols, fileCodes, locals } = this.pages.text(column, count)
    return { values: this.entries(column, fileCodes).concat(locals).map(parse), codes: symbols }
  }

  texts(name: ColumnId, count: number): string[] {
    const column = columnId(name)
    return this.textsOf(this.pages.text(column, count), column)
  }

  textsOf({ symbols, fileCodes, locals }: ReadText, column: number): string[] {
    if (fileCodes.length === 0 && locals.length === symbols.length) return [...locals]
    const entries = this.entries(column, fileCodes).concat(locals)
    const texts = new Array<string>(symbols.length)
    for (let row = 0; row < texts.length; row++) texts[row] = entries[symbols[row]!]!
    return texts
  }

  /** Entries of the dictionary of a column. */
  entries(column: number, codes: readonly number[]): string[] {
    const dictionary = this.context.dictionaries.get(column) ?? []
    return codes.map(code => dictionary[code] ?? this.pages.fail(String(column), `code ${code} without an entry`))
  }

  /** A column of strings as the values they encode. */
  #items<T>(name: ColumnId, count: number, parsed: ParsedColumn<T>): Table<T> {
    const column = columnId(name)
    const { symbols, fileCodes, locals } = this.pages.text(column, count)
    const texts = this.entries(column, fileCodes)
    const values = texts.map((text, i) => parsed.ofCode(fileCodes[i]!, text))
    return { values: values.concat(locals.map(parsed.of)), codes: symbols }
  }

  #childCounts(name: 'span.events' | 'span.links'): Float64Array {
    const counts = this.pages.plain(name, this.spanCount, 0, uint32)
    this.pages.checkItems(name, sumOf(counts))
    return counts
  }

  #shapes(owner: FieldOwner, count: number): OwnerShapes {
    const { values, codes } = this.#items(`${owner}.shape`, count, this.context.tables.shape[owner])
    const uses = tally(codes, count, values.length)
    let total = 0
    for (let symbol = 0; symbol < values.length; symbol++) total += values[symbol]!.length * uses[symbol]!
    this.pages.checkItems(`${owner} attributes`, total)
    const byField = new Uint32Array(this.context.block.toc.fields.length)
    for (let symbol = 0; symbol < values.length; symbol++)
      for (const field of values[symbol]!) byField[field]! += uses[symbol]!
    const counts = new Map<number, number>()
    for (let field = 0; field < byField.length; field++) if (byField[field]! > 0) counts.set(field, byField[field]!)
    return { owner, symbols: codes, shapes: values, counts }
  }
}

export function countOf(kinds: ArrayLike<number>, kind: number): number {
  let count = 0
  for (let row = 0; row < kinds.length; row++) if (kinds[row] === kind) count++
  return count
}
