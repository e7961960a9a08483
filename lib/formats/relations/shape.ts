import { getOrInsert } from '../../maps.ts'
import type { Attributes } from '../../model/trace.ts'
import { Uses } from './references.ts'
import { specials } from './special.ts'
import { type ColumnType, columnTypes } from './types.ts'

/** A column: the values of one key and type, or of one special field, over all spans (or events, or links). */
export interface ColumnName {
  /** An attribute's key, or the number of a special field. */
  readonly key: string | number
  readonly type: ColumnType
}

/** What spans have in common whose fields have the same keys and types, in whatever order. */
export interface Shape {
  /** The columns of the fields: special ones, then attributes by the number of their column. */
  readonly columns: readonly number[]
  /** Tells shapes apart. */
  readonly name: string
  readonly attributeCount: number
  /** The distinct orders of the attributes: by attribute, its index among the attributes' columns. */
  readonly orders: (readonly number[])[]
  readonly orderUses: Uses
}

/** A shape in one of its orders. */
export interface OrderedShape {
  readonly shape: Shape
  readonly order: number
  /** By column of the shape: the attribute's position, or -1 - the special field. */
  readonly sources: readonly number[]
}

interface Branch {
  readonly next: Map<string, Map<ColumnType, Branch>>
  found: OrderedShape | undefined
}

/** Finds the shape of attributes by walking a tree of keys and types. */
export class Shapes {
  readonly columns: ColumnName[] = []
  readonly #byName = new Map<string, Shape>()
  readonly #roots = new Map<number, Branch>()
  readonly #columnIds = new Map<string | number, Map<ColumnType, number>>()

  /** `bits` says which special fields there are (special.ts). */
  find(bits: number, attributes: Attributes): OrderedShape {
    let branch = getOrInsert(this.#roots, bits, newBranch)
    for (const { key, value } of attributes)
      branch = getOrInsert(getOrInsert(branch.next, key, newBranches), columnTypes.of(value), newBranch)
    branch.found ??= this.#orderedShape(bits, attributes)
    branch.found.shape.orderUses.add(branch.found.order)
    return branch.found
  }

  #columnOf(name: ColumnName): number {
    const byType = getOrInsert(this.#columnIds, name.key, () => new Map<ColumnType, number>())
    return getOrInsert(byType, name.type, () => this.columns.push(name) - 1)
  }

  #orderedShape(bits: number, attributes: Attributes): OrderedShape {
    const fields = attributes.map(({ key, value }, source) => ({
      column: this.#columnOf({ key, type: columnTypes.of(value) }),
      source,
    }))
    const sorted = fields.toSorted((a, b) => a.column - b.column || a.source - b.source)
    const own = specialsOf(bits).map(special => ({
      column: this.#columnOf({ key: special, type: specials[special]!.type }),
      source: -1 - special,
    }))
    const all = [...own, ...sorted]
    const shape = this.#shapeOf(
      all.map(({ column }) => column),
      sorted.length,
    )
    const order = new Array<number>(sorted.length)
    for (const [place, { source }] of sorted.entries()) order[source] = place
    return { shape, order: shape.orders.push(order) - 1, sources: all.map(({ source }) => source) }
  }

  #shapeOf(columns: readonly number[], attributeCount: number): Shape {
    const newShape = (name: string) => ({ columns, name, attributeCount, orders: [], orderUses: new Uses() })
    return getOrInsert(this.#byName, columns.join(), newShape)
  }
}

function newBranches(): Map<ColumnType, Branch> {
  return new Map()
}

function newBranch(): Branch {
  return { next: new Map(), found: undefined }
}

function specialsOf(bits: number): number[] {
  return Array.from(specials.keys()).filter(special => (bits >> special) & 1)
}
