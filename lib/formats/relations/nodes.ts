import type { Dictionary } from '../../encodings/dictionary.ts'
import { equalValues } from '../../model/difference.ts'
import type { Attributes, Value } from '../../model/trace.ts'
import { type OrderedShape, type Shape, Shapes } from './shape.ts'
import { type Specials, specialBits, specialValue } from './special.ts'
import type { ColumnType } from './types.ts'

/** How a node gives the value of a field; from `firstConstant` on it is an entry of the table of constants. */
export const fieldCode = { varying: 0, name: 1, service: 2, firstConstant: 3 } as const

/** Fewer spans than this do not show which fields vary. */
const enoughUses = 4

/** The values of a column that are not constant in their node, in the order of the spans. */
export interface Column {
  readonly type: ColumnType
  readonly values: Value[]
  varies: boolean
}

/** What many spans (or events, or links) share: the fields in `head`, the keys of their attributes, constant values. */
export class Node {
  readonly id: number
  readonly head: readonly number[]
  readonly shape: Shape
  readonly firsts: readonly Value[]
  readonly varies: Uint8Array
  codes: number[] = []
  useCount = 0

  constructor(id: number, head: readonly number[], shape: Shape, firsts: readonly Value[]) {
    this.id = id
    this.head = head
    this.shape = shape
    this.firsts = firsts
    this.varies = new Uint8Array(firsts.length)
  }
}

/** Strings that a node's fields may be equal to. */
export interface Echoes {
  readonly name?: string
  readonly service?: string | undefined
}

/** A span, event or link. */
export type Owner = Specials & { readonly attributes: Attributes }

/** The distinct nodes of a block for spans, events or links. */
export class NodeTable {
  readonly nodes: Node[] = []
  readonly shapes = new Shapes()
  readonly #byName = new Map<string, Node>()

  /** The node of this head and these fields; it takes note of the values. */
  find(head: readonly number[], owner: Owner): { node: Node; found: OrderedShape } {
    const found = this.shapes.find(specialBits(owner), owner.attributes)
    const { shape, sources } = found
    const name = `${head.join()};${shape.name}`
    let node = this.#byName.get(name)
    if (node === undefined) {
      const firsts = sources.map(source => fieldValue(owner, source))
      node = new Node(this.nodes.length, head, shape, firsts)
      this.nodes.push(node)
      this.#byName.set(name, node)
    } else
      for (let i = 0; i < node.varies.length; i++)
        if (node.varies[i] === 0 && !equalValues(node.firsts[i]!, fieldValue(owner, sources[i]!))) node.varies[i] = 1
    node.useCount++
    return { node, found }
  }

  /** Decides which fields are constant, where a column that varies elsewhere is not kept as a constant of rare nodes. */
  settle(constants: Dictionary<Value>, echoes: (node: Node) => Echoes): Column[] {
    const columns = this.shapes.columns.map(({ type }) => ({ type, values: [] as Value[], varies: false }))
    for (const { shape, varies, useCount } of this.nodes)
      for (const [i, column] of shape.columns.entries())
        if (varies[i] === 1 && useCount >= enoughUses) columns[column]!.varies = true
    for (const node of this.nodes) {
      const { name, service } = echoes(node)
      node.codes = node.shape.columns.map((column, i) => {
        if (node.varies[i] === 1) return fieldCode.varying
        const value = node.firsts[i]!
        if (name !== undefined && value === name) return fieldCode.name
        if (service !== undefined && value === service) return fieldCode.service
        if (node.useCount < enoughUses && columns[column]!.varies) return fieldCode.varying
        return fieldCode.firstConstant + constants.code(value)
      })
    }
    return columns
  }

  /** Gives the values that vary to their columns. */
  collect(columns: readonly Column[], { codes, shape }: Node, sources: readonly number[], owner: Owner): void {
    for (let i = 0; i < codes.length; i++)
      if (codes[i] === fieldCode.varying) columns[shape.columns[i]!]!.values.push(fieldValue(owner, sources[i]!))
  }
}

function fieldValue(owner: Owner, source: number): Value {
  return source >= 0 ? owner.attributes[source]!.value : specialValue(owner, -1 - source)
}
