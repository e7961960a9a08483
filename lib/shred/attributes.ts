import { getOrInsert } from '../maps.ts'
import { type Attributes, isKeyValueList, type Value, type ValueType, valueType } from '../model/trace.ts'

/** A key with the type of its value: what makes a column of attributes. */
export interface KeyType {
  readonly key: string
  readonly type: ValueType
}

/** The values of one key and type, in the order of their owners (spans, events or links) and of their lists. */
export interface AttributeColumn extends KeyType {
  readonly values: Value[]
}

interface Node {
  /** The code of the list that ends here, or -1. */
  list: number
  readonly column: number
  readonly parent: Node | undefined
  readonly next: Map<string, Map<ValueType, Node>>
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
  readonly lists: number[] = []
  readonly #root: Node = newNode(-1, undefined)
  readonly #ends: Node[] = []

  add(attributes: Attributes): void {
    this.valueCount += attributes.length
    let node = this.#root
    for (const { key, value } of attributes) {
      node = this.#step(node, key, value)
      const column = this.columns[node.column]!
      column.values.push(value)
      this.textLength += typeof value === 'string' ? value.length : valueLength(value)
    }
    if (node.list < 0) node.list = this.#ends.push(node) - 1
    this.lists.push(node.list)
  }

  /** By code of a list: its columns, in order. */
  listColumns(): number[][] {
    return this.#ends.map(end => {
      const columns: number[] = []
      for (let node: Node | undefined = end; node && node.column >= 0; node = node.parent) columns.push(node.column)
      return columns.reverse()
    })
  }

  /** By column: the owner's row of each of its values. */
  columnRows(): number[][] {
    const rows: number[][] = this.columns.map(() => [])
    const lists = this.listColumns()
    for (let row = 0; row < this.lists.length; row++)
      for (const column of lists[this.lists[row]!]!) rows[column]!.push(row)
    return rows
  }

  #step(node: Node, key: string, value: Value): Node {
    const byType = getOrInsert(node.next, key, newNodes)
    return getOrInsert(byType, valueType(value), type => newNode(this.#column(key, type), node))
  }

  readonly #byKey = new Map<string, number>()

  #column(key: string, type: ValueType): number {
    return getOrInsert(this.#byKey, `${type}=${key}`, () => this.columns.push({ key, type, values: [] }) - 1)
  }
}

/** The characters of the strings and the bytes among the values. */
export function lengthOf(attributes: Attributes): number {
  let length = 0
  for (const { value } of attributes) length += valueLength(value)
  return length
}

function valueLength(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  if (typeof value !== 'object' || value === null) return 0
  if (isKeyValueList(value)) return lengthOf(value.entries)
  return value.reduce<number>((sum, item) => sum + valueLength(item), 0)
}

function newNodes(): Map<ValueType, Node> {
  return new Map()
}

function newNode(column: number, parent: Node | undefined): Node {
  return { list: -1, column, parent, next: new Map() }
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
