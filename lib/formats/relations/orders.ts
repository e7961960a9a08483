import type { BodyReader, BodyWriter } from './body.ts'
import { readLists, writeLists } from './lists.ts'
import type { StoredNodes } from './node-table.ts'
import type { Node } from './nodes.ts'
import { readReferences, writeReferences } from './references.ts'
import type { Shape } from './shape.ts'

const part = 'orders of attributes'
const how = { byColumn: 0, references: 1 } as const

/** Writes for each shape, in the order of its first node, the orders of its owners' attributes. */
export function writeOrders(body: BodyWriter, nodes: readonly Node[]): void {
  for (const shape of new Set(nodes.map(node => node.shape))) if (shape.attributeCount > 1) writeOrder(body, shape)
}

function writeOrder(body: BodyWriter, { orders, orderUses }: Shape): void {
  if (orders.length === 1 && orders[0]!.every((place, i) => place === i)) return body.number(how.byColumn)
  body.number(how.references)
  writeReferences(body, part, orderUses, (to, order) => {
    const lists = order.map(id => orders[id]!)
    writeLists(to, part, lists)
  })
}

/** The orders of the attributes of one shape, owner by owner; absent if all are in column order. */
interface ShapeOrder {
  readonly orders: readonly Uint32Array[]
  readonly places: Uint32Array
  next: number
}

/** By index of the shape. */
export type ShapeOrders = readonly (ShapeOrder | undefined)[]

/** Reads the orders of owners of which node `i` has `useCounts[i]`. */
export function readOrders(body: BodyReader, { columns, nodes }: StoredNodes, useCounts: Uint32Array): ShapeOrders {
  const counts: number[] = []
  for (const [i, { shape }] of nodes.entries()) counts[shape] = (counts[shape] ?? 0) + useCounts[i]!
  const found: (ShapeOrder | undefined)[] = []
  const isRead = new Set<number>()
  for (const node of nodes) {
    if (isRead.has(node.shape)) continue
    isRead.add(node.shape)
    const attributeCount = node.columns.filter(column => typeof columns[column]!.key === 'string').length
    if (attributeCount > 1) found[node.shape] = readOrder(body, attributeCount, counts[node.shape]!)
  }
  return found
}

function readOrder(body: BodyReader, attributeCount: number, useCount: number): ShapeOrder | undefined {
  if (body.number(how.references) === how.byColumn) return undefined
  const { places, length } = readReferences(body, part, useCount)
  const orders = readLists(body, part, length, attributeCount, length * attributeCount)
  for (const order of orders)
    if (new Set(order).size !== attributeCount || order.length !== attributeCount)
      body.fail(`an order of ${order.length} attributes is none of ${attributeCount}`)
  return { orders, places, next: 0 }
}
