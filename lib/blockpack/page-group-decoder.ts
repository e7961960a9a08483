import { StringCache } from '../bytes/string-cache.ts'
import { assembleTraces } from '../columnar/assemble.ts'
import { AttributeAssembler, valueTypes } from '../columnar/attributes.ts'
import { group } from '../columnar/children.ts'
import { parseDropped, parseStatus } from '../columnar/field-texts.ts'
import { countSpanIdKinds, isId, joinSpanIds, traceKind } from '../columnar/ids.ts'
import { joinParents } from '../columnar/parents.ts'
import type { ReadNumbers } from '../columnar/safe-numbers.ts'
import type { Table } from '../columnar/tables.ts'
import { parentKind } from '../columnar/tree.ts'
import { decodeValue } from '../columnar/values.ts'
import { type Link, type SpanEvent, spanIdDigits, type Trace, traceIdDigits, type Value } from '../model/trace.ts'
import type { Block, PageGroup, PageGroupEntries } from './block.ts'
import { columnId, type FieldOwner, firstFieldId, tailId } from './columns.ts'
import type { PageDecoder, PagePlace, ReadText } from './page-group-pages.ts'
import type { Tables } from './tables.ts'

/** The largest number that a column of flags or counts holds. */
const uint32 = 2 ** 32 - 1

/** The columns of strings that stand in dictionaries, of the pages at hand. */
export function dictionaryColumns(block: Block, places: ReadonlyMap<number, PagePlace>): number[] {
  return [...places.keys()].filter(column => block.dictionarySizes.has(column))
}

/** Decodes all of a page group to its traces; the dictionaries of its columns must be at hand. */
export function decodePageGroup(
  block: Block,
  pageGroup: PageGroup,
  { base }: PageGroupEntries,
  pages: PageDecoder,
  dictionaries: ReadonlyMap<number, readonly string[]>,
  tables: Tables,
): Trace[] {
  return new PageGroupDecoder(block, pageGroup, base, pages, dictionaries, tables).decode()
}

/** Attributes of the owners of one kind: their shapes, and the values by field as far as they have been read. */
interface OwnerShapes {
  readonly owner: FieldOwner
  readonly symbols: Uint32Array
  readonly shapes: readonly (readonly number[])[]
  /** By field: how many values. */
  readonly counts: Map<number, number>
}

class PageGroupDecoder {
  readonly #block: Block
  readonly #pageGroup: PageGroup
  readonly #base: bigint
  readonly #pages: PageDecoder
  readonly #dictionaries: ReadonlyMap<number, readonly string[]>
  readonly #tables: Tables
  readonly #strings = new StringCache(1024)

  constructor(
    block: Block,
    pageGroup: PageGroup,
    base: bigint,
    pages: PageDecoder,
    dictionaries: ReadonlyMap<number, readonly string[]>,
    tables: Tables,
  ) {
    this.#block = block
    this.#pageGroup = pageGroup
    this.#base = base
    this.#pages = pages
    this.#dictionaries = dictionaries
    this.#tables = tables
  }

  decode(): Trace[] {
    const pages = this.#pages
    const { traceCount, spanCount } = this.#pageGroup
    const spanCounts = pages.plain('trace.spans', traceCount, 1, spanCount)
    if (sumOf(spanCounts) !== spanCount)
      pages.fail('trace.spans', `${sumOf(spanCounts)} spans, the root says ${spanCount}`)
    const traceOf = repeatRows(spanCounts)
    const traceIds = this.#traceIds(traceCount)
    const parents = this.#parents(traceIds, traceOf)
    const spanIds = this.#ids('span.id', spanCount, traceIds, traceOf)
    const { starts, ends } = this.#times(spanCounts, traceOf)
    const eventCounts = pages.plain('span.events', spanCount, 0, uint32)
    const linkCounts = pages.plain('span.links', spanCount, 0, uint32)
    const owners = [
      this.#shapes('span', spanCount),
      this.#shapes('event', sumOf(eventCounts)),
      this.#shapes('link', sumOf(linkCounts)),
    ] as const
    const [spanAttributes, eventAttributes, linkAttributes] = this.#assemblers(owners)
    return assembleTraces(traceIds, spanCounts, {
      ...this.#spanFields(spanCount),
      spanIds,
      parents,
      starts,
      ends,
      attributes: spanAttributes!,
      events: this.#events(eventCounts, starts, eventAttributes!),
      links: this.#links(linkCounts, linkAttributes!),
    })
  }

  #traceIds(traceCount: number): string[] {
    const pages = this.#pages
    const kinds = pages.plain('trace.idKind', traceCount, 0, 2)
    const countOf = (isWanted: (kind: number) => boolean) =>
      kinds.reduce((sum, kind) => sum + (isWanted(kind) ? 1 : 0), 0)
    const high = this.#texts(
      'trace.idHigh',
      countOf(kind => kind === traceKind.whole),
    )
    const low = this.#texts(
      'trace.idLow',
      countOf(kind => kind !== traceKind.odd),
    )
    const odd = this.#texts(
      'trace.idOdd',
      countOf(kind => kind === traceKind.odd),
    )
    let [nextHigh, nextLow, nextOdd] = [0, 0, 0]
    const ids = Array.from(kinds, kind => {
      if (kind === traceKind.odd) return odd[nextOdd++]!
      return (kind === traceKind.whole ? high[nextHigh++]! : '0'.repeat(spanIdDigits)) + low[nextLow++]!
    })
    this.#checkIds('trace.id', ids, traceIdDigits)
    return ids
  }

  #parents(traceIds: readonly string[], traceOf: Uint32Array) {
    const pages = this.#pages
    const rowCount = traceOf.length
    const kinds = Uint32Array.from(pages.plain('span.parentKind', rowCount, 0, 3))
    const counts = [0, 0, 0, 0]
    for (const kind of kinds) counts[kind]!++
    const outside = new Uint32Array(counts[parentKind.outside]!)
    for (let row = 0, at = 0; row < rowCount; row++)
      if (kinds[row] === parentKind.outside) outside[at++] = traceOf[row]!
    const parts = {
      kinds,
      distances: pages.plain('span.parentDistance', counts[parentKind.inside]!, -rowCount, rowCount),
      positions: pages.plain('span.parentRepeat', counts[parentKind.repeated]!, 0, rowCount),
      outsideIds: this.#ids('span.parentId', outside.length, traceIds, outside),
    }
    return joinParents(parts, traceOf, message => pages.fail('span.parent', message))
  }

  #ids(name: string, count: number, traceIds: readonly string[], groups: Uint32Array): string[] {
    const pages = this.#pages
    const kinds = Uint32Array.from(pages.plain(`${name}Kind`, count, 0, 3))
    const counts = countSpanIdKinds(kinds)
    const parts = {
      kinds,
      distances: pages.plain(`${name}Repeat`, counts.repeated, 1, count),
      random: this.#texts(name, counts.random),
      odd: this.#texts(`${name}Odd`, counts.odd),
    }
    const rows = { traceIds: (row: number) => traceIds[groups[row]!]!, groups }
    const ids = joinSpanIds(parts, rows, row => pages.fail(name, `row ${row} repeats a row that is not there`))
    this.#checkIds(name, ids, spanIdDigits)
    return ids
  }

  #checkIds(name: string, ids: readonly string[], maxDigits: number): void {
    const at = ids.findIndex(id => !isId(id, maxDigits))
    if (at >= 0) this.#pages.fail(name, `row ${at} is no id`)
  }

  #times(spanCounts: Float64Array, traceOf: Uint32Array): { starts: bigint[]; ends: bigint[] } {
    const bases = this.#traceStarts(spanCounts.length)
    const offsets = this.#pages.numbers(columnId('span.start'), traceOf.length)
    const durations = this.#pages.numbers(columnId('span.duration'), traceOf.length)
    const starts = this.#add(offsets, row => bases[traceOf[row]!]!)
    return { starts, ends: this.#add(durations, row => starts[row]!) }
  }

  #traceStarts(traceCount: number): bigint[] {
    const { values, exceptions } = this.#pages.numbers(columnId('trace.start'), traceCount)
    const exact = new Map(exceptions.map(({ row, value }) => [row, value]))
    let start = this.#base
    return Array.from(values, (gap, trace) => {
      start += exact.get(trace) ?? BigInt(gap)
      return this.#checkNanos(start)
    })
  }

  /** Times since the epoch: numbers added to what `originOf` gives for the row. */
  #add({ values, exceptions }: ReadNumbers, originOf: (row: number) => bigint): bigint[] {
    const times = new Array<bigint>(values.length)
    for (let row = 0; row < values.length; row++) times[row] = this.#checkNanos(originOf(row) + BigInt(values[row]!))
    for (const { row, value } of exceptions) times[row] = this.#checkNanos(originOf(row) + value)
    return times
  }

  #checkNanos(nanos: bigint): bigint {
    return BigInt.asUintN(64, nanos) === nanos ? nanos : this.#pages.fail('times', `a time of ${nanos} ns`)
  }

  #spanFields(spanCount: number) {
    const tables = this.#tables
    const fail = (message: string) => this.#pages.fail('span', message)
    return {
      names: this.#table('span.name', spanCount, text => text),
      resources: this.#table('span.resource', spanCount, tables.resource),
      scopes: this.#table('span.scope', spanCount, tables.scope),
      kinds: numberTable(this.#pages.plain('span.kind', spanCount, -(2 ** 31), 2 ** 31 - 1)),
      statuses: this.#table('span.status', spanCount, text => parseStatus(text, fail)),
      traceStates: this.#table('span.traceState', spanCount, text => text),
      flags: numberTable(this.#pages.plain('span.flags', spanCount, 0, uint32)),
      droppedCounts: this.#table('span.dropped', spanCount, text => parseDropped(text, fail)),
    }
  }

  #shapes(owner: FieldOwner, count: number): OwnerShapes {
    const { values, codes } = this.#table(`${owner}.shape`, count, this.#tables.shape[owner])
    const uses = new Uint32Array(values.length)
    for (let row = 0; row < count; row++) uses[codes[row]!]!++
    const counts = new Map<number, number>()
    for (const [symbol, shape] of values.entries())
      for (const field of shape) counts.set(field, (counts.get(field) ?? 0) + uses[symbol]!)
    return { owner, symbols: codes, shapes: values, counts }
  }

  /** The attributes of spans, events and links; the values of rare ones are handed out in the order of fields. */
  #assemblers(owners: readonly OwnerShapes[]): AttributeAssembler[] {
    const tails = this.#tailValues(owners)
    return owners.map(({ symbols, shapes, counts }) => {
      const present = [...counts.keys()]
      const localOf = new Map(present.map((field, local) => [field, local]))
      const values = present.map(
        field => tails.get(field) ?? this.#values(firstFieldId + field, field, counts.get(field)!),
      )
      return new AttributeAssembler(
        { codes: symbols, entries: shapes.map(shape => shape.map(field => localOf.get(field)!)), free: [] },
        present.map(field => this.#block.fields[field]!.key),
        values,
      )
    })
  }

  /** By field without a column of its own: its values. */
  #tailValues(owners: readonly OwnerShapes[]): Map<number, readonly Value[]> {
    const counts = new Map(owners.flatMap(owner => [...owner.counts]))
    const rare = [...counts.keys()].filter(field => counts.get(field)! > 0 && !this.#pages.entry(firstFieldId + field))
    rare.sort((a, b) => a - b)
    const found = new Map<number, readonly Value[]>()
    for (const type of valueTypes) {
      const fields = rare.filter(field => this.#block.fields[field]!.type === type)
      if (fields.length === 0) continue
      const total = fields.reduce((sum, field) => sum + counts.get(field)!, 0)
      const values = this.#values(tailId(type), fields[0]!, total)
      let at = 0
      for (const field of fields) {
        const end = at + counts.get(field)!
        found.set(field, values.slice(at, end))
        at = end
      }
    }
    return found
  }

  #values(column: number, field: number, count: number): readonly Value[] {
    const { type } = this.#block.fields[field]!
    const pages = this.#pages
    switch (type) {
      case 'empty':
        return new Array<Value>(count).fill(null)
      case 'string':
        return this.#textsOf(pages.text(column, count), column)
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
        const place = `blockpack page group ${this.#pageGroup.index}, column ${column}`
        const { symbols, fileCodes, locals } = pages.text(column, count)
        const texts = this.#entries(column, fileCodes).concat(locals)
        const values = texts.map(text => decodeValue(place, text, type, this.#strings))
        return Array.from(symbols, symbol => values[symbol]!)
      }
    }
  }

  #events(counts: Float64Array, starts: readonly bigint[], attributes: AttributeAssembler): SpanEvent[][] {
    const count = sumOf(counts)
    const spanRows = repeatRows(counts)
    const names = this.#table('event.name', count, text => text)
    const times = this.#add(this.#pages.numbers(columnId('event.time'), count), row => starts[spanRows[row]!]!)
    const dropped = this.#pages.plain('event.dropped', count, 0, uint32)
    return group(counts, row => ({
      timeNanos: times[row]!,
      name: names.values[names.codes[row]!]!,
      attributes: attributes.take(),
      droppedAttributesCount: dropped[row]!,
    }))
  }

  #links(counts: Float64Array, attributes: AttributeAssembler): Link[][] {
    const count = sumOf(counts)
    const traceIds = this.#texts('link.traceId', count)
    const spanIds = this.#texts('link.spanId', count)
    this.#checkIds('link.traceId', traceIds, traceIdDigits)
    this.#checkIds('link.spanId', spanIds, spanIdDigits)
    const traceStates = this.#texts('link.traceState', count)
    const flags = this.#pages.plain('link.flags', count, 0, uint32)
    const dropped = this.#pages.plain('link.dropped', count, 0, uint32)
    return group(counts, row => ({
      traceId: traceIds[row]!,
      spanId: spanIds[row]!,
      traceState: traceStates[row]!,
      flags: flags[row]!,
      attributes: attributes.take(),
      droppedAttributesCount: dropped[row]!,
    }))
  }

  #texts(name: string, count: number): string[] {
    const column = columnId(name)
    return this.#textsOf(this.#pages.text(column, count), column)
  }

  #textsOf({ symbols, fileCodes, locals }: ReadText, column: number): string[] {
    if (fileCodes.length === 0 && locals.length === symbols.length) return [...locals]
    const entries = this.#entries(column, fileCodes).concat(locals)
    return Array.from(symbols, symbol => entries[symbol]!)
  }

  #table<T>(name: string, count: number, parse: (text: string) => T): Table<T> {
    const column = columnId(name)
    const { symbols, fileCodes, locals } = this.#pages.text(column, count)
    return { values: this.#entries(column, fileCodes).concat(locals).map(parse), codes: symbols }
  }

  #entries(column: number, codes: readonly number[]): string[] {
    const dictionary = this.#dictionaries.get(column) ?? []
    return codes.map(code => dictionary[code] ?? this.#pages.fail(String(column), `code ${code} without an entry`))
  }
}

/** Numbers as a table of which each row is an entry. */
function numberTable(values: Float64Array): Table<number> {
  return { values: values as unknown as readonly number[], codes: Uint32Array.from(values, (_, row) => row) }
}

function sumOf(counts: Float64Array): number {
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
