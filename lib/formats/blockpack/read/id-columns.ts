import {
  countSpanIdKinds,
  countTraceIdKinds,
  joinSpanIds,
  joinTraceIds,
  spanKind,
  traceKind,
  zeros,
} from '../../../encodings/ids.ts'
import { spanIdDigits } from '../../../model/trace.ts'
import { joinParents, type ReadParents, rowsOf } from '../../../shred/parents.ts'
import type { Table } from '../../../shred/table.ts'
import { parentKind } from '../../../shred/tree.ts'
import { columnId } from '../layout/columns.ts'
import { lazy, lazyBy } from '../layout/lazy.ts'
import type { PageGroupColumns } from './page-group-columns.ts'

/** Ids of the traces and spans of a page group, and who is whose parent. */
export class IdColumns {
  readonly #columns: PageGroupColumns

  constructor(columns: PageGroupColumns) {
    this.#columns = columns
  }

  readonly traceIds = lazy(() => {
    const { columns, kinds, counts } = this.#traceKinds()
    const high = columns.texts('trace.idHigh', counts.whole)
    const low = columns.texts('trace.idLow', counts.even)
    const odd = columns.texts('trace.idOdd', counts.odd)
    const next = { high: (i: number) => high[i]!, low: (i: number) => low[i]!, odd: (i: number) => odd[i]! }
    return joinTraceIds(kinds, next, message => columns.pages.fail('trace.id', message))
  })

  /** The ids of spans that are stored as 8 bytes each, if all others end the ids of their traces, and which are which. */
  spanIdBytes(): { readonly kinds: Uint32Array; readonly bytes: Buffer } | undefined {
    const { pages, spanCount } = this.#columns
    const kinds = pages.small('span.idKind', spanCount, 3)
    if (!kinds.every(kind => kind <= spanKind.tail)) return undefined
    const bytes = this.#halves('span.id', countSpanIdKinds(kinds).random)
    return bytes && { kinds, bytes }
  }

  /** False where no span has one of these ids, as far as it shows without making them all. */
  mayHaveSpan(ids: readonly string[]): boolean {
    const { kinds, bytes } = this.spanIdBytes() ?? {}
    if (kinds === undefined) return true
    const isTailed = kinds.includes(spanKind.tail)
    const tails = isTailed ? this.#halves('trace.idLow', this.#columns.traceCount) : undefined
    if (isTailed && tails === undefined) return true
    const wanted = ids.filter(id => id.length === spanIdDigits).map(id => Buffer.from(id, 'hex'))
    return wanted.some(id => hasHalf(bytes!, id) || (tails !== undefined && hasHalf(tails, id)))
  }

  readonly spanIds = lazy(() => this.#readSpanIds('span.id', this.#columns.spanCount, this.#columns.traceOf()))

  readonly parents = lazy((): ReadParents => {
    const columns = this.#columns
    const [kinds, traceOf] = [columns.parentKinds(), columns.traceOf()]
    const groups = rowsOf(kinds, parentKind.outside).map(row => traceOf[row]!)
    const parts = {
      kinds,
      distances: columns.parentDistances(),
      positions: columns.parentPositions(),
      outsideIds: this.#readSpanIds('span.parentId', groups.length, groups),
    }
    return joinParents(parts, traceOf, message => columns.pages.fail('span.parent', message))
  })

  /** By span: the id of its parent, empty for none. */
  parentIds(): string[] {
    const { rows, ids } = this.parents()
    const spanIds = this.spanIds()
    return ids.map((id, row) => (rows[row]! >= 0 ? spanIds[rows[row]!]! : id))
  }

  /** The ids of some traces, by code; others have code 0. */
  traceIdsAt(traces: Iterable<number>): Table<string> {
    const { columns, kinds, counts } = this.#traceKinds()
    const low = counts.odd > 0 ? undefined : this.#halves('trace.idLow', columns.traceCount)
    const high = low && this.#halves('trace.idHigh', counts.whole)
    const highTexts = low && !high ? columns.texts('trace.idHigh', counts.whole) : []
    const highAt = (row: number) => (high ? digits(high, row) : highTexts[row]!)
    const all = low ? undefined : this.traceIds()
    const codes = new Uint32Array(columns.traceCount)
    const values: string[] = []
    let [next, wholes] = [0, 0]
    for (const trace of traces) {
      for (; next < trace; next++) if (kinds[next] === traceKind.whole) wholes++
      codes[trace] = values.length
      if (low) values.push((kinds[trace] === traceKind.whole ? highAt(wholes) : zeros) + digits(low, trace))
      else values.push(all![trace]!)
    }
    return { values, codes }
  }

  /** The ids of some spans, by code; other rows have code 0. */
  spanIdsAt(rows: Uint32Array): Table<string> {
    const columns = this.#columns
    const kinds = columns.pages.small('span.idKind', columns.spanCount, 3)
    const bytes = this.#halves('span.id', countSpanIdKinds(kinds).random)
    const isWhole = bytes === undefined || !rows.every(row => kinds[row]! <= spanKind.tail)
    const all = isWhole ? this.spanIds() : undefined
    const codes = new Uint32Array(columns.spanCount)
    const values: string[] = []
    const traceOf = columns.traceOf()
    const tailed = isWhole ? [] : rows.filter(row => kinds[row] === spanKind.tail)
    const traces = this.traceIdsAt(new Set(Array.from(tailed, row => traceOf[row]!)))
    let [next, random] = [0, 0]
    for (const row of rows) {
      for (; next < row; next++) if (kinds[next] === spanKind.random) random++
      codes[row] = values.length
      if (all) values.push(all[row]!)
      else if (kinds[row] === spanKind.random) values.push(digits(bytes!, random))
      else values.push(traces.values[traces.codes[traceOf[row]!]!]!.slice(spanIdDigits))
    }
    return { values, codes }
  }

  readonly #traceKinds = lazy(() => {
    const columns = this.#columns
    const kinds = columns.pages.small('trace.idKind', columns.traceCount, 2)
    return { columns, kinds, counts: countTraceIdKinds(kinds) }
  })

  /** Ids, or halves of them, as 8 bytes each; undefined where they are stored in another way. */
  #halves(name: HalfColumn, count: number): Buffer | undefined {
    if (this.#columns.pages.entry(columnId(name))?.rowCount !== count) return undefined
    const bytes = this.#hexBytes(name)
    return bytes?.length === count * halfBytes ? bytes : undefined
  }

  readonly #hexBytes = lazyBy((name: HalfColumn) => {
    const { pages } = this.#columns
    return pages.hexBytes(columnId(name), pages.entry(columnId(name))?.rowCount ?? 0)
  })

  #readSpanIds(name: 'span.id' | 'span.parentId', count: number, groups: Uint32Array): string[] {
    const columns = this.#columns
    const kinds = columns.pages.small(`${name}Kind`, count, 3)
    const counts = countSpanIdKinds(kinds)
    const parts = {
      kinds,
      distances: columns.pages.plain(`${name}Repeat`, counts.repeated, 1, count),
      random: columns.texts(name, counts.random),
      odd: columns.texts(`${name}Odd`, counts.odd),
    }
    const traceIds = this.traceIds()
    const rows = { traceIds: (row: number) => traceIds[groups[row]!]!, groups }
    return joinSpanIds(parts, rows, message => columns.pages.fail(name, message))
  }
}

type HalfColumn = 'trace.idHigh' | 'trace.idLow' | 'span.id'

const halfBytes = spanIdDigits / 2

/** Whether one of the ids, of 8 bytes each, is this one. */
function hasHalf(halves: Buffer, id: Buffer): boolean {
  let at = halves.indexOf(id)
  while (at >= 0 && at % halfBytes !== 0) at = halves.indexOf(id, at + 1)
  return at >= 0
}

function digits(halves: Buffer, row: number): string {
  return halves.toString('hex', row * halfBytes, (row + 1) * halfBytes)
}
