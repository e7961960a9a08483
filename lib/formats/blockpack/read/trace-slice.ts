import { spanKind, traceKind } from '../../../encodings/ids.ts'
import type { Table } from '../../../shred/table.ts'
import { parentKind } from '../../../shred/tree.ts'
import { type ColumnId, columnId, type FieldOwner, firstFieldId } from '../layout/columns.ts'
import type { PageGroup } from '../layout/toc.ts'
import type { FieldColumns } from './field-columns.ts'
import type { OpenPageGroup } from './page-group.ts'
import type { PageGroupColumns, TailPlace } from './page-group-columns.ts'
import type { RowSlice } from './row-slices.ts'

/** Which rows of each column one trace of a page group has, so that no other is put together. */
export interface TraceSlice {
  /** The page group as if it held this trace alone. */
  readonly pageGroup: PageGroup
  /** The start of the trace less its gap: what the base of a page group is to its first trace. */
  readonly base: bigint
  readonly slices: ReadonlyMap<number, RowSlice>
  /** By rare field: its values of this trace. */
  readonly tails: ReadonlyMap<number, TailPlace>
  /** By kind of owner: the lists of their attributes. */
  readonly lists: ReadonlyMap<FieldOwner, Table<readonly number[]>>
}

const traceColumns = ['trace.spans', 'trace.idKind', 'trace.start'] as const
// biome-ignore format: a list of names
const spanColumns = [
  'span.parentKind', 'span.name', 'span.resource', 'span.scope', 'span.kind', 'span.status', 'span.traceState',
  'span.flags', 'span.dropped', 'span.start', 'span.duration', 'span.idKind', 'span.shape', 'span.events', 'span.links',
] as const
const eventColumns = ['event.name', 'event.time', 'event.dropped', 'event.shape'] as const
// biome-ignore format: a list of names
const linkColumns = [
  'link.traceId', 'link.spanId', 'link.traceState', 'link.flags', 'link.dropped', 'link.shape',
] as const

/** Finds the rows of the trace at a position of the page group. The dictionaries of shapes must be loaded. */
export function sliceTrace(open: OpenPageGroup, trace: number): TraceSlice {
  const { columns, times } = open
  const slicer = new Slicer(open)
  const { spanCounts, spans } = slicer.traces(trace)
  slicer.spans(spans)
  const events = slicer.children(eventColumns, columns.eventCounts(), spans)
  const links = slicer.children(linkColumns, columns.linkCounts(), spans)
  for (const [owner, rows] of [
    ['span', spans],
    ['event', events],
    ['link', links],
  ] as const)
    slicer.fields(owner, rows)
  return {
    pageGroup: { ...columns.context.pageGroup, traceCount: 1, spanCount: spanCounts },
    base: times.traceStarts()[trace]! - times.traceGap(trace),
    slices: slicer.slices,
    tails: slicer.tails,
    lists: slicer.lists,
  }
}

/** Rows `[start, start + count)` of `total`. */
type Rows = RowSlice

class Slicer {
  readonly slices = new Map<number, RowSlice>()
  readonly tails = new Map<number, TailPlace>()
  readonly lists = new Map<FieldOwner, Table<readonly number[]>>()
  readonly #columns: PageGroupColumns
  readonly #fields: FieldColumns

  constructor({ columns, fields }: OpenPageGroup) {
    this.#columns = columns
    this.#fields = fields
  }

  traces(trace: number): { spanCounts: number; spans: Rows } {
    const { traceCount, spanCount } = this.#columns
    const rows = { start: trace, count: 1, total: traceCount }
    for (const name of traceColumns) this.slices.set(columnId(name), rows)
    const kinds = this.#columns.pages.plain('trace.idKind', traceCount, 0, 2)
    this.#part('trace.idHigh', kinds, [traceKind.whole], rows)
    this.#part('trace.idLow', kinds, [traceKind.whole, traceKind.padded], rows)
    this.#part('trace.idOdd', kinds, [traceKind.odd], rows)
    const counts = this.#columns.spanCounts()
    let start = 0
    for (let i = 0; i < trace; i++) start += counts[i]!
    return { spanCounts: counts[trace]!, spans: { start, count: counts[trace]!, total: spanCount } }
  }

  spans(rows: Rows): void {
    for (const name of spanColumns) this.slices.set(columnId(name), rows)
    const kinds = this.#columns.parentKinds()
    this.#part('span.parentDistance', kinds, [parentKind.inside], rows)
    this.#part('span.parentRepeat', kinds, [parentKind.repeated], rows)
    this.#part('span.parentIdKind', kinds, [parentKind.outside], rows)
    this.#ids('span.id', rows)
    this.#ids('span.parentId', this.slices.get(columnId('span.parentIdKind'))!)
  }

  /** Events or links of the spans. */
  children(names: readonly ColumnId[], counts: Float64Array, spans: Rows): Rows {
    const rows = sumRows(counts, spans)
    for (const name of names) this.slices.set(columnId(name), rows)
    return rows
  }

  /** The values of each field, by the shapes of their owners. */
  fields(owner: FieldOwner, rows: Rows): void {
    const { symbols, shapes, counts } = this.#columns.shapes(owner)
    const { values, codes } = this.#columns.lists(owner)
    this.lists.set(owner, { values, codes: codes.subarray(rows.start, rows.start + rows.count) })
    const before = usesOf(symbols.subarray(0, rows.start), shapes)
    const within = usesOf(symbols.subarray(rows.start, rows.start + rows.count), shapes)
    for (const [field, total] of counts) {
      const slice = { start: before.get(field) ?? 0, count: within.get(field) ?? 0, total }
      if (this.#fields.hasOwnColumn(field)) this.slices.set(firstFieldId + field, slice)
      else if (total > 0 && this.#columns.context.block.toc.fields[field]!.type !== 'empty') {
        const place = this.#fields.placeOf(field)
        const start = place.start + slice.start
        this.tails.set(field, { ...place, start, end: start + slice.count })
      }
    }
  }

  #ids(name: 'span.id' | 'span.parentId', rows: Rows): void {
    this.slices.set(columnId(`${name}Kind`), rows)
    const kinds = this.#columns.pages.plain(`${name}Kind`, rows.total, 0, 3)
    this.#part(name, kinds, [spanKind.random], rows)
    this.#part(`${name}Repeat`, kinds, [spanKind.repeated], rows)
    this.#part(`${name}Odd`, kinds, [spanKind.odd], rows)
  }

  /** A column that has a value at the rows of some kinds only. */
  #part(name: ColumnId, kinds: ArrayLike<number>, members: readonly number[], { start, count, total }: Rows): void {
    const countIn = (from: number, to: number) => {
      let sum = 0
      for (let row = from; row < to; row++) if (members.includes(kinds[row]!)) sum++
      return sum
    }
    const [before, within, after] = [countIn(0, start), countIn(start, start + count), countIn(start + count, total)]
    this.slices.set(columnId(name), { start: before, count: within, total: before + within + after })
  }
}

/** Rows of members, given how many each owner has. */
function sumRows(counts: Float64Array, { start, count }: Rows): Rows {
  let [before, within, total] = [0, 0, 0]
  for (let row = 0; row < counts.length; row++) {
    if (row < start) before += counts[row]!
    else if (row < start + count) within += counts[row]!
    total += counts[row]!
  }
  return { start: before, count: within, total }
}

/** By field: its values in so many owners. */
function usesOf(symbols: Uint32Array, shapes: readonly (readonly number[])[]): Map<number, number> {
  const bySymbol = new Uint32Array(shapes.length)
  for (let row = 0; row < symbols.length; row++) bySymbol[symbols[row]!]!++
  const uses = new Map<number, number>()
  for (const [symbol, shape] of shapes.entries())
    if (bySymbol[symbol]! > 0) for (const field of shape) uses.set(field, (uses.get(field) ?? 0) + bySymbol[symbol]!)
  return uses
}
