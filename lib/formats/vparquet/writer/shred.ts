import { LabError } from '../../../error.ts'
import type { GroupNode, LeafNode, ListNode, Node } from './block-schema.ts'
import { Levels } from './levels.ts'

/** The content of a row: an object by names of a group, an array of a list, a value of a leaf, undefined for none. */
export type Row = { readonly [name: string]: unknown }

/** The entries of a column: values, undefined where none is there, with the levels of what they lie in (Dremel). */
export class ColumnEntries {
  readonly node: LeafNode
  /** Names from the root. */
  readonly path: readonly string[]
  readonly maxRepetition: number
  readonly maxDefinition: number
  readonly values: unknown[] = []
  readonly #levels: Levels

  constructor(node: LeafNode, { path, levels, repetition, definition }: Place) {
    this.node = node
    this.path = path
    this.maxRepetition = repetition
    this.maxDefinition = definition + (node.isOptional ? 1 : 0)
    this.#levels = levels
  }

  get repetitions(): Uint8Array {
    return this.#levels.repetitions
  }

  get definitions(): Uint8Array {
    const { definitions } = this.#levels
    if (!this.node.isOptional) return definitions
    return definitions.map((level, i) => (this.values[i] === undefined ? level : this.maxDefinition))
  }
}

/** Writes a value; the levels are those of the first entry of each list in it. */
type Write = (value: unknown, repetition: number, definition: number) => void

/** Where a node lies. */
interface Place {
  readonly path: readonly string[]
  readonly levels: Levels
  readonly repetition: number
  readonly definition: number
}

/** Takes rows apart into columns. */
export class Shredder {
  readonly columns: ColumnEntries[] = []
  readonly #levels: Levels[] = []
  readonly #write: Write
  readonly #root: Levels

  constructor(root: GroupNode) {
    this.#root = this.#newLevels()
    this.#write = this.#compile(root, { path: [], levels: this.#root, repetition: 0, definition: 0 })
  }

  add(row: Row): void {
    this.#root.add(0, 0)
    this.#write(row, 0, 0)
  }

  /** Forgets the rows so far. */
  clear(): void {
    for (const levels of this.#levels) levels.clear()
    for (const column of this.columns) column.values.length = 0
  }

  #newLevels(): Levels {
    const levels = new Levels()
    this.#levels.push(levels)
    return levels
  }

  #compile(node: Node, place: Place): Write {
    if (node.kind === 'leaf') return this.#compileLeaf(node, place)
    if (node.kind !== 'group') return this.#compileList(node, place)
    const names = node.children.map(({ name }) => name)
    const writes = node.children.map(child => this.#compile(child, { ...place, path: [...place.path, child.name] }))
    return (value, repetition, definition) => {
      const group = value as Row | undefined
      for (let i = 0; i < names.length; i++) writes[i]!(group?.[names[i]!], repetition, definition)
    }
  }

  #compileList({ kind, element }: ListNode, place: Place): Write {
    const [depth, level] = [place.repetition + 1, place.definition + 1]
    const path = [...place.path, ...(kind === 'map' ? [element.name] : ['list', 'element'])]
    const levels = this.#newLevels()
    const write = this.#compile(element, { path, levels, repetition: depth, definition: level })
    return (value, repetition, definition) => {
      const items = value as readonly unknown[] | undefined
      if (items === undefined || items.length === 0) {
        levels.add(repetition, definition)
        write(undefined, repetition, definition)
        return
      }
      for (let i = 0; i < items.length; i++) {
        const own = i === 0 ? repetition : depth
        levels.add(own, level)
        write(items[i], own, level)
      }
    }
  }

  #compileLeaf(node: LeafNode, place: Place): Write {
    const column = new ColumnEntries(node, place)
    const { values } = column
    this.columns.push(column)
    if (node.meaning !== 'UTF8') return value => values.push(value)
    return value => {
      if (value !== undefined && !(value as string).isWellFormed()) refuse(column)
      values.push(value)
    }
  }
}

function refuse({ path }: ColumnEntries): never {
  throw new LabError('unsupported', `${path.join('.')}: a string with a lone surrogate has no UTF-8`)
}
