import { ByteWriter } from '../../../bytes/writer.ts'
import { Dictionary } from '../../../encodings/dictionary.ts'
import { type Exception, Numbers } from '../../../encodings/exact-numbers.ts'
import { splitSpanIds, traceKind, traceKindOf } from '../../../encodings/ids.ts'
import { ownersOf, startsOf } from '../../../model/owners.ts'
import { spanIdDigits, type Value, type ValueType } from '../../../model/trace.ts'
import type { AttributeShredder } from '../../../shred/attributes.ts'
import { printDropped, printStatus } from '../../../shred/field-texts.ts'
import { rowsOf } from '../../../shred/parents.ts'
import type { CodedColumn, Segment } from '../../../shred/shred.ts'
import { parentKind } from '../../../shred/tree.ts'
import { encodeValue } from '../../../shred/value-texts.ts'
import { writeResource, writeScope } from '../../../wire/cbor/resource.ts'
import {
  bandCount,
  type ColumnId,
  columnId,
  type FieldOwner,
  firstFieldId,
  kindOfValues,
  tailId,
} from '../layout/columns.ts'
import { type FieldTable, printShape } from '../layout/fields.ts'
import { bandOf, itemsPerByte } from '../layout/layout.ts'
import type { EncodedPage, PageEncoder } from './page-encoder.ts'
import { TextPages } from './text-pages.ts'

/** A page group ready to be placed: its pages in the order of their columns, and what the root says of it. */
export interface EncodedPageGroup {
  readonly traceCount: number
  readonly spanCount: number
  /** The start of the first trace, ns. */
  readonly base: bigint
  readonly pages: readonly EncodedPage[]
  /** By band: the bytes of its pages, and of padding. */
  readonly bands: readonly (readonly Uint8Array[])[]
  /** Of the starts of spans, ns. */
  readonly minStart: bigint
  readonly maxStart: bigint
}

/** An attribute has a column of its own from one value per so many owners, and this many values, on. */
const ownersPerValue = 256
const minOwnValues = 4
/** Attributes with columns of their own per page group. */
const maxOwnColumns = 256

/** Encodes a segment as one page group. */
export function encodePageGroup(segment: Segment, encoder: PageEncoder, fields: FieldTable): EncodedPageGroup {
  const { pages, runCount } = new PageGroupEncoder(segment, encoder, fields).encode()
  pages.sort((a, b) => a.column - b.column)
  const bands = groupByBand(pages)
  const byteLength = pages.reduce((sum, page) => sum + page.storedLength, 0)
  const padding = Math.ceil((segment.itemCount + runCount) / itemsPerByte) - byteLength
  if (padding > 0) bands.at(-1)!.push(Buffer.alloc(padding))
  return {
    traceCount: segment.trace.ids.length,
    spanCount: segment.spanCount,
    base: segment.base,
    minStart: segment.minStart,
    maxStart: segment.maxStart,
    pages,
    bands,
  }
}

/** By band: the bytes of its pages, in the order of the columns. */
function groupByBand(pages: readonly EncodedPage[]): Uint8Array[][] {
  const bands = Array.from({ length: bandCount }, (): Uint8Array[] => [])
  for (const { column, rowCount, storedLength, stored } of pages)
    if (storedLength > 0) bands[bandOf(column, rowCount, storedLength)]!.push(stored)
  return bands
}

class PageGroupEncoder {
  readonly #segment: Segment
  readonly #encoder: PageEncoder
  readonly #fields: FieldTable
  readonly #pages: EncodedPage[] = []
  readonly #texts = new TextPages()
  /** By span: the position of its trace. */
  readonly #traceOf: Uint32Array

  constructor(segment: Segment, encoder: PageEncoder, fields: FieldTable) {
    this.#segment = segment
    this.#traceOf = ownersOf(startsOf(segment.trace.spanCounts))
    this.#encoder = encoder
    this.#fields = fields
  }

  encode(): { pages: EncodedPage[]; runCount: number } {
    const { span, event, link } = this.#segment
    this.#traces()
    this.#parents()
    this.#coded('span.name', span.names)
    this.#items('span.resource', span.resources, writeResource)
    this.#items('span.scope', span.scopes, writeScope)
    this.#numbers('span.kind', span.kinds)
    this.#records('span.status', span.statuses, printStatus)
    this.#coded('span.traceState', span.traceStates)
    this.#numbers('span.flags', span.flags)
    this.#records('span.dropped', span.droppedCounts, printDropped)
    this.#numbers('span.start', span.starts.values, span.starts.exceptions)
    this.#numbers('span.duration', span.durations.values, span.durations.exceptions)
    this.#ids('span.id', span.ids, this.#traceOf, this.#segment.hasRepeatedIds)
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
    this.#pages.push(...this.#texts.encode(this.#encoder))
    return { pages: this.#pages, runCount: this.#texts.runCount }
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
    const kinds = Uint32Array.from(span.parentKinds)
    this.#numbers('span.parentKind', span.parentKinds)
    const valuesOf = (kind: number) => Array.from(rowsOf(kinds, kind), row => span.parentValues[row]!)
    this.#numbers('span.parentDistance', valuesOf(parentKind.inside))
    this.#numbers('span.parentRepeat', valuesOf(parentKind.repeated))
    const groups = rowsOf(kinds, parentKind.outside).map(row => this.#traceOf[row]!)
    this.#ids('span.parentId', span.outsideParents, groups, true)
  }

  #ids(name: 'span.id' | 'span.parentId', ids: readonly string[], groups: Uint32Array, mayRepeat: boolean): void {
    const traceIds = (row: number) => this.#segment.trace.ids[groups[row]!]!
    const { kinds, distances, random, odd } = splitSpanIds(ids, { traceIds, groups }, mayRepeat)
    this.#numbers(`${name}Kind`, kinds)
    this.#numbers(`${name}Repeat`, distances)
    this.#strings(name, random)
    this.#strings(`${name}Odd`, odd)
  }

  #attributes(owner: FieldOwner, attributes: AttributeShredder, tails: Tail[]): void {
    const { columns, lists } = attributes
    const numbers = columns.map(({ key, type }) => this.#fields.number({ owner, key, type }))
    const entries = attributes.listColumns().map(list => printShape(list.map(column => numbers[column]!)))
    this.#push(this.#encoder.coded(columnId(`${owner}.shape`), { entries, codes: lists }, true))
    const min = Math.max(minOwnValues, lists.length / ownersPerValue)
    const frequent = columns.filter(({ values }) => values.length >= min)
    const own = new Set(frequent.sort((a, b) => b.values.length - a.values.length).slice(0, maxOwnColumns))
    for (const [i, column] of columns.entries()) {
      const { type, values } = column
      const traces = () => this.#tracesOf(owner, attributes, i)
      if (own.has(column)) this.#push(this.#values(firstFieldId + numbers[i]!, type, values, traces))
      else {
        this.#fields.rare.add(numbers[i]!)
        tails.push({ field: numbers[i]!, type, values, traces })
      }
    }
  }

  /** The trace of each value of a column of attributes. */
  #tracesOf(owner: FieldOwner, attributes: AttributeShredder, column: number): Uint32Array {
    const { eventCounts, linkCounts } = this.#segment.span
    const spanOf = owner === 'span' ? undefined : ownersOf(startsOf(owner === 'event' ? eventCounts : linkCounts))
    return Uint32Array.from(attributes.columnRows()[column]!, row => this.#traceOf[spanOf ? spanOf[row]! : row]!)
  }

  /** The values of rare attributes of a type, in the order of their fields. */
  #tails(tails: readonly Tail[]): void {
    const sorted = [...tails].sort((a, b) => a.field - b.field)
    for (const type of new Set(sorted.map(tail => tail.type))) {
      const own = sorted.filter(tail => tail.type === type)
      const traces = () => own.flatMap(tail => Array.from(tail.traces()))
      this.#push(
        this.#values(
          tailId(type),
          type,
          own.flatMap(tail => tail.values),
          traces,
        ),
      )
    }
  }

  /** `traces` tells the trace of each value. */
  #values(
    column: number,
    type: ValueType,
    values: readonly Value[],
    traces: () => ArrayLike<number>,
  ): EncodedPage | undefined {
    if (type === 'empty') return undefined
    if (type === 'string') return this.#ofValues(column, values as string[], false, traces)
    if (type === 'bool') return this.#encoder.numbers(column, Float64Array.from(values, Number))
    if (type === 'double') return this.#encoder.doubles(column, values as number[])
    if (kindOfValues(type) === 'binary') return this.#ofValues(column, values.map(encodeValue), true, traces)
    const numbers = new Numbers()
    for (const value of values) numbers.push(value as bigint)
    return this.#encoder.numbers(column, new Float64Array(numbers.values), numbers.exceptions)
  }

  #ofValues(column: number, texts: readonly string[], isBinary: boolean, traces: () => ArrayLike<number>) {
    return this.#texts.take(column, texts, isBinary, traces)
      ? undefined
      : this.#encoder.strings(column, texts, isBinary)
  }

  #numbers(name: ColumnId, values: ArrayLike<number>, exceptions?: readonly Exception[]): void {
    this.#push(this.#encoder.numbers(columnId(name), new Float64Array(values), exceptions))
  }

  #coded(name: ColumnId, column: CodedColumn<string>): void {
    this.#records(name, column, text => text)
  }

  /** Records as the texts that `print` gives. */
  #records<T>(name: ColumnId, { dictionary, codes }: CodedColumn<T>, print: (value: T) => string): void {
    this.#push(this.#encoder.coded(columnId(name), { entries: dictionary.values.map(print), codes }, false))
  }

  #strings(name: ColumnId, values: readonly string[]): void {
    this.#push(this.#encoder.strings(columnId(name), values, false))
  }

  /** Resources and scopes as strings of their CBOR, of which equal ones are one; empty for none. */
  #items<T extends object>(
    name: ColumnId,
    { dictionary, codes }: CodedColumn<T | null>,
    encode: (writer: ByteWriter, item: T) => void,
  ): void {
    const distinct = new Dictionary<string>()
    const recoded = dictionary.values.map(item => distinct.code(item === null ? '' : printItem(item, encode)))
    const entries = distinct.values
    this.#push(this.#encoder.coded(columnId(name), { entries, codes: codes.map(code => recoded[code]!) }, true))
  }

  #push(page: EncodedPage | undefined): void {
    if (page) this.#pages.push(page)
  }
}

/** The values of an attribute that has no column of its own. */
interface Tail {
  readonly field: number
  readonly type: ValueType
  readonly values: readonly Value[]
  readonly traces: () => ArrayLike<number>
}

const printed = new WeakMap<object, string>()

/** The CBOR of a shared object, found once. */
function printItem<T extends object>(item: T, encode: (writer: ByteWriter, item: T) => void): string {
  let text = printed.get(item)
  if (text === undefined) {
    const writer = new ByteWriter(256)
    encode(writer, item)
    text = writer.view().toString('latin1')
    printed.set(item, text)
  }
  return text
}

function pick(ids: readonly string[], kinds: readonly number[], isWanted: (kind: number) => boolean): string[] {
  return ids.filter((_, row) => isWanted(kinds[row]!))
}
