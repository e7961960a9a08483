import { getOrInsert } from '../../maps.ts'
import { type NestedSets, nestedSets } from '../../model/nested-sets.ts'
import { ownersOf } from '../../model/owners.ts'
import type { ColumnData, ColumnName, ColumnSet, SpanBatch } from '../../model/scan.ts'
import type { Value, ValueType } from '../../model/trace.ts'
import type { Field, IntrinsicName } from '../language/ast.ts'
import { columnsOfField, type Flavour, flavourOf } from '../language/fields.ts'
import { traceExtents } from './extents.ts'
import { areWide, bigintsOf, numbersOf, overOneBase } from './numbers.ts'
import { childCounts } from './structure.ts'

/** Whose rows a part has. */
export type Owner = 'span' | 'event' | 'link' | 'trace'

/** Values of a field: a column, whose rows it has, and the spans for which it does not count. */
export interface Part {
  readonly data: ColumnData
  readonly owner: Owner
  readonly flavour: Flavour
  /** 1 for the spans that have a value of their own, which goes before a value of the resource. */
  readonly unless: Uint8Array | undefined
}

/** A batch with the columns that were read of it, and what follows from them: computed when first asked for. */
export class View {
  readonly batch: SpanBatch
  readonly columns: ColumnSet
  readonly spanCount: number
  readonly #parts = new Map<string, readonly Part[]>()
  #traceOf: Uint32Array | undefined
  #parents: Int32Array | undefined
  #nestedSets: NestedSets | undefined
  #roots: Int32Array | undefined

  constructor(batch: SpanBatch, columns: ColumnSet) {
    this.batch = batch
    this.columns = columns
    this.spanCount = batch.spanCount
  }

  get traceCount(): number {
    return this.traceStarts.length - 1
  }

  get traceStarts(): Uint32Array {
    return this.columns.traceStarts
  }

  /** By span the index of its trace. */
  traceOf(): Uint32Array {
    this.#traceOf ??= ownersOf(this.traceStarts)
    return this.#traceOf
  }

  /** By span the row of its parent, negative where there is none. */
  parents(): Int32Array {
    this.#parents ??= rowColumn(this.columns, 'span:parent', this.spanCount)
    return this.#parents
  }

  nestedSets(): NestedSets {
    this.#nestedSets ??= nestedSets(this.parents(), this.traceStarts)
    return this.#nestedSets
  }

  /** By trace the row of its root, -1 where it has none. Of several the last one counts. */
  roots(): Int32Array {
    this.#roots ??= rowColumn(this.columns, 'trace:root', this.traceCount)
    return this.#roots
  }

  parts(field: Field): readonly Part[] {
    const key = field.kind === 'intrinsic' ? field.name : `${field.scope}.${field.name}`
    return getOrInsert(this.#parts, key, () => partsOf(this, field))
  }

  /** 1 for the spans that have a value of the field; of an event's and link's, where one of the span's has. */
  presence(field: Field): Uint8Array {
    return presenceOf(this, this.parts(field))
  }

  /** 1 for the spans that lack a value of the field; of an event's and link's, where one of the span's does. */
  absence(field: Field): Uint8Array {
    return absenceOf(this, field)
  }
}

/** Of a batch of which nothing is read, as no column and no trace matters. */
export const noColumns: ColumnSet = {
  get: () => [],
  get traceStarts(): never {
    throw new Error('a batch of which nothing has been read')
  },
  eventSpans: new Uint32Array(0),
  linkSpans: new Uint32Array(0),
}

/** A column of rows, negative where there is none. */
function rowColumn(columns: ColumnSet, name: ColumnName, count: number): Int32Array {
  const found = new Int32Array(count).fill(-1)
  for (const data of columns.get(name)) {
    const numbers = numbersOf(data)
    if (data.rows === undefined) for (let i = 0; i < count; i++) found[i] = numbers[i]!
    else for (let i = 0; i < data.rows.length; i++) found[data.rows[i]!] = numbers[i]!
  }
  return found
}

function partsOf(view: View, field: Field): readonly Part[] {
  const flavour = flavourOf(field)
  if (field.kind === 'intrinsic') {
    const owner: Owner = ownerOf(field.name)
    return intrinsicColumns(view, field.name).map(data => ({ data, owner, flavour, unless: undefined }))
  }
  const [first, second] = columnsOfField(field)
  const parts = columnParts(view, first!, undefined)
  if (second === undefined) return parts
  const inherited = view.columns.get(second)
  if (inherited.length === 0) return parts
  const own = parts.length === 0 ? undefined : presenceOf(view, parts)
  return [...parts, ...columnParts(view, second, own)]
}

function columnParts(view: View, name: ColumnName, unless: Uint8Array | undefined): Part[] {
  const owner = ownerOf(name)
  const columns = [...view.columns.get(name)].sort((a, b) => typeOrder.indexOf(a.type) - typeOrder.indexOf(b.type))
  return columns.map(data => ({ data, owner, flavour: 'plain', unless }))
}

/** Of a key with values of several types, the first of these counts: sources give their columns in any order. */
const typeOrder: readonly ValueType[] = ['string', 'int', 'double', 'bool', 'array', 'kvlist', 'bytes', 'empty']

function ownerOf(name: ColumnName | IntrinsicName): Owner {
  if (name.startsWith('event')) return 'event'
  if (name.startsWith('link')) return 'link'
  return name.startsWith('trace:') ? 'trace' : 'span'
}

function intrinsicColumns(view: View, name: IntrinsicName): readonly ColumnData[] {
  switch (name) {
    case 'trace:duration':
      return traceDurations(view)
    case 'trace:rootName':
      return ofRoots(view, 'span:name')
    case 'trace:rootService':
      return ofRoots(view, 'resource.service.name')
    case 'event:timeSinceStart':
      return timesSinceStart(view)
    case 'span:childCount':
      return [intColumn(new Float64Array(childCounts(view.parents())))]
    case 'nestedSetLeft':
      return [intColumn(new Float64Array(view.nestedSets().left))]
    case 'nestedSetRight':
      return [intColumn(new Float64Array(view.nestedSets().right))]
    case 'nestedSetParent':
      return [intColumn(new Float64Array(view.nestedSets().parent))]
    default:
      return view.columns.get(name)
  }
}

function intColumn(numbers: Float64Array): ColumnData {
  return { type: 'int', values: { base: 0n, numbers } }
}

function traceDurations(view: View): readonly ColumnData[] {
  const extentOf = traceExtents(view.columns, view.traceStarts)
  return [intColumn(Float64Array.from({ length: view.traceCount }, (_, trace) => extentOf(trace).duration))]
}

/** A column of the spans as one of the traces: the values of their roots. Of a trace without one it is empty text. */
function ofRoots(view: View, name: ColumnName): readonly ColumnData[] {
  const roots = view.roots()
  const dictionary: Value[] = ['']
  const codes = new Uint32Array(view.traceCount)
  for (const data of view.columns.get(name)) {
    if (data.type !== 'string' || !('codes' in data.values)) continue
    const first = dictionary.length
    for (const value of data.values.dictionary) dictionary.push(value)
    const traceOf = data.rows === undefined ? undefined : view.traceOf()
    const spanCodes = data.values.codes
    if (data.rows === undefined)
      roots.forEach((row, trace) => {
        if (row >= 0) codes[trace] = first + spanCodes[row]!
      })
    else
      data.rows.forEach((row, i) => {
        const trace = traceOf![row]!
        // Of several values the first one counts.
        if (roots[trace] === row && codes[trace] === 0) codes[trace] = first + spanCodes[i]!
      })
  }
  return [{ type: 'string', values: { codes, dictionary } }]
}

function timesSinceStart(view: View): readonly ColumnData[] {
  const { eventSpans } = view.columns
  const columns = view.columns.get('event:time')
  if (columns.length === 0) return []
  const startColumns = view.columns.get('span:start')
  if (areWide(columns) || areWide(startColumns)) {
    const starts = bigintsOf(startColumns, view.spanCount)
    const times = bigintsOf(columns, eventSpans.length)
    return [intColumn(Float64Array.from(times, (time, i) => Number(time - starts[eventSpans[i]!]!)))]
  }
  const times = overOneBase(columns, eventSpans.length)
  const starts = overOneBase(startColumns, view.spanCount)
  const shift = Number(times.base - starts.base)
  return [intColumn(times.numbers.map((time, i) => time + shift - starts.numbers[eventSpans[i]!]!))]
}

function presenceOf(view: View, parts: readonly Part[]): Uint8Array {
  const present = new Uint8Array(view.spanCount)
  for (const { data, owner } of parts) {
    if (data.type === 'empty') continue
    const rowCount = ownerCount(view, owner)
    if (owner === 'span') markRows(present, data.rows, rowCount)
    else {
      const owners = new Uint8Array(rowCount)
      markRows(owners, data.rows, rowCount)
      spread(view, owner, owners, present)
    }
  }
  return present
}

function absenceOf(view: View, field: Field): Uint8Array {
  const parts = view.parts(field)
  const owner = ownerOf(columnsOfField(field)[0]!)
  if (owner !== 'event' && owner !== 'link') return presenceOf(view, parts).map(present => present ^ 1)
  const present = new Uint8Array(ownerCount(view, owner))
  for (const { data } of parts) if (data.type !== 'empty') markRows(present, data.rows, present.length)
  const absent = new Uint8Array(view.spanCount)
  spread(
    view,
    owner,
    present.map(own => own ^ 1),
    absent,
  )
  return absent
}

function markRows(mask: Uint8Array, rows: Uint32Array | undefined, rowCount: number): void {
  if (rows === undefined) mask.fill(1, 0, rowCount)
  else for (let i = 0; i < rows.length; i++) mask[rows[i]!] = 1
}

export function ownerCount(view: View, owner: Owner): number {
  if (owner === 'span') return view.spanCount
  if (owner === 'trace') return view.traceCount
  return owner === 'event' ? view.columns.eventSpans.length : view.columns.linkSpans.length
}

/** Marks the spans of what is marked: an event's and link's span, all spans of a trace. */
export function spread(view: View, owner: Owner, owners: Uint8Array, mask: Uint8Array): void {
  if (owner === 'trace') {
    for (let trace = 0; trace < owners.length; trace++)
      if (owners[trace] === 1) mask.fill(1, view.traceStarts[trace]!, view.traceStarts[trace + 1]!)
    return
  }
  const spans = owner === 'event' ? view.columns.eventSpans : view.columns.linkSpans
  for (let i = 0; i < owners.length; i++) if (owners[i] === 1) mask[spans[i]!] = 1
}
