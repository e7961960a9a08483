import type { CodedValues, ColumnData } from '../../model/scan.ts'
import type { Value } from '../../model/trace.ts'
import type { Field, Static } from '../language/ast.ts'
import { type Flavour, kindNames, statusNames } from '../language/fields.ts'
import { ownerCount, type Part, type View } from './view.ts'

/** What a cell of a vector holds; the number beside it is the value, or the place of it in the pool. */
export const Tag = {
  nil: 0,
  bool: 1,
  int: 2,
  float: 3,
  duration: 4,
  status: 5,
  kind: 6,
  /** From here on the number is a place in the pool. */
  text: 7,
  id: 8,
  bigint: 9,
  array: 10,
  /** Values of several events or links of one span. */
  several: 11,
  /** Bytes, key-value lists and arrays of those: there, and equal to nothing. */
  opaque: 12,
} as const

/** A value by span of a batch. */
export interface Vector {
  readonly tags: Uint8Array
  readonly numbers: Float64Array
}

/** Values that are no numbers, by place. Equal texts, ints and lists share one. */
export class Pool {
  readonly values: unknown[] = []
  readonly #places = new Map<unknown, number>()
  readonly #lists = new Map<string, number>()

  place(value: unknown): number {
    let place = this.#places.get(value)
    if (place === undefined) {
      place = this.values.length
      this.values.push(value)
      this.#places.set(value, place)
    }
    return place
  }

  /** The place of bytes or of a key-value list; equal ones share it, whatever the source made of them. */
  opaque(value: Value): number {
    const key = `opaque ${JSON.stringify(value, printExactly)}`
    let place = this.#lists.get(key)
    if (place === undefined) {
      place = this.values.length
      this.values.push(value)
      this.#lists.set(key, place)
    }
    return place
  }

  /** The place of a list of cells; equal lists share it. */
  list(cells: readonly Cell[]): number {
    const key = cells.map(({ tag, number }) => `${tag}:${number}`).join()
    let place = this.#lists.get(key)
    if (place === undefined) {
      place = this.values.length
      this.values.push(cells)
      this.#lists.set(key, place)
    }
    return place
  }

  text(place: number): string {
    return this.values[place] as string
  }

  bigint(place: number): bigint {
    return this.values[place] as bigint
  }

  /** The items of an array or of several values, each a cell. */
  cells(place: number): readonly Cell[] {
    return this.values[place] as readonly Cell[]
  }
}

/** Values that JSON would merge or refuse, as texts of their own. */
function printExactly(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `int ${value}`
  if (typeof value === 'number') return `double ${Object.is(value, -0) ? '-0' : value}`
  return value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value
}

export interface Cell {
  readonly tag: number
  readonly number: number
}

export function emptyVector(length: number): Vector {
  return { tags: new Uint8Array(length), numbers: new Float64Array(length) }
}

export function constantVector(length: number, value: Static, pool: Pool): Vector {
  const { tag, number } = staticCell(value, pool)
  return { tags: new Uint8Array(length).fill(tag), numbers: new Float64Array(length).fill(number) }
}

function staticCell(value: Static, pool: Pool): Cell {
  switch (value.type) {
    case 'duration':
      return { tag: Tag.duration, number: Number(value.value) }
    case 'float':
      return { tag: Tag.float, number: value.value }
    case 'status':
      return { tag: Tag.status, number: statusNames.indexOf(value.value) }
    case 'kind':
      return { tag: Tag.kind, number: kindNames.indexOf(value.value) }
    case 'nil':
      return { tag: Tag.nil, number: 0 }
    default:
      return cellOf(value.value, 'plain', pool)
  }
}

/** A value of the model as a cell. */
export function cellOf(value: Value, flavour: Flavour, pool: Pool): Cell {
  switch (typeof value) {
    case 'string':
      return { tag: flavour === 'id' ? Tag.id : Tag.text, number: pool.place(value) }
    case 'boolean':
      return { tag: Tag.bool, number: value ? 1 : 0 }
    case 'bigint':
      if (BigInt(Number(value)) !== value) return { tag: Tag.bigint, number: pool.place(value) }
      return { tag: intTag(flavour), number: Number(value) }
    case 'number':
      return { tag: Tag.float, number: value }
    default:
      if (value === null) return { tag: Tag.nil, number: 0 }
      return Array.isArray(value) ? arrayCell(value, pool) : { tag: Tag.opaque, number: pool.opaque(value) }
  }
}

function arrayCell(items: readonly Value[], pool: Pool): Cell {
  return { tag: Tag.array, number: pool.list(items.map(item => cellOf(item, 'plain', pool))) }
}

function intTag(flavour: Flavour): number {
  switch (flavour) {
    case 'duration':
      return Tag.duration
    case 'status':
      return Tag.status
    case 'kind':
      return Tag.kind
    default:
      return Tag.int
  }
}

/**
 * The values of a field by span: of a key that repeats the first one, by the order of parts; of several events or links
 * one of each, in their order. Of `rows`, if given, at the least.
 */
export function fieldVector(view: View, field: Field, pool: Pool, rows?: Uint32Array): Vector {
  const parts = view.parts(field)
  const owner = parts[0]?.owner ?? 'span'
  const vector = emptyVector(view.spanCount)
  if (owner === 'span') {
    for (const part of parts) fillPart(part, pool, vector, rows && placesOf(part.data.rows, rows))
    return vector
  }
  const own = emptyVector(ownerCount(view, owner))
  for (const part of parts) fillPart(part, pool, own)
  if (owner === 'trace') spreadTraces(view, own, vector)
  else gatherChildren(owner === 'event' ? view.columns.eventSpans : view.columns.linkSpans, own, pool, vector)
  return vector
}

/** The places of a column's values that are of some rows; both ascend. */
function placesOf(columnRows: Uint32Array | undefined, rows: Uint32Array): Uint32Array {
  if (columnRows === undefined) return rows
  const places: number[] = []
  for (let i = 0, place = 0; i < rows.length; i++) {
    while (place < columnRows.length && columnRows[place]! < rows[i]!) place++
    for (; columnRows[place] === rows[i]; place++) places.push(place)
  }
  return Uint32Array.from(places)
}

/** Fills the rows of the owner that have no value yet, of all values or of those at some places. */
function fillPart({ data, flavour, unless }: Part, pool: Pool, vector: Vector, places?: Uint32Array): void {
  fillCells(data, flavour, pool, places, (row, tag, number) => {
    if (vector.tags[row] !== Tag.nil || unless?.[row] === 1) return
    vector.tags[row] = tag
    vector.numbers[row] = number
  })
}

type Fill = (row: number, tag: number, number: number) => void

function fillCells(
  { rows, type, values }: ColumnData,
  flavour: Flavour,
  pool: Pool,
  places: Uint32Array | undefined,
  fill: Fill,
): void {
  if ('codes' in values) return fillCoded(values, rows, flavour, pool, places, fill)
  const { length } = places ?? ('numbers' in values ? values.numbers : values.bigints)
  const isPlain = 'numbers' in values && (type === 'double' || values.base === 0n)
  const tag = type === 'double' ? Tag.float : intTag(flavour)
  for (let i = 0; i < length; i++) {
    const place = places === undefined ? i : places[i]!
    const row = rows === undefined ? place : rows[place]!
    if (isPlain) fill(row, tag, values.numbers[place]!)
    else {
      const value = 'numbers' in values ? values.base + BigInt(values.numbers[place]!) : values.bigints[place]!
      const cell = cellOf(value, flavour, pool)
      fill(row, cell.tag, cell.number)
    }
  }
}

function fillCoded(
  { codes, dictionary }: CodedValues,
  rows: Uint32Array | undefined,
  flavour: Flavour,
  pool: Pool,
  places: Uint32Array | undefined,
  fill: Fill,
): void {
  const cells: (Cell | undefined)[] = new Array(dictionary.length).fill(undefined)
  const { length } = places ?? codes
  for (let i = 0; i < length; i++) {
    const place = places === undefined ? i : places[i]!
    const code = codes[place]!
    cells[code] ??= cellOf(dictionary[code]!, flavour, pool)
    fill(rows === undefined ? place : rows[place]!, cells[code].tag, cells[code].number)
  }
}

function spreadTraces(view: View, own: Vector, vector: Vector): void {
  for (let trace = 0; trace < view.traceCount; trace++) {
    if (own.tags[trace] === Tag.nil) continue
    vector.tags.fill(own.tags[trace]!, view.traceStarts[trace]!, view.traceStarts[trace + 1]!)
    vector.numbers.fill(own.numbers[trace]!, view.traceStarts[trace]!, view.traceStarts[trace + 1]!)
  }
}

/** The values of a span's events or links, which are consecutive. */
function gatherChildren(spans: Uint32Array, own: Vector, pool: Pool, vector: Vector): void {
  for (let i = 0; i < spans.length; ) {
    const span = spans[i]!
    const cells: Cell[] = []
    for (; i < spans.length && spans[i] === span; i++)
      if (own.tags[i] !== Tag.nil) cells.push({ tag: own.tags[i]!, number: own.numbers[i]! })
    if (cells.length === 0) continue
    const only = cells.length === 1 ? cells[0]! : { tag: Tag.several, number: pool.list(cells) }
    vector.tags[span] = only.tag
    vector.numbers[span] = only.number
  }
}
