import { grown } from '../../bytes/growing.ts'
import { type GroupNode, type LeafNode, type ListNode, type Node, namesWithin } from '../schema.ts'
import { type LevelCounts, Levels } from './levels.ts'
import { BooleanValues, DoubleValues, Int32Values, Int64Values } from './number-values.ts'
import { ByteArrayValues, DictionaryValues } from './string-values.ts'
import type { ColumnValues } from './values.ts'

/**
 * The columns of a Parquet file while rows are added (Dremel's way): a repeated field has levels, which all leaves in
 * its element share; a leaf has the values that are there and, where it is optional, which elements lack one.
 */

/** A column of values. A leaf has one call an element: `values.add…`, with `present` before it where it is optional. */
export class Column {
  readonly leaf: LeafNode
  /** Names from the root. */
  readonly path: readonly string[]
  readonly maxRepetition: number
  readonly maxDefinition: number
  readonly values: ColumnValues
  readonly #levels: Levels
  readonly #elementLevel: number
  #presence = new Uint8Array(64)
  #elementCount = 0

  constructor(leaf: LeafNode, { path, levels, repetition, definition }: Place) {
    this.leaf = leaf
    this.path = path
    this.maxRepetition = repetition
    this.#elementLevel = definition
    this.maxDefinition = definition + (leaf.isOptional ? 1 : 0)
    this.#levels = levels
    this.values = valuesOf(leaf, path.join('.'))
  }

  /** Of an optional leaf: whether the next element has a value, which is returned. Where it is never called, none has. */
  present(isThere: boolean): boolean {
    if (this.#elementCount === this.#presence.length) this.#presence = grown(this.#presence)
    this.#presence[this.#elementCount++] = isThere ? 1 : 0
    return isThere
  }

  get repetitions(): Uint8Array {
    return this.#levels.repetitions
  }

  get definitions(): Uint8Array {
    const { definitions } = this.#levels
    if (!this.leaf.isOptional) return definitions
    const own = new Uint8Array(definitions.length)
    for (let i = 0, element = 0; i < own.length; i++) {
      const level = definitions[i]!
      own[i] = level < this.#elementLevel ? level : level + (this.#presence[element++] ?? 0)
    }
    return own
  }

  /** By level how many entries have it; its columns share what a list counts. */
  get levelCounts(): LevelCounts {
    const [{ counts }, own, { count }] = [this.#levels, this.#elementLevel, this.values]
    const shared = counts.definitions.slice(0, own + 1)
    const elements = shared[own]!
    return {
      repetitions: counts.repetitions.slice(0, this.maxRepetition + 1),
      definitions: this.leaf.isOptional ? [...shared.slice(0, own), elements - count, count] : shared,
    }
  }

  /** About what its values take in memory. */
  get byteLength(): number {
    const { heldBytes, count, valueBits = 0 } = this.values
    return this.#elementCount + (heldBytes ?? (count * valueBits) / 8)
  }

  clear(): void {
    this.values.clear()
    this.#elementCount = 0
  }
}

/** A repeated field. */
export class ListColumn {
  readonly #levels: Levels
  readonly #depth: number
  readonly #definition: number
  readonly #inner: ListColumn[] = []

  constructor(levels: Levels, depth: number, definition: number) {
    this.#levels = levels
    this.#depth = depth
    this.#definition = definition
  }

  nest(inner: ListColumn): void {
    this.#inner.push(inner)
  }

  /**
   * Begins an element, whose fields must follow; returns its repetition level. `repetition` is that of the owner, which
   * counts for its first element.
   */
  open(isFirst: boolean, repetition: number): number {
    const own = isFirst ? repetition : this.#depth
    this.#levels.add(own, this.#definition)
    return own
  }

  /** Says that the owner, whose repetition level it is, has no element. */
  none(repetition: number): void {
    this.#absent(repetition, this.#definition - 1)
  }

  #absent(repetition: number, definition: number): void {
    this.#levels.add(repetition, definition)
    for (let i = 0; i < this.#inner.length; i++) this.#inner[i]!.#absent(repetition, definition)
  }
}

/** Where a node lies. */
interface Place {
  /** The names from the root, joined by dots, those of lists' levels left out. */
  readonly name: string
  readonly path: readonly string[]
  readonly levels: Levels
  readonly list: ListColumn
  readonly repetition: number
  readonly definition: number
}

/** All columns of a schema. */
export class Columns {
  readonly all: Column[] = []
  readonly #leaves = new Map<string, Column>()
  readonly #lists = new Map<string, ListColumn>()
  readonly #levels: Levels[] = []
  readonly #rows: ListColumn

  constructor(root: GroupNode) {
    const levels = this.#newLevels()
    this.#rows = new ListColumn(levels, 0, 0)
    this.#build(root, { name: '', path: [], levels, list: this.#rows, repetition: 0, definition: 0 })
  }

  /** Begins a row. */
  row(): void {
    this.#rows.open(true, 0)
  }

  /** The values of a leaf, which are of that type. */
  values<T extends ColumnValues>(name: string, type: new (leaf: LeafNode, path: string) => T): T {
    const { values } = this.leaf(name)
    if (!(values instanceof type)) throw new TypeError(`${name} holds no ${type.name}`)
    return values
  }

  /** A leaf by its names from the root, joined by dots, those of lists' levels left out: `rs.ss.Spans.Name`. */
  leaf(name: string): Column {
    return found(this.#leaves, name)
  }

  /** A repeated field, by its names likewise. */
  list(name: string): ListColumn {
    return found(this.#lists, name)
  }

  /** About what the rows so far take in memory, before they are encoded. */
  get byteLength(): number {
    let byteLength = 0
    for (const levels of this.#levels) byteLength += levels.byteLength
    for (const column of this.all) byteLength += column.byteLength
    return byteLength
  }

  /** Forgets the rows so far. */
  clear(): void {
    for (const levels of this.#levels) levels.clear()
    for (const column of this.all) column.clear()
  }

  #newLevels(): Levels {
    const levels = new Levels()
    this.#levels.push(levels)
    return levels
  }

  #build(node: Node, place: Place): void {
    if (node.kind === 'group') for (const child of node.children) this.#build(child, within(place, child.name))
    else if (node.kind === 'leaf') {
      const column = new Column(node, place)
      this.all.push(column)
      this.#leaves.set(place.name, column)
    } else this.#buildList(node, place)
  }

  #buildList(node: ListNode, place: Place): void {
    const [repetition, definition] = [place.repetition + 1, place.definition + 1]
    const levels = this.#newLevels()
    const list = new ListColumn(levels, repetition, definition)
    place.list.nest(list)
    this.#lists.set(place.name, list)
    const name = node.kind === 'map' ? `${place.name}.${node.element.name}` : place.name
    const path = [...place.path, ...namesWithin(node)]
    this.#build(node.element, { name, path, levels, list, repetition, definition })
  }
}

function within(place: Place, child: string): Place {
  return { ...place, name: place.name === '' ? child : `${place.name}.${child}`, path: [...place.path, child] }
}

function found<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name)
  if (value === undefined) throw new RangeError(`the schema has no ${name}`)
  return value
}

function valuesOf(leaf: LeafNode, path: string): ColumnValues {
  if (leaf.encoding === 'RLE_DICTIONARY' || leaf.encoding === 'DICTIONARY_IF_SMALLER')
    return new DictionaryValues(leaf, path)
  switch (leaf.type) {
    case 'INT32':
      return new Int32Values(leaf)
    case 'INT64':
      return new Int64Values(leaf)
    case 'DOUBLE':
      return new DoubleValues()
    case 'BOOLEAN':
      return new BooleanValues()
    default:
      return new ByteArrayValues(leaf, path)
  }
}
