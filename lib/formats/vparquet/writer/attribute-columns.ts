import type { AttributeScope } from '../../../model/scan.ts'
import { type Attribute, type Attributes, type Value, type ValueType, valueType } from '../../../model/trace.ts'
import { adderOf } from '../../../parquet/write/adder.ts'
import type { Columns, ListColumn } from '../../../parquet/write/columns.ts'
import { BooleanValues } from '../../../parquet/write/number-values.ts'
import { DictionaryValues } from '../../../parquet/write/string-values.ts'
import { printAnyValue } from '../../../wire/otlp-json/value.ts'
import { dedicatedLeaves } from '../dedicated.ts'
import type { DedicatedColumn, Version } from '../meta.ts'
import { prefixes, serviceName, wellKnown } from '../schema.ts'

type Kind = Pick<DedicatedColumn, 'type' | 'isArray'>

/** An attribute with a column of its own. */
interface OwnColumn {
  readonly key: string
  readonly type: 'string' | 'int'
  readonly takesArrays: boolean
  /** What an owner has of it, if anything. */
  add(value: Value | undefined, repetition: number): void
}

/** The values of a type in the list of attributes. */
interface ValueList {
  readonly list: ListColumn
  add(value: Value): void
}

/** Writes the attributes of owners of a scope. */
export class AttributeColumns {
  readonly #list: ListColumn
  readonly #keys: DictionaryValues
  readonly #isArray: BooleanValues
  readonly #lists: Readonly<Partial<Record<ValueType, ValueList>>>
  readonly #allLists: readonly ValueList[]
  readonly #unsupported: OwnColumn
  readonly #own: readonly OwnColumn[]
  readonly #ownByKey: ReadonlyMap<string, number>
  readonly #found: (Value | undefined)[]

  constructor(columns: Columns, version: Version, scope: AttributeScope, settings: readonly DedicatedColumn[]) {
    const prefix = `${prefixes[scope]}.Attrs`
    const lists = {
      string: valueList(columns, `${prefix}.Value`),
      int: valueList(columns, `${prefix}.ValueInt`),
      double: valueList(columns, `${prefix}.ValueDouble`),
      bool: valueList(columns, `${prefix}.ValueBool`),
    }
    this.#list = columns.list(prefix)
    this.#keys = columns.values(`${prefix}.Key`, DictionaryValues)
    this.#isArray = columns.values(`${prefix}.IsArray`, BooleanValues)
    this.#lists = lists
    this.#allLists = Object.values(lists)
    this.#unsupported = ownColumn(columns, `${prefix}.ValueUnsupported`, '', { type: 'string' })
    this.#own = ownColumns(columns, version, scope, settings)
    this.#ownByKey = new Map(this.#own.map(({ key }, i) => [key, i]))
    this.#found = new Array(this.#own.length)
  }

  /** The attributes of one owner; the first of each key that a column of its own takes stands there. */
  add(attributes: Attributes, repetition: number): void {
    this.#found.fill(undefined)
    let isFirst = true
    for (const attribute of attributes) {
      if (this.#takeOwn(attribute)) continue
      this.#addGeneric(attribute, this.#list.open(isFirst, repetition))
      isFirst = false
    }
    if (isFirst) this.#list.none(repetition)
    for (let i = 0; i < this.#own.length; i++) this.#own[i]!.add(this.#found[i], repetition)
  }

  #takeOwn({ key, value }: Attribute): boolean {
    const at = this.#ownByKey.get(key)
    if (at === undefined || this.#found[at] !== undefined || !takes(this.#own[at]!, value)) return false
    this.#found[at] = value
    return true
  }

  #addGeneric({ key, value }: Attribute, repetition: number): void {
    const items = Array.isArray(value) ? (value as readonly Value[]) : undefined
    const list = items ? this.#lists[typeOfItems(items) ?? 'bytes'] : this.#lists[valueType(value)]
    this.#keys.addText(key)
    this.#isArray.add(items !== undefined && list !== undefined)
    for (const each of this.#allLists)
      if (each !== list || items?.length === 0) each.list.none(repetition)
      else if (items === undefined) addValue(each, value, true, repetition)
      else for (let i = 0; i < items.length; i++) addValue(each, items[i]!, i === 0, repetition)
    const isUnsupported = list === undefined && value !== null
    this.#unsupported.add(isUnsupported ? printAnyValue(value) : undefined, repetition)
  }
}

function addValue({ list, add }: ValueList, value: Value, isFirst: boolean, repetition: number): void {
  list.open(isFirst, repetition)
  add(value)
}

/** The type of all items; undefined where they differ. Those of an empty array are texts. */
function typeOfItems(items: readonly Value[]): ValueType | undefined {
  const type = items.length === 0 ? 'string' : valueType(items[0]!)
  return items.every(item => valueType(item) === type) ? type : undefined
}

/** An array of one value would come back as the value: it stands with the other attributes. */
function takes({ type, takesArrays }: OwnColumn, value: Value): boolean {
  if (!Array.isArray(value)) return valueType(value) === type
  return takesArrays && value.length > 1 && typeOfItems(value) === type
}

function valueList(columns: Columns, name: string): ValueList {
  return { list: columns.list(name), add: adderOf(columns.leaf(name).values) }
}

function ownColumns(
  columns: Columns,
  version: Version,
  scope: AttributeScope,
  settings: readonly DedicatedColumn[],
): OwnColumn[] {
  const prefix = prefixes[scope]
  const known = Object.entries(wellKnown[version][scope] ?? {}).map(([name, key]) =>
    ownColumn(columns, `${prefix}.${name}`, key, { type: name === 'HttpStatusCode' ? 'int' : 'string' }),
  )
  const chosen = dedicatedLeaves(version, settings)
    .filter(leaf => leaf.scope === scope)
    .map(({ name, column }) => ownColumn(columns, `${prefix}.DedicatedAttributes.${name}`, column.name, column))
  return [...(scope === 'resource' ? [serviceColumn(columns)] : []), ...known, ...chosen]
}

function serviceColumn(columns: Columns): OwnColumn {
  const values = columns.values(`${prefixes.resource}.${serviceName.column}`, DictionaryValues)
  const add = (value: Value | undefined) => values.addText((value as string | undefined) ?? '')
  return { key: serviceName.key, type: 'string', takesArrays: false, add }
}

/** Absent, a value, or, where the column repeats, several. */
function ownColumn(columns: Columns, name: string, key: string, { type, isArray = false }: Kind): OwnColumn {
  const leaf = columns.leaf(name)
  const addValue = adderOf(leaf.values)
  const own = { key, type, takesArrays: isArray && !leaf.leaf.isOptional }
  if (leaf.leaf.isOptional) {
    const add = (value: Value | undefined) => leaf.present(value !== undefined) && addValue(value!)
    return { ...own, add }
  }
  const list = columns.list(name)
  const add = (value: Value | undefined, repetition: number) => {
    if (value === undefined) return list.none(repetition)
    const items = Array.isArray(value) ? (value as readonly Value[]) : [value]
    for (const [i, item] of items.entries()) {
      list.open(i === 0, repetition)
      addValue(item)
    }
  }
  return { ...own, add }
}
