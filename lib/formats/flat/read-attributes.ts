import type { Attribute, Attributes, Value } from '../../model/trace.ts'
import type { Column } from '../../parquet/read/column.ts'
import { mapOf, numbersOf, textsOf } from '../../parquet/read/fields.ts'
import type { RowGroupColumns } from '../../parquet/read/row-group-columns.ts'
import { JsonReader } from '../../wire/json/reader.ts'
import { readAttributes } from '../../wire/otlp-json/value.ts'

const columnsOf = { span: 'span_attributes', resource: 'resource_attributes', scope: 'scope_attributes' } as const

type RowOwner = keyof typeof columnsOf

/** By element the attributes of owners: of rows, whose columns `names` lists, or of `count` elements of a list. */
export function attributesOf(
  columns: RowGroupColumns,
  names: readonly string[],
  owner: RowOwner | 'events' | 'links',
  count: number = columns.rowCount,
): (element: number) => Attributes {
  const isRow = owner !== 'events' && owner !== 'links'
  const map = isRow ? columnsOf[owner] : `${owner}.attributes`
  const own = names
    .filter(name => name.startsWith(`${owner}.`))
    .map(name => ({ key: name.slice(owner.length + 1), value: valuesOf(columns.get(name, count)) }))
  const mapped = mapOf(columns, map, isRow ? 1 : 2, count)
  const others = jsonsOf(columns.get(`${map}_json`, count))
  return element => {
    const found: Attribute[] = []
    for (const { key, value } of own) {
      const one = value(element)
      if (one !== undefined) found.push({ key, value: one })
    }
    for (const entry of mapped(element)) found.push(entry)
    return others(element, found)
  }
}

/** The value of an element, undefined where it has none. */
function valuesOf(column: Column): (element: number) => Value | undefined {
  const { places } = column
  const value = valueAt(column)
  return element => (places[element]! < 0 ? undefined : value(places[element]!))
}

function valueAt(column: Column): (place: number) => Value {
  switch (column.leaf.type) {
    case 'INT64': {
      const { numbers } = numbersOf(column, 'INT64')
      return place => numbers[place]!
    }
    case 'DOUBLE': {
      const { numbers } = numbersOf(column, 'DOUBLE')
      return place => numbers[place]!
    }
    case 'BOOLEAN': {
      const { numbers } = numbersOf(column, 'BOOLEAN')
      return place => numbers[place] === 1
    }
    default: {
      const { texts } = column
      const { codes } = column.bytes
      return place => texts[codes[place]!]!
    }
  }
}

/** Appends those that stand as JSON. */
function jsonsOf(column: Column): (element: number, found: Attribute[]) => Attributes {
  const text = textsOf(column)
  return (element, found) => {
    if (column.places[element]! < 0) return found
    const reader = new JsonReader(Buffer.from(text(element)))
    const unknown = (field: string) => column.fail(`an attribute with the unknown field ${field}`)
    try {
      const read = readAttributes(reader, { dropped: unknown })
      reader.end()
      return [...found, ...read]
    } catch (error) {
      return column.fail((error as Error).message)
    }
  }
}
