import { type Attribute, type Attributes, type Value, valueType } from '../../model/trace.ts'
import { adderOf } from '../../parquet/write/adder.ts'
import type { Column, Columns, ListColumn } from '../../parquet/write/columns.ts'
import { DictionaryValues } from '../../parquet/write/string-values.ts'
import { printAttributes } from '../../wire/otlp-json/value.ts'
import type { AttributeColumn } from './schema.ts'

interface OwnColumn extends AttributeColumn {
  readonly column: Column
  readonly add: (value: Value) => void
}

/** Writes the attributes of owners of a kind: into columns of their own, a map of strings, and a list of all others. */
export class AttributeWriter {
  readonly #own: readonly OwnColumn[]
  readonly #ownByKey: ReadonlyMap<string, number>
  readonly #found: (Value | undefined)[]
  readonly #map: ListColumn
  readonly #keys: DictionaryValues
  readonly #values: DictionaryValues
  readonly #json: Column
  readonly #jsons: DictionaryValues
  readonly #mapped = new Set<string>()

  /** `name` is that of the map; `chosen` are the attributes of the owner that have columns. */
  constructor(columns: Columns, name: string, chosen: readonly AttributeColumn[] = []) {
    this.#own = chosen.map(one => {
      const column = columns.leaf(`${one.owner}.${one.key}`)
      return { ...one, column, add: adderOf(column.values) }
    })
    this.#ownByKey = new Map(this.#own.map(({ key }, i) => [key, i]))
    this.#found = new Array(this.#own.length)
    this.#map = columns.list(name)
    this.#keys = columns.values(`${name}.key_value.key`, DictionaryValues)
    this.#values = columns.values(`${name}.key_value.value`, DictionaryValues)
    this.#json = columns.leaf(`${name}_json`)
    this.#jsons = columns.values(`${name}_json`, DictionaryValues)
  }

  /** The attributes of one owner. */
  add(attributes: Attributes, repetition: number): void {
    this.#found.fill(undefined)
    this.#mapped.clear()
    const rest: Attribute[] = []
    for (const attribute of attributes)
      if (!this.#takeOwn(attribute) && !this.#takeMapped(attribute, repetition)) rest.push(attribute)
    if (this.#mapped.size === 0) this.#map.none(repetition)
    for (let i = 0; i < this.#own.length; i++) {
      const { column, add } = this.#own[i]!
      const value = this.#found[i]
      if (column.present(value !== undefined)) add(value!)
    }
    if (this.#json.present(rest.length > 0)) this.#jsons.addText(printAttributes(rest))
  }

  #takeOwn({ key, value }: Attribute): boolean {
    const at = this.#ownByKey.get(key)
    if (at === undefined || this.#found[at] !== undefined || valueType(value) !== this.#own[at]!.type) return false
    this.#found[at] = value
    return true
  }

  /** Strings; a map has a key once. */
  #takeMapped({ key, value }: Attribute, repetition: number): boolean {
    if (typeof value !== 'string' || this.#mapped.has(key)) return false
    this.#map.open(this.#mapped.size === 0, repetition)
    this.#mapped.add(key)
    this.#keys.addText(key)
    this.#values.addText(value)
    return true
  }
}
