import type { AttributeScope } from '../../model/scan.ts'
import type { Attribute, Value } from '../../model/trace.ts'
import type { Column } from '../../parquet/read/column.ts'
import { numbersOf, startsOf, textsOf } from '../../parquet/read/fields.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { readAnyValue } from '../../wire/otlp-json/value.ts'
import type { ColumnValues } from './column-values.ts'
import { ownerDepths, prefixes } from './schema.ts'

const valueSuffixes = ['Value', 'ValueInt', 'ValueDouble', 'ValueBool', 'IsArray', 'ValueUnsupported'] as const

/** The columns of the generic attributes of a scope: keys, and those of values. */
export function genericColumns(scope: AttributeScope): { keys: string; values: readonly string[] } {
  const prefix = `${prefixes[scope]}.Attrs`
  return { keys: `${prefix}.Key`, values: valueSuffixes.map(suffix => `${prefix}.${suffix}`) }
}

/** The attributes of a scope that have no column of their own. */
export class GenericAttributes {
  /** By owner its first attribute, and their number at the end. */
  readonly starts: Uint32Array
  readonly key: (attribute: number) => string
  readonly value: (attribute: number) => Value

  constructor(columns: RowGroupColumns, scope: AttributeScope, ownerCount: number) {
    const depth = ownerDepths[scope] + 1
    const keys = columns.get(genericColumns(scope).keys)
    this.starts = startsOf(keys, depth, ownerCount)
    this.key = textsOf(keys)
    this.value = genericValues(columns, scope, keys.elementCount(depth))
  }

  /** Writes the attributes of an owner, in order, to a list from a place on; returns the place behind them. */
  addTo(found: Attribute[], start: number, owner: number): number {
    const end = this.starts[owner + 1]!
    let at = start
    for (let i = this.starts[owner]!; i < end; i++) found[at++] = { key: this.key(i), value: this.value(i) }
    return at
  }
}

const lists = [
  ['Value', ofStrings],
  ['ValueInt', ofInts],
  ['ValueDouble', ofDoubles],
  ['ValueBool', ofBools],
] as const

/** The value of each generic attribute; the columns of values must be loaded, but for those that the footer calls empty. */
export function genericValues(
  columns: RowGroupColumns,
  scope: AttributeScope,
  attributeCount: number,
): (attribute: number) => Value {
  const depth = ownerDepths[scope] + 1
  const find = (suffix: (typeof valueSuffixes)[number]) => columns.find(`${prefixes[scope]}.Attrs.${suffix}`)
  const found = lists.flatMap(([suffix, valuesOf]) => {
    const column = find(suffix)
    return column ? [listOf(column, depth + 1, attributeCount, valuesOf)] : []
  })
  const [flags, jsons] = [find('IsArray'), find('ValueUnsupported')]
  const isArray = flags ? flagsOf(flags) : () => false
  const other = jsons ? jsonsOf(jsons) : () => undefined
  return attribute => {
    const json = other(attribute)
    if (json !== undefined) return json
    const isList = isArray(attribute)
    let items: Value | readonly Value[] | undefined
    for (let i = 0; i < found.length; i++) items = joined(items, found[i]!(attribute, isList))
    return items ?? (isList ? [] : null)
  }
}

/** Adds the value of a generic attribute to those of its owner: a text alone, as most are, by its place in the dictionary. */
export function genericAdder(
  columns: RowGroupColumns,
  scope: AttributeScope,
  attributeCount: number,
  values: ColumnValues,
): (owner: number, attribute: number) => void {
  const value = genericValues(columns, scope, attributeCount)
  const texts = columns.find(`${prefixes[scope]}.Attrs.Value`)
  if (texts === undefined) return (owner, attribute) => values.add(owner, value(attribute))
  const placeOf = textPlaces(columns, scope, attributeCount, texts)
  const addText = values.strings(texts.texts)
  const { codes } = texts.bytes
  return (owner, attribute) => {
    const place = placeOf(attribute)
    if (place >= 0) addText(owner, codes[place]!)
    else values.add(owner, value(attribute))
  }
}

/** By attribute the place of its text, -1 where it is anything but one text. */
function textPlaces(
  columns: RowGroupColumns,
  scope: AttributeScope,
  attributeCount: number,
  texts: Column,
): (attribute: number) => number {
  const depth = ownerDepths[scope] + 2
  const found = valueSuffixes.map(suffix => columns.find(`${prefixes[scope]}.Attrs.${suffix}`))
  const [, ints, doubles, bools, flags, jsons] = found
  const starts = startsOf(texts, depth, attributeCount)
  const others = [ints, doubles, bools].flatMap(column => (column ? [startsOf(column, depth, attributeCount)] : []))
  const isArray = flags ? flagsOf(flags) : () => false
  const { places } = texts
  return attribute => {
    const start = starts[attribute]!
    if (starts[attribute + 1]! !== start + 1 || isArray(attribute) || (jsons && jsons.places[attribute]! >= 0))
      return -1
    for (let i = 0; i < others.length; i++) if (others[i]![attribute] !== others[i]![attribute + 1]) return -1
    return places[start]!
  }
}

/** The items of several lists, nearly always one item of one. */
function joined(a: Value | undefined, b: Value | undefined): Value | undefined {
  return a === undefined || b === undefined ? (a ?? b) : [a, b].flat()
}

/** By owner its one item, or all in an array where there are more or one is wanted; undefined where it has none. */
type List = (owner: number, isArray?: boolean) => Value | undefined

/** The items of a repeated column by owner. */
export function listOf(
  column: Column,
  depth: number,
  ownerCount: number,
  valuesOf: (column: Column) => (place: number) => Value,
): List {
  const starts = startsOf(column, depth, ownerCount)
  const { places } = column
  const value = valuesOf(column)
  return (owner, isArray = false) => {
    const [start, end] = [starts[owner]!, starts[owner + 1]!]
    if (start === end) return undefined
    if (start + 1 === end && !isArray) return value(places[start]!)
    return Array.from({ length: end - start }, (_, i) => value(places[start + i]!))
  }
}

export function ofStrings(column: Column): (place: number) => Value {
  const { texts } = column
  const { codes } = column.bytes
  return place => texts[codes[place]!]!
}

export function ofInts(column: Column): (place: number) => Value {
  const { numbers } = numbersOf(column, 'INT64')
  return place => numbers[place]!
}

function ofDoubles(column: Column): (place: number) => Value {
  const { numbers } = numbersOf(column, 'DOUBLE')
  return place => numbers[place]!
}

function ofBools(column: Column): (place: number) => Value {
  const { numbers } = numbersOf(column, 'BOOLEAN')
  return place => numbers[place] === 1
}

function flagsOf(column: Column): (element: number) => boolean {
  const { places } = column
  const { numbers } = numbersOf(column, 'BOOLEAN')
  return element => numbers[places[element]!] === 1
}

/** Values that no column takes, as protobuf's JSON of an AnyValue. */
function jsonsOf(column: Column): (element: number) => Value | undefined {
  const { places } = column
  const { codes, entries } = column.bytes
  return element => {
    const place = places[element]!
    return place < 0 ? undefined : parseJson(column, entries.bytes(codes[place]!))
  }
}

function parseJson(column: Column, json: Uint8Array): Value {
  const reader = new JsonReader(json)
  const unknown = (field: string) => column.fail(`a value with the unknown field ${field}`)
  try {
    const value = readAnyValue(reader, { dropped: unknown }, 1)
    reader.end()
    return value
  } catch (error) {
    return column.fail((error as Error).message)
  }
}
