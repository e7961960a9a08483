import { type Growing, growingCodes } from '../bytes/growing.ts'
import { Numbers } from '../encodings/exact-numbers.ts'
import { getOrInsert } from '../maps.ts'
import { type Attributes, isKeyValueList, type Value, type ValueType, valueType } from '../model/trace.ts'
import { CodedColumn } from './columns.ts'
import { encodeValue } from './value-texts.ts'

/** A key with the type of its value: what makes a column of attributes. */
export interface KeyType {
  readonly key: string
  readonly type: ValueType
}

/** The values of one key and type, in the order of their owners (spans, events or links) and of their lists. */
export class AttributeColumn implements KeyType {
  readonly key: string
  readonly type: ValueType
  /** Strings, and of bytes, arrays and kvlists their CBOR (see `encodeValue`). */
  readonly texts = new CodedColumn<string>()
  /** Ints, doubles, and bools as 0 and 1. */
  readonly numbers = new Numbers()
  length = 0

  constructor({ key, type }: KeyType) {
    this.key = key
    this.type = type
  }

  add(value: Value): void {
    this.length++
    if (typeof value === 'string') this.texts.push(value)
    else if (typeof value === 'bigint') this.numbers.push(value)
    else if (typeof value === 'object') this.#addObject(value)
    else this.numbers.pushExact(Number(value))
  }

  /** Adds a text that it has already, by code. */
  addText(code: number): void {
    this.length++
    this.texts.codes.push(code)
  }

  #addObject(value: Exclude<Value, string | bigint | number | boolean>): void {
    if (value !== null) this.texts.push(encodeValue(value))
  }
}

interface Node {
  /** The code of the list that ends here, or -1. */
  list: number
  readonly column: number
  readonly parent: Node | undefined
  /** By column. */
  readonly next: (Node | undefined)[]
}

/** The types of values by their number on disk. */
export const valueTypes: readonly ValueType[] = ['empty', 'string', 'bool', 'int', 'double', 'bytes', 'array', 'kvlist']

/**
 * Attribute lists taken apart: each list is a code that names its keys with their types, in order, and the values go to
 * the columns of their keys. A key that repeats in a list has two values in its column.
 */
export class AttributeShredder {
  readonly columns: AttributeColumn[] = []
  valueCount = 0
  /** The characters of the strings and the bytes among the values. */
  textLength = 0
  /** By owner: the code of its list. */
  readonly lists: Growing<Uint32Array> = growingCodes()
  readonly #root: Node = newNode(-1, undefined)
  #node: Node = this.#root
  readonly #ends: Node[] = []
  readonly #listColumns: number[][] = []
  readonly #byKey = new Map<string, number[]>()

  add(attributes: Attributes): void {
    for (const { key, value } of attributes) {
      const column = this.column(key, valueType(value))
      this.step(column, valueLength(value))
      this.columns[column]!.add(value)
    }
    this.endList()
  }

  /** Which column a key has for values of a type. */
  column(key: string, type: ValueType): number {
    const byType = getOrInsert(this.#byKey, key, () => [])
    const at = valueTypes.indexOf(type)
    byType[at] ??= this.columns.push(new AttributeColumn({ key, type })) - 1
    return byType[at]
  }

  /** Puts a column next in the list of the owner at hand, which has a value of so many characters there. */
  step(column: number, textLength: number): void {
    this.valueCount++
    this.textLength += textLength
    this.#node = this.#node.next[column] ??= newNode(column, this.#node)
  }

  /** Ends the list of the owner at hand, and gives its code. */
  endList(): number {
    const node = this.#node
    if (node.list < 0) node.list = this.#ends.push(node) - 1
    this.lists.push(node.list)
    this.#node = this.#root
    return node.list
  }

  /** Gives an owner a list that another one had, of so many columns; the values are added to these apart. */
  repeatList(list: number, length: number): void {
    this.lists.push(list)
    this.valueCount += length
  }

  /** By code of a list: its columns, in order. */
  listColumns(): readonly (readonly number[])[] {
    const lists = this.#listColumns
    for (let list = lists.length; list < this.#ends.length; list++) {
      const columns: number[] = []
      for (let node = this.#ends[list]!; node.parent; node = node.parent) columns.push(node.column)
      lists.push(columns.reverse())
    }
    return lists
  }

  /** By column: the owner's row of each of its values. */
  columnRows(): Uint32Array[] {
    const lengths = this.columns.map(({ length }) => length)
    return rowsOfColumns(this.lists.view(), this.listColumns(), lengths)
  }
}

/** By column: the owner's row of each of its values, of which it has so many; `codes` are those of the lists, by owner. */
export function rowsOfColumns(
  codes: Uint32Array,
  listColumns: readonly (readonly number[])[],
  lengths: readonly number[],
): Uint32Array[] {
  const rows = lengths.map(length => new Uint32Array(length))
  const ends = new Uint32Array(rows.length)
  for (let row = 0; row < codes.length; row++) {
    const list = listColumns[codes[row]!]!
    for (let i = 0; i < list.length; i++) {
      const column = list[i]!
      rows[column]![ends[column]!++] = row
    }
  }
  return rows
}

/** The characters of the strings and the bytes among the values. */
export function lengthOf(attributes: Attributes): number {
  let length = 0
  for (const { value } of attributes) length += valueLength(value)
  return length
}

/** Those of one value. */
export function valueLength(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  if (typeof value !== 'object' || value === null) return 0
  if (isKeyValueList(value)) return lengthOf(value.entries)
  return value.reduce<number>((sum, item) => sum + valueLength(item), 0)
}

function newNode(column: number, parent: Node | undefined): Node {
  return { list: -1, column, parent, next: [] }
}

/** The lists of all owners: an entry an owner, and the lists of those whose entry has none. */
export interface OwnerLists {
  readonly codes: Uint32Array
  readonly entries: readonly (readonly number[] | undefined)[]
  readonly free: readonly (readonly number[])[]
}

/** Attribute lists put together again, owner by owner. */
export class AttributeAssembler {
  readonly #lists: OwnerLists
  readonly #keys: readonly string[]
  readonly #values: readonly (readonly Value[])[]
  readonly #next: Uint32Array
  #owner = 0
  #nextFree = 0

  /** `keys` and `values` by column. */
  constructor(lists: OwnerLists, keys: readonly string[], values: readonly (readonly Value[])[]) {
    this.#lists = lists
    this.#keys = keys
    this.#values = values
    this.#next = new Uint32Array(keys.length)
  }

  /** The attributes of the next owner. */
  take(): Attributes {
    const { codes, entries, free } = this.#lists
    const columns = entries[codes[this.#owner++]!] ?? free[this.#nextFree++]!
    const attributes = new Array<{ key: string; value: Value }>(columns.length)
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!
      attributes[i] = { key: this.#keys[column]!, value: this.#values[column]![this.#next[column]!++]! }
    }
    return attributes
  }
}
