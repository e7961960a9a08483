import { StringCache } from '../bytes/string-cache.ts'
import type { valueTypes } from '../columnar/attributes.ts'
import { parseStatus } from '../columnar/field-texts.ts'
import { countSpanIdKinds, isId, joinSpanIds, traceKind } from '../columnar/ids.ts'
import { joinParents, type ReadParents } from '../columnar/parents.ts'
import type { ReadNumbers } from '../columnar/safe-numbers.ts'
import type { Table } from '../columnar/tables.ts'
import { parentKind } from '../columnar/tree.ts'
import { decodeValue } from '../columnar/values.ts'
import { type Resource, type Scope, type Status, spanIdDigits, traceIdDigits, type Value } from '../model/trace.ts'
import type { Block, PageGroup } from './block.ts'
import { columnId, type FieldOwner, firstFieldId, tailId } from './columns.ts'
import type { PageDecoder, ReadText } from './page-group-pages.ts'
import type { Tables } from './tables.ts'

const zeros = '0'.repeat(spanIdDigits)

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
}

/** Values `[start, end)` of the `total` values of a column. */
export interface TailPlace {
  readonly column: number
  readonly start: number
  readonly end: number
  readonly total: number
}

/**
 * The columns of a page group, each decoded when it is first asked for. Their pages and dictionaries must be at hand by
 * then.
 */
export class PageGroupColumns {
  readonly #context: PageGroupContext
  readonly #known = new Map<string | number, unknown>()

  constructor(context: PageGroupContext) {
    this.#context = context
  }

  get pages(): PageDecoder {
    return this.#context.pages
  }

  get traceCount(): number {
    return this.#context.pageGroup.traceCount
  }

  get spanCount(): number {
    return this.#context.pageGroup.spanCount
  }

  /** By trace. */
  spanCounts(): Float64Array {
    return this.#once('spanCounts', () => {
      const counts = this.pages.plain('trace.spans', this.traceCount, 1, this.spanCount)
      const sum = sumOf(counts)
      if (sum !== this.spanCount) this.pages.fail('trace.spans', `${sum} spans, the root says ${this.spanCount}`)
      return counts
    })
  }

  /** By span: the position of its trace. */
  traceOf(): Uint32Array {
    return this.#once('traceOf', () => repeatRows(this.spanCounts()))
  }

  traceIds(): string[] {
    return this.#once('traceIds', () => this.#traceIds(this.traceCount))
  }

  spanIds(): string[] {
    return this.#once('spanIds', () => this.#ids('span.id', this.spanCount, this.traceOf()))
  }

  /** The ids of some traces, by code; others have code 0. */
  traceIdsAt(traces: Iterable<number>): Table<string> {
    const kinds = this.pages.plain('trace.idKind', this.traceCount, 0, 2)
    const oddCount = countOf(kinds, traceKind.odd)
    const wholeCount = countOf(kinds, traceKind.whole)
    const low = oddCount > 0 ? undefined : this.#once('bytes of trace.idLow', () => this.#lowBytes())
    const whole = low ? undefined : this.traceIds()
    const high = low ? this.#once('trace.idHigh', () => this.texts('trace.idHigh', wholeCount)) : []
    const codes = new Uint32Array(this.traceCount)
    const values: string[] = []
    let [next, wholes] = [0, 0]
    for (const trace of traces) {
      for (; next < trace; next++) if (kinds[next] === traceKind.whole) wholes++
      codes[trace] = values.length
      const isWhole = kinds[trace] === traceKind.whole
      if (whole) values.push(whole[trace]!)
      else values.push((isWhole ? high[wholes]! : zeros) + low!.toString('hex', trace * 8, trace * 8 + 8))
    }
    return { values, codes }
  }

  /** The lower halves of trace ids, 8 bytes each, where they stand as such. */
  #lowBytes(): Buffer | undefined {
    const bytes = this.pages.hexBytes(columnId('trace.idLow'), this.traceCount)
    return bytes?.length === this.traceCount * 8 ? bytes : undefined
  }

  /** The ids of some spans, by code; other rows have code 0. */
  spanIdsAt(rows: Uint32Array): Table<string> {
    const kinds = new Uint32Array(this.pages.plain('span.idKind', this.spanCount, 0, 3))
    const randomCount = countSpanIdKinds(kinds).random
    const bytes = this.#once('bytes of span.id', () => this.pages.hexBytes(columnId('span.id'), randomCount))
    const codes = new Uint32Array(this.spanCount)
    const width = bytes ? bytes.length / randomCount : 0
    const isPlain = bytes !== undefined && width * 2 === spanIdDigits && rows.every(row => kinds[row]! < 2)
    const whole = isPlain ? undefined : this.spanIds()
    const values: string[] = []
    const [traceOf, traceIds] = [this.traceOf(), this.traceIds()]
    let [next, random] = [0, 0]
    for (const row of rows) {
      for (; next < row; next++) if (kinds[next] === 0) random++
      codes[row] = values.length
      if (whole) values.push(whole[row]!)
      else if (kinds[row] === 0) values.push(bytes!.toString('hex', random * width, (random + 1) * width))
      else values.push(traceIds[traceOf[row]!]!.slice(spanIdDigits))
    }
    return { values, codes }
  }

  /** By span, see `parentKind`. */
  parentKinds(): Uint32Array {
    return this.#once('parentKinds', () => new Uint32Array(this.pages.plain('span.parentKind', this.spanCount, 0, 3)))
  }

  /** By span, of kind `inside`: the distance to the parent's row. */
  parentDistances(): Float64Array {
    return this.#once('parentDistances', () => {
      const count = countOf(this.parentKinds(), parentKind.inside)
      return this.pages.plain('span.parentDistance', count, -this.spanCount, this.spanCount)
    })
  }

  parents(): ReadParents {
    return this.#once('parents', () => this.#parents())
  }

  /** By trace: ns after the start of the first; undefined where they are not exact as doubles. */
  traceOffsets(): Float64Array | undefined {
    return this.#once('traceOffsets', () => {
      const { values, exceptions } = this.#traceGaps()
      if (exceptions.length > 0) return undefined
      const offsets = new Float64Array(values.length)
      for (let trace = 1; trace < offsets.length; trace++) {
        offsets[trace] = offsets[trace - 1]! + values[trace]!
        if (Math.abs(offsets[trace]!) >= 2 ** 52) return undefined
      }
      return offsets
    })
  }

  /** The start of the first trace, ns. */
  firstStart(): bigint {
    const { values, exceptions } = this.#traceGaps()
    return this.#checkNanos(this.#context.base + (exceptions[0]?.row === 0 ? exceptions[0].value : BigInt(values[0]!)))
  }

  #traceGaps(): ReadNumbers {
    return this.#once('traceGaps', () => this.pages.numbers(columnId('trace.start'), this.traceCount))
  }

  /** By trace: the start of its first root, ns. */
  traceStarts(): bigint[] {
    return this.#once('traceStarts', () => this.#traceStarts())
  }

  /** The start of a trace less that of the one before, or less the base. */
  traceGap(trace: number): bigint {
    const starts = this.traceStarts()
    return starts[trace]! - (trace > 0 ? starts[trace - 1]! : this.#context.base)
  }

  /** By span: ns after the start of its trace. */
  startOffsets(): ReadNumbers {
    return this.#once('startOffsets', () => this.pages.numbers(columnId('span.start'), this.spanCount))
  }

  durations(): ReadNumbers {
    return this.#once('durations', () => this.pages.numbers(columnId('span.duration'), this.spanCount))
  }

  /** By span: ns since the epoch. */
  starts(): bigint[] {
    return this.#once('starts', () => {
      const [bases, traceOf] = [this.traceStarts(), this.traceOf()]
      return this.addNanos(this.startOffsets(), row => bases[traceOf[row]!]!)
    })
  }

  eventCounts(): Float64Array {
    return this.#once('eventCounts', () => this.#childCounts('span.events'))
  }

  linkCounts(): Float64Array {
    return this.#once('linkCounts', () => this.#childCounts('span.links'))
  }

  /** By event: the row of its span. */
  eventSpans(): Uint32Array {
    return this.#once('eventSpans', () => repeatRows(this.eventCounts()))
  }

  /** By link: the row of its span. */
  linkSpans(): Uint32Array {
    return this.#once('linkSpans', () => repeatRows(this.linkCounts()))
  }

  /** How many spans, events or links there are. */
  ownerCount(owner: FieldOwner): number {
    if (owner === 'span') return this.spanCount
    return sumOf(owner === 'event' ? this.eventCounts() : this.linkCounts())
  }

  /** By event: ns since the epoch. */
  eventTimes(): bigint[] {
    return this.#once('eventTimes', () => {
      const [starts, spans] = [this.starts(), this.eventSpans()]
      return this.addNanos(this.pages.numbers(columnId('event.time'), spans.length), row => starts[spans[row]!]!)
    })
  }

  resources(): Table<Resource | null> {
    return this.#once('resources', () => this.table('span.resource', this.spanCount, this.#context.tables.resource))
  }

  scopes(): Table<Scope | null> {
    return this.#once('scopes', () => this.table('span.scope', this.spanCount, this.#context.tables.scope))
  }

  statuses(): Table<Status | null> {
    const fail = (message: string) => this.pages.fail('span.status', message)
    return this.#once('statuses', () => this.table('span.status', this.spanCount, text => parseStatus(text, fail)))
  }

  shapes(owner: FieldOwner): OwnerShapes {
    return this.#once(`shapes of ${owner}`, () => this.#shapes(owner, this.ownerCount(owner)))
  }

  /** A column of strings with its distinct values. */
  table<T>(name: string, count: number, parse: (text: string) => T): Table<T> {
    const column = columnId(name)
    const { symbols, fileCodes, locals } = this.pages.text(column, count)
    return { values: this.entries(column, fileCodes).concat(locals).map(parse), codes: symbols }
  }

  texts(name: string, count: number): string[] {
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
    const dictionary = this.#context.dictionaries.get(column) ?? []
    return codes.map(code => dictionary[code] ?? this.pages.fail(String(column), `code ${code} without an entry`))
  }

  /** The owner's row of each value of a field. */
  fieldRows(owner: FieldOwner, field: number): Uint32Array {
    const { symbols, shapes, counts } = this.shapes(owner)
    const uses = Uint32Array.from(shapes, shape => shape.filter(one => one === field).length)
    const rows = new Uint32Array(counts.get(field) ?? 0)
    let at = 0
    for (let row = 0; row < symbols.length; row++)
      for (let left = uses[symbols[row]!]!; left > 0; left--) rows[at++] = row
    return rows
  }

  /** The values of a field, in the order of their owners; rare ones come from the column that they share. */
  fieldValues(field: number): readonly Value[] {
    return this.#once(field, () => {
      const { column, start, end, total } = this.placeOf(field)
      return this.#values(column, field, total).slice(start, end)
    })
  }

  /** Of bools and ints. */
  fieldNumbers(field: number): ReadNumbers {
    const { column, start, end, total } = this.placeOf(field)
    const { values, exceptions } = this.#once(`numbers of ${column}`, () => this.pages.numbers(column, total))
    if (end - start === total) return { values, exceptions }
    const own = exceptions.filter(({ row }) => row >= start && row < end)
    return {
      values: values.subarray(start, end),
      exceptions: own.map(({ row, value }) => ({ row: row - start, value })),
    }
  }

  fieldDoubles(field: number): Float64Array {
    const { column, start, end, total } = this.placeOf(field)
    return this.#once(`doubles of ${column}`, () => this.pages.doubles(column, total)).subarray(start, end)
  }

  /** Of strings: distinct ones, and by value their place among these. */
  fieldTexts(field: number): Table<string> {
    const { column, start, end, total } = this.placeOf(field)
    const { values, codes } = this.#once(`texts of ${column}`, () => {
      const { symbols, fileCodes, locals } = this.pages.text(column, total)
      return { values: this.entries(column, fileCodes).concat(locals), codes: symbols }
    })
    return { values, codes: codes.subarray(start, end) }
  }

  /** The column in which the values of a field stand, where in it, and how many values it has. */
  placeOf(field: number): TailPlace {
    const tail = this.#context.tails?.get(field)
    if (tail) return tail
    const { owner, type } = this.#context.block.fields[field]!
    const count = this.shapes(owner).counts.get(field) ?? 0
    if (count === 0 || this.hasOwnColumn(field) || type === 'empty')
      return { column: firstFieldId + field, start: 0, end: count, total: count }
    const { start, total } = this.#placeInTail(field)
    return { column: tailId(type), start, end: start + count, total }
  }

  hasOwnColumn(field: number): boolean {
    return this.pages.entry(firstFieldId + field) !== undefined
  }

  /** Times since the epoch: numbers added to what `originOf` gives for the row. */
  addNanos({ values, exceptions }: ReadNumbers, originOf: (row: number) => bigint): bigint[] {
    const times = new Array<bigint>(values.length)
    for (let row = 0; row < values.length; row++) times[row] = this.#checkNanos(originOf(row) + BigInt(values[row]!))
    for (const { row, value } of exceptions) times[row] = this.#checkNanos(originOf(row) + value)
    return times
  }

  checkIds(name: string, ids: readonly string[], maxDigits: number): void {
    const at = ids.findIndex(id => !isId(id, maxDigits))
    if (at >= 0) this.pages.fail(name, `row ${at} is no id`)
  }

  #once<T>(name: string | number, make: () => T): T {
    if (!this.#known.has(name)) this.#known.set(name, make())
    return this.#known.get(name) as T
  }

  #checkNanos(nanos: bigint): bigint {
    return BigInt.asUintN(64, nanos) === nanos ? nanos : this.pages.fail('times', `a time of ${nanos} ns`)
  }

  #childCounts(name: string): Float64Array {
    const counts = this.pages.plain(name, this.spanCount, 0, uint32)
    this.pages.checkItems(name, sumOf(counts))
    return counts
  }

  #traceIds(traceCount: number): string[] {
    const kinds = this.pages.plain('trace.idKind', traceCount, 0, 2)
    const wholeCount = countOf(kinds, traceKind.whole)
    const oddCount = countOf(kinds, traceKind.odd)
    const high = this.texts('trace.idHigh', wholeCount)
    const low = this.texts('trace.idLow', traceCount - oddCount)
    const odd = this.texts('trace.idOdd', oddCount)
    let [nextHigh, nextLow, nextOdd] = [0, 0, 0]
    const ids = new Array<string>(traceCount)
    for (let trace = 0; trace < traceCount; trace++) {
      const kind = kinds[trace]!
      if (kind === traceKind.odd) ids[trace] = odd[nextOdd++]!
      else ids[trace] = (kind === traceKind.whole ? high[nextHigh++]! : zeros) + low[nextLow++]!
    }
    this.checkIds('trace.id', ids, traceIdDigits)
    return ids
  }

  #parents(): ReadParents {
    const [kinds, traceOf, rowCount] = [this.parentKinds(), this.traceOf(), this.spanCount]
    const outside = new Uint32Array(countOf(kinds, parentKind.outside))
    for (let row = 0, at = 0; row < rowCount; row++)
      if (kinds[row] === parentKind.outside) outside[at++] = traceOf[row]!
    const parts = {
      kinds,
      distances: this.parentDistances(),
      positions: this.pages.plain('span.parentRepeat', countOf(kinds, parentKind.repeated), 0, rowCount),
      outsideIds: this.#ids('span.parentId', outside.length, outside),
    }
    return joinParents(parts, traceOf, message => this.pages.fail('span.parent', message))
  }

  #ids(name: string, count: number, groups: Uint32Array): string[] {
    const kinds = new Uint32Array(this.pages.plain(`${name}Kind`, count, 0, 3))
    const counts = countSpanIdKinds(kinds)
    const parts = {
      kinds,
      distances: this.pages.plain(`${name}Repeat`, counts.repeated, 1, count),
      random: this.texts(name, counts.random),
      odd: this.texts(`${name}Odd`, counts.odd),
    }
    const traceIds = this.traceIds()
    const rows = { traceIds: (row: number) => traceIds[groups[row]!]!, groups }
    const ids = joinSpanIds(parts, rows, row => this.pages.fail(name, `row ${row} repeats a row that is not there`))
    this.checkIds(name, ids, spanIdDigits)
    return ids
  }

  #traceStarts(): bigint[] {
    const { values, exceptions } = this.#traceGaps()
    const exact = new Map(exceptions.map(({ row, value }) => [row, value]))
    let start = this.#context.base
    return Array.from(values, (gap, trace) => {
      start += exact.get(trace) ?? BigInt(gap)
      return this.#checkNanos(start)
    })
  }

  #shapes(owner: FieldOwner, count: number): OwnerShapes {
    const { values, codes } = this.table(`${owner}.shape`, count, this.#context.tables.shape[owner])
    const uses = new Uint32Array(values.length)
    for (let row = 0; row < count; row++) uses[codes[row]!]!++
    let total = 0
    for (let symbol = 0; symbol < values.length; symbol++) total += values[symbol]!.length * uses[symbol]!
    this.pages.checkItems(`${owner} attributes`, total)
    const byField = new Uint32Array(this.#context.block.fields.length)
    for (let symbol = 0; symbol < values.length; symbol++)
      for (const field of values[symbol]!) byField[field]! += uses[symbol]!
    const counts = new Map<number, number>()
    for (let field = 0; field < byField.length; field++) if (byField[field]! > 0) counts.set(field, byField[field]!)
    return { owner, symbols: codes, shapes: values, counts }
  }

  /** Where the values of a rare field stand in the column of its type, and how many values that has. */
  #placeInTail(field: number): { start: number; total: number } {
    const { fields } = this.#context.block
    const { type } = fields[field]!
    const counts = this.#once(`tail of ${type}`, () => this.#tailCounts(type))
    let [start, total] = [0, 0]
    for (const [other, count] of counts) {
      if (other === field) start = total
      total += count
    }
    return { start, total }
  }

  /** The rare fields of a type, ascending, with their counts. */
  #tailCounts(type: (typeof valueTypes)[number]): [number, number][] {
    const { fields } = this.#context.block
    const all = (['span', 'event', 'link'] as const).flatMap(owner => [...this.shapes(owner).counts])
    const rare = all.filter(([field, count]) => fields[field]!.type === type && count > 0 && !this.hasOwnColumn(field))
    return rare.sort((a, b) => a[0] - b[0])
  }

  #values(column: number, field: number, count: number): readonly Value[] {
    return this.#once(`values of ${column}`, () => this.#readValues(column, field, count))
  }

  #readValues(column: number, field: number, count: number): readonly Value[] {
    const { type } = this.#context.block.fields[field]!
    const pages = this.pages
    switch (type) {
      case 'empty':
        return new Array<Value>(count).fill(null)
      case 'string':
        return this.textsOf(pages.text(column, count), column)
      case 'bool':
        return Array.from(pages.numbers(column, count).values, number => number === 1)
      case 'double':
        return Array.from(pages.doubles(column, count))
      case 'int': {
        const { values, exceptions } = pages.numbers(column, count)
        const bigints = Array.from(values, BigInt)
        for (const { row, value } of exceptions) {
          if (BigInt.asIntN(64, value) !== value) pages.fail(String(column), `${value} exceeds 64 bits`)
          bigints[row] = value
        }
        return bigints
      }
      default: {
        const place = `blockpack page group ${this.#context.pageGroup.index}, column ${column}`
        const { symbols, fileCodes, locals } = pages.text(column, count)
        const texts = this.entries(column, fileCodes).concat(locals)
        const strings = new StringCache(1024)
        const values = texts.map(text => decodeValue(place, text, type, strings))
        return Array.from(symbols, symbol => values[symbol]!)
      }
    }
  }
}

function countOf(kinds: ArrayLike<number>, kind: number): number {
  let count = 0
  for (let row = 0; row < kinds.length; row++) if (kinds[row] === kind) count++
  return count
}

export function sumOf(counts: Float64Array): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}

/** The owner's row of each of its members. */
function repeatRows(counts: Float64Array): Uint32Array {
  const rows = new Uint32Array(sumOf(counts))
  let at = 0
  for (let row = 0; row < counts.length; row++) {
    rows.fill(row, at, at + counts[row]!)
    at += counts[row]!
  }
  return rows
}
