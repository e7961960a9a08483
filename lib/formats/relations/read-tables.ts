import type { Resource, Scope, Value } from '../../model/trace.ts'
import { readResource, readScope } from '../../wire/cbor/resource.ts'
import type { BodyReader } from './body.ts'
import { readColumn } from './columns.ts'
import { maxBlockItems } from './limits.ts'
import { type HeadLimit, readNodeLists, readNodes, type StoredNodes } from './node-table.ts'
import { fieldCode } from './nodes.ts'
import { readOrders, type ShapeOrders } from './orders.ts'
import { readShared } from './shared.ts'
import { partOfColumn } from './special.ts'
import { readTexts } from './texts.ts'
import { readValues } from './values.ts'

const part = 'tables'
const int32: HeadLimit = [-(2 ** 31), 2 ** 31]

/** The tables of a block as they are read. */
export interface StoredTables {
  readonly resources: readonly (Resource | null)[]
  readonly scopes: readonly (Scope | null)[]
  readonly names: readonly string[]
  readonly constants: readonly Value[]
  readonly events: StoredNodes
  readonly eventLists: readonly Uint32Array[]
  readonly links: StoredNodes
  readonly linkLists: readonly Uint32Array[]
  readonly spans: StoredNodes
}

export function readTables(body: BodyReader): StoredTables {
  const resources = readShared(body, 'resources', readResource)
  const scopes = readShared(body, 'scopes', readScope)
  const names = readTexts(body, part, body.number(maxBlockItems))
  const constants = readValues(body, part, body.number(maxBlockItems))
  const below = (items: { length: number }): HeadLimit => [0, items.length - 1]
  const events = readNodes(body, [below(names)], constants.length)
  const eventLists = readNodeLists(body, events.nodes.length)
  const links = readNodes(body, [], constants.length)
  const linkLists = readNodeLists(body, links.nodes.length)
  const heads = [below(names), int32, int32, below(resources), below(scopes), below(eventLists), below(linkLists)]
  const spans = readNodes(body, heads, constants.length)
  return { resources, scopes, names, constants, events, eventLists, links, linkLists, spans }
}

/** The orders and the values of one kind of owners. */
export interface StoredFields {
  readonly orders: ShapeOrders
  readonly columns: readonly (readonly Value[])[]
}

/** Reads the fields of owners of which node `i` has `useCounts[i]`. */
export function readFields(body: BodyReader, stored: StoredNodes, useCounts: Uint32Array): StoredFields {
  const orders = readOrders(body, stored, useCounts)
  const { columns, nodes } = stored
  const counts = new Float64Array(columns.length)
  nodes.forEach((node, i) => {
    for (const [field, code] of node.codes.entries())
      if (code === fieldCode.varying) counts[node.columns[field]!]! += useCounts[i]!
  })
  return { orders, columns: columns.map(({ key, type }, i) => readColumn(body, partOfColumn(key), type, counts[i]!)) }
}
