import { allocatingIn, borrowArena, floats, floatsOf, returnArena } from '../../../bytes/arena.ts'
import { Dictionary, recode } from '../../../encodings/dictionary.ts'
import { type Exception, joinNumbers } from '../../../encodings/exact-numbers.ts'
import { splitSpanIds, splitWholeIds, traceKind, traceKindOf } from '../../../encodings/ids.ts'
import type { Bases } from '../../../encodings/pages/numbers.ts'
import { type Contexts, contextsAt, pairContexts } from '../../../encodings/pages/predicted.ts'
import { placesIn } from '../../../encodings/permutation.ts'
import { ownersOf, startsOf } from '../../../model/owners.ts'
import { spanIdDigits, traceIdDigits } from '../../../model/trace.ts'
import { rowsOf } from '../../../shred/parents.ts'
import { idTexts, SpanIds } from '../../../shred/span-ids.ts'
import { joinTables, type Table } from '../../../shred/table.ts'
import { parentKind } from '../../../shred/tree.ts'
import { bases, ownerOf } from '../layout/bases.ts'
import { type ColumnId, columnId, type FieldOwner, firstFieldId, kindOfValues, tailId } from '../layout/columns.ts'
import { type FieldTable, printShape } from '../layout/fields.ts'
import { lazy, lazyBy } from '../layout/lazy.ts'
import { addParents, parentRowsOf, subtractParents } from '../layout/parent-starts.ts'
import { AttributeSources } from './attribute-sources.ts'
import type { EncodedPage, PageEncoder } from './page-encoder.ts'
import { byteLengthOf, minBytes, type OpenPageGroup } from './page-groups.ts'
import { type AttributeLists, type AttributeValues, columnRowsOf, type SegmentColumns } from './segment-columns.ts'
import { TextPages } from './text-pages.ts'

/** An attribute has a column of its own from one value per so many owners, and this many values, on. */
const ownersPerValue = 256
const minOwnValues = 4
/** Attributes with columns of their own per page group. */
const maxOwnColumns = 256

/** Encodes a segment as one page group. */
export function encodePageGroup(segment: SegmentColumns, encoder: PageEncoder, fields: FieldTable): OpenPageGroup {
  const arena = borrowArena()
  const { pages, texts } = allocatingIn(arena, () => new PageGroupEncoder(segment, encoder, fields).encode())
  returnArena(arena)
  const itemCount = segment.itemCount + texts.runCount
  return {
    traceCount: segment.trace.ids.length,
    spanCount: segment.spanCount,
    base: segment.base,
    minStart: segment.minStart,
    maxStart: segment.maxStart,
    byteLength: Math.max(byteLengthOf(pages) + texts.byteLength, minBytes(itemCount)),
    ...{ pages, texts, itemCount },
  }
}

class PageGroupEncoder {
  readonly #segment: SegmentColumns
  readonly #encoder: PageEncoder
  readonly #fields: FieldTable
  readonly #pages: EncodedPage[] = []
  readonly #texts = new TextPages()
  /** By span: the position of its trace. */
  readonly #traceOf: Uint32Array
  /** By span: its resource, of which equal ones are one. */
  #resources: Contexts | undefined

  constructor(segment: SegmentColumns, encoder: PageEncoder, fields: FieldTable) {
    this.#segment = segment
    this.#traceOf = ownersOf(startsOf(segment.trace.spanCounts))
    this.#encoder = encoder
    this.#fields = fields
  }

  encode(): { pages: EncodedPage[]; texts: TextPages } {
    const { span, event, link } = this.#segment
    this.#traces()
    this.#coded('span.name', span.names)
    this.#resources = this.#items('span.resource', span.resources)
    this.#items('span.scope', span.scopes)
    this.#parents()
    this.#numbers('span.kind', span.kinds)
    this.#coded('span.status', span.statuses)
    this.#coded('span.traceState', span.traceStates)
    this.#numbers('span.flags', span.flags)
    this.#coded('span.dropped', span.droppedCounts)
    this.#starts()
    this.#numbers('span.duration', span.durations.values, span.durations.exceptions)
    this.#spanIds()
    this.#numbers('span.events', span.eventCounts)
    this.#numbers('span.links', span.linkCounts)
    this.#coded('event.name', event.names)
    this.#numbers('event.time', event.times.values, event.times.exceptions)
    this.#numbers('event.dropped', event.droppedCounts)
    this.#strings('link.traceId', link.traceIds)
    this.#strings('link.spanId', link.spanIds)
    this.#coded('link.traceState', link.traceStates)
    this.#numbers('link.flags', link.flags)
    this.#numbers('link.dropped', link.droppedCounts)
    const tails: Tail[] = []
    this.#attributes('span', span.attributes, tails)
    this.#attributes('event', event.attributes, tails)
    this.#attributes('link', link.attributes, tails)
    this.#tails(tails)
    return { pages: this.#pages, texts: this.#texts }
  }

  #traces(): void {
    const { ids, spanCounts, starts } = this.#segment.trace
    this.#numbers('trace.spans', spanCounts)
    const kinds = ids.map(traceKindOf)
    this.#numbers('trace.idKind', kinds)
    this.#strings(
      'trace.idHigh',
      pick(ids, kinds, kind => kind === traceKind.whole).map(id => id.slice(0, spanIdDigits)),
    )
    this.#strings(
      'trace.idLow',
      pick(ids, kinds, kind => kind !== traceKind.odd).map(id => id.slice(spanIdDigits)),
    )
    this.#strings(
      'trace.idOdd',
      pick(ids, kinds, kind => kind === traceKind.odd),
    )
    this.#numbers('trace.start', starts.values, starts.exceptions)
  }

  #parents(): void {
    const { span } = this.#segment
    const kinds = span.parentKinds
    this.#numbers('span.parentKind', kinds)
    this.#numbers('span.parentDistance', this.#parentValues(parentKind.inside))
    this.#numbers('span.parentRepeat', this.#parentValues(parentKind.repeated))
    const groups = rowsOf(kinds, parentKind.outside).map(row => this.#traceOf[row]!)
    this.#ids('span.parentId', span.outsideParents, groups, true)
  }

  #parentValues(kind: number): Float64Array {
    const { parentKinds: kinds, parentValues: values } = this.#segment.span
    const found = floats(values.length)
    let count = 0
    for (let row = 0; row < kinds.length; row++) if (kinds[row] === kind) found[count++] = values[row]!
    return found.subarray(0, count)
  }

  #starts(): void {
    const { starts, parentKinds } = this.#segment.span
    const { values } = starts
    const afterParents = () => {
      const parents = parentRowsOf(parentKinds, this.#parentValues(parentKind.inside))
      for (const { row } of starts.exceptions) parents[row] = -1
      const relative = subtractParents(values, parents)
      return addParents(Float64Array.from(relative), parents) ? relative : undefined
    }
    this.#push(this.#encoder.starts(columnId('span.start'), { values, afterParents }, starts.exceptions))
  }

  #ids(name: 'span.id' | 'span.parentId', ids: readonly string[], groups: Uint32Array, mayRepeat: boolean): void {
    const traceIds = (row: number) => this.#segment.trace.ids[groups[row]!]!
    const { kinds, distances, random, odd } = splitSpanIds(ids, { traceIds, groups }, mayRepeat)
    this.#numbers(`${name}Kind`, kinds)
    this.#numbers(`${name}Repeat`, distances)
    this.#strings(name, random)
    this.#strings(`${name}Odd`, odd)
  }

  #spanIds(): void {
    const { trace, span, hasRepeatedIds } = this.#segment
    if (hasRepeatedIds) return this.#ids('span.id', idTexts(span.ids), this.#traceOf, true)
    const ends = new SpanIds()
    for (const id of trace.ids) ends.push(id.length === traceIdDigits ? id.slice(spanIdDigits) : '')
    const { kinds, random, odd } = splitWholeIds(span.ids, ends.halves.view(), this.#traceOf)
    this.#numbers('span.idKind', kinds)
    this.#push(this.#encoder.ids(columnId('span.id'), random))
    this.#strings('span.idOdd', odd)
  }

  #attributes(owner: FieldOwner, attributes: AttributeLists, tails: Tail[]): void {
    const { columns, lists, listColumns } = attributes
    const numbers = columns.map(({ key, type }) => this.#fields.number({ owner, key, type }))
    this.#lists(
      owner,
      listColumns.map(list => list.map(column => numbers[column]!)),
      lists,
    )
    const rows = lazy(() => columnRowsOf(attributes))
    const min = Math.max(minOwnValues, lists.length / ownersPerValue)
    const frequent = columns.filter(({ length }) => length >= min)
    const own = new Set(frequent.sort((a, b) => b.length - a.length).slice(0, maxOwnColumns))
    const sources = new AttributeSources(lists.length)
    const order = [...columns.keys()].sort((a, b) => numbers[a]! - numbers[b]!)
    for (const i of order) {
      const column = columns[i]!
      const traces = () => this.#tracesOf(owner, rows()[i]!)
      if (own.has(column)) {
        const id = firstFieldId + numbers[i]!
        const bases = this.#bases(id, () => rows()[i]!, sources)
        const page = this.#values(id, [column], traces, bases)
        this.#push(page)
        if (page?.contexts) sources.add(id, page.contexts, rows()[i]!)
      } else {
        this.#fields.rare.add(numbers[i]!)
        tails.push({ field: numbers[i]!, column, traces })
      }
    }
  }

  /** The traces of some owners. */
  #tracesOf(owner: FieldOwner, rows: Uint32Array): Uint32Array {
    const spanOf = owner === 'span' ? undefined : this.#segment[owner].spanRows
    return rows.map(row => this.#traceOf[spanOf ? spanOf[row]! : row]!)
  }

  /** Lists of fields as shapes, lists in their usual order, and the orders that differ from these. */
  #lists(owner: FieldOwner, lists: readonly (readonly number[])[], codes: Uint32Array): void {
    const shapes = new Dictionary<string>()
    const lengths: number[] = []
    const places: (Uint32Array | undefined)[] = []
    const shapeOf = lists.map(list => {
      const usual = this.#fields.usualList(list)
      places.push(usual === list || usual.every((field, i) => field === list[i]) ? undefined : placesIn(usual, list))
      const shape = shapes.code(printShape(usual))
      lengths[shape] = usual.length
      return shape
    })
    const sets = recode(codes, shapeOf)
    const [shapeColumn, orderColumn] = [columnId(`${owner}.shape`), columnId(`${owner}.order`)]
    const strings = { entries: shapes.values, codes: sets }
    this.#push(this.#encoder.coded(shapeColumn, strings, true, this.#bases(shapeColumn)))
    this.#push(this.#encoder.orders(orderColumn, { sets, lists: codes, places }, lengths))
  }

  /** The values of rare attributes of a type, in the order of their fields. */
  #tails(tails: readonly Tail[]): void {
    const sorted = [...tails].sort((a, b) => a.field - b.field)
    for (const type of new Set(sorted.map(tail => tail.column.type))) {
      const own = sorted.filter(tail => tail.column.type === type)
      const traces = () => own.flatMap(tail => Array.from(tail.traces()))
      this.#push(
        this.#values(
          tailId(type),
          own.map(tail => tail.column),
          traces,
        ),
      )
    }
  }

  /** The values of columns of one type, one after the other; `traces` tells the trace of each value. */
  #values(
    id: number,
    columns: readonly AttributeValues[],
    traces: () => ArrayLike<number>,
    bases?: Bases,
  ): EncodedPage | undefined {
    const { type } = columns[0]!
    if (type === 'empty') return undefined
    if (kindOfValues(type) !== 'numbers') {
      const { values: entries, codes } = joinTables(columns.map(({ texts }) => texts))
      const isBinary = type !== 'string'
      if (this.#texts.take(id, { entries, codes }, isBinary, traces)) return undefined
      return this.#encoder.distinct(id, { entries, codes }, isBinary, bases)
    }
    const { values, exceptions } = joinNumbers(columns.map(({ numbers }) => numbers))
    return type === 'double' ? this.#encoder.doubles(id, values) : this.#encoder.numbers(id, values, exceptions, bases)
  }

  #numbers(name: ColumnId, values: ArrayLike<number>, exceptions?: readonly Exception[]): void {
    const column = columnId(name)
    this.#push(
      this.#encoder.numbers(
        column,
        values instanceof Float64Array ? values : floatsOf(values),
        exceptions,
        this.#bases(column),
      ),
    )
  }

  #coded(name: ColumnId, { values, codes }: Table<string>): void {
    const column = columnId(name)
    this.#push(this.#encoder.coded(column, { entries: values, codes }, false, this.#bases(column)))
  }

  #strings(name: ColumnId, values: readonly string[]): void {
    this.#push(this.#encoder.strings(columnId(name), values, false))
  }

  /** Resources and scopes, of which equal ones are one. Returns which each row has. */
  #items(name: ColumnId, { values, codes }: Table<string>): Contexts {
    const column = columnId(name)
    const distinct = new Dictionary<string>()
    const recoded = values.map(text => distinct.code(text))
    const entries = distinct.values
    const itemCodes = recode(codes, recoded)
    this.#push(this.#encoder.coded(column, { entries, codes: itemCodes }, true, this.#bases(column)))
    return { codes: itemCodes, size: entries.length }
  }

  /** What the rows of a column may be predicted by; `rows` are the owners of its values, where not all have one. */
  #bases(column: number, rows?: () => Uint32Array, sources?: AttributeSources): Bases | undefined {
    const owner = ownerOf(column, this.#fields.fields)
    if (owner === undefined || !this.#encoder.predicts) return undefined
    const contexts = lazyBy((basis: number) => {
      const ofOwners = basis >= firstFieldId ? sources?.contexts(basis) : this.#ownerContexts(owner, basis)
      return ofOwners && rows ? contextsAt(ofOwners, rows()) : ofOwners
    })
    // Starts are read with the kinds of parents: these must not take resources too.
    const fixed = column === columnId('span.parentKind') ? [bases.name] : Object.values(bases)
    return { contexts, candidates: () => [...fixed, ...(sources?.near(rows!()) ?? [])] }
  }

  readonly #spanContexts = lazyBy((basis: number): Contexts | undefined => {
    const { values, codes } = this.#segment.span.names
    const names = { codes, size: values.length }
    if (basis === bases.name) return names
    return this.#resources && pairContexts(names, this.#resources)
  })

  #ownerContexts(owner: FieldOwner, basis: number): Contexts | undefined {
    if (basis === bases.nameAndResource && !this.#resources) return undefined
    const contexts = this.#spanContexts(basis)
    if (owner === 'span') return contexts
    return contexts && contextsAt(contexts, this.#segment[owner].spanRows)
  }

  #push(page: EncodedPage | undefined): void {
    if (!page) return
    // Contexts are of the arena, and none needs them any more.
    const { column, rowCount, statistic, basis, storedLength, stored } = page
    this.#pages.push({ column, rowCount, statistic, basis, storedLength, stored })
  }
}

/** The values of an attribute that has no column of its own. */
interface Tail {
  readonly field: number
  readonly column: AttributeValues
  readonly traces: () => ArrayLike<number>
}

function pick(ids: readonly string[], kinds: readonly number[], isWanted: (kind: number) => boolean): string[] {
  return ids.filter((_, row) => isWanted(kinds[row]!))
}
